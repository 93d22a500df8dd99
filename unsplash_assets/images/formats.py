"""The formats of pictures: how each is known by its bytes, and opened within the bounds.

`validation` decides whether a picture is whole, `decoding` what it may cost.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from PIL.Image import DecompressionBombError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.images import jpeg
from unsplash_assets.images.blocks import Content, as_file, mapped, mapped_file
from unsplash_assets.images.decoding import MAX_DECODED_PIXELS, MAX_PIXELS, check_jpeg


@dataclass(frozen=True)
class Format:
    """A picture format."""

    extension: str
    media_type: str
    reader: Callable[[Path | BinaryIO], ImageFile]
    """Reads the header; unlike `Image.open` it warns of no sizes, which are decided here."""
    max_pixels: int


JPEG: Final = Format("jpg", "image/jpeg", JpegImageFile, MAX_PIXELS)
PNG: Final = Format("png", "image/png", PngImageFile, MAX_DECODED_PIXELS)
WEBP: Final = Format("webp", "image/webp", WebPImageFile, MAX_DECODED_PIXELS)
FORMATS: Final = (JPEG, PNG, WEBP)


@contextmanager
def open_picture(path: Path) -> Iterator[ImageFile]:
    """Open a stored picture by its extension, for decoding.

    The bounds apply here too: an older version may have stored it. Raises PhotoRefused if decoding
    would cost too much, BadPicture if the extension is unknown, and what Pillow raises.
    """
    for kind in FORMATS:
        if path.suffix == f".{kind.extension}":
            with mapped(path) as content, _open(content, kind) as image:
                yield image
            return
    raise BadPicture(f"{path.name} does not have the extension of a known picture format")


@contextmanager
def open_opened(file: BinaryIO) -> Iterator[ImageFile]:
    """Open a picture in a file that is open, as `open_picture` does; its first bytes tell what."""
    with mapped_file(file) as content, _open(content, format_of(content)) as image:
        yield image


@contextmanager
def _open(content: Content, kind: Format) -> Iterator[ImageFile]:
    structure = jpeg.structure(content) if kind is JPEG else None
    with open_content(content, kind, structure) as image:
        yield image


@contextmanager
def open_content(
    content: Content, kind: Format, structure: jpeg.Structure | None
) -> Iterator[ImageFile]:
    """Read a picture's header; a JPEG's structure is known.

    Raises PhotoRefused if decoding the picture would cost too much.
    """
    try:
        opened = kind.reader(as_file(content))
    except DecompressionBombError as error:  # the WebP reader does check sizes
        raise PhotoRefused("the picture claims more pixels than any photo has") from error
    with opened as image:
        width, height = image.size
        if width * height > kind.max_pixels:
            raise PhotoRefused(
                f"the picture claims {width} x {height} pixels, more than any photo has"
            )
        if structure:
            check_jpeg(content, structure, width, height)
        yield image


def format_of(content: Content) -> Format:
    """Return the format that the first bytes tell. Raises BadPicture."""
    head = content[:12]
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return WEBP
    reason = "empty" if not head else "not a JPEG, PNG or WebP"
    raise BadPicture(f"no picture arrived: the file is {reason}")
