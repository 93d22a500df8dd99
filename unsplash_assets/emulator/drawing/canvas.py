"""The tools that the demo's scenes are drawn with: colours, lines, a canvas and its pens.

Coordinates are parts of the canvas (0 to 1), radii parts of its shorter side, so that a scene
looks alike at any size. Only edges need more pixels than the picture has: shapes are cut into
finer stencils of one byte a pixel, and colour goes through these, reduced, at the picture's size.
"""

import colorsys
import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

_SMALL: Final = 300_000  # pixels: up to here edges are cut four times as fine,
_LARGE: Final = 2_000_000  # up to here twice; beyond, pixels are fine enough
_BAND: Final = 1_000_000  # fine pixels that are drawn at a time
_EDGE: Final = 180  # the shade of Pillow's radial gradient in the middle of its sides
_GRAIN: Final = 6  # shades between the darkest and the lightest grain
_SMEAR: Final = (200, 50)  # columns and rows: as much as still water shows of what it mirrors
_SOFT: Final = 300  # pixels of the shorter side that suffice for what has no edges
_TILE: Final = 256  # pixels: grain repeats itself after as many


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Return an RGB colour from hue (turns, any range), saturation and value (0 to 1)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, min(saturation, 1), min(value, 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Return the colour that lies `part` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def chosen(palettes: Sequence[str], dice: random.Random) -> list[Colour]:
    """Return the colours of one palette of codes such as "fff4d6 12303a", all hues moved a bit."""
    codes, turn = dice.choice(palettes), dice.uniform(-0.025, 0.025)
    colours = []
    for code in codes.split():
        hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in bytes.fromhex(code)))
        colours.append(colour(hue + turn, saturation, value))
    return colours


def soft_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which to draw what has no edges, before `Canvas.enlarge`."""
    part = min(1, _SOFT / min(size))
    return max(1, round(size[0] * part)), max(1, round(size[1] * part))


def gradient(size: tuple[int, int], *colours: Colour) -> Image.Image:
    """Return an image that goes from the first colour at its top to the last at its foot."""
    if len(colours) == 1:
        return Image.new("RGB", size, colours[0])
    strip = Image.new("RGB", (1, len(colours)))
    strip.putdata(colours)
    inner = (0, 0.5, 1, len(colours) - 0.5)
    column = strip.resize((1, size[1]), Image.Resampling.BILINEAR, box=inner)
    return column.resize(size, Image.Resampling.NEAREST)


class Pen:
    """Draws shapes on an image in one ink each: a shade on a stencil, a colour on a picture."""

    def __init__(
        self, image: Image.Image, whole: tuple[int, int] | None = None, top: int = 0
    ) -> None:
        """Draw on an image, or on the band below `top` of one whose whole size is given."""
        self.image = image
        self.width, self.height = whole or image.size
        self.unit = min(self.width, self.height)
        self.top = top
        self._draw = ImageDraw.Draw(image)

    def disc(self, x: float, y: float, radius: float, ink: int | Colour = 255) -> None:
        """A disc; its radius is a part of the shorter side."""
        self.oval(x, y, radius * self.unit / self.width, radius * self.unit / self.height, ink)

    def oval(self, x: float, y: float, wide: float, high: float, ink: int | Colour = 255) -> None:
        """An ellipse by its middle and its half axes."""
        box = [*self._scaled((x - wide, y - high)), *self._scaled((x + wide, y + high))]
        self._draw.ellipse(box, fill=ink)

    def box(self, x: float, y: float, wide: float, high: float, ink: int | Colour = 255) -> None:
        """A rectangle; x, y is its upper left corner."""
        left, top = self._scaled((x, y))
        right, bottom = left + wide * self.width, top + high * self.height
        self._draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=ink)

    def shape(self, points: Sequence[Point], ink: int | Colour = 255) -> None:
        """A polygon."""
        self._draw.polygon([self._scaled(point) for point in points], fill=ink)

    def line(self, points: Sequence[Point], wide: float, ink: int | Colour = 255) -> None:
        """A line through points, as wide as a part of the shorter side."""
        scaled = [self._scaled(point) for point in points]
        self._draw.line(scaled, fill=ink, width=max(1, round(wide * self.unit)))

    def slice(self, x: float, y: float, side: float, start: int, ink: int | Colour = 255) -> None:
        """A quarter of a disc that fills a square tile; `start` is its first angle, degrees."""
        (left, top), r = self._scaled((x, y)), side * self.unit
        cx = left + (r if start in {90, 180} else 0)
        cy = top + (r if start in {180, 270} else 0)
        self._draw.pieslice((cx - r, cy - r, cx + r, cy + r), start, start + 90, fill=ink)

    def panes(self, at: Point, pane: Point, columns: int, inks: bytes, frame: float = 0.4) -> None:
        """Windows in rows and columns, a shade each; `frame` is the part of each that is wall."""
        rows = len(inks) // columns
        wide, high = round(pane[0] * self.width), round(pane[1] * self.height)
        if not (rows and wide and high):
            return
        glass = Image.frombytes("L", (columns, rows), inks)
        glass = glass.resize((columns * wide, rows * high), Image.Resampling.NEAREST)
        across, down = round(wide * frame), round(high * frame)
        for left in range(0, glass.width, wide):
            glass.paste(0, (left, 0, left + across, glass.height))
        for top in range(0, glass.height, high):
            glass.paste(0, (0, top, glass.width, top + down))
        x, y = self._scaled(at)
        self.image.paste(glass, (round(x), round(y)))

    def _scaled(self, point: Point) -> Point:
        return point[0] * self.width, point[1] * self.height - self.top


class Canvas:
    """A picture in the making."""

    def __init__(self, size: tuple[int, int], *sky: Colour) -> None:
        """Start with a sky: a gradient of colours from the top down."""
        self.image = gradient(size, *sky)
        self._measure()

    def enlarge(self, size: tuple[int, int]) -> None:
        """Go on at another size: what is soft anyway is cheaper to draw small."""
        if size != self.image.size:
            self.image = self.image.resize(size, Image.Resampling.BILINEAR)
        self._measure()

    def _measure(self) -> None:
        self.width, self.height = self.image.size
        self.unit = min(self.image.size)
        pixels = self.width * self.height
        self._fine = 4 if pixels <= _SMALL else 2 if pixels <= _LARGE else 1

    def stencil(self, top: float = 0, bottom: float = 1) -> Pen:
        """Return the pen of an empty stencil: what it draws lets colour through in `spray`.

        One that reaches only from `top` to `bottom` costs less.
        """
        first = min(max(0, math.floor(top * self.height)), self.height - 1)
        last = max(min(math.ceil(bottom * self.height), self.height), first + 1)
        whole = (self.width * self._fine, self.height * self._fine)
        return Pen(
            Image.new("L", (whole[0], (last - first) * self._fine)), whole, first * self._fine
        )

    def spray(self, stencil: Pen, *colours: Colour, alpha: float = 1, soft: float = 0) -> None:
        """Let a gradient from the top of a stencil's shapes to their foot go through them.

        `soft` is how far the edges are blurred, a part of the shorter side.
        """
        box = stencil.image.getbbox()
        if box is None:
            return
        fine = self._fine
        coarse = max(1, round(soft * self.unit / 2))
        pad = coarse * 5 if soft else 0
        left, top = max(0, box[0] // fine - pad), max(0, box[1] // fine - pad)
        right = min(self.width, -(-box[2] // fine) + pad)
        bottom = min(stencil.image.height // fine, -(-box[3] // fine) + pad)
        inner = (left * fine, top * fine, right * fine, bottom * fine)
        mask = stencil.image.reduce(fine * coarse, box=inner)
        if soft:
            mask = mask.filter(ImageFilter.GaussianBlur(2))
            mask = mask.resize((right - left, bottom - top), Image.Resampling.BICUBIC)
        if alpha < 1:
            mask = mask.point([round(shade * alpha) for shade in range(256)])
        self.image.paste(gradient(mask.size, *colours), (left, top + stencil.top // fine), mask)

    def finely(self, dice: random.Random, draw: Callable[[Pen, random.Random], None]) -> None:
        """Let shapes of many colours be drawn straight on the picture, as fine as on a stencil.

        It is drawn in bands, each with the same dice: to let the system find the pages of one
        large image takes longer than to draw twice.
        """
        state, fine = dice.getstate(), self._fine
        bands = math.ceil(self.width * self.height * fine**2 / _BAND)
        rows = math.ceil(self.height / bands)
        for top in range(0, self.height, rows):
            bottom = min(top + rows, self.height)
            band = self.image.crop((0, top, self.width, bottom))
            band = band.resize((band.width * fine, band.height * fine), Image.Resampling.NEAREST)
            dice.setstate(state)
            pen = Pen(band, (self.width * fine, self.height * fine), top * fine)
            draw(pen, dice)
            self.image.paste(band.reduce(fine), (0, top))

    def land(self, heights: Sequence[float], *colours: Colour) -> None:
        """Everything below a line of heights that are evenly spread from left to right."""
        if min(heights) >= 1:
            return
        last, pixel = len(heights) - 1, 1 / self.height
        edge = self.stencil(min(heights) - pixel, max(heights) + pixel)
        edge.shape([(0, 2), *((i / last, y) for i, y in enumerate(heights)), (1, 2)])
        mask, top = edge.image.reduce(self._fine), edge.top // self._fine
        ground = gradient((self.width, self.height - top), *colours)
        self.image.paste(ground.crop((0, 0, *mask.size)), (0, top), mask)
        full = top + mask.height
        self.image.paste(ground.crop((0, mask.height, *ground.size)), (0, full))

    def light(self, x: float, y: float, radius: float, fill: Colour, strength: float = 1) -> None:
        """A light that fades from its middle to nothing at its radius."""
        cx, cy, r = x * self.width, y * self.height, radius * self.unit
        left, top = max(0, math.floor(cx - r)), max(0, math.floor(cy - r))
        right, bottom = min(self.width, math.ceil(cx + r)), min(self.height, math.ceil(cy + r))
        if left >= right or top >= bottom:
            return
        fading = [round(255 * strength * max(0, 1 - d / _EDGE) ** 2) for d in range(256)]
        rays = Image.radial_gradient("L").point(fading)
        ends = (left - cx + r, top - cy + r, right - cx + r, bottom - cy + r)
        start_x, start_y, end_x, end_y = (min(max(0, end / r * 128), 256) for end in ends)
        mask = rays.resize(
            (right - left, bottom - top),
            Image.Resampling.BILINEAR,
            box=(start_x, start_y, end_x, end_y),
        )
        self.image.paste(gradient(mask.size, fill), (left, top), mask)

    def mirror(self, shore: float, water: Colour, depth: float = 0.35) -> None:
        """Still water below a height: what is above it upside down, smeared.

        `depth` is the part that the water's own colour has in it.
        """
        at = round(shore * self.height)
        below = self.height - at
        if not 0 < below < self.height:
            return
        seen = self.image.crop((0, max(0, at - below), self.width, at))
        seen = seen.resize(_SMEAR, Image.Resampling.BOX, reducing_gap=1)
        seen = seen.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        seen = Image.blend(seen, gradient(seen.size, water), depth)
        self.image.paste(seen.resize((self.width, below), Image.Resampling.BILINEAR), (0, at))


def add_grain(image: Image.Image, dice: random.Random) -> None:
    """Give an image the grain of a film, which also hides the steps of gradients."""
    shades = [round(shade * _GRAIN / 255) for shade in range(256)]
    tile = Image.frombytes("L", (_TILE, _TILE), dice.randbytes(_TILE * _TILE)).point(shades)
    grain = Image.new("L", (image.width, _TILE))
    for x in range(0, image.width, _TILE):
        grain.paste(tile, (x, 0))
    grain = Image.merge("RGB", (grain,) * 3)
    for y in range(0, image.height, _TILE):  # in strips: new memory costs more than the work
        strip = image.crop((0, y, image.width, min(y + _TILE, image.height)))
        image.paste(ImageChops.add(strip, grain, 1, -_GRAIN // 2), (0, y))


def ridge(dice: random.Random, base: float, rough: float, *, detail: int = 7) -> list[float]:
    """Return a mountain line by midpoint displacement: 2**detail + 1 heights around `base`."""
    line = [base + dice.uniform(-rough, rough), base + dice.uniform(-rough, rough)]
    for _ in range(detail):
        finer = [line[0]]
        for before, after in itertools.pairwise(line):
            finer += [(before + after) / 2 + dice.uniform(-rough, rough), after]
        line, rough = finer, rough * 0.52
    return line


def waves(dice: random.Random, base: float, swing: float, *, turns: float = 1) -> list[float]:
    """Return a smooth line around `base`: three sines, the more of them the higher `turns`."""
    parts = [(dice.uniform(1, 5) * turns, dice.uniform(0, 7), swing / (i + 1)) for i in range(3)]
    return [
        base + sum(size * math.sin(pace * x / 80 * math.pi + at) for pace, at, size in parts)
        for x in range(81)
    ]
