"""Decides whether a file is a whole picture: its type, beginning, end, header and data.

The bytes decide, whatever they are announced as. What is behind the picture's end, such as padding
or the film of a motion photo, is left as it is: the picture in front of it is whole.

Every JPEG is decoded once, strictly, by simplejpeg: Pillow's decoder accepts holes and splices. A
small copy is left over from that, if one is wanted. A PNG has checksums, which reveal any damage.
The decoder of WebP accepts holes too: a long run of zeros condemns a lossless WebP, but a hole in a
lossy one goes unseen (Unsplash is asked for JPEG).

This module sees bytes only: `transport` checks the announced length of a body. It cannot detect
every bit that was flipped on the way here.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from unsplash_assets.errors import BadPicture
from unsplash_assets.images import jpeg
from unsplash_assets.images.blocks import Content, as_file, mapped
from unsplash_assets.images.containers import open_container
from unsplash_assets.images.decoding import (
    one_at_a_time,
)
from unsplash_assets.images.formats import JPEG, PNG, WEBP, Format, format_of, open_content
from unsplash_assets.images.seen import Appearance, appearance
from unsplash_assets.storage.digests import sha256

_MIN_SIDE: Final = 2  # pixels; content filters replace pictures by a single pixel

_PNG_END: Final = b"IEND\xaeB`\x82"
_ZEROS: Final = bytes(64)
_SUSPICIOUS: Final = (_ZEROS, b"\xff" * 64)
"""Runs that damage leaves; a whole WebP may have them too, and is then decoded."""
_HOLE: Final = bytes(512)
"""More zeros than a lossless WebP ever has in a row."""
_LOSSLESS: Final = b"VP8L"
_WEBP_DATA: Final = frozenset({b"VP8 ", _LOSSLESS, b"ALPH", b"ANMF"})
_REDUCTION: Final = 8  # times smaller: the most that a JPEG decoder reduces by itself
_COLOURS: Final = {"L": "GRAY", "RGB": "RGB"}
"""The colours in which a JPEG of a mode is decoded where a small copy is wanted; inks are not."""


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


@dataclass(frozen=True)
class Examined:
    """What a whole picture is, as far as its bytes tell; the sides are upright, as above."""

    format: Format
    width: int
    height: int
    small: "SmallCopy | None" = None
    """What decoding has left over, if it was wanted and is left over."""


@dataclass(frozen=True)
class SmallCopy:
    """A picture as it was decoded, reduced, not yet as a viewer shows it."""

    pixels: Any
    """An array of numpy: rows of pixels of one number, or of three."""
    appearance: Appearance


def validate(path: Path) -> ValidPicture:
    """Return the facts of a file that is a whole picture. Raises as `examine`."""
    with mapped(path) as content:
        found, size = examine(content), len(content)
    return ValidPicture(found.format, size, found.width, found.height, sha256(path))


def examine(content: Content, smallest: tuple[int, int] | None = None) -> Examined:
    """Return what a content is that is a whole picture.

    A JPEG in common colours leaves a small copy, no smaller than fits in `smallest`, in pixels.
    Raises BadPicture if it is not whole, PhotoRefused if it is whole but not acceptable.
    """
    kind = format_of(content)
    structure = jpeg.structure(content) if kind is JPEG else None
    if not _is_complete(content, kind, structure):
        raise BadPicture(f"the picture ({kind.media_type}) is cut short")
    header = _header(content, kind, structure)
    width, height = header.appearance.turned((header.width, header.height))
    if max(width, height) < _MIN_SIDE:
        raise BadPicture(f"the picture ({kind.media_type}) is a single pixel, not a photo")
    try:
        with one_at_a_time(width * height):
            small = _decode(content, kind, structure, header, smallest)
    except (OSError, SyntaxError, ValueError, IndexError) as error:  # IndexError: a PNG of no data
        raise _damaged(kind) from error
    return Examined(kind, width, height, small)


def _is_complete(content: Content, kind: Format, structure: jpeg.Structure | None) -> bool:
    """Return whether the picture has its end, wherever that of the file is."""
    if structure:
        return structure.is_complete
    if kind is PNG:
        return content.find(_PNG_END) != -1  # which is reached is found out below
    return int.from_bytes(content[4:8], "little") + 8 <= len(content)


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    mode: str
    appearance: Appearance


def _header(content: Content, kind: Format, structure: jpeg.Structure | None) -> _Header:
    try:
        with open_content(content, kind, structure) as image:
            return _Header(image.width, image.height, image.mode, appearance(image))
    except (OSError, SyntaxError, ValueError) as error:
        raise BadPicture("the picture's header cannot be read") from error


def _decode(
    content: Content,
    kind: Format,
    structure: jpeg.Structure | None,
    header: _Header,
    smallest: tuple[int, int] | None,
) -> SmallCopy | None:
    """Decode a picture strictly, and return the small copy. Raises for damage of any kind.

    A PNG is read to its end, since it has checksums of its own.
    """
    if structure:
        return _decode_jpeg(content, structure, header, smallest)
    if kind is PNG or _is_suspicious(content):
        with kind.reader(as_file(content)) as image:
            if kind is PNG:
                image.verify()
            else:
                image.load()
    return None


def _is_suspicious(content: Content) -> bool:
    """Return whether a WebP may have a hole. Raises BadPicture if it has one for sure."""
    data = [block for block in open_container(as_file(content))[1] if block.name in _WEBP_DATA]
    if any(block.name == _LOSSLESS and _has(content, _HOLE, block.content) for block in data):
        raise _damaged(WEBP)
    return any(_has(content, run, block.content) for block in data for run in _SUSPICIOUS)


def _has(content: Content, run: bytes, part: range) -> bool:
    return content.find(run, part.start, part.stop) != -1


def _damaged(kind: Format) -> BadPicture:
    return BadPicture(f"the picture ({kind.media_type}) has a hole or other damage")


def _decode_jpeg(
    content: Content,
    structure: jpeg.Structure,
    header: _Header,
    smallest: tuple[int, int] | None,
) -> SmallCopy | None:
    """Decode a JPEG strictly, reduced as far as can be: this reads all of its data.

    Decoders pass over zeros between segments, even where a table was that they can do without.
    """
    from simplejpeg import decode_jpeg  # noqa: PLC0415 - it imports numpy, which takes a while

    between = (part.extent for part in structure.parts if part.kind is jpeg.Kind.BETWEEN)
    if any(_has(content, _ZEROS, part) for part in between):
        raise _damaged(JPEG)
    colours = _COLOURS.get(header.mode) if smallest else None
    width, height = _reduced(header, smallest) if colours and smallest else (1, 1)
    decode = partial(
        decode_jpeg,
        colorspace=colours or "GRAY",
        min_width=width,
        min_height=height,
        min_factor=1 if colours else _REDUCTION,
        strict=True,
    )
    bare = jpeg.bare(content, structure.parts)
    try:
        pixels = decode(bare)
    except ValueError:
        if (unpadded := jpeg.unpadded(bare)) == bare:
            raise
        pixels = decode(unpadded)
    return SmallCopy(pixels, header.appearance) if colours else None


def _reduced(header: _Header, smallest: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture where it just fits in this, as a viewer shows it."""
    box = header.appearance.turned(smallest)
    scale = min(1.0, box[0] / header.width, box[1] / header.height)
    return max(1, round(header.width * scale)), max(1, round(header.height * scale))
