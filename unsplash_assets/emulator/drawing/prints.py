"""Scenes as on a printed sheet: leaves and petals on paper, and patterns in few colours."""

import math
import random
from typing import Final

from PIL import Image, ImageDraw

from unsplash_assets.emulator.drawing.canvas import Canvas, Point, Shape, arc
from unsplash_assets.emulator.drawing.colours import BLACK, WHITE, Colour, mix, pick_palette

_PAPERS: Final = (  # paper above and below, two leaves, two petals, a heart
    "fbf6ea efe2c8 5d7f52 94a86b d9694f f0a58a f4c95d",
    "f4f3ee dfe5dc 2f5d50 7fa58f e7b24c f3d48c a6532f",
    "e9f0f2 c9dbe0 355c7d 7fa3b5 f08a5d f9c784 fff3d6",
    "16302b 0c1f1f 4f8a6b 9cc29a f2b5a7 fae3d4 f2c14e",
    "1d2440 121629 4e6fa3 93a9cf f2c6de fbe8ef f7d774",
    "4f7a6a 35594f a9c9a0 dbe6b8 f7e1d0 ffffff e8a33d",
    "c96f4a a8512f 5c2a24 8a3f2f f9d9a8 fff1d6 3b1c1a",
)
_PAINTS: Final = (  # the ground first
    "f3ead8 d1495b edae49 00798c 30638e 22223b",
    "efe6dd e4572e 17bebb ffc914 2e282a 76b041",
    "f6f1e7 264653 2a9d8f e9c46a f4a261 e76f51",
    "ece4d6 1d3557 457b9d e63946 a8c5c2 f1c27d",
    "1f2233 f25f5c ffe066 247ba0 70c1b3 f4efe6",
    "f7f0e8 5b2a86 d264b6 f6ae2d 2f4b7c 86bbd8",
)
_FIGURES: Final = ("quarters", "rings", "squares", "bars")
_FINE: Final = 2  # tiles are drawn this much finer than they are shown


def life(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Leaves and petals on paper: sprigs that grow from one side, over blurred shadows."""
    high, low, leaf, other, petal, blush, heart = pick_palette(_PAPERS, dice)
    canvas = Canvas(size, high, low)
    canvas.light(dice.random() * canvas.wide, dice.uniform(0, 0.5), 0.8, mix(high, WHITE, 0.5), 0.5)
    shoots, side, scale = [], dice.uniform(0, math.tau), min(1, canvas.wide)
    cos, sin = math.cos(side), math.sin(side)
    for _ in range(dice.randint(4, 6)):
        along = dice.uniform(-0.5, 0.5)
        foot = (0.5 - 0.5 * cos - along * sin) * canvas.wide, 0.5 - 0.5 * sin + along * cos
        shoots.append((foot, side + dice.uniform(-0.5, 0.5)))
    for foot, turn in shoots[:3]:
        light, dark = _sprig(dice, foot, turn + dice.choice((-0.4, 0.4)), scale)
        canvas.paint(light + dark, mix(low, leaf, 0.45), alpha=0.6, blur=0.012)
    canvas.enlarge()
    for foot, turn in shoots:
        shade, (light, dark) = mix(leaf, other, dice.random()), _sprig(dice, foot, turn, scale)
        canvas.paint(light, mix(shade, WHITE, 0.14))
        canvas.paint(dark, mix(shade, BLACK, 0.14))
    for (x, y), turn in dice.sample(shoots, dice.randint(2, 4)):
        far = dice.uniform(0.2, 0.5) * scale
        at = x + far * math.cos(turn), y + far * math.sin(turn)
        _flower(canvas, dice, at, (mix(petal, blush, dice.random()), heart))
    return canvas.image


def _sprig(
    dice: random.Random, foot: Point, turn: float, scale: float
) -> tuple[list[Shape], list[Shape]]:
    """Return the light halves of a bent sprig's leaves, and the dark ones with the stem."""
    length, pairs = scale * dice.uniform(0.5, 0.95), dice.randint(4, 8)
    broad, spread = dice.uniform(0.16, 0.32), dice.uniform(0.55, 1.0)
    bend, pace = dice.uniform(-0.12, 0.12), length / pairs
    light: list[Shape] = []
    dark: list[Shape] = []
    for step in range(pairs + 1):
        dark.append(_half_leaf(foot, turn, pace * 1.2, 0.005))
        foot = foot[0] + pace * math.cos(turn), foot[1] + pace * math.sin(turn)
        turn += bend
        reach = length * 0.3 * math.sin(0.6 + step / pairs * 1.9)
        wide = min(broad * reach, pace * 0.5)
        for side in (-spread, spread):
            light.append(_half_leaf(foot, turn + side, reach, -wide))
            dark.append(_half_leaf(foot, turn + side, reach, wide))
    return light, dark


def _half_leaf(foot: Point, turn: float, reach: float, wide: float) -> Shape:
    cos, sin = math.cos(turn), math.sin(turn)
    parts = [step / 10 for step in range(11)]
    edge = [(part * reach, wide * math.sin(math.pi * part**0.8)) for part in parts]
    return [(foot[0] + a * cos - b * sin, foot[1] + a * sin + b * cos) for a, b in edge]


def _flower(canvas: Canvas, dice: random.Random, at: Point, paints: tuple[Colour, Colour]) -> None:
    """Paint two rings of petals around a heart."""
    (x, y), (petal, heart), count, start = at, paints, dice.randint(5, 9), dice.random()
    radius = dice.uniform(0.05, 0.13) * min(1, canvas.wide)
    for part, ink in ((1.0, mix(petal, BLACK, 0.12)), (0.72, petal)):
        far, petals = radius * part, [arc(x, y, radius * part)]
        for turn in ((step + start + part) / count * math.tau for step in range(count)):
            place = x + far * math.cos(turn), y + far * math.sin(turn)
            petals.append(arc(*place, far * (2.1 / count + 0.18)))
        canvas.paint(petals, ink)
    canvas.paint([arc(x, y, radius * 0.4)], mix(heart, WHITE, 0.1), mix(heart, BLACK, 0.2))


def art(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """A pattern of square tiles, each with a figure of circles, squares or bars."""
    paints, figures = pick_palette(_PAINTS, dice), dice.sample(_FIGURES, dice.randint(2, 3))
    side, calm = max(1, min(size) / dice.randint(2, 5)), dice.uniform(0, 0.5)
    image = Image.new("RGB", size)
    for row in range(math.ceil(size[1] / side)):
        for column in range(math.ceil(size[0] / side)):
            inks = dice.sample(paints, 4)
            ground = paints[0] if dice.random() < calm else inks[3]
            tile = _tile(math.ceil(side), ground, dice.choice(figures), inks[:3])
            turned = tile.rotate(90 * dice.randrange(4))
            image.paste(turned, (round(column * side), round(row * side)))
    return image


def _tile(side: int, ground: Colour, figure: str, inks: list[Colour]) -> Image.Image:
    whole = side * _FINE
    tile = Image.new("RGB", (whole, whole), ground)
    pen = ImageDraw.Draw(tile)
    for step, ink in enumerate(inks):
        gap, reach = whole * (0.05 + 0.14 * step), whole * (1 - 0.33 * step)
        inner = gap, gap, whole - gap, whole - gap
        if figure == "quarters":
            pen.pieslice((-reach, -reach, reach, reach), 0, 90, fill=ink)
        elif figure == "rings":
            pen.ellipse(inner, fill=ink)
        elif figure == "squares":
            pen.rectangle(inner, fill=ink)
        else:
            pen.rectangle((0, whole - reach, whole, whole * 1.2 - reach), fill=ink)
    return tile.reduce(_FINE)
