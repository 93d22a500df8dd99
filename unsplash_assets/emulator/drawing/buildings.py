"""Scenes of what people built: aqueducts, and cities whose windows are lit."""

import math
import random
from dataclasses import dataclass
from typing import Final

from PIL import Image

from unsplash_assets.emulator.drawing.canvas import Canvas, Colour, Pen, Point, chosen, mix, waves
from unsplash_assets.emulator.drawing.landscapes import BLACK, WHITE, day, pines

_STONES: Final = (  # the sky from top to horizon, the light, sunlit and shaded stone, ground
    "6f9cc0 c9d8d4 f7e3bd fff6dd d9b184 7a5238 4a3a26",
    "8a6a8f e39a7c fbd08f fff1c4 c98f63 5d3434 33201f",
    "a8bfc9 dfe0d2 f6ecd5 ffffff cdbb9b 80705a 565a3c",
    "3f5f86 d9a27e f9d9a0 fff3cf e0a56c 6d3f33 3a2a2a",
    "d98a5b f2b877 fbe0ae fff8e0 b5744c 59302a 2f1d1c",
    "5b93a8 b9d4c9 f4ead0 fffbe8 e2c69b 8a6547 5f6a3a",
)
_DUSKS: Final = (  # the sky from top to horizon, the light, far and near walls, lit windows
    "1b2450 7a5c93 f2a679 ffd9a3 8a6a90 12142b ffcf7a",
    "0e2238 2f6480 e8b98a ffe3b8 5f8394 0a1826 ffd98f",
    "2a1840 a04a77 f9a066 ffd28a 91587f 170f26 ffc36b",
    "223047 6c8296 cfd2cb fff1cf 8799a5 17202d ffdf9e",
    "101a33 27406e 7f9cc0 dfe9f5 4a6591 0a1122 ffd585",
    "3a2b52 d3686a fcc27c fff0c0 b0707f 1f1730 ffe0a0",
)
_STOREY: Final = 0.022
_LAMPS: Final = bytes(0 if ink == 0 else 60 + ink * 195 // 256 for ink in range(256))


def history(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """An aqueduct that crosses the land or leads away, whole or broken off, maybe over a river."""
    top, middle, low, light, lit, shaded, ground = chosen(_STONES, dice)
    at = dice.uniform(0.08, 0.92), dice.uniform(0.12, 0.5)
    canvas = day(size, dice, [top, middle, low, light], at, 0.4)
    floor = dice.uniform(0.74, 0.9)
    for depth in (0.25, 0.5):
        hills = waves(dice, floor - 0.14 + depth * 0.2, 0.05)
        canvas.land(hills, mix(low, ground, depth), mix(low, ground, depth + 0.15))
    _aqueduct(canvas, dice, floor, lit, shaded)
    meadow = waves(dice, floor, 0.014)
    canvas.land(meadow, mix(ground, lit, 0.25), mix(ground, BLACK, 0.5))
    if dice.random() < 0.45:
        canvas.mirror(min(floor + 0.05, 0.9), mix(top, ground, 0.4))
    elif dice.random() < 0.75:
        pines(canvas, dice, [y + 0.02 for y in meadow], mix(ground, BLACK, 0.6))
    return canvas.image


@dataclass(frozen=True)
class _Bay:
    """One arch in its piece of wall: the sides, and where at these it begins and ends."""

    left: float
    right: float
    tops: Point
    feet: Point

    def mirrored(self) -> "_Bay":
        return _Bay(1 - self.right, 1 - self.left, self.tops[::-1], self.feet[::-1])


def _aqueduct(
    canvas: Canvas, dice: random.Random, floor: float, lit: Colour, shaded: Colour
) -> None:
    """Arches drawn twice: a dark wall, its openings moved aside, and the front, so it is deep."""
    bays = _bays(dice, floor + 0.04, canvas.height / canvas.width)
    for front in (False, True):
        wall = canvas.stencil(floor - 0.7)
        for bay in bays:
            _arch(wall, bay, front=front)
        darker = mix(lit, shaded, 0.5) if front else mix(shaded, BLACK, 0.25)
        canvas.spray(wall, lit if front else shaded, darker)


def _bays(dice: random.Random, floor: float, slim: float) -> list[_Bay]:
    """Return the bays of one to three tiers, from above; all heights run to a vanishing line."""
    tiers, tall = dice.choice((1, 2, 2, 3)), dice.uniform(0.34, 0.62)
    pitch = tall / tiers * dice.uniform(0.62, 1.05) * slim
    shrink = dice.choice((1, 1, dice.uniform(0.8, 0.92)))
    arches = min(24, math.ceil(1.15 / pitch)) if shrink == 1 else 16
    whole = arches if dice.random() < 0.6 else dice.randint(arches // 4, arches // 2)
    flip, vanish = dice.random() < 0.5, floor - tall * dice.uniform(0.05, 0.3)

    def ends(index: int, tier: int) -> Point:
        up = floor - tall * (1 - tier / tiers) - vanish
        return vanish + up * shrink**index, vanish + up * shrink ** (index + 1)

    bays, left = [], -dice.uniform(0.03, 0.9) * pitch
    for index in range(arches):
        right = left + pitch * shrink**index * (1 if shrink == 1 else 1.5)
        gone = 0 if index < whole else 1 + (index - whole) // 2
        for tier in range(min(gone, tiers), tiers):
            bay = _Bay(left, right, ends(index, tier), ends(index, tier + 1))
            bays.append(bay.mirrored() if flip else bay)
        left = right
    return bays


def _arch(wall: Pen, bay: _Bay, *, front: bool) -> None:
    high, wide = bay.feet[0] - bay.tops[0], bay.right - bay.left
    middle, aspect = (bay.left + bay.right) / 2, wall.width / wall.height
    half = min(wide * 0.36, high * 0.6 / aspect)
    if not front:
        middle += half * 0.2
    crown, sill = sum(bay.tops) / 2 + high * 0.17, sum(bay.feet) / 2
    ledge = high * (0.05 if front else -0.035)
    spring = crown + half * aspect
    sides = bay.left - 0.0005, bay.right + 0.0005
    (near, far), feet = bay.tops, bay.feet
    wall.shape([(sides[0], near), (sides[1], far), (sides[1], feet[1]), (sides[0], feet[0])])
    wall.oval(middle, spring, half, half * aspect, 0)
    wall.box(middle - half, spring, half * 2, max(0, sill - spring), 0)
    wall.shape(
        [(sides[0], near), (sides[1], far), (sides[1], far - ledge), (sides[0], near - ledge)]
    )


def office(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """Lit windows of a city: its skyline at dusk, maybe over water, or one front close by."""
    top, middle, low, light, far, near, lit = chosen(_DUSKS, dice)
    if dice.random() < 0.25:
        return _front(Canvas(size, top, middle, low), dice, (top, middle, low), (near, lit))
    at = dice.uniform(0.1, 0.9), dice.uniform(0.3, 0.6)
    canvas = day(size, dice, [top, middle, low, light], at)
    shore = dice.uniform(0.68, 0.8) if dice.random() < 0.45 else 1
    centre, tall = dice.uniform(0, 1), dice.uniform(0.25, 0.6)
    layers = dice.randint(2, 3)
    for layer in range(layers):
        depth = (layer + 1) / layers
        wall = mix(far, near, depth)
        paints = wall, mix(wall, low, 0.5 * (1 - depth))
        lamps = mix(wall, lit, 0.3 + 0.7 * depth) if layer else None
        _towers(canvas, dice, (centre, shore, tall * (1.3 - depth * 0.6)), paints, lamps)
    canvas.mirror(shore, mix(near, middle, 0.3), 0.5)
    if shore < 1:
        quay = canvas.stencil(shore - 0.01, shore + 0.01)
        quay.box(0, shore - 0.006, 1, 0.012)
        canvas.spray(quay, mix(near, BLACK, 0.5))
    return canvas.image


def _towers(
    canvas: Canvas,
    dice: random.Random,
    at: tuple[float, float, float],
    paints: tuple[Colour, Colour],
    lamps: Colour | None,
) -> None:
    """A row of towers, tallest around a place; only those that are near show their windows."""
    centre, shore, tall = at
    sides = shore - tall * 1.35 - 0.12, shore + 0.02
    walls, x, slim = canvas.stencil(*sides), dice.uniform(-0.08, 0), dice.uniform(0.6, 1.4)
    towers = []
    while x < 1:
        wide = dice.uniform(0.05, 0.12) * slim
        high = tall * (0.35 + dice.random() * 0.5 + 0.5 * math.exp(-(((x - centre) * 3) ** 2)))
        towers.append((x, shore - high, wide, high))
        walls.box(*towers[-1][:3], high + 0.02)
        _roof(walls, towers[-1][:2], wide, dice.randrange(6))
        x += wide + max(0, dice.uniform(-0.03, 0.03))
    canvas.spray(walls, *paints)
    if not lamps:
        return
    walls.box(0, 0, 1, 1, 0)
    for left, top, wide, high in towers:
        columns, rows, share = max(2, round(wide * 55)), int(high / _STOREY), dice.randint(50, 170)
        inks = bytes(ink if ink < share else 0 for ink in dice.randbytes(columns * rows))
        pane = wide * 0.9 / columns, _STOREY
        walls.panes((left + wide * 0.06, top + 0.012), pane, columns, inks.translate(_LAMPS))
    canvas.spray(walls, lamps)


def _roof(walls: Pen, at: Point, wide: float, kind: int) -> None:
    x, top = at
    if kind == 0:
        walls.box(x + wide * 0.47, top - 0.06, wide * 0.05, 0.06)
    elif kind == 1:
        walls.box(x + wide * 0.2, top - 0.03, wide * 0.6, 0.03)
    elif kind == 2:
        walls.shape(
            [(x, top), (x + wide, top - wide * 0.4), (x + wide, top + 0.01), (x, top + 0.01)]
        )
    elif kind == 3:
        walls.shape([(x, top), (x + wide / 2, top - wide * 0.7), (x + wide, top)])


def _front(
    canvas: Canvas,
    dice: random.Random,
    sky: tuple[Colour, Colour, Colour],
    paints: tuple[Colour, Colour],
) -> Image.Image:
    """A front of glass, close by: what is not lit shows the sky, and in some rooms one works."""
    near, lit = paints
    columns, frame, share = dice.randint(5, 12), dice.uniform(0.08, 0.26), dice.randint(60, 150)
    wide = 1 / columns
    high = wide * dice.uniform(0.6, 1.5) * canvas.width / canvas.height
    edge, rows = dice.choice((0.0, dice.uniform(0.1, 0.45))), math.ceil(1 / high) + 1
    inks = bytes(120 + t % 136 if t < share else 0 for t in dice.randbytes(columns * rows))
    glass = inks.translate(bytes(120 if ink == 0 else 0 for ink in range(256)))
    grid = (edge, -0.02), (wide, high), columns
    pen = canvas.stencil()
    pen.box(edge, 0, 1, 1)
    canvas.spray(pen, mix(near, sky[1], 0.3), near)
    pen.box(0, 0, 1, 1, 0)
    pen.panes(*grid, glass, frame)
    canvas.spray(pen, *sky)
    pen.panes(*grid, inks, frame)
    canvas.spray(pen, mix(lit, WHITE, 0.25), lit)
    pen.box(0, 0, 1, 1, 0)
    for index in (index for index, ink in enumerate(inks) if ink):
        row, column = divmod(index, columns)
        foot = edge + (column + frame) * wide, -0.02 + (row + 1) * high
        _room(pen, foot, (wide * (1 - frame), high * (1 - frame)), dice.randrange(5))
    canvas.spray(pen, mix(near, lit, 0.2), alpha=0.75)
    return canvas.image


def _room(rooms: Pen, foot: Point, pane: Point, kind: int) -> None:
    x, y = foot
    wide, high = pane
    if kind == 0:
        for slat in range(5):
            rooms.box(x, y - high * (0.98 - slat * 0.09), wide, high * 0.045)
        return
    rooms.box(x, y - high * 0.2, wide, high * 0.06)
    if kind == 1:
        radius = 0.1 * min(wide * rooms.width, high * rooms.height) / rooms.unit
        rooms.disc(x + wide * 0.6, y - high * 0.48, radius)
        rooms.oval(x + wide * 0.6, y - high * 0.18, wide * 0.17, high * 0.2)
    elif kind == 2:
        rooms.box(x + wide * 0.2, y - high * 0.45, wide * 0.3, high * 0.2)
