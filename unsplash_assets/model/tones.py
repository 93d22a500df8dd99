"""The tone of a photo: the one name, of a dozen, that its average colour goes by."""

import colorsys
import re
from typing import Final

TONES: Final = (
    "red", "orange", "brown", "yellow", "green", "teal", "blue", "purple", "magenta", "black",
    "grey", "white",
)  # fmt: skip

_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_BLACK: Final = 0.13  # of lightness
_WHITE: Final = 0.88
_GREY: Final = 0.11  # of saturation
_DARK_ORANGE: Final = 0.42  # of lightness; what is darker is brown
_HUES: Final = (
    (14, "red"),
    (44, "orange"),
    (68, "yellow"),
    (162, "green"),
    (196, "teal"),
    (255, "blue"),
    (290, "purple"),
    (342, "magenta"),
    (361, "red"),
)
"""The hue, in degrees, at which each of them ends."""


def tone_of(color: str | None) -> str | None:
    """Return the tone of a colour such as #26735a, or None where there is no such colour."""
    if color is None or not _COLOR.fullmatch(color):
        return None
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if lightness < _BLACK:
        return "black"
    if lightness > _WHITE:
        return "white"
    if saturation < _GREY:
        return "grey"
    tone = next(name for end, name in _HUES if hue * 360 < end)
    return "brown" if tone == "orange" and lightness < _DARK_ORANGE else tone
