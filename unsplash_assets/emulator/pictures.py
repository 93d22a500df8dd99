"""Draws a photo's picture as imgix would deliver it: sized, captioned as demo, encoded.

Of imgix's parameters it knows `w`, `h`, `dpr`, `fm` (jpg, png, webp) and `q`; a picture is
never larger than its original. What there is to see is decided in `scenes`.
"""

import io
from collections.abc import Mapping
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from unsplash_assets.emulator.drawing.canvas import add_grain
from unsplash_assets.emulator.drawing.scenes import scene_of
from unsplash_assets.emulator.photos import EmulatedPhoto

MEDIA_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

_FORMATS: Final = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}


def render(photo: EmulatedPhoto, parameters: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the encoded picture and its media type."""
    name = parameters.get("fm", "jpg")
    name = name if name in _FORMATS else "jpg"
    quality = _number(parameters.get("q"), 1, 100) or 80
    image = draw(photo, _size(photo, parameters))
    out = io.BytesIO()
    image.save(out, _FORMATS[name], quality=quality)
    return out.getvalue(), MEDIA_TYPES[name]


def draw(photo: EmulatedPhoto, size: tuple[int, int]) -> Image.Image:
    """Return the picture at a size in pixels."""
    scene = scene_of(photo.topic, photo.topic_code / (1 << 24))
    image = scene(size, photo.dice("scene"))
    add_grain(image, photo.dice("grain"))
    _caption(image, f"demo · {photo.topic}" if photo.topic else "demo")
    return image


def _caption(image: Image.Image, text: str) -> None:
    height = max(9, min(image.size) // 30)
    pen = ImageDraw.Draw(image, "RGBA")
    font = ImageFont.load_default(size=height)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    gap = height // 2
    x, y = gap * 2, image.height - (bottom - top) - gap * 3
    plate = (x - gap, y - gap, x + (right - left) + gap, y + (bottom - top) + gap)
    pen.rounded_rectangle(plate, radius=gap, fill=(20, 20, 28, 130))
    pen.text((x - left, y - top), text, font=font, fill=(255, 255, 255, 235))


def _size(photo: EmulatedPhoto, parameters: Mapping[str, str]) -> tuple[int, int]:
    width, height = photo.size
    ratio = _number(parameters.get("dpr"), 1, 5) or 1
    wanted_width = _number(parameters.get("w"), 1, 10_000)
    wanted_height = _number(parameters.get("h"), 1, 10_000)
    scale = min(
        1.0,
        wanted_width * ratio / width if wanted_width else 1.0,
        wanted_height * ratio / height if wanted_height else 1.0,
    )
    return max(1, round(width * scale)), max(1, round(height * scale))


def _number(text: str | None, low: int, high: int) -> int | None:
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(max(int(text[:9]), low), high)
