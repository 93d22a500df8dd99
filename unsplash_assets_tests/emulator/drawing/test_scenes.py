"""Tests of the scenes: each shows what it should, and no two pictures look alike."""

import functools
import itertools
import math
import random
import statistics
import time
from collections import Counter

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.pictures import SCENES, scene_of
from unsplash_assets_tests.conftest import MakeSettings

pytestmark = pytest.mark.long

OTHER = ["lighthouses", "sea"]  # topics without a scene of their own
NAMES = [*SCENES, *OTHER]
PHOTOS = 60


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def scene(topic: str, size: tuple[int, int] = (120, 80), seed: int = 1) -> Image.Image:
    tint = EmulatedPhoto(topic_code(topic), 0).tint
    return scene_of(topic, tint)(size, dice(seed))


@functools.cache
def album(topic: str, width: int = 120) -> list[Image.Image]:
    """Return scenes of a topic, of different seeds."""
    return [scene(topic, (width, width * 2 // 3), seed) for seed in range(PHOTOS)]


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: 0 if the same, 255 if one is black, the other white."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def brightness(image: Image.Image, top: float, bottom: float) -> float:
    """Return how bright a part of a picture is, between two parts of its height."""
    rows = round(image.height * top), round(image.height * bottom)
    return ImageStat.Stat(image.convert("L").crop((0, rows[0], image.width, rows[1]))).mean[0]


def edges(image: Image.Image) -> int:
    """Return how often light and dark alternate in the row of a picture where they do most."""
    grey = image.convert("L")
    rows = (grey.crop((0, y, grey.width, y + 1)).tobytes() for y in range(grey.height))
    return max(sum(abs(a - b) > 25 for a, b in itertools.pairwise(row)) for row in rows)


# Every scene


def test_each_default_topic_has_a_scene(make_settings: MakeSettings) -> None:
    assert set(make_settings().topic_names) <= set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_topic_with_a_scene_has_it_whatever_its_tint(name: str) -> None:
    assert scene_of(name, 0.1) is scene_of(name, 0.7) is SCENES[name]


@pytest.mark.parametrize("topic", [None, "", "sea"])
def test_any_other_topic_has_a_scene_by_its_tint(topic: str | None) -> None:
    one, other = (scene_of(topic, tint)((60, 40), dice(1)) for tint in (0.1, 0.7))
    assert difference(one, other) > 10


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "size", [(120, 80), (80, 120), (90, 90), (1, 1), (2, 1), (1, 40), (40, 1), (71, 53)]
)
def test_a_scene_fills_its_size(name: str, size: tuple[int, int]) -> None:
    for seed in range(6):
        image = scene(name, size, seed)
        assert image.size == size
        assert image.mode == "RGB"


@pytest.mark.parametrize("name", NAMES)
def test_the_same_dice_draw_the_same_scene_at_any_time(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the clock nor randomness that others share has a part in it."""
    before = [scene(name, seed=seed).tobytes() for seed in range(5)]
    monkeypatch.setattr(time, "time", lambda: 0.0)
    random.seed(before[0])
    assert [scene(name, seed=seed).tobytes() for seed in range(5)] == before


@pytest.mark.parametrize("name", NAMES)
def test_there_is_something_to_see(name: str) -> None:
    assert min(max(ImageStat.Stat(image).stddev) for image in album(name)) > 20


@pytest.mark.parametrize("name", NAMES)
def test_no_two_pictures_of_a_topic_look_alike(name: str) -> None:
    """Not even without their colours: the nearest two of 1,770 pairs differ, most do by far."""
    glances = [image.convert("L").resize((16, 16), Image.Resampling.BOX) for image in album(name)]
    distances = [
        ImageStat.Stat(ImageChops.difference(one, other)).mean[0]
        for one, other in itertools.combinations(glances, 2)
    ]
    assert min(distances) > 5
    assert statistics.median(distances) > 20


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_looks_alike_at_any_size(name: str) -> None:
    for seed in range(4):
        small = scene(name, (240, 160), seed)
        shrunk = scene(name, (960, 640), seed).resize((240, 160), Image.Resampling.BOX)
        assert difference(small, shrunk) < 6
        other = scene(name, (240, 160), seed + 1)
        assert difference(small, shrunk) < difference(small, other) / 3


def _impression(image: Image.Image) -> list[float]:
    """Return colours and edges in sixteen parts of a picture, without its shapes."""
    lines = image.convert("L").filter(ImageFilter.FIND_EDGES)
    lines = lines.crop((1, 1, image.width - 1, image.height - 1))
    coarse = [part.resize((4, 4), Image.Resampling.BOX).tobytes() for part in (image, lines)]
    return [shade / 255 for shade in coarse[0]] + [edge / 64 for edge in coarse[1]]


def test_a_topic_is_recognized_at_a_glance() -> None:
    """By the most similar of the pictures already seen; one of seven would be right by chance."""
    topics = [*SCENES, "lighthouses"]
    looks = {topic: [_impression(image) for image in album(topic)] for topic in topics}
    seen = [(look, topic) for topic in topics for look in looks[topic][: PHOTOS // 2]]
    right = {
        topic: statistics.fmean(
            min((math.dist(look, known), word) for known, word in seen)[1] == topic
            for look in looks[topic][PHOTOS // 2 :]
        )
        for topic in topics
    }
    assert statistics.fmean(right.values()) > 0.8
    assert min(right.values()) > 0.5


# What each scene shows


def test_history_shows_stone_that_one_sees_through() -> None:
    """Along a row of the wall, stone and what is behind it alternate."""
    walls = [image.crop((0, 100, 300, 150)) for image in album("history", 300)[:20]]
    assert min(map(edges, walls)) >= 2
    assert statistics.median(map(edges, walls)) > 8


def test_life_shows_leaves_of_two_flat_halves() -> None:
    assert statistics.median(coverage(image, 24) for image in album("life", 240)[:20]) > 0.2


def test_wisdom_shows_a_dark_sky_with_stars() -> None:
    for image in album("wisdom", 300)[:20]:
        assert brightness(image, 0, 0.2) < 100
        assert max(image.convert("L").crop((0, 0, 300, 120)).tobytes()) > 120


def test_art_has_few_colours() -> None:
    """Six; the rest are edges."""
    assert min(coverage(image, 6) for image in album("art", 240)[:20]) > 0.75


def test_office_shows_lit_windows_in_a_dark_city() -> None:
    cities = [image.crop((0, 100, 300, 200)) for image in album("office", 300)[:20]]
    assert min(map(edges, cities)) > 20
    assert statistics.median(brightness(city, 0, 1) for city in cities) < 100


def test_nature_shows_dark_land_below_a_light_sky() -> None:
    pictures = album("nature")[:20]
    assert all(brightness(image, 0.15, 0.3) > brightness(image, 0.9, 1) + 30 for image in pictures)


def test_dunes_take_the_hue_of_their_tint() -> None:
    pictures = [scene_of(None, tint)((60, 40), dice(1)) for tint in (0, 1 / 3, 2 / 3)]
    means = [ImageStat.Stat(image).mean for image in pictures]
    strongest = {max(range(3), key=shades.__getitem__) for shades in zip(*means, strict=True)}
    assert len(strongest) == 3


def coverage(image: Image.Image, colours: int) -> float:
    """Return the part of a picture that its most frequent colours fill."""
    counts = Counter(zip(*(band.tobytes() for band in image.split()), strict=True))
    return sum(count for _, count in counts.most_common(colours)) / (image.width * image.height)
