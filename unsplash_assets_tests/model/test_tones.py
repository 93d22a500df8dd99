"""Tests of `model.tones`: the name that a photo's colour goes by."""

import pytest

from unsplash_assets.model.tones import TONES, tone_of


@pytest.mark.parametrize(
    ("color", "tone"),
    [
        ("#c02626", "red"),
        ("#f38c26", "orange"),
        ("#734026", "brown"),
        ("#f3d926", "yellow"),
        ("#26a659", "green"),
        ("#26a6a6", "teal"),
        ("#2659d9", "blue"),
        ("#7326d9", "purple"),
        ("#d926a6", "magenta"),
        ("#0c0c0c", "black"),
        ("#8c8c8c", "grey"),
        ("#F3F3F3", "white"),
        ("#d92626", "red"),
        (None, None),
        ("", None),
        ("rgb(1,2,3)", None),
    ],
)
def test_a_colour_has_the_name_that_people_give_it(color: str | None, tone: str | None) -> None:
    assert tone_of(color) == tone


def test_every_colour_has_a_name_that_can_be_asked_for() -> None:
    steps = range(0, 256, 51)
    colors = [f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps]
    assert {tone_of(color) for color in colors} == set(TONES)
