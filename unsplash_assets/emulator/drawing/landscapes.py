"""Scenes under an open sky: mountains, dunes and starry nights.

Each scene picks a palette, then a composition, then the details, all with a photo's own dice.
`sky`, `waves` and `pines` serve the buildings as well.
"""

import itertools
import math
import random
from collections.abc import Sequence
from typing import Final

from PIL import Image

from unsplash_assets.emulator.drawing.canvas import Canvas, Shape, arc
from unsplash_assets.emulator.drawing.colours import (
    BLACK,
    DAYS,
    NIGHTS,
    WHITE,
    Colour,
    colour,
    mix,
    pick_palette,
)

_STEPS: Final = 128  # a line of land has this many, from the left edge to the right


def ridge(dice: random.Random, base: float, rough: float) -> list[float]:
    """Return a mountain line around a height, by midpoint displacement."""
    line = [base + dice.uniform(-rough, rough), base + dice.uniform(-rough, rough)]
    while len(line) <= _STEPS:
        finer = line[:1]
        for before, after in itertools.pairwise(line):
            finer += [(before + after) / 2 + dice.uniform(-rough, rough), after]
        line, rough = finer, rough * 0.52
    return line


def waves(dice: random.Random, base: float, swing: float, pace: float = 15) -> list[float]:
    """Return a smooth line around a height: three sines, each with up to `pace` radians."""
    sines = [(dice.uniform(pace / 5, pace), dice.uniform(0, 7), swing / part) for part in (1, 2, 3)]
    return [
        base + sum(size * math.sin(turns * step / _STEPS + shift) for turns, shift, size in sines)
        for step in range(_STEPS + 1)
    ]


def sky(
    size: tuple[int, int],
    dice: random.Random,
    horizon: float,
    colours: Sequence[Colour],
    cloudy: float = 0.5,
) -> Canvas:
    """Return a sky with a sun or moon above the horizon, in the last colour, and maybe clouds."""
    canvas, light, radius = Canvas(size, *colours[:-1]), colours[-1], dice.uniform(0.02, 0.06)
    x, y = dice.uniform(0.1, 0.9) * canvas.wide, horizon - dice.uniform(-0.02, 0.26)
    canvas.light(x, y, radius * 14, light, 0.55)
    canvas.light(x, y, radius * 4, light, 0.5)
    canvas.paint([arc(x, y, radius)], light)
    if dice.random() < cloudy:
        clouds = []
        for _ in range(dice.randint(8, 24)):
            x, y = dice.random() * canvas.wide, dice.uniform(0.04, horizon)
            wide, high = dice.uniform(0.08, 0.4), dice.uniform(0.004, 0.014)
            clouds.append([(x + wide * across, y + high * down) for across, down in arc(0, 0, 1)])
        canvas.paint(clouds, light, alpha=0.45, blur=0.005)
    canvas.enlarge()
    return canvas


def pines(canvas: Canvas, dice: random.Random, line: Sequence[float], fill: Colour) -> None:
    """Paint groups of conifers along a line of land, tallest at the picture's sides."""
    share, tall, trees = dice.uniform(-0.5, 0.8), dice.uniform(0.09, 0.2), []
    for at in (dice.random() for _ in range(70)):
        high = tall * dice.uniform(0.4, 1) * (0.5 + abs(at - 0.5))
        x, foot = at * canvas.wide, line[round(at * _STEPS)] + 0.01
        for tier in range(5 if math.sin(at * 9 + share * 10) < share else 0):
            top, half = foot - high * (1 - tier * 0.17), high * (0.07 + tier * 0.034)
            trees.append([(x, top), (x + half, top + high * 0.3), (x - half, top + high * 0.3)])
    canvas.paint(trees, fill)


def nature(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Mountain ridges that fade into the sky: with snow, with a lake or with conifers."""
    top, middle, low, light, far, near = pick_palette(DAYS, dice)
    horizon, lake, snow = dice.uniform(0.3, 0.55), dice.random() < 0.4, dice.random() < 0.5
    canvas = sky(size, dice, horizon, [top, middle, low, low, light])
    layers = dice.randint(3, 5)
    line: list[float] = []
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = horizon + ((0.68 if lake else 0.93) - horizon) * depth
        line, crest = _mountain(dice, base, depth), mix(far, near, depth**1.3)
        if snow and layer == 0:
            canvas.land(line, mix(light, far, 0.12), mix(light, far, 0.5))
            melt = ridge(dice, (min(line) + base) / 2, 0.035)
            line = [max(y, m + 0.15 * (y - base)) for y, m in zip(line, melt, strict=True)]
        canvas.land(line, crest, mix(crest, low, 0.75 * (1 - depth)))
    if lake:
        canvas.mirror(dice.uniform(0.7, 0.78), near)
        line = waves(dice, dice.uniform(0.93, 1.0), 0.03)
        canvas.land(line, mix(near, BLACK, 0.3), mix(near, BLACK, 0.6))
    pines(canvas, dice, line, mix(near, BLACK, 0.35))
    return canvas.image


def _mountain(dice: random.Random, base: float, depth: float) -> list[float]:
    """Return a ridge with one peak; the nearer it is, the flatter."""
    peak, steep = dice.uniform(0.1, 0.9), dice.uniform(3, 6)
    tall = dice.uniform(0.3, 1) * (base - 0.12) * 0.6 * (1 - depth) ** 1.5
    return [
        y - tall * math.exp(-((abs(step / _STEPS - peak) * steep) ** 1.3))
        for step, y in enumerate(ridge(dice, base, 0.12 * (1.15 - depth)))
    ]


def dunes(size: tuple[int, int], dice: random.Random, *, tint: float) -> Image.Image:
    """Dunes around a hue, for the topics without a scene of their own."""
    hue, bright = tint + dice.uniform(-0.04, 0.04), dice.uniform(0.25, 1)
    top = mix(colour(hue + dice.choice((-0.1, 0.1)), 0.4, 0.2 + 0.7 * bright), (64, 74, 130), 0.3)
    low = mix(colour(hue + 0.04, 0.4, 0.98), (255, 238, 212), 0.2 + 0.5 * bright)
    far = mix(colour(hue, 0.42, 0.5 + 0.44 * bright), low, 0.15)
    near = colour(hue - 0.05, 0.75, 0.16 + 0.26 * bright)
    horizon, layers = dice.uniform(0.26, 0.66), dice.randint(3, 5)
    canvas = sky(size, dice, horizon, [top, mix(top, low, 0.5), low, low, mix(low, WHITE, 0.6)])
    for layer in range(layers):
        depth = layer / (layers - 1)
        line = waves(dice, horizon + (0.86 - horizon) * depth, 0.04 + 0.06 * depth, pace=7)
        lit, shade = mix(far, near, depth * 0.5), mix(far, near, 0.3 + depth * 0.7)
        canvas.land(line, lit, mix(lit, near, 0.25))
        canvas.paint([_lee(canvas, dice, line)], shade, mix(shade, lit, 0.4))
    return canvas.image


def _lee(canvas: Canvas, dice: random.Random, line: Sequence[float]) -> Shape:
    """Return the shaded side of a dune, which a crest that winds down from the peak bounds."""
    peak = min(range(_STEPS // 6, _STEPS * 5 // 6), key=line.__getitem__)
    lean, away = dice.choice((-1, 1)), dice.uniform(0.15, 0.5)
    end = _STEPS + 1 if lean > 0 else -1
    points = [(step / _STEPS, line[step]) for step in range(peak, end, lean)]
    points.append((0.5 + lean / 2, 1))
    for down in (step / 16 for step in range(16, 0, -1)):
        across = lean * (away * down**1.6 + 0.04 * math.sin(down * 9))
        points.append((peak / _STEPS + across, line[peak] + (1 - line[peak]) * down))
    return [(x * canvas.wide, y) for x, y in points]


def wisdom(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """A moon and stars above quiet hills; in a long exposure the stars turn around the pole."""
    top, middle, low, light, land = pick_palette(NIGHTS, dice)
    canvas = sky(size, dice, 0.45, [top, middle, low, mix(low, light, 0.2), light], cloudy=0)
    stars = _trails if dice.random() < 0.35 else _stars
    canvas.paint(stars(dice, canvas.wide), light)
    hills, layers = dice.uniform(0.62, 0.9), dice.randint(1, 3)
    line: list[float] = []
    for layer in range(layers):
        line = waves(dice, hills + 0.1 * layer, 0.05)
        crest = mix(mix(low, middle, 0.6), land, 0.45 + 0.55 * (layer + 1) / layers)
        canvas.land(line, crest, mix(crest, land, 0.5))
    if dice.random() < 0.55:
        pines(canvas, dice, line, mix(land, BLACK, 0.4))
    elif hills < 0.75:
        canvas.mirror(hills + 0.1, land)
    return canvas.image


def _stars(dice: random.Random, wide: float) -> list[Shape]:
    return [
        arc(dice.random() * wide, 0.72 * dice.random() ** 1.2, dice.uniform(0.0001, 0.0018))
        for _ in range(200)
    ]


def _trails(dice: random.Random, wide: float) -> list[Shape]:
    """Return the tracks of stars that turn around the pole, each a thin piece of a ring."""
    pole, sweep = (dice.random() * wide, dice.uniform(0.1, 0.6)), dice.uniform(0.7, 1.6)
    trails: list[Shape] = []
    for _ in range(110):
        far, start = 1.3 * dice.random() ** 0.7, dice.uniform(0, 7)
        outer = arc(*pole, far + dice.uniform(0.0004, 0.0018), start + sweep, -sweep)
        trails.append([*arc(*pole, far, start, sweep), *outer])
    return trails
