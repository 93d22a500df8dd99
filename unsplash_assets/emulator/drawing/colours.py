"""The colours of the demo's pictures: red, green and blue, each 0 to 255.

Palettes that several scenes share are here; a scene's own palettes stand in its module.
"""

import colorsys
import random
from collections.abc import Sequence
from typing import Final

Colour = tuple[int, int, int]

BLACK: Final = (0, 0, 0)
WHITE: Final = (255, 255, 255)
DAYS: Final = (  # the sky from top to horizon, the light, far and near land
    "3b6ea5 9cc3dd f3e3c3 fff4d6 8fb0c4 12303a",
    "31497d c9829b f9c08a ffe6b0 a98fa8 1d2138",
    "5f8f9b b9d3c4 f6ead0 fffdf0 9dbcae 163426",
    "2c3e63 e07b55 fbc46b fff0b5 b8848a 21192e",
    "7793a8 b8c6cc e6e6e1 ffffff a4b5bd 20323c",
    "274b5e 6fb0a8 f4e2a9 fff9d9 74a59a 0d2a2c",
)
NIGHTS: Final = (  # the sky from top to horizon, the light, the land
    "040818 13224a 3c5a8c fdf6dc 050814",
    "080616 2a1b4d 8a4f86 fff0dc 0a0714",
    "021016 0e3b4c 5aa094 f4fbe6 03100f",
    "0a0d26 2c356c dc9672 fff2d2 0b0a18",
    "130a26 4a2560 d07a78 ffeedd 10081a",
    "06121f 1c4468 8fb3b8 fffbe6 071018",
)
_TURN: Final = 0.025  # how far a palette's hues move either way, in turns of the colour wheel


def colour(hue: float, saturation: float, value: float) -> Colour:
    """Return a colour from its hue (turns, any range), saturation and value (0 to 1)."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def mix(first: Colour, second: Colour, part: float) -> Colour:
    """Return the colour that lies `part` of the way from the first to the second."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue


def pick_palette(palettes: Sequence[str], dice: random.Random) -> list[Colour]:
    """Return the colours of one palette, with all hues moved a bit."""
    codes, turn = dice.choice(palettes), dice.uniform(-_TURN, _TURN)
    colours = []
    for code in codes.split():
        hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in bytes.fromhex(code)))
        colours.append(colour(hue + turn, saturation, value))
    return colours
