"""Scenes as on a printed sheet: leaves and petals on paper, circles and squares in few colours."""

import math
import random
from dataclasses import dataclass
from functools import partial
from typing import Final

from PIL import Image

from unsplash_assets.emulator.drawing.canvas import (
    Canvas,
    Colour,
    Pen,
    Point,
    chosen,
    mix,
    soft_size,
)

_PAPERS: Final = (  # paper above and below, two leaves, two petals, a heart
    "fbf6ea efe2c8 5d7f52 94a86b d9694f f0a58a f4c95d",
    "f4f3ee dfe5dc 2f5d50 7fa58f e7b24c f3d48c a6532f",
    "fdf1ec f3d5c9 7a5a6a b78a8f c8475b ef8f8a f7c873",
    "e9f0f2 c9dbe0 355c7d 7fa3b5 f08a5d f9c784 fff3d6",
    "16302b 0c1f1f 4f8a6b 9cc29a f2b5a7 fae3d4 f2c14e",
    "1d2440 121629 4e6fa3 93a9cf f2c6de fbe8ef f7d774",
    "2d1b2e 1c1220 8a5a7d 5f7f6a f28f6b f9c9a5 ffe08a",
    "f7ead0 e9c98f 8c5a2b b98b4a b5432e dd7f4b 3d2b1f",
    "4f7a6a 35594f a9c9a0 dbe6b8 f7e1d0 ffffff e8a33d",
    "c96f4a a8512f 5c2a24 8a3f2f f9d9a8 fff1d6 3b1c1a",
)
_PAINTS: Final = (  # the ground first
    "f3ead8 d1495b edae49 00798c 30638e 22223b",
    "efe6dd e4572e 17bebb ffc914 2e282a 76b041",
    "f6f1e7 264653 2a9d8f e9c46a f4a261 e76f51",
    "ece4d6 1d3557 457b9d e63946 a8c5c2 f1c27d",
    "1f2233 f25f5c ffe066 247ba0 70c1b3 f4efe6",
    "f5efe6 3d405b e07a5f 81b29a f2cc8f 5f797b",
    "24201f d8a47f ef8354 bfc0c0 4f5d75 f3ead8",
    "f7f0e8 5b2a86 d264b6 f6ae2d 2f4b7c 86bbd8",
)

_LEAF: Final = [  # how broad half a leaf is along its rib
    (t, math.sin(math.pi * t**0.8)) for t in (0, 0.08, 0.2, 0.32, 0.44, 0.56, 0.68, 0.8, 0.92, 1)
]


@dataclass(frozen=True)
class _Shoot:
    """Where something grows from, and to where: an angle, 0 to the right, a quarter turn down."""

    x: float
    y: float
    turn: float


def life(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Leaves and petals on paper: sprigs that grow, hang, circle or lie scattered."""
    high, low, leaf, other, petal, blush, heart = chosen(_PAPERS, dice)
    canvas = Canvas(soft_size(size), high, low)
    canvas.light(dice.random(), dice.uniform(0, 0.5), 1.2, mix(high, (255, 255, 255), 0.5), 0.5)
    shoots = _shoots(dice)
    behind = canvas.stencil()
    for shoot in dice.sample(shoots, 4):
        aside = _Shoot(shoot.x, shoot.y, shoot.turn + dice.choice((-0.4, 0.4)))
        _sprig(behind, dice, aside, 0.9, (255, 255))
    canvas.spray(behind, mix(low, other, 0.5), mix(low, leaf, 0.4), alpha=0.6, soft=0.012)
    canvas.enlarge(size)

    def draw(pen: Pen, dice: random.Random) -> None:
        for shoot in shoots:
            shade = mix(leaf, other, dice.random())
            halves = mix(shade, (255, 255, 240), 0.14), mix(shade, (0, 10, 10), 0.14)
            _sprig(pen, dice, shoot, dice.uniform(0.5, 0.95), halves)
        for number in range(dice.randint(1, 6)):
            shoot = dice.choice(shoots)
            far = 0.0 if number == 0 and shoot.y < 1 else dice.uniform(0.2, 0.5)
            at = shoot.x + far * math.cos(shoot.turn), shoot.y + far * math.sin(shoot.turn)
            _flower(pen, dice, at, mix(petal, blush, dice.random()), heart)

    canvas.finely(dice, draw)
    return canvas.image


def _shoots(dice: random.Random) -> list[_Shoot]:
    count, kind = dice.randint(5, 8), dice.randrange(5)
    if kind == 0:
        return [_Shoot(dice.random(), 1.03, dice.uniform(-1.9, -1.2)) for _ in range(count)]
    if kind == 1:
        return [_Shoot(dice.random(), -0.03, dice.uniform(1.2, 1.9)) for _ in range(count)]
    if kind == 2:
        left = dice.random() < 0.5
        x, lean = (-0.03, 0.2) if left else (1.03, math.pi - 0.2)
        return [_Shoot(x, dice.random(), lean + dice.uniform(-0.7, 0.7)) for _ in range(count)]
    if kind == 3:
        x, y, start = dice.uniform(0.25, 0.75), dice.uniform(0.3, 0.7), dice.random()
        return [_Shoot(x, y, math.tau * (i + start) / count) for i in range(count)]
    turn = dice.uniform(0, math.tau)
    return [
        _Shoot(dice.random(), dice.random(), turn + dice.uniform(-0.4, 0.4)) for _ in range(count)
    ]


def _sprig(
    pen: Pen,
    dice: random.Random,
    shoot: _Shoot,
    length: float,
    halves: tuple[int | Colour, int | Colour],
) -> None:
    """A bent stem with leaves on both sides; each leaf has a light and a dark half."""
    sx, sy = pen.unit / pen.width, pen.unit / pen.height
    bend, pairs, turn = dice.uniform(-0.12, 0.12), dice.randint(4, 8), shoot.turn
    broad, spread, pace = dice.uniform(0.16, 0.32), dice.uniform(0.55, 1.0), length / pairs
    x, y = shoot.x, shoot.y
    nodes = [(x, y)]
    for _ in range(pairs + 1):
        turn += bend
        x, y = x + pace * math.cos(turn) * sx, y + pace * math.sin(turn) * sy
        nodes.append((x, y))
    pen.line(nodes, 0.005, halves[1])
    for step, node in enumerate(nodes[2:], 2):
        reach = length * 0.3 * math.sin(0.6 + step / pairs * 1.9)
        wide = min(broad * reach, pace * 0.5)
        for side in (-spread, spread):
            _leaf(pen, node, turn + bend * (step - pairs) + side, (reach, wide), halves)


def _leaf(
    pen: Pen, foot: Point, turn: float, shape: Point, halves: tuple[int | Colour, int | Colour]
) -> None:
    cos, sin, (reach, wide) = math.cos(turn), math.sin(turn), shape
    sx, sy = pen.unit / pen.width, pen.unit / pen.height
    for side, ink in zip((-wide, wide), halves, strict=True):
        edge = [(along * reach, side * swell) for along, swell in _LEAF]
        pen.shape(
            [
                (foot[0] + (a * cos - b * sin) * sx, foot[1] + (a * sin + b * cos) * sy)
                for a, b in edge
            ],
            ink,
        )


def _flower(pen: Pen, dice: random.Random, at: Point, petal: Colour, heart: Colour) -> None:
    sx, sy = pen.unit / pen.width, pen.unit / pen.height
    radius, count, start = dice.uniform(0.05, 0.14), dice.randint(5, 9), dice.random()
    for ring, ink in ((1, mix(petal, (40, 0, 20), 0.14)), (0.72, petal)):
        for step in range(count):
            angle = (step + start + ring) / count * math.tau
            far = radius * ring
            x, y = at[0] + far * math.cos(angle) * sx, at[1] + far * math.sin(angle) * sy
            pen.disc(x, y, far * 2.1 / count + far * 0.18, ink)
    pen.disc(*at, radius * 0.6, petal)
    pen.disc(*at, radius * 0.42, mix(heart, (60, 30, 0), 0.3))
    pen.disc(*at, radius * 0.36, heart)


def art(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Circles and squares: tiles, rings, a balance of few large shapes, or squares in squares."""
    paints = chosen(_PAINTS, dice)
    canvas = Canvas(size, paints[0], mix(paints[0], paints[-1], 0.08))
    draw = dice.choice((_tiles, _tiles, _rings, _balance))
    canvas.finely(dice, partial(draw, paints=paints))
    return canvas.image


def _grid(pen: Pen, across: int) -> list[tuple[float, float, float, float]]:
    """Return the left, the top, the width and the height of square tiles that cover a picture."""
    side = pen.unit / across
    columns, rows = math.ceil(pen.width / side), math.ceil(pen.height / side)
    wide, high = side / pen.width, side / pen.height
    return [(x * wide, y * high, wide, high) for y in range(rows) for x in range(columns)]


def _tiles(pen: Pen, dice: random.Random, paints: list[Colour]) -> None:
    across, calm = dice.choice((3, 4, 5, 6)), dice.uniform(0, 0.5)
    for x, y, wide, high in _grid(pen, across):
        ground, figure, dot = dice.sample(paints, 3)
        if dice.random() < calm:
            ground = paints[0]
        pen.box(x, y, wide + 0.002, high + 0.002, ground)
        kind = dice.randrange(6)
        if kind < 3:
            pen.slice(x, y, 1 / across, dice.choice((0, 90, 180, 270)), figure)
        elif kind == 3:
            pen.disc(x + wide / 2, y + high / 2, 0.42 / across, figure)
            pen.disc(x + wide / 2, y + high / 2, 0.2 / across, dot)
        elif kind == 4:
            for bar in (0.1, 0.45, 0.8):
                pen.box(x, y + high * bar, wide, high * 0.17, figure)


def _rings(pen: Pen, dice: random.Random, paints: list[Colour]) -> None:
    across, square = dice.choice((1, 2, 2, 3, 4)), dice.random() < 0.4
    for x, y, wide, high in _grid(pen, across):
        pen.box(x, y, wide + 0.002, high + 0.002, dice.choice(paints))
        middle, sink = (x + wide / 2, y + high / 2), dice.uniform(0, 0.12)
        size = 0.48
        while size > 0.06:
            ink = dice.choice(paints)
            if square:
                left, top = (
                    middle[0] - wide * size,
                    middle[1] - high * (size - sink * (0.48 - size)),
                )
                pen.box(left, top, wide * size * 2, high * size * 2, ink)
            else:
                pen.disc(middle[0], middle[1], size / across, ink)
            size -= dice.uniform(0.05, 0.14)


def _balance(pen: Pen, dice: random.Random, paints: list[Colour]) -> None:
    sx, sy = pen.unit / pen.width, pen.unit / pen.height
    for step in range(dice.randint(7, 13)):
        size = dice.uniform(0.2, 0.42) if step < 3 else dice.uniform(0.03, 0.16)
        x, y, ink = dice.uniform(0.05, 0.95), dice.uniform(0.05, 0.95), dice.choice(paints[1:])
        kind = dice.randrange(4)
        if kind == 0:
            pen.box(x - size * sx, y - size * sy, size * sx * 2, size * sy * 2, ink)
        elif kind == 1:
            pen.disc(x, y, size, ink)
            pen.disc(x, y, size * 0.72, paints[0])
        elif kind == 2:
            pen.slice(x, y, size, dice.choice((0, 90, 180, 270)), ink)
        else:
            pen.disc(x, y, size, ink)
