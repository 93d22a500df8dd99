"""Tests of the colours that scenes are painted in."""

import random

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.drawing.colours import Colour, colour, mix, pick_palette

PARTS = st.floats(0, 1)
COLOURS = st.tuples(*[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("hue", "saturation", "value", "expected"),
    [
        (0, 1, 1, (255, 0, 0)),
        (1 / 3, 1, 1, (0, 255, 0)),
        (2 / 3, 1, 0.6, (0, 0, 153)),
        (0.4, 0, 1, (255, 255, 255)),
        (0.4, 1, 0, (0, 0, 0)),
        (3, 1, 1, (255, 0, 0)),
        (-11 / 12, 1, 1, (255, 128, 0)),
    ],
)
def test_a_colour_is_made_of_hue_saturation_and_value(
    hue: float, saturation: float, value: float, expected: Colour
) -> None:
    assert colour(hue, saturation, value) == expected


@pytest.mark.parametrize(
    ("part", "expected"), [(0, (0, 100, 200)), (0.5, (50, 75, 110)), (1, (100, 50, 20))]
)
def test_a_mixed_colour_lies_between_the_two(part: float, expected: Colour) -> None:
    assert mix((0, 100, 200), (100, 50, 20), part) == expected


@hypothesis.given(st.floats(-3, 3), PARTS, PARTS, COLOURS, PARTS)
def test_red_green_and_blue_stay_within_0_and_255(
    hue: float, saturation: float, value: float, other: Colour, part: float
) -> None:
    one = colour(hue, saturation, value)
    assert all(0 <= shade <= 255 for shade in (*one, *mix(one, other, part)))


def test_a_palette_is_one_of_those_given_near_its_own_hues() -> None:
    dices = [random.Random(seed) for seed in range(40)]  # noqa: S311 - picks colours, no secret
    seen = [pick_palette(("ff0000 808080", "0000ff ffffff"), dice) for dice in dices]
    kinds = {(first.index(255), second) for first, second in seen}
    assert kinds == {(0, (128, 128, 128)), (2, (255, 255, 255))}
    assert 0 < max(sorted(first)[1] for first, _ in seen) < 255 * 0.16
    assert len({tuple(first) for first, _ in seen}) > 20
