"""Scenes under an open sky: mountains, starry nights, dunes and waves; and what such skies hold.

Each scene chooses a palette, then a composition, then its details, all from a photo's own dice,
so that no two pictures of a topic are alike.
"""

import math
import random
from typing import Final

from PIL import Image

from unsplash_assets.emulator.drawing.canvas import (
    Canvas,
    Colour,
    Point,
    chosen,
    colour,
    mix,
    ridge,
    soft_size,
    waves,
)

BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)

_DAYS: Final = (  # the sky from top to horizon, the light, far and near land
    "3b6ea5 9cc3dd f3e3c3 fff4d6 8fb0c4 12303a",
    "31497d c9829b f9c08a ffe6b0 a98fa8 1d2138",
    "5f8f9b b9d3c4 f6ead0 fffdf0 9dbcae 163426",
    "2c3e63 e07b55 fbc46b fff0b5 b8848a 21192e",
    "7793a8 b8c6cc e6e6e1 ffffff a4b5bd 20323c",
    "274b5e 6fb0a8 f4e2a9 fff9d9 74a59a 0d2a2c",
    "4a78b5 a7cbe8 e9f2f2 ffffff 8fa9c7 1c3a2a",
    "51406f d08a9c f7cfa9 ffe9c9 9b7f9f 231a33",
)
_NIGHTS: Final = (  # the sky from top to horizon, the light, the land
    "040818 13224a 3c5a8c fdf6dc 050814",
    "080616 2a1b4d 8a4f86 fff0dc 0a0714",
    "021016 0e3b4c 5aa094 f4fbe6 03100f",
    "0a0d26 2c356c dc9672 fff2d2 0b0a18",
    "02040c 0c1833 26476f eef4ff 020409",
    "130a26 4a2560 d07a78 ffeedd 10081a",
    "06121f 1c4468 8fb3b8 fffbe6 071018",
)


def day(
    size: tuple[int, int], dice: random.Random, sky: list[Colour], at: Point, clouds: float = 0
) -> Canvas:
    """Return a sky with a sun in its glow, the last colour's, and maybe clouds, down to a height.

    All of it is soft, so it is drawn small.
    """
    canvas = Canvas(soft_size(size), *sky[:-1])
    light, radius = sky[-1], dice.uniform(0.02, 0.07)
    canvas.light(*at, radius * 14, light, 0.55)
    canvas.light(*at, radius * 4, light, 0.5)
    disc = canvas.stencil()
    disc.disc(*at, radius)
    canvas.spray(disc, light)
    if clouds and dice.random() < 0.5:
        _clouds(canvas, dice, light, clouds)
    canvas.enlarge(size)
    return canvas


def _clouds(canvas: Canvas, dice: random.Random, light: Colour, low: float) -> None:
    streaks = canvas.stencil()
    for _ in range(dice.randint(4, 8)):
        x, y, wide = dice.random(), dice.uniform(0.04, low), dice.uniform(0.08, 0.3)
        for _ in range(4):
            shift, drop = dice.uniform(-wide, wide), dice.uniform(-0.01, 0.01)
            high = dice.uniform(0.004, 0.014)
            streaks.oval(x + shift, y + drop, wide * dice.uniform(0.3, 1), high)
    canvas.spray(streaks, light, alpha=0.45, soft=0.006)


def pines(canvas: Canvas, dice: random.Random, line: list[float], fill: Colour) -> None:
    """Conifers along a line of land, in groups, tallest at the picture's sides."""
    wood, last = canvas.stencil(min(line) - 0.2), len(line) - 1
    thick, tall = dice.uniform(0.25, 0.9), dice.uniform(0.09, 0.2)
    for x in (dice.random() for _ in range(70)):
        high = tall * dice.uniform(0.4, 1) * (0.5 + abs(x - 0.5))
        foot, wide = line[round(x * last)] + 0.01, high * 0.2 * canvas.height / canvas.width
        if math.sin(x * 9 + thick * 20) > 2 * thick - 1:
            continue
        for tier in range(5):
            top = foot - high * (1 - tier * 0.17)
            spread = wide * (0.35 + tier * 0.17)
            wood.shape([(x, top), (x + spread, top + high * 0.3), (x - spread, top + high * 0.3)])
    canvas.spray(wood, fill)


def nature(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Mountain ridges that fade into the sky: with snow, with a lake or with conifers."""
    top, middle, low, light, far, near = chosen(_DAYS, dice)
    horizon, lake = dice.uniform(0.3, 0.55), dice.random() < 0.4
    at = dice.uniform(0.1, 0.9), horizon - dice.uniform(-0.02, 0.24)
    canvas = day(size, dice, [top, middle, low, low, light], at, horizon)
    line = _ridges(canvas, dice, (horizon, 0.68 if lake else 0.93), (far, near, low, light))
    if lake:
        canvas.mirror(dice.uniform(0.7, 0.78), near)
        line = waves(dice, dice.uniform(0.93, 1.0), 0.03)
        canvas.land(line, mix(near, BLACK, 0.3))
    if lake or dice.random() < 0.6:
        pines(canvas, dice, line, mix(near, BLACK, 0.35))
    return canvas.image


def _ridges(
    canvas: Canvas, dice: random.Random, span: Point, paints: tuple[Colour, Colour, Colour, Colour]
) -> list[float]:
    """Three to five ridges between two heights, mist at their feet; returns the nearest."""
    far, near, low, light = paints
    layers, snow = dice.randint(3, 5), dice.random() < 0.5
    line: list[float] = []
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = span[0] + (span[1] - span[0]) * depth
        line = ridge(dice, base, 0.12 * (1.15 - depth))
        peak, steep = dice.uniform(0.1, 0.9), dice.uniform(3, 6)
        tall = dice.uniform(0.3, 1) * (base - 0.12) * 0.6 * (1 - depth) ** 1.5
        line = [
            y - tall * math.exp(-((abs(i / 128 - peak) * steep) ** 1.3)) for i, y in enumerate(line)
        ]
        crest = mix(far, near, depth**1.3)
        if snow and layer == 0:
            canvas.land(line, mix(light, far, 0.12), mix(light, far, 0.5))
            melt = ridge(dice, (min(line) + base) / 2, 0.035)
            line = [max(y, m + 0.15 * (y - base)) for y, m in zip(line, melt, strict=True)]
        canvas.land(line, crest, mix(crest, low, 0.75 * (1 - depth)))
    return line


def wisdom(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Stars above quiet hills: a moon, a constellation, the Milky Way or the turning sky."""
    top, middle, low, light, land = chosen(_NIGHTS, dice)
    canvas = Canvas(size, top, middle, low, mix(low, light, 0.2))
    kind, hills = dice.randrange(4), dice.uniform(0.62, 0.9)
    if kind == 0:
        _trails(canvas, dice, light)
    else:
        _stars(canvas, dice, light, band=kind == 1)
    if kind > 1:
        _moon(canvas, dice, light, middle)
    if kind == 3:
        _constellation(canvas, dice, light)
    line: list[float] = []
    layers = dice.randint(1, 3)
    for layer in range(layers):
        line = waves(dice, hills + 0.1 * layer, 0.05)
        crest = mix(mix(low, middle, 0.6), land, 0.45 + 0.55 * (layer + 1) / layers)
        canvas.land(line, crest, mix(crest, land, 0.5))
    if dice.random() < 0.55:
        pines(canvas, dice, line, mix(land, BLACK, 0.4))
    elif hills < 0.75:
        canvas.mirror(hills + 0.1, land, 0.3)
    return canvas.image


def _stars(canvas: Canvas, dice: random.Random, light: Colour, *, band: bool) -> None:
    sky = canvas.stencil()
    for _ in range(220):
        ink = dice.randint(70, 255)
        sky.disc(dice.random(), dice.random() ** 1.3, dice.uniform(0.0006, 0.0022), ink)
    if band:
        x, lean = dice.uniform(0.1, 0.9), dice.uniform(-1.1, 1.1)
        for step in range(8):
            y = step / 8 + dice.uniform(-0.05, 0.05)
            at = x + lean * (y - 0.5) + dice.uniform(-0.05, 0.05)
            canvas.light(at, y, dice.uniform(0.2, 0.42), light, dice.uniform(0.12, 0.36))
        for _ in range(420):
            y = dice.random()
            at = dice.gauss(x + lean * (y - 0.5), 0.07)
            sky.disc(at, y, dice.uniform(0.0005, 0.0016), dice.randint(60, 230))
    canvas.spray(sky, light)


def _trails(canvas: Canvas, dice: random.Random, light: Colour) -> None:
    pole, sweep = (dice.uniform(0.1, 0.9), dice.uniform(0.1, 0.6)), dice.uniform(0.4, 1.4)
    sx, sy = canvas.unit / canvas.width, canvas.unit / canvas.height
    canvas.light(*pole, 1.1, light, 0.3)
    sky = canvas.stencil()
    for _ in range(130):
        far, start, ink = 1.5 * dice.random() ** 0.7, dice.uniform(0, 7), dice.randint(50, 220)
        turns = [start + sweep * step / 24 for step in range(25)]
        path = [(pole[0] + far * sx * math.cos(t), pole[1] + far * sy * math.sin(t)) for t in turns]
        sky.line(path, 0.0016, ink)
    canvas.spray(sky, light)


def _moon(canvas: Canvas, dice: random.Random, light: Colour, night: Colour) -> None:
    x, y, radius = dice.uniform(0.15, 0.85), dice.uniform(0.14, 0.5), dice.uniform(0.04, 0.12)
    canvas.light(x, y, radius * 7, light, 0.45)
    moon = canvas.stencil(y - 0.15, y + 0.15)
    moon.disc(x, y, radius)
    if dice.random() < 0.7:
        canvas.spray(moon, mix(night, light, 0.18))
        away, turn = radius * dice.uniform(0.35, 0.9), dice.uniform(-0.9, 0.9) + dice.choice((0, 3))
        across, down = away * canvas.unit / canvas.width, away * canvas.unit / canvas.height
        moon.disc(x + across * math.cos(turn), y + down * math.sin(turn), radius, 0)
    canvas.spray(moon, light, mix(light, night, 0.12))


def _constellation(canvas: Canvas, dice: random.Random, light: Colour) -> None:
    x, y = dice.uniform(0.05, 0.5), dice.uniform(0.15, 0.45)
    stars = [(x, y)]
    for _ in range(dice.randint(4, 6)):
        x, y = x + dice.uniform(0.05, 0.12), min(max(y + dice.uniform(-0.13, 0.13), 0.06), 0.58)
        stars.append((x, y))
    lines = canvas.stencil(0, 0.62)
    lines.line(stars, 0.0015, 110)
    for star in stars:
        lines.disc(*star, dice.uniform(0.003, 0.006))
        canvas.light(*star, 0.05, light, 0.5)
    canvas.spray(lines, light)


def dunes(size: tuple[int, int], dice: random.Random, *, tint: float) -> Image.Image:
    """Dunes or waves around a hue, for the topics without a scene of their own."""
    hue, bright = tint + dice.uniform(-0.04, 0.04), dice.uniform(0.25, 1)
    warm = (255, 238, 212)
    top = colour(hue + dice.choice((-0.1, 0.1)), 0.5, 0.2 + 0.72 * bright)
    top = mix(top, (64, 74, 130), 0.3)
    low = mix(colour(hue + dice.choice((-0.04, 0.08)), 0.4, 0.98), warm, 0.2 + 0.5 * bright)
    far = mix(colour(hue, 0.42, 0.5 + 0.44 * bright), low, 0.15)
    near = colour(hue - 0.05, 0.75, 0.16 + 0.26 * bright)
    horizon = dice.uniform(0.26, 0.66)
    at = dice.uniform(0.1, 0.9), horizon - dice.uniform(0.0, 0.26)
    sky = [top, mix(top, low, 0.5), low, low, mix(low, WHITE, 0.6)]
    canvas = day(size, dice, sky, at, horizon)
    if int(tint * 4096) % 2:
        _sea(canvas, dice, (at[0], horizon), far, near)
    else:
        _sand(canvas, dice, horizon, far, near)
    return canvas.image


def _sand(canvas: Canvas, dice: random.Random, horizon: float, far: Colour, near: Colour) -> None:
    """Dunes with a lit and a shaded side, parted by a crest that winds down from the peak."""
    layers, rough = dice.randint(3, 5), dice.uniform(0.6, 1.3)
    for layer in range(layers):
        depth = layer / (layers - 1)
        base, swing = horizon + (0.86 - horizon) * depth, (0.04 + 0.07 * depth) * rough
        line = waves(dice, base, swing, turns=0.5)
        lit, shade = mix(far, near, depth * 0.5), mix(far, near, 0.3 + depth * 0.7)
        canvas.land(line, lit, mix(lit, near, 0.25))
        peak = min(range(12, 69), key=line.__getitem__)
        away, lean = dice.uniform(0.15, 0.5), dice.choice((-1, 1))
        side = [(i / 80, line[i]) for i in (range(peak, 81) if lean > 0 else range(peak, -1, -1))]
        deep = 1 - line[peak]
        crest = [
            (peak / 80 + lean * (away * t**1.6 + 0.04 * math.sin(t * 9)), line[peak] + deep * t)
            for t in (step / 16 for step in range(16, 0, -1))
        ]
        shadow = canvas.stencil(min(line))
        shadow.shape([*side, (1.0 if lean > 0 else 0.0, 1.0), *crest])
        canvas.spray(shadow, shade, mix(shade, lit, 0.4))


def _sea(canvas: Canvas, dice: random.Random, sun_at: Point, far: Colour, near: Colour) -> None:
    """Waves with pointed crests that grow towards us, and the light of the sun on them."""
    horizon, layers, rough = sun_at[1], dice.randint(7, 11), dice.uniform(0.5, 1.5)
    if dice.random() < 0.6:
        coast, wide, tall = dice.uniform(-0.1, 1.1), dice.uniform(3, 7), dice.uniform(0.06, 0.22)
        hills = ridge(dice, horizon + 0.02, 0.03)
        shore = [
            y - tall * math.exp(-((abs(i / 128 - coast) * wide) ** 2)) for i, y in enumerate(hills)
        ]
        canvas.land(shore, mix(far, near, 0.6), mix(far, near, 0.2))
    canvas.land([horizon, horizon], far, near)
    lean = dice.uniform(-0.08, 0.08)
    for layer in range(1, layers):
        depth = layer / layers
        pace, at = (9 - 5.5 * depth) * dice.uniform(0.8, 1.2), dice.uniform(0, 7)
        base, swing = horizon + (1.02 - horizon) * depth**1.5, 0.06 * depth * rough
        body, foam = mix(far, near, depth), 0.008 * depth
        line = []
        for i in range(129):
            x = i / 128
            crest = 1 - abs(math.sin(x * pace + at)) ** 0.8
            swell = 0.6 + 0.4 * math.sin(x * 5 + at * 3)
            line.append(base + lean * (x - 0.5) * depth - swing * crest * swell)
        canvas.land(line, mix(body, WHITE, 0.55))
        canvas.land([y + foam for y in line], mix(body, far, 0.45), body)
    glitter = canvas.stencil(horizon)
    for _ in range(60):
        down = dice.random() ** 1.5
        wide = (0.02 + 0.05 * down) * dice.uniform(0.3, 1)
        x = dice.gauss(sun_at[0], 0.02 + 0.08 * down)
        glitter.oval(x, horizon + 0.01 + (1 - horizon) * down * 0.8, wide, 0.0015 + 0.002 * down)
    canvas.spray(glitter, mix(far, WHITE, 0.75), alpha=0.7)
