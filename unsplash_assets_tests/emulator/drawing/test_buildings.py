"""Tests of the scenes of aqueducts and cities."""

import itertools
import random
import statistics

from PIL import Image, ImageStat

from unsplash_assets.emulator.drawing.buildings import history, office

SEEDS = range(20)


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def warmth(image: Image.Image) -> float:
    """Return by how much a picture is redder than it is blue."""
    red, _, blue = ImageStat.Stat(image).mean
    return red - blue


def changes(image: Image.Image) -> int:
    """Return how often light and dark alternate in the row of a picture where they do most."""
    grey = image.convert("L")
    rows = (grey.crop((0, y, grey.width, y + 1)).tobytes() for y in range(grey.height))
    return max(sum(abs(a - b) > 25 for a, b in itertools.pairwise(row)) for row in rows)


def test_stone_is_warm() -> None:
    pictures = [history((120, 80), dice(seed)).crop((0, 40, 120, 64)) for seed in SEEDS]
    assert all(warmth(image) > 0 for image in pictures)
    assert statistics.fmean(map(warmth, pictures)) > 25


def test_one_sees_through_the_arches() -> None:
    """Along a row of the wall, stone and what is behind it alternate."""
    walls = [history((300, 200), dice(seed)).crop((0, 100, 300, 150)) for seed in SEEDS]
    assert min(map(changes, walls)) >= 2
    assert statistics.median(map(changes, walls)) > 8


def test_windows_are_lit_in_a_city_that_is_dark() -> None:
    cities = [office((300, 200), dice(seed)).crop((0, 100, 300, 200)) for seed in SEEDS]
    assert min(map(changes, cities)) > 24
    assert statistics.median(map(changes, cities)) > 45
    assert statistics.median(ImageStat.Stat(city.convert("L")).mean[0] for city in cities) < 100
