"""Scenes of what people built: aqueducts, and cities whose windows are lit."""

import math
import random
from typing import Final

from PIL import Image, ImageOps

from unsplash_assets.emulator.drawing.canvas import Shape, arc, box
from unsplash_assets.emulator.drawing.colours import BLACK, DAYS, NIGHTS, mix, pick_palette
from unsplash_assets.emulator.drawing.landscapes import pines, sky, waves

_STONE: Final = (204, 138, 92)
_LAMP: Final = (255, 205, 116)
_PANE: Final = 0.023  # the width of a window with the wall beside it
_STOREY: Final = 0.033


def history(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """An aqueduct that crosses the land or leads away, whole or broken off, maybe over a river."""
    top, middle, low, light, _, near = pick_palette(DAYS, dice)
    lit, shaded, ground = mix(low, _STONE, 0.6), mix(near, _STONE, 0.35), mix(near, _STONE, 0.1)
    canvas = sky(size, dice, 0.45, [top, middle, low, light])
    floor = dice.uniform(0.74, 0.9)
    canvas.land(waves(dice, floor - 0.08, 0.06), mix(low, ground, 0.3), mix(low, ground, 0.5))
    bays = _bays(dice, canvas.wide, floor + 0.04)
    canvas.paint([_arch(bay, 0.2) for bay in bays], shaded, mix(shaded, BLACK, 0.25))
    canvas.paint([_arch(bay, 0) for bay in bays], lit, mix(lit, shaded, 0.5))
    ledges = [[a, b, (b[0], b[1] + 0.01), (a[0], a[1] + 0.01)] for a, b, _, _ in bays]
    canvas.paint(ledges, mix(lit, shaded, 0.35))
    meadow = waves(dice, floor, 0.014)
    canvas.land(meadow, mix(ground, lit, 0.25), mix(ground, BLACK, 0.5))
    if dice.random() < 0.45:
        canvas.mirror(min(floor + 0.05, 0.9), mix(top, ground, 0.4))
    else:
        pines(canvas, dice, [y + 0.02 for y in meadow], mix(ground, BLACK, 0.6))
    return ImageOps.mirror(canvas.image) if dice.random() < 0.5 else canvas.image


def _bays(dice: random.Random, wide: float, floor: float) -> list[Shape]:
    """Return the corners of each arch's piece of wall, in one to three tiers.

    All heights run to a vanishing line, or stay as they are where `shrink` is 1.
    """
    tiers, tall = dice.choice((1, 2, 2, 3)), dice.uniform(0.34, 0.62)
    pitch, shrink = tall / tiers * dice.uniform(0.65, 1.1), dice.choice((1, 1, 0.9, 0.84))
    vanish = floor - tall * dice.uniform(0.1, 0.3)
    whole = math.inf if dice.random() < 0.6 else dice.randint(2, 7)

    def height(row: int, scale: float) -> float:
        return vanish + (floor - tall * (1 - row / tiers) - vanish) * scale

    left, scale, index = -dice.random() * pitch, 1.0, 0
    bays: list[Shape] = []
    while left < wide and scale > 0.1:
        right, further = left + pitch * scale, scale * shrink
        for tier in range(tiers):
            if index - whole < 2 * (tier + 1):
                head = [(left, height(tier, scale)), (right, height(tier, further))]
                foot = [(right, height(tier + 1, further)), (left, height(tier + 1, scale))]
                bays.append(head + foot)
        left, scale, index = right, further, index + 1
    return bays


def _arch(bay: Shape, aside: float) -> Shape:
    """Return a piece of wall around its opening, which is moved aside by a part of its radius."""
    (left, top), (right, other_top), (_, other_foot), (_, foot) = bay
    radius, x = min((right - left) * 0.36, (foot - top) * 0.6), (left + right) / 2
    x, sill = x + aside * radius, (foot + other_foot) / 2
    spring = (top + other_top) / 2 + (foot - top) * 0.17 + radius
    opening = arc(x, min(spring, sill), radius, 0, -math.pi)
    return [*bay[:3], (x + radius, sill), *opening, (x - radius, sill), bay[3]]


def office(size: tuple[int, int], dice: random.Random) -> Image.Image:
    """The skyline of a city at night, its windows lit, maybe over water."""
    top, middle, low, light, near = pick_palette(NIGHTS, dice)
    far, lit = mix(middle, low, 0.5), mix(light, _LAMP, 0.8)
    canvas = sky(size, dice, 0.5, [top, middle, low, light], cloudy=0)
    shore = dice.uniform(0.68, 0.8) if dice.random() < 0.45 else 1.0
    tall, layers = dice.uniform(0.3, 0.6), dice.randint(2, 3)
    for layer in range(layers):
        depth = (layer + 1) / layers
        wall = mix(far, near, depth)
        walls, panes = _towers(dice, canvas.wide, shore, tall * (1.3 - depth * 0.6))
        canvas.paint(walls, wall, mix(wall, low, 0.5 * (1 - depth)))
        if layer:
            canvas.paint(panes, mix(wall, lit, 0.2 + 0.8 * depth))
    canvas.mirror(shore, mix(near, middle, 0.3))
    canvas.paint([box(0, shore - 0.006, canvas.wide, 0.012)], mix(near, BLACK, 0.5))
    return canvas.image


def _towers(
    dice: random.Random, wide: float, shore: float, tall: float
) -> tuple[list[Shape], list[Shape]]:
    """Return a row of towers, tallest around one place, and their lit windows."""
    x, centre = dice.uniform(-0.1, 0), dice.random() * wide
    walls: list[Shape] = []
    panes: list[Shape] = []
    while x < wide:
        columns, share = dice.randint(3, 6), dice.uniform(0.15, 0.6)
        side = (columns + 0.7) * _PANE
        high = tall * (0.35 + dice.random() * 0.5 + 0.5 * math.exp(-(((x - centre) * 2) ** 2)))
        top, roof, tip = shore - high, side * dice.choice((0, 0.4, 0.7)), dice.choice((0.5, 1))
        gable = [(x, top), (x + side * tip, top - roof), (x + side, top)]
        walls += [box(x, top, side, high + 0.02), gable]
        if not roof:
            walls.append(box(x + side * 0.47, top - 0.06, side * 0.05, 0.06))
        panes += [
            box(x + (column + 0.6) * _PANE, top + (row + 0.5) * _STOREY, _PANE / 2, _STOREY / 2)
            for row in range(int(high / _STOREY))
            for column in range(columns)
            if dice.random() < share
        ]
        x += side + max(0, dice.uniform(-0.03, 0.03))
    return walls, panes
