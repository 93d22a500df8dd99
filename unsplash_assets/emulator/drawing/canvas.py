"""The canvas that scenes are painted on, and the shapes that they paint.

The unit of length is the picture's height: y runs from 0 at the top to 1, x from 0 to `wide`.
So a scene looks alike at any size. Pillow draws hard edges; shapes therefore go through a mask
that has more pixels than the picture. What the scenes show belongs in their own modules.
"""

import math
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

from unsplash_assets.emulator.drawing.colours import Colour

Point = tuple[float, float]
Shape = Sequence[Point]
Shapes = Sequence[Shape]

_SOFT_SIDE: Final = 300  # pixels of the shorter side that suffice for skies and light
_SMALL: Final = 300_000  # pixels: masks are four times as fine up to here,
_MEDIUM: Final = 2_000_000  # twice as fine up to here, and no finer beyond
_OPAQUE: Final = 255
_ROUNDNESS: Final = 25  # keeps a polygon within 0.0002 of the circle it stands for
_RIM: Final = 180  # the value of Pillow's radial gradient in the middle of its sides
_WATER: Final = 0.4  # the part of its own colour that still water shows
_REFLECTION: Final = (200, 50)  # columns and rows: few enough that still water looks blurred


class Canvas:
    """A picture in the making: first small, for all that is soft, then at its full size."""

    def __init__(self, size: tuple[int, int], *colours: Colour) -> None:
        """Start small, as a gradient of colours from the top down."""
        self._size = size
        self.wide = size[0] / size[1]
        part = min(1, _SOFT_SIDE / min(size))
        self.image = gradient((math.ceil(size[0] * part), math.ceil(size[1] * part)), *colours)

    def enlarge(self) -> None:
        """Continue at the picture's full size, for shapes with sharp edges."""
        self.image = self.image.resize(self._size, Image.Resampling.BILINEAR)

    def paint(self, shapes: Shapes, *colours: Colour, alpha: float = 1, blur: float = 0) -> None:
        """Fill shapes with a gradient that runs from the top of them all to their foot."""
        unit, pad = self.image.height, 3 * blur
        xs = [x for shape in shapes for x, _ in shape] or [0]
        ys = [y for shape in shapes for _, y in shape] or [0]
        left, top = (max(0, math.floor((min(ends) - pad) * unit)) for ends in (xs, ys))
        right = min(self.image.width, math.ceil((max(xs) + pad) * unit) + 1)
        bottom = min(self.image.height, math.ceil((max(ys) + pad) * unit) + 1)
        if left >= right or top >= bottom:
            return
        mask = self._mask(shapes, (left, top, right, bottom), round(_OPAQUE * alpha))
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * unit))
        fill = gradient(mask.size, *colours) if len(colours) > 1 else colours[0]
        self.image.paste(fill, (left, top, right, bottom), mask)

    def land(self, line: Sequence[float], *colours: Colour) -> None:
        """Fill all that lies below a line of heights, evenly spread from left to right.

        Only the rows that the line crosses need a mask, which saves half the time.
        """
        width, height = self.image.size
        top = max(0, math.floor(min(line) * height) - 1)
        full = min(height, max(top, math.ceil(max(line) * height)) + 1)
        if top >= height:
            return
        step = self.wide / (len(line) - 1)
        outline = [(0, 2), *((index * step, y) for index, y in enumerate(line)), (self.wide, 2)]
        mask = self._mask([outline], (0, top, width, full), _OPAQUE)
        ground = gradient((width, height - top), *colours)
        self.image.paste(ground.crop((0, 0, *mask.size)), (0, top), mask)
        self.image.paste(ground.crop((0, mask.height, *ground.size)), (0, full))

    def light(self, x: float, y: float, radius: float, fill: Colour, strength: float) -> None:
        """Paint a light that fades from its middle to nothing at its radius."""
        left, top = (round((middle - radius) * self.image.height) for middle in (x, y))
        side = round(2 * radius * self.image.height) + 1
        fading = [round(_OPAQUE * strength * max(0, 1 - v / _RIM) ** 2) for v in range(256)]
        rays = Image.radial_gradient("L").point(fading)
        rays = rays.resize((side, side), Image.Resampling.BILINEAR)
        self.image.paste(fill, (left, top, left + side, top + side), rays)

    def mirror(self, shore: float, water: Colour) -> None:
        """Turn what lies below a height into still water, which reflects what lies above it."""
        width, height = self.image.size
        at = round(shore * height)
        if not height / 2 <= at < height:
            return
        seen = self.image.crop((0, 2 * at - height, width, at))
        seen = seen.resize(_REFLECTION, Image.Resampling.BOX, reducing_gap=1)
        seen = seen.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        seen = Image.blend(seen, Image.new("RGB", seen.size, water), _WATER)
        self.image.paste(seen.resize((width, height - at), Image.Resampling.BILINEAR), (0, at))

    def _mask(self, shapes: Shapes, box: tuple[int, int, int, int], ink: int) -> Image.Image:
        """Return what shapes cover of a box of pixels, with smooth edges."""
        width, height = self.image.size
        pixels = width * height
        fine = 4 if pixels <= _SMALL else 2 if pixels <= _MEDIUM else 1
        left, top, right, bottom = (side * fine for side in box)
        mask = Image.new("L", (right - left, bottom - top))
        pen, unit = ImageDraw.Draw(mask), height * fine
        for shape in shapes:
            pen.polygon([(x * unit - left, y * unit - top) for x, y in shape], fill=ink)
        return mask.reduce(fine)


def gradient(size: tuple[int, int], *colours: Colour) -> Image.Image:
    """Return an image that runs from the first colour at its top to the last at its foot."""
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(colours)
    middles = (0, 0.5, 1, len(colours) - 0.5)
    column = strip.resize((1, size[1]), Image.Resampling.BILINEAR, box=middles)
    return column.resize(size, Image.Resampling.NEAREST)


def box(x: float, y: float, wide: float, high: float) -> Shape:
    """Return a rectangle by its upper left corner."""
    return [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]


def arc(x: float, y: float, radius: float, start: float = 0, sweep: float = math.tau) -> Shape:
    """Return a part of a circle, by default the whole: angles in radians, clockwise from right."""
    steps = 3 + math.ceil(abs(sweep) * _ROUNDNESS * math.sqrt(radius))
    turns = (start + sweep * step / steps for step in range(steps + 1))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
