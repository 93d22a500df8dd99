"""What the demo's pictures show: a scene a topic, drawn with Pillow from a photo's own dice.

Coordinates are parts of the canvas (0 to 1), so a scene looks alike at any size. Add a scene
by writing its function and naming it in `SCENES`. Size, caption and encoding are `pictures`.
"""

import colorsys
import itertools
import math
import random
from collections.abc import Callable, Sequence
from typing import Final

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Return an RGB colour from hue (turns, any range), saturation and value (0 to 1)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, min(saturation, 1), min(value, 1))
    return round(red * 255), round(green * 255), round(blue * 255)


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Return the colour that lies `part` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Canvas:
    """An image with coordinates from 0 to 1 and shapes that scale with it."""

    def __init__(self, size: tuple[int, int], top: Colour, bottom: Colour) -> None:
        """Start with a sky: a vertical gradient from `top` to `bottom`."""
        strip = Image.new("RGB", (1, 2))
        strip.putpixel((0, 0), top)
        strip.putpixel((0, 1), bottom)
        self.image = strip.resize(size, Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
        self.width, self.height = size
        self.unit = min(size)
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def disc(self, x: float, y: float, radius: float, fill: Colour, alpha: int = 255) -> None:
        """A disc; its radius is a part of the shorter side."""
        cx, cy, r = x * self.width, y * self.height, radius * self.unit
        self._draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(*fill, alpha))

    def glow(self, x: float, y: float, radius: float, fill: Colour) -> None:
        """A disc with a soft halo."""
        for step in range(10, 0, -1):
            self.disc(x, y, radius * (1 + step * 0.28), fill, alpha=9)
        self.disc(x, y, radius, fill)

    def box(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        """A rectangle; x, y is its upper left corner."""
        left, top = x * self.width, y * self.height
        right, bottom = left + width * self.width, top + height * self.height
        self._draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=fill)

    def shape(self, points: Sequence[tuple[float, float]], fill: Colour, alpha: int = 255) -> None:
        """A polygon."""
        scaled = [(x * self.width, y * self.height) for x, y in points]
        self._draw.polygon(scaled, fill=(*fill, alpha))

    def line(self, points: Sequence[tuple[float, float]], fill: Colour, alpha: int = 255) -> None:
        """A thin line through points."""
        scaled = [(x * self.width, y * self.height) for x, y in points]
        self._draw.line(scaled, fill=(*fill, alpha), width=max(1, self.unit // 500))

    def land(self, heights: Sequence[float], fill: Colour, alpha: int = 255) -> None:
        """Everything below a line of heights that are evenly spread from left to right."""
        last = len(heights) - 1
        self.shape([(0, 1), *((i / last, y) for i, y in enumerate(heights)), (1, 1)], fill, alpha)

    def slice(self, x: float, y: float, side: float, start: int, fill: Colour) -> None:
        """A quarter of a disc that fills a square tile; `start` is its first angle, degrees."""
        left, top, r = x * self.width, y * self.height, side * self.unit
        cx = left + (r if start in {90, 180} else 0)
        cy = top + (r if start in {180, 270} else 0)
        self._draw.pieslice((cx - r, cy - r, cx + r, cy + r), start, start + 90, fill=fill)


def ridge(dice: random.Random, base: float, rough: float, *, detail: int = 7) -> list[float]:
    """Return a mountain line by midpoint displacement: 2**detail + 1 heights around `base`."""
    line = [base + dice.uniform(-rough, rough), base + dice.uniform(-rough, rough)]
    for _ in range(detail):
        finer = [line[0]]
        for before, after in itertools.pairwise(line):
            finer += [(before + after) / 2 + dice.uniform(-rough, rough), after]
        line, rough = finer, rough * 0.52
    return line


def waves(dice: random.Random, base: float, swing: float) -> list[float]:
    """Return a smooth line around `base`: three sines."""
    parts = [(dice.uniform(1, 5), dice.uniform(0, 7), swing / (i + 1)) for i in range(3)]
    return [
        base + sum(size * math.sin(turns * x / 80 * math.tau / 2 + at) for turns, at, size in parts)
        for x in range(81)
    ]


def nature(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Mountain ridges that fade into the sky."""
    hue, night = dice.uniform(0.45, 0.72), dice.random() < 0.3
    sky = colour(hue + dice.uniform(-0.04, 0.04), 0.45, 0.4 if night else 0.93)
    warm = colour(dice.uniform(0.02, 0.13), dice.uniform(0.25, 0.6), 0.98)
    canvas = Canvas(size, sky, warm)
    canvas.glow(
        dice.uniform(0.15, 0.85), dice.uniform(0.18, 0.42), 0.055, mix(warm, (255,) * 3, 0.7)
    )
    dark = colour(hue + dice.uniform(-0.15, 0.05), dice.uniform(0.5, 0.8), dice.uniform(0.12, 0.25))
    layers = dice.randint(4, 6)
    for layer in range(layers):
        depth = (layer + 1) / layers
        heights = ridge(dice, 0.42 + 0.48 * depth, 0.19 * (1.15 - depth * 0.7))
        canvas.land(heights, mix(mix(sky, warm, 0.6), dark, depth**1.2))
    return canvas.image


def history(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """An aqueduct before a warm sky."""
    hue = dice.uniform(0.02, 0.12)
    top, low = colour(hue + 0.5, 0.25, 0.85), colour(hue + 0.03, 0.45, 0.98)
    stone = colour(hue, dice.uniform(0.35, 0.5), dice.uniform(0.35, 0.6))
    canvas = Canvas(size, top, low)
    canvas.glow(dice.uniform(0.1, 0.9), dice.uniform(0.2, 0.5), 0.07, colour(hue + 0.05, 0.15, 1))
    canvas.land(waves(dice, 0.72, 0.05), mix(low, stone, 0.45))
    arches, tiers, upper = dice.randint(4, 7), dice.randint(1, 2), dice.uniform(0.3, 0.42)
    depth = (0.88 - upper) / tiers
    for tier in range(tiers):
        count = arches * (2 if tiers == 2 and tier == 0 else 1)
        _arcade(canvas, upper + tier * depth, depth, count, mix(stone, low, 0.15 * (tiers - tier)))
    canvas.land(waves(dice, 0.9, 0.02), mix(stone, (20, 12, 10), 0.65))
    return canvas.image


def _arcade(canvas: Canvas, top: float, depth: float, count: int, stone: Colour) -> None:
    canvas.box(-0.01, top, 1.02, depth * 0.16, stone)
    canvas.box(-0.01, top - 0.012, 1.02, 0.02, mix(stone, (255, 240, 220), 0.25))
    pitch = 1 / count
    half, spring = pitch * 0.36, top + depth * 0.16 + pitch * 0.36 * canvas.width / canvas.height
    for index in range(-1, count + 1):
        middle = (index + 0.5) * pitch
        arch = [(middle - pitch / 2, top + depth * 0.15)]
        arch += [(middle - pitch / 2, top + depth), (middle - half, top + depth)]
        rise = spring - top - depth * 0.16
        arch += [
            (middle - half * math.cos(a / 24 * math.pi), spring - rise * math.sin(a / 24 * math.pi))
            for a in range(25)
        ]
        arch += [(middle + half, top + depth), (middle + pitch / 2, top + depth)]
        canvas.shape([*arch, (middle + pitch / 2, top + depth * 0.15)], stone)


def life(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Leaves and petals on paper."""
    hue = dice.random()
    canvas = Canvas(size, colour(hue + 0.5, 0.07, 0.99), colour(hue + 0.45, 0.16, 0.93))
    for _ in range(dice.randint(5, 9)):
        x, y, turn = dice.uniform(0.05, 0.95), dice.uniform(0.1, 1.0), dice.uniform(-2.2, -0.9)
        length = dice.uniform(0.25, 0.6)
        shade = colour(
            hue + dice.uniform(-0.12, 0.12), dice.uniform(0.35, 0.75), dice.uniform(0.45, 0.9)
        )
        _frond(canvas, (x, y), turn, length, shade)
    for _ in range(dice.randint(2, 5)):
        x, y, radius = dice.uniform(0.1, 0.9), dice.uniform(0.1, 0.8), dice.uniform(0.03, 0.08)
        petal = colour(hue + 0.45 + dice.uniform(-0.1, 0.1), dice.uniform(0.4, 0.7), 0.97)
        for step in range(8):
            angle = step / 8 * math.tau
            dx = radius * math.cos(angle) * canvas.unit / canvas.width
            dy = radius * math.sin(angle) * canvas.unit / canvas.height
            canvas.disc(x + dx, y + dy, radius * 0.62, petal, 190)
        canvas.disc(x, y, radius * 0.5, colour(hue + 0.6, 0.6, 0.98))
    return canvas.image


def _frond(
    canvas: Canvas, foot: tuple[float, float], turn: float, length: float, shade: Colour
) -> None:
    sx, sy = canvas.unit / canvas.width, canvas.unit / canvas.height
    for step in range(1, 10):
        along, bend = step / 9 * length, turn + step * 0.05
        x, y = foot[0] + along * math.cos(bend) * sx, foot[1] + along * math.sin(bend) * sy
        for side in (-1, 1):
            angle, reach = bend + side * 0.85, length * 0.34 * math.sin(0.35 + step / 9 * 2.6)
            tip = (x + reach * math.cos(angle) * sx, y + reach * math.sin(angle) * sy)
            wide = reach * 0.22
            nx, ny = -math.sin(angle) * wide * sx, math.cos(angle) * wide * sy
            mid = ((x + tip[0]) / 2, (y + tip[1]) / 2)
            leaf = [(x, y), (mid[0] + nx, mid[1] + ny), tip, (mid[0] - nx, mid[1] - ny)]
            canvas.shape(leaf, shade, 215)


def wisdom(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """A night of stars, a moon and a constellation."""
    hue = dice.uniform(0.56, 0.8)
    canvas = Canvas(size, colour(hue, 0.75, 0.16), colour(hue + 0.08, 0.55, 0.5))
    for _ in range(260):
        pale = colour(hue + dice.uniform(-0.2, 0.2), 0.12, 1)
        canvas.disc(
            dice.random(),
            dice.random() ** 1.3,
            dice.uniform(0.0006, 0.003),
            pale,
            dice.randint(90, 255),
        )
    x, y = dice.uniform(0.2, 0.8), dice.uniform(0.16, 0.36)
    canvas.glow(x, y, dice.uniform(0.06, 0.1), colour(0.13, 0.12, 0.98))
    start = dice.uniform(0.1, 0.5)
    stars = [
        (start + i * 0.07 + dice.uniform(-0.02, 0.02), dice.uniform(0.1, 0.55)) for i in range(6)
    ]
    canvas.line(stars, (230, 235, 255), 110)
    for star in stars:
        canvas.disc(*star, 0.006, (255, 252, 235))
    for layer in range(3):
        canvas.land(
            waves(dice, 0.74 + layer * 0.09, 0.04), colour(hue + 0.03, 0.7, 0.26 - layer * 0.09)
        )
    return canvas.image


def art(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Tiles of circles, quarters and bars."""
    hue = dice.random()
    palette = [
        colour(hue + turn, dice.uniform(0.45, 0.8), dice.uniform(0.7, 0.97))
        for turn in (0, 0.08, 0.42, 0.55)
    ]
    palette += [(244, 238, 226), (34, 36, 46)]
    canvas = Canvas(size, palette[4], palette[4])
    side = 1 / dice.choice((4, 5, 6))
    step_x, step_y = side * canvas.unit / canvas.width, side * canvas.unit / canvas.height
    for row in range(math.ceil(1 / step_y)):
        for column in range(math.ceil(1 / step_x)):
            ground, figure, dot = dice.sample(palette, 3)
            x, y = column * step_x, row * step_y
            canvas.box(x, y, step_x + 0.002, step_y + 0.002, ground)
            kind = dice.randrange(5)
            if kind < 3:
                canvas.slice(x, y, side, dice.choice((0, 90, 180, 270)), figure)
            elif kind == 3:
                canvas.disc(x + step_x / 2, y + step_y / 2, side * 0.42, figure)
                canvas.disc(x + step_x / 2, y + step_y / 2, side * 0.2, dot)
            else:
                for bar in (0.1, 0.45, 0.8):
                    canvas.box(x, y + step_y * bar, step_x, step_y * 0.17, figure)
    return canvas.image


def office(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """A city at dusk, its windows lit."""
    hue = dice.uniform(0.55, 0.95)
    top, low = colour(hue, 0.6, 0.32), colour(hue + 0.28, 0.45, 0.95)
    canvas = Canvas(size, top, low)
    canvas.glow(dice.uniform(0.2, 0.8), dice.uniform(0.35, 0.6), 0.08, colour(hue + 0.3, 0.25, 1))
    for layer in range(3):
        depth, x = (layer + 1) / 3, -0.02
        wall = mix(low, colour(hue + 0.02, 0.55, 0.13), 0.35 + 0.6 * depth)
        while x < 1:
            width, height = (
                dice.uniform(0.06, 0.13),
                dice.uniform(0.18, 0.52) * (1.1 - depth * 0.35),
            )
            _tower(canvas, (x, 1 - height, width), wall, depth, dice)
            x += width + dice.uniform(0, 0.025)
    return canvas.image


def _tower(
    canvas: Canvas, at: tuple[float, float, float], wall: Colour, depth: float, dice: random.Random
) -> None:
    x, top, width = at
    canvas.box(x, top, width, 1 - top, wall)
    columns, rows = 5, int((1 - top) / 0.035)
    lit = colour(dice.uniform(0.1, 0.15), dice.uniform(0.3, 0.55), 1)
    for row in range(rows):
        for column in range(columns):
            if dice.random() < 0.45:
                pane = mix(wall, lit, dice.uniform(0.2, 0.9) * depth)
                canvas.box(
                    x + width * (0.12 + column * 0.16),
                    top + 0.016 + row * 0.035,
                    width * 0.1,
                    0.019,
                    pane,
                )


def dunes(size: tuple[int, int], dice: random.Random, *, tint: float) -> Image.Image:
    """Waves of sand or water around a hue, for the topics without a scene of their own."""
    hue = tint + dice.uniform(-0.07, 0.07)
    top, low = colour(hue, 0.3, 0.97), colour(hue + 0.1, 0.35, 0.9)
    far, near = colour(hue + 0.12, 0.5, 0.85), colour(hue + 0.3, 0.75, 0.3)
    canvas = Canvas(size, top, low)
    canvas.glow(
        dice.uniform(0.15, 0.85), dice.uniform(0.15, 0.35), 0.07, mix(top, (255,) * 3, 0.75)
    )
    layers = dice.randint(6, 9)
    for layer in range(layers):
        depth = (layer + 1) / layers
        canvas.land(waves(dice, 0.38 + 0.55 * depth, 0.05), mix(far, near, depth))
    return canvas.image


SCENES: Final[dict[str, Callable[[tuple[int, int], random.Random], Image.Image]]] = {
    "history": history,
    "life": life,
    "wisdom": wisdom,
    "art": art,
    "office": office,
    "nature": nature,
}
