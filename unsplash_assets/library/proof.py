"""Decides whether a file is a whole picture: type, beginning, end, and a readable header.

It looks at files only; that a body is as long as announced is the transport's to see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.library.files import sha256

PIXELS_AT_MOST: Final = 150_000_000
"""Unsplash's largest are about 100 million; what is far above is meant to do harm."""

_TAIL: Final = 64  # bytes
_PADDING: Final = b"\x00\r\n "


@dataclass(frozen=True)
class Format:
    """A picture format: its extension and how its files begin and end."""

    extension: str
    media_type: str
    reader: Callable[[Path], ImageFile]
    """Reads the header. Unlike Image.open it says nothing of sizes: here that is decided."""


JPEG: Final = Format("jpg", "image/jpeg", JpegImageFile)
PNG: Final = Format("png", "image/png", PngImageFile)
WEBP: Final = Format("webp", "image/webp", WebPImageFile)
FORMATS: Final = (JPEG, PNG, WEBP)


@dataclass(frozen=True)
class Proof:
    """What is certain of a whole picture. Sizes are bytes and pixels."""

    format: Format
    bytes: int
    width: int
    height: int
    sha256: str


def prove(path: Path, media_type: str) -> Proof:
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
    return Proof(found, size, width, height, sha256(path))


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
    if width * height > PIXELS_AT_MOST:
        raise PhotoRefused(f"the picture claims {width} x {height} pixels, more than any photo has")
    return width, height
