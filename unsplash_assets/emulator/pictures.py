"""Renders a photo's picture as imgix would deliver it: sized, encoded, and captioned as a demo.

It takes imgix's parameters `w`, `h`, `dpr`, `fm` (jpg, png, webp) and `q`, and passes over all
others. A picture is never larger than its original. What it shows is in `drawing/`: add a scene by
writing its function there, which receives a size in pixels and a photo's own dice, and naming it in
`SCENES`.
"""

import io
import random
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from unsplash_assets.emulator.drawing.buildings import history, office
from unsplash_assets.emulator.drawing.landscapes import dunes, nature, wisdom
from unsplash_assets.emulator.drawing.prints import art, life
from unsplash_assets.emulator.photos import EmulatedPhoto

Scene = Callable[[tuple[int, int], random.Random], Image.Image]

SCENES: Final[dict[str, Scene]] = {
    "history": history,
    "life": life,
    "wisdom": wisdom,
    "art": art,
    "office": office,
    "nature": nature,
}
"""The scenes by their topics."""

_FORMATS: Final = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_QUALITY: Final = 80  # where `q` does not say otherwise
_HIGHEST_RATIO: Final = 5  # of `dpr`
_LONGEST_SIDE: Final = 10_000  # pixels that `w` and `h` may ask for
_SMALLEST_TEXT: Final = 9  # pixels that a person can read
_GRAIN: Final = 6  # shades between the darkest and the lightest grain
_TILE: Final = 256  # pixels after which the grain repeats


def render(photo: EmulatedPhoto, parameters: Mapping[str, str]) -> tuple[bytes, str]:
    """Return the encoded picture and its media type."""
    form = _FORMATS.get(parameters.get("fm", "jpg"), "JPEG")
    quality = _number(parameters.get("q"), 1, 100) or _QUALITY
    image = draw(photo, _size(photo, parameters))
    out = io.BytesIO()
    image.save(out, form, quality=quality)
    return out.getvalue(), Image.MIME[form]


def scene_of(topic: str | None, tint: float) -> Scene:
    """Return the scene of a topic, or dunes of a tint if it has none of its own."""
    return SCENES.get(topic or "", partial(dunes, tint=tint))


def draw(photo: EmulatedPhoto, size: tuple[int, int]) -> Image.Image:
    """Return the picture at a size in pixels."""
    scene = scene_of(photo.topic, photo.tint)
    image = scene(size, photo.dice("scene"))
    _add_grain(image, photo.dice("grain"))
    _caption(image, f"demo · {photo.topic}" if photo.topic else "demo")
    return image


def _add_grain(image: Image.Image, dice: random.Random) -> None:
    """Add the grain of a film, which also hides the steps of gradients."""
    shades = [round(shade * _GRAIN / 255) for shade in range(256)]
    grain = Image.frombytes("L", (_TILE, _TILE), dice.randbytes(_TILE * _TILE)).point(shades)
    strip = Image.new("L", (image.width, _TILE))
    for x in range(0, image.width, _TILE):
        strip.paste(grain, (x, 0))
    strip = Image.merge("RGB", (strip,) * 3)
    for y in range(0, image.height, _TILE):  # a whole image of grain would take longer to allocate
        part = image.crop((0, y, image.width, min(y + _TILE, image.height)))
        image.paste(ImageChops.add(part, strip, 1, -_GRAIN // 2), (0, y))


def _caption(image: Image.Image, text: str) -> None:
    height = max(_SMALLEST_TEXT, min(image.size) // 30)
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
    ratio = _number(parameters.get("dpr"), 1, _HIGHEST_RATIO) or 1
    wanted_width = _number(parameters.get("w"), 1, _LONGEST_SIDE)
    wanted_height = _number(parameters.get("h"), 1, _LONGEST_SIDE)
    scale = min(
        1.0,
        wanted_width * ratio / width if wanted_width else 1.0,
        wanted_height * ratio / height if wanted_height else 1.0,
    )
    return max(1, round(width * scale)), max(1, round(height * scale))


def _number(text: str | None, low: int, high: int) -> int | None:
    """Return a number within bounds, or None if the text is not a number."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(max(int(text[:9]), low), high)
