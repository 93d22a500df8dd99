"""Small copies of a stored picture, for a person to look at in Dagster's UI and the gallery."""

import base64
import io
from pathlib import Path
from typing import Any, BinaryIO, Final

from PIL import Image

from unsplash_assets.images.decoding import one_at_a_time
from unsplash_assets.images.formats import open_opened, open_picture
from unsplash_assets.images.seen import seen, shown
from unsplash_assets.images.validation import SmallCopy

LARGER_SIDE: Final = 240  # pixels
_LARGER_QUALITY: Final = 60
_SIDES: Final = (128, 112, 96, 80, 64, 48, 32, 16)  # pixels
_QUALITY: Final = 30

GRID_SIZE: Final = (600, 400)
"""The largest thumbnail of the gallery's grid, in pixels: twice the size at which it is shown."""
_GRID_QUALITY: Final = 80
_RGB: Final = 3  # numbers of a pixel
_CLOSE: Final = 1.25
"""How many times larger than that a thumbnail may be, where the decoder has left it so."""


def preview(path: Path, length: int) -> str:
    """Return the largest WebP of the picture that fits in `length` characters, as a data URI.

    Returns an empty text if not even the smallest fits.
    """
    small = _reduced(path, (_SIDES[0], _SIDES[0]))
    for side in _SIDES:
        small.thumbnail((side, side))
        uri = _data_uri(small, "WEBP", quality=_QUALITY, method=6)
        if len(uri) <= length:
            return uri
    return ""


def larger_preview(path: Path) -> str:
    """Return a JPEG of the picture, its longer side LARGER_SIDE pixels, as a data URI."""
    small = _reduced(path, (LARGER_SIDE, LARGER_SIDE))
    return _data_uri(small, "JPEG", quality=_LARGER_QUALITY, optimize=True)


def grid_thumbnail(picture: Path | BinaryIO | SmallCopy) -> bytes:
    """Return a JPEG of the picture that fits in GRID_SIZE: a WebP takes ten times as long.

    A small copy that is a little larger stays as it is: to reduce it takes longer than the rest.
    """
    if not isinstance(picture, SmallCopy):
        return _encoded(_reduced(picture, GRID_SIZE), "JPEG", quality=_GRID_QUALITY)
    height, width, colours = picture.pixels.shape
    width, height = picture.appearance.turned((width, height))
    is_close = width <= GRID_SIZE[0] * _CLOSE and height <= GRID_SIZE[1] * _CLOSE
    if is_close and colours == _RGB and picture.appearance.is_plain:
        return _encoded_at_once(picture.pixels)
    image = Image.fromarray(picture.pixels if colours == _RGB else picture.pixels[..., 0])
    small = shown(image, picture.appearance, (width, height) if is_close else GRID_SIZE)
    return _encoded(small, "JPEG", quality=_GRID_QUALITY)


def _encoded_at_once(pixels: Any) -> bytes:  # noqa: ANN401 - an array of numpy
    """Return a JPEG as `_encoded` does, in half the time and outside of the interpreter's lock."""
    from simplejpeg import encode_jpeg  # noqa: PLC0415 - it imports numpy, which takes a while

    how = {"quality": _GRID_QUALITY, "colorspace": "RGB", "colorsubsampling": "420"}
    return bytes(encode_jpeg(pixels, **how))


def _reduced(picture: Path | BinaryIO, size: tuple[int, int]) -> Image.Image:
    """Raises PhotoRefused if the picture costs too much to decode, and what Pillow raises."""
    opened = open_picture(picture) if isinstance(picture, Path) else open_opened(picture)
    with opened as image, one_at_a_time(image.width * image.height):
        return seen(image, size)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _data_uri(image: Image.Image, kind: str, **options: object) -> str:
    encoded = base64.b64encode(_encoded(image, kind, **options)).decode()
    return f"data:image/{kind.lower()};base64,{encoded}"
