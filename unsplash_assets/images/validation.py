"""Decides whether a file is a whole picture: its type, beginning, end, header and data.

The bytes decide, whatever they are announced as. What is behind the picture's end, such as padding
or the film of a motion photo, is left as it is: the picture in front of it is whole.

A broken cache or disk leaves a hole: a run of zeros, or of ones where flash memory was erased.
Whole pictures may have such runs too, so a run in what the picture is made of, not in its metadata,
is a suspicion, and the picture is then decoded strictly. For JPEG this is simplejpeg's work, since
Pillow's decoder accepts holes. So does the decoder of WebP: a long run condemns a lossless WebP,
but a hole in a lossy one goes unseen (Unsplash is asked for JPEG). A PNG has checksums, which
reveal any damage.

This module sees files only: `transport` checks the announced length of a body. It cannot detect a
bit that was flipped on the way here.
"""

import mmap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.images import jpeg
from unsplash_assets.images.blocks import mapped
from unsplash_assets.images.containers import open_container
from unsplash_assets.images.decoding import (
    MAX_DECODED_PIXELS,
    MAX_PIXELS,
    check_jpeg,
    one_at_a_time,
)
from unsplash_assets.images.seen import upright_size
from unsplash_assets.storage.folder import sha256

_MIN_SIDE: Final = 2  # pixels; content filters replace pictures by a single pixel

_PNG_END: Final = b"IEND\xaeB`\x82"
_ZEROS: Final = bytes(64)
_SUSPICIOUS: Final = (_ZEROS, b"\xff" * 64)
_HOLE: Final = bytes(512)
"""More zeros than a lossless WebP ever has in a row."""
_LOSSLESS: Final = b"VP8L"
_WEBP_DATA: Final = frozenset({b"VP8 ", _LOSSLESS, b"ALPH", b"ANMF"})
_REDUCTION: Final = 8  # times smaller: the most that a JPEG decoder reduces by itself


@dataclass(frozen=True)
class Format:
    """A picture format."""

    extension: str
    media_type: str
    reader: Callable[[Path], ImageFile]
    """Reads the header; unlike `Image.open` it warns of no sizes, which are decided here."""
    max_pixels: int


JPEG: Final = Format("jpg", "image/jpeg", JpegImageFile, MAX_PIXELS)
PNG: Final = Format("png", "image/png", PngImageFile, MAX_DECODED_PIXELS)
WEBP: Final = Format("webp", "image/webp", WebPImageFile, MAX_DECODED_PIXELS)
FORMATS: Final = (JPEG, PNG, WEBP)


@dataclass(frozen=True)
class ValidPicture:
    """What validation found out about a whole picture.

    Width and height are in pixels, and as a viewer shows them: upright.
    """

    format: Format
    bytes: int
    width: int
    height: int
    sha256: str


def validate(path: Path) -> ValidPicture:
    """Return the facts of a file that is a whole picture.

    Raises BadPicture if it is not, PhotoRefused if it is whole but not acceptable.
    """
    size = path.stat().st_size
    found = _format(path, size)
    if not _is_complete(path, found, size):
        raise BadPicture(f"the picture ({found.media_type}) is cut short")
    width, height = _dimensions(path, found)
    _check_data(path, found, width * height)
    return ValidPicture(found, size, width, height, sha256(path))


@contextmanager
def open_picture(path: Path) -> Iterator[ImageFile]:
    """Open a stored picture by its extension, for decoding.

    The bounds apply here too: an older version may have stored it. Raises PhotoRefused if decoding
    would cost too much, BadPicture if the extension is unknown, and what Pillow raises.
    """
    for kind in FORMATS:
        if path.suffix == f".{kind.extension}":
            with _open(path, kind) as image:
                yield image
            return
    raise BadPicture(f"{path.name} does not have the extension of a known picture format")


@contextmanager
def _open(path: Path, kind: Format) -> Iterator[ImageFile]:
    """Read a picture's header. Raises PhotoRefused if decoding the picture would cost too much."""
    try:
        opened = kind.reader(path)
    except DecompressionBombError as error:  # the WebP reader does check sizes
        raise PhotoRefused("the picture claims more pixels than any photo has") from error
    with opened as image:
        width, height = image.size
        if width * height > kind.max_pixels:
            raise PhotoRefused(
                f"the picture claims {width} x {height} pixels, more than any photo has"
            )
        if kind is JPEG:
            check_jpeg(path, width, height)
        yield image


def _format(path: Path, size: int) -> Format:
    with path.open("rb") as file:
        head = file.read(12)
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return WEBP
    reason = "empty" if not size else "not a JPEG, PNG or WebP"
    raise BadPicture(f"no picture arrived: the file is {reason}")


def _is_complete(path: Path, kind: Format, size: int) -> bool:
    """Return whether the picture has its end, wherever that of the file is."""
    with mapped(path) as content:
        if kind is JPEG:
            return jpeg.is_complete(content)
        if kind is PNG:
            return content.find(_PNG_END) != -1  # which is reached is found out below
        return int.from_bytes(content[4:8], "little") + 8 <= size


def _dimensions(path: Path, kind: Format) -> tuple[int, int]:
    try:
        with _open(path, kind) as image:
            width, height = upright_size(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise BadPicture("the picture's header cannot be read") from error
    if max(width, height) < _MIN_SIDE:
        raise BadPicture(f"the picture ({kind.media_type}) is a single pixel, not a photo")
    return width, height


def _check_data(path: Path, kind: Format, pixels: int) -> None:
    """Look for a hole, and decode the picture if there may be one. Raises BadPicture.

    A PNG is always read to its end, since it has checksums of its own.
    """
    if kind is not PNG and not _is_suspicious(path, kind):
        return
    try:
        with one_at_a_time(pixels):
            _decode(path, kind)
    except (OSError, SyntaxError, ValueError, IndexError) as error:  # IndexError: a PNG of no data
        raise _damaged(kind) from error


def _is_suspicious(path: Path, kind: Format) -> bool:
    """Return whether the picture may have a hole. Raises BadPicture if it has one for sure."""
    with mapped(path) as content:
        data = list(_jpeg_data(content) if kind is JPEG else _webp_data(path))
        if any(hole and _has(content, hole, part) for part, hole in data):
            raise _damaged(kind)
        return any(_has(content, run, part) for part, _ in data for run in _SUSPICIOUS)


def _has(content: mmap.mmap, run: bytes, part: range) -> bool:
    return content.find(run, part.start, part.stop) != -1


def _jpeg_data(content: mmap.mmap) -> Iterator[tuple[range, bytes | None]]:
    """Yield what the picture is made of, and the run, if any, that no whole one has there.

    Decoders pass over zeros between segments, even where a table was that they can do without.
    """
    for part in jpeg.parts(content):
        if part.kind is not jpeg.Kind.METADATA:
            yield part.extent, _ZEROS if part.kind is jpeg.Kind.BETWEEN else None


def _webp_data(path: Path) -> Iterator[tuple[range, bytes | None]]:
    with path.open("rb") as file:
        for block in open_container(file)[1]:
            if block.name in _WEBP_DATA:
                yield block.content, _HOLE if block.name == _LOSSLESS else None


def _damaged(kind: Format) -> BadPicture:
    return BadPicture(f"the picture ({kind.media_type}) has a hole or other damage")


def _decode(path: Path, kind: Format) -> None:
    if kind is JPEG:
        _decode_jpeg(path)
        return
    with kind.reader(path) as image:
        if kind is PNG:
            image.verify()
        else:
            image.load()


def _decode_jpeg(path: Path) -> None:
    """Decode it as small and grey as possible: this reads all of the data in little memory."""
    from simplejpeg import decode_jpeg  # noqa: PLC0415 - it imports numpy, and is seldom needed

    with mapped(path) as content:
        bare = jpeg.bare(content)
    decode_jpeg(bare, "GRAY", min_height=1, min_width=1, min_factor=_REDUCTION, strict=True)
