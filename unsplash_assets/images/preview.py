"""Small copies of a stored picture, for a person to look at in Dagster's UI and the gallery."""

import base64
import io
from pathlib import Path
from typing import Final

from PIL import Image

from unsplash_assets.images.decoding import one_at_a_time
from unsplash_assets.images.seen import seen
from unsplash_assets.images.validation import open_picture

LARGER_SIDE: Final = 240  # pixels
_LARGER_QUALITY: Final = 60
_SIDES: Final = (128, 112, 96, 80, 64, 48, 32, 16)  # pixels
_QUALITY: Final = 30

GRID_SIZE: Final = (600, 400)
"""The largest thumbnail of the gallery's grid, in pixels: twice the size at which it is shown."""
_GRID_QUALITY: Final = 75


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


def grid_thumbnail(path: Path) -> bytes:
    """Return a WebP of the picture that fits in GRID_SIZE."""
    return _encoded(_reduced(path, GRID_SIZE), "WEBP", quality=_GRID_QUALITY, method=2)


def _reduced(path: Path, size: tuple[int, int]) -> Image.Image:
    """Raises PhotoRefused if the picture costs too much to decode, and what Pillow raises."""
    with open_picture(path) as image, one_at_a_time(image.width * image.height):
        return seen(image, size)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _data_uri(image: Image.Image, kind: str, **options: object) -> str:
    encoded = base64.b64encode(_encoded(image, kind, **options)).decode()
    return f"data:image/{kind.lower()};base64,{encoded}"
