"""Tests of the scenes under an open sky."""

import itertools
import random
import statistics

import pytest
from PIL import Image, ImageStat

from unsplash_assets.emulator.drawing.canvas import Canvas
from unsplash_assets.emulator.drawing.landscapes import (
    BLACK,
    WHITE,
    day,
    dunes,
    nature,
    pines,
    wisdom,
)

SEEDS = range(20)


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def grey(image: Image.Image, top: float, bottom: float) -> float:
    """Return how light a part of a picture is, between two parts of its height."""
    rows = round(image.height * top), round(image.height * bottom)
    return ImageStat.Stat(image.convert("L").crop((0, rows[0], image.width, rows[1]))).mean[0]


def test_the_sun_is_where_it_is_said_to_be_and_the_sky_darker_far_from_it() -> None:
    canvas = day((300, 200), dice(1), [BLACK, BLACK, WHITE], (0.25, 0.5))
    assert canvas.image.size == (300, 200)
    assert canvas.image.getpixel((75, 100)) == WHITE
    row = list(canvas.image.getchannel("R").crop((75, 100, 300, 101)).tobytes())
    assert row == sorted(row, reverse=True)
    assert row[-1] < 40


def test_clouds_stay_above_their_height() -> None:
    sky = [(50, 50, 50), (50, 50, 50), (51, 51, 51)]
    skies = [day((300, 200), dice(seed), sky, (0.5, 0.5), clouds=0.5).image for seed in SEEDS]
    cloudless = [max(image.getchannel("R").tobytes()[100 * 300 :]) <= 51 for image in skies]
    assert all(cloudless)
    assert len({image.tobytes() for image in skies}) > len(SEEDS) / 2


def test_pines_stand_on_their_line() -> None:
    canvas = Canvas((300, 200), WHITE)
    pines(canvas, dice(1), [0.8] * 9, BLACK)
    box = canvas.image.convert("L").point(lambda shade: 255 - shade).getbbox()
    assert box
    assert 0.55 * 200 < box[1] < 0.8 * 200 - 10
    assert box[3] == pytest.approx(0.81 * 200, abs=3)


def test_mountains_stand_dark_before_a_light_sky() -> None:
    pictures = [nature((120, 80), dice(seed)) for seed in SEEDS]
    assert all(grey(image, 0.15, 0.3) > grey(image, 0.9, 1) + 30 for image in pictures)


def test_a_night_is_dark_and_has_stars_or_a_moon() -> None:
    for seed in SEEDS:
        image = wisdom((300, 200), dice(seed))
        assert grey(image, 0, 0.2) < 90
        assert max(image.convert("L").crop((0, 0, 300, 120)).tobytes()) > 120


def test_dunes_take_the_hue_of_their_tint() -> None:
    means = [ImageStat.Stat(dunes((60, 40), dice(1), tint=tint)).mean for tint in (0, 1 / 3, 2 / 3)]
    reds, greens, blues = zip(*means, strict=True)
    assert len({max(range(3), key=shades.__getitem__) for shades in (reds, greens, blues)}) == 3


@pytest.mark.parametrize("step", range(2))
def test_each_topic_has_dunes_or_waves_the_sea_with_its_glitter(step: int) -> None:
    """Tints that are next to each other have the same hue, and yet not the same scene."""
    tint = (1000 + step) / 4096
    edges = [
        statistics.fmean(abs(a - b) for a, b in itertools.pairwise(column))
        for column in (
            dunes((300, 200), dice(seed), tint=tint)
            .convert("L")
            .crop((150, 140, 151, 200))
            .tobytes()
            for seed in SEEDS
        )
    ]
    assert (statistics.fmean(edges) > 2.0) == bool(step)
