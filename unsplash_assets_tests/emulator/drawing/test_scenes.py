"""Tests of all scenes: that there is much to see, and never the same."""

import functools
import itertools
import math
import random
import statistics

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from unsplash_assets.emulator.drawing.scenes import SCENES, scene_of
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets_tests.conftest import Given

OWN = ["lighthouses", "sea", "dunes"]  # topics of one's own: dunes, dunes and waves
PHOTOS = 60


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def scene(topic: str, size: tuple[int, int] = (120, 80), seed: int = 1) -> Image.Image:
    return scene_of(topic, topic_code(topic) / (1 << 24))(size, dice(seed))


@functools.cache
def album(topic: str) -> list[Image.Image]:
    """Return the scenes of a topic's first photos."""
    photos = [EmulatedPhoto(topic_code(topic), number) for number in range(PHOTOS)]
    draw = scene_of(topic, topic_code(topic) / (1 << 24))
    return [draw((120, 80), photo.dice("scene")) for photo in photos]


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: 0 if the same, 255 if one is black, the other white."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def thumbnail(image: Image.Image) -> bytes:
    """Return 16 times 16 greys: what the eye takes in at a glance, whatever the colours."""
    return image.convert("L").resize((16, 16), Image.Resampling.BOX).tobytes()


NAMES = [*SCENES, *OWN]


def test_each_topic_that_is_asked_for_by_default_has_a_scene(given: Given) -> None:
    assert set(given().topics) <= set(SCENES)


@pytest.mark.parametrize("name", SCENES)
def test_a_topic_with_a_scene_has_it_whatever_its_tint(name: str) -> None:
    assert scene_of(name, 0.1) is scene_of(name, 0.7) is SCENES[name]


@pytest.mark.parametrize("topic", [None, "", "sea"])
def test_any_other_topic_has_a_scene_by_its_tint(topic: str | None) -> None:
    one, other = (scene_of(topic, tint)((60, 40), dice(1)) for tint in (0.1, 0.7))
    assert difference(one, other) > 10


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(120, 80), (80, 120), (90, 90), (1, 1), (2, 1), (1, 40)])
def test_a_scene_fills_its_size(name: str, size: tuple[int, int]) -> None:
    for seed in range(6):
        image = scene(name, size, seed)
        assert image.size == size
        assert image.mode == "RGB"


@pytest.mark.parametrize("name", NAMES)
def test_there_is_something_to_see(name: str) -> None:
    assert min(max(ImageStat.Stat(image).stddev) for image in album(name)) > 20


@pytest.mark.parametrize("name", NAMES)
def test_the_same_dice_draw_the_same_scene(name: str) -> None:
    assert all(
        scene(name, seed=seed).tobytes() == scene(name, seed=seed).tobytes() for seed in range(5)
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_two_pictures_of_a_topic_look_alike(name: str) -> None:
    """Not even without their colours: the nearest two of 1,770 pairs differ, most do by far."""
    pairs = itertools.combinations([thumbnail(image) for image in album(name)], 2)
    distances = [
        sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 256 for one, other in pairs
    ]
    assert min(distances) > 5
    assert statistics.median(distances) > 20


def _look(image: Image.Image) -> list[float]:
    """Return colours and edges in sixteen parts of a picture: no shapes, just the impression."""
    edges = image.convert("L").filter(ImageFilter.FIND_EDGES)
    edges = edges.crop((1, 1, image.width - 1, image.height - 1))
    coarse = [part.resize((4, 4), Image.Resampling.BOX).tobytes() for part in (image, edges)]
    return [shade / 255 for shade in coarse[0]] + [edge / 64 for edge in coarse[1]]


def test_a_topic_is_told_at_a_glance() -> None:
    """By the most similar of the pictures already seen; one of seven would be right by chance."""
    topics = [*SCENES, "lighthouses"]
    looks = {topic: [_look(image) for image in album(topic)] for topic in topics}
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


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_looks_alike_at_any_size(name: str) -> None:
    for seed in range(4):
        small = scene(name, (240, 160), seed)
        shrunk = scene(name, (960, 640), seed).resize((240, 160), Image.Resampling.BOX)
        assert difference(small, shrunk) < 6
        other = scene(name, (240, 160), seed + 1)
        assert difference(small, shrunk) < difference(small, other) / 3
