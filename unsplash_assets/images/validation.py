"""Decides whether a file is a whole picture: type, beginning, end, header, and no hole inside.

A hole, which a broken cache or disk leaves, is a run of zeros, or of ones where flash memory
was erased. Honest pictures have such runs too, so a run is only a suspicion, upon which the
whole picture is decoded, strictly: for JPEG by simplejpeg, since Pillow's decoder accepts
holes. WebP's decoder does too: in a lossless one a long run is proof enough, in a lossy one a
hole stays unseen (Unsplash is asked for JPEG). A PNG has checksums, which see any damage.

It looks at files only; that a body is as long as announced is the transport's to see. A bit
flipped on the way here cannot be proven.
"""

import mmap
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.storage.folder import sha256

PIXELS_AT_MOST: Final = 150_000_000
"""Unsplash's largest are about 100 million; what is far above is meant to do harm."""
PIXELS_DECODED_AT_MOST: Final = 50_000_000
"""Of a PNG or WebP: to decode it takes 4 to 16 bytes of memory a pixel; a JPEG is made small."""
_SIDE_AT_LEAST: Final = 2  # pixels: what filters on the way put in a picture's place has one

_TAIL: Final = 64  # bytes
_PADDING: Final = b"\x00\r\n "
_SUSPICIOUS: Final = (bytes(64), b"\xff" * 64)
_HOLE: Final = bytes(512)
"""More zeros than lossless WebP ever has in a row."""
_LOSSLESS: Final = b"VP8L"
_SMALLEST: Final = 8  # times smaller: the most that a JPEG decoder does by itself
_decoding = threading.Lock()  # one at a time, however many are downloaded: memory is dear


@dataclass(frozen=True)
class Format:
    """A picture format: its extension and how its files begin and end."""

    extension: str
    media_type: str
    reader: Callable[[Path], ImageFile]
    """Reads the header. Unlike Image.open it says nothing of sizes: here that is decided."""
    pixels: int
    """The most that one may have."""


JPEG: Final = Format("jpg", "image/jpeg", JpegImageFile, PIXELS_AT_MOST)
PNG: Final = Format("png", "image/png", PngImageFile, PIXELS_DECODED_AT_MOST)
WEBP: Final = Format("webp", "image/webp", WebPImageFile, PIXELS_DECODED_AT_MOST)
FORMATS: Final = (JPEG, PNG, WEBP)


@dataclass(frozen=True)
class ValidPicture:
    """What is certain of a whole picture. Sizes are bytes and pixels."""

    format: Format
    bytes: int
    width: int
    height: int
    sha256: str


def validate(path: Path, media_type: str) -> ValidPicture:
    """Return the proof that the file is a whole picture of the announced type.

    Raises BadPicture if it is not, PhotoRefused if it is whole but not to be had here.
    """
    size = path.stat().st_size
    found = _format(path, size)
    announced = media_type.partition(";")[0].strip().lower()
    if announced != found.media_type:
        raise BadPicture(
            f"the picture is announced as {announced[:60]!r}, but is {found.media_type}"
        )
    width, height = _pixels(path, found)
    _check_inside(path, found)
    return ValidPicture(found, size, width, height, sha256(path))


def open_picture(path: Path) -> ImageFile:
    """Open a proven picture by its extension. Raises BadPicture if that is not known."""
    for kind in FORMATS:
        if path.suffix == f".{kind.extension}":
            return kind.reader(path)
    raise BadPicture(f"{path.name} is no picture of a kind that is known here")


def _format(path: Path, size: int) -> Format:
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    if head.startswith(b"\xff\xd8\xff"):
        return _ended(JPEG, tail.rstrip(_PADDING).endswith(b"\xff\xd9"))
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return _ended(PNG, tail.endswith(b"IEND\xaeB`\x82"))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        announced = int.from_bytes(head[4:8], "little") + 8
        return _ended(WEBP, announced == size)
    what = "nothing" if not size else "something that is no JPEG, PNG or WebP"
    raise BadPicture(f"instead of a picture came {what}")


def _ended(kind: Format, whole: bool) -> Format:  # noqa: FBT001
    if not whole:
        raise BadPicture(f"the picture ({kind.media_type}) is cut short")
    return kind


def _pixels(path: Path, kind: Format) -> tuple[int, int]:
    try:
        with kind.reader(path) as image:
            width, height = image.size
    except (OSError, SyntaxError, ValueError) as error:
        raise BadPicture("the picture's header cannot be read") from error
    except DecompressionBombError as error:  # the reader of WebP does look at sizes
        raise PhotoRefused("the picture claims more pixels than any photo has") from error
    if max(width, height) < _SIDE_AT_LEAST:
        raise BadPicture(f"the picture ({kind.media_type}) is a single pixel, in place of a photo")
    if width * height > kind.pixels:
        raise PhotoRefused(f"the picture claims {width} x {height} pixels, more than any photo has")
    return width, height


def _check_inside(path: Path, kind: Format) -> None:
    """Look for a hole, and where there may be one, decode all. Raises BadPicture.

    A PNG is read through in any case, for it has checksums of its own.
    """
    if kind is not PNG and not _is_suspicious(path, kind):
        return
    try:
        with _decoding:
            _read_through(path, kind)
    except (OSError, SyntaxError, ValueError, IndexError) as error:  # the last: a PNG of no data
        raise _hole(kind) from error


def _is_suspicious(path: Path, kind: Format) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[12:16] == _LOSSLESS and content.find(_HOLE) != -1:
            raise _hole(kind)
        return any(content.find(run) != -1 for run in _SUSPICIOUS)


def _hole(kind: Format) -> BadPicture:
    return BadPicture(f"the picture ({kind.media_type}) has a hole in it, or other damage")


def _read_through(path: Path, kind: Format) -> None:
    if kind is JPEG:
        _decode_jpeg(path)
        return
    with kind.reader(path) as image:
        if kind is PNG:
            image.verify()
        else:
            image.load()


def _decode_jpeg(path: Path) -> None:
    """Decode it as small and grey as may be: all of its data is read, and little memory taken."""
    from simplejpeg import decode_jpeg  # noqa: PLC0415 - it brings numpy, and is seldom needed

    decode_jpeg(
        path.read_bytes(), "GRAY", min_height=1, min_width=1, min_factor=_SMALLEST, strict=True
    )
