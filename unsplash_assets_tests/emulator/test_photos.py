"""Tests of the emulator's invented photos: ids, paths, and what follows from them."""

import random
import re
from datetime import UTC, datetime

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.photos import (
    PHOTOS_PER_TOPIC,
    EmulatedPhoto,
    random_photos,
    topic_code,
)
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.elsewhere import printed_here_and_elsewhere
from unsplash_assets_tests.support.processes import Processes

CODES = st.integers(0, (1 << 24) - 1)
NUMBERS = st.integers(0, PHOTOS_PER_TOPIC - 1)
PHOTOS = st.builds(EmulatedPhoto, CODES, NUMBERS)
BY_THE_SAME_EXAMPLES = hypothesis.settings(derandomize=True)
"""A guess is right once in some million: a test that guesses must not fail by such luck."""
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chooses pictures, no secret


@hypothesis.given(PHOTOS)
def test_a_photo_is_found_by_its_id(photo: EmulatedPhoto) -> None:
    assert EmulatedPhoto.from_id(photo.id) == photo


@hypothesis.given(PHOTOS)
def test_an_id_looks_like_one_of_unsplash(photo: EmulatedPhoto) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{11}", photo.id)


@hypothesis.given(PHOTOS)
def test_a_photo_is_found_by_its_picture_s_path(photo: EmulatedPhoto) -> None:
    assert EmulatedPhoto.from_path(photo.path) == photo


@hypothesis.given(PHOTOS)
def test_a_path_looks_like_one_of_unsplash(photo: EmulatedPhoto) -> None:
    assert re.fullmatch(r"photo-1[5-6][0-9]{11}-[0-9a-f]{12}", photo.path)


@pytest.mark.long
def test_photos_of_a_topic_have_ids_and_paths_of_their_own() -> None:
    code = topic_code("nature")
    photos = [EmulatedPhoto(code, number) for number in range(10_000)]
    assert len({photo.id for photo in photos}) == 10_000
    assert len({photo.path for photo in photos}) == 10_000


def test_ids_next_to_each_other_do_not_look_alike() -> None:
    """As on Unsplash, and so that some begin with - or _, which a client must survive."""
    code = topic_code("nature")
    ids = [EmulatedPhoto(code, number).id for number in range(1000)]
    assert len({photo_id[:3] for photo_id in ids}) > 950
    assert {"-", "_"} <= {photo_id[0] for photo_id in ids}


@BY_THE_SAME_EXAMPLES
@hypothesis.given(st.text(ALPHABET, min_size=11, max_size=11))
def test_an_id_that_no_photo_has_is_unknown(photo_id: str) -> None:
    assert EmulatedPhoto.from_id(photo_id) is None


@BY_THE_SAME_EXAMPLES
@hypothesis.given(PHOTOS)
def test_a_photo_has_no_other_id_than_its_own(photo: EmulatedPhoto) -> None:
    ids = {photo.id[:-1] + character for character in ALPHABET}
    assert {each for each in ids if EmulatedPhoto.from_id(each)} == {photo.id}


@BY_THE_SAME_EXAMPLES
@hypothesis.given(PHOTOS, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_an_id_with_another_character_is_unknown(
    photo: EmulatedPhoto, at: int, character: str
) -> None:
    other = photo.id[:at] + character + photo.id[at + 1 :]
    assert EmulatedPhoto.from_id(other) == (photo if other == photo.id else None)


@pytest.mark.parametrize("photo_id", ["", "a", "a" * 10, "a" * 12, "a" * 10 + "é", "a" * 10 + "\n"])
def test_what_is_no_id_is_unknown(photo_id: str) -> None:
    assert EmulatedPhoto.from_id(photo_id) is None


def test_a_number_beyond_the_last_photo_is_unknown() -> None:
    code = topic_code("nature")
    assert EmulatedPhoto.from_id(EmulatedPhoto(code, PHOTOS_PER_TOPIC - 1).id)
    assert EmulatedPhoto.from_id(EmulatedPhoto(code, PHOTOS_PER_TOPIC).id) is None
    assert EmulatedPhoto.from_path(EmulatedPhoto(code, PHOTOS_PER_TOPIC).path) is None


@BY_THE_SAME_EXAMPLES
@hypothesis.given(PHOTOS, st.integers(6, 31), st.sampled_from("0123456789abcdef"))
def test_a_path_with_another_character_is_unknown(
    photo: EmulatedPhoto, at: int, character: str
) -> None:
    other = photo.path[:at] + character + photo.path[at + 1 :]
    assert EmulatedPhoto.from_path(other) == (photo if other == photo.path else None)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "photo-",
        "photo-1500000000000-0123456789ab",
        "photo-0000000000000-0123456789ab",
        "photo-9999999999999-0123456789ab",
        "photo-1500000000000-0123456789AB",
        "photo-1500000000000-0123456789ab/",
        "photo-1500000000000-0123456789abc",
    ],
)
def test_what_is_no_path_is_unknown(path: str) -> None:
    assert EmulatedPhoto.from_path(path) is None


# Topics


@pytest.mark.parametrize(("one", "other"), [("nature", " Nature "), ("STRASSE", "straße")])
def test_a_query_is_the_same_topic_in_any_case(one: str, other: str) -> None:
    assert topic_code(one) == topic_code(other)


@hypothesis.given(PHOTOS)
def test_a_photo_has_the_tint_of_its_topic(photo: EmulatedPhoto) -> None:
    assert 0 <= photo.tint < 1
    assert photo.tint == EmulatedPhoto(photo.topic_code, 0).tint


@hypothesis.given(st.text())
def test_any_query_has_a_code_that_fits_into_an_id(query: str) -> None:
    photo = EmulatedPhoto(topic_code(query), 0)
    assert EmulatedPhoto.from_id(photo.id) == photo


def test_different_queries_are_different_topics(make_settings: MakeSettings) -> None:
    queries = [*make_settings().topic_names, "", "写真", "natures", "office art"]
    assert len({topic_code(query) for query in queries}) == len(queries) >= 10


def test_each_topic_that_is_asked_for_by_default_is_known_by_its_word(
    make_settings: MakeSettings,
) -> None:
    for word in make_settings().topic_names:
        assert EmulatedPhoto(topic_code(word), 7).topic == word


def test_another_topic_is_not_known_by_its_word() -> None:
    assert EmulatedPhoto(topic_code("lighthouses"), 7).topic is None


# What is asked for at random


@pytest.mark.parametrize("count", [1, 2, 30])
def test_so_many_different_photos_of_the_topic_are_found(count: int) -> None:
    photos = random_photos([topic_code("nature")], count, None, dice(1))
    assert len({photo.id for photo in photos}) == count
    assert {photo.topic_code for photo in photos} == {topic_code("nature")}


@pytest.mark.long
def test_a_topic_has_thousands_of_photos_to_find_and_none_is_found_twice() -> None:
    photos = random_photos([topic_code("art")], 5000, None, dice(1))
    assert len({photo.id for photo in photos}) == 5000


@pytest.mark.parametrize(
    ("orientation", "sides"),
    [
        ("landscape", {(2400, 1600), (2400, 1350)}),
        ("portrait", {(1600, 2400), (1800, 2400)}),
        ("squarish", {(2000, 2000)}),
    ],
)
def test_only_photos_of_the_orientation_are_found(
    orientation: str, sides: set[tuple[int, int]]
) -> None:
    photos = random_photos([topic_code("nature")], 30, orientation, dice(1))
    assert len(photos) == 30
    assert {photo.size for photo in photos} == sides


def test_without_an_orientation_all_are_found() -> None:
    photos = random_photos([topic_code("nature")], 30, None, dice(1))
    assert {photo.orientation for photo in photos} == {"landscape", "portrait", "squarish"}


@pytest.mark.long
def test_a_photo_of_the_orientation_is_found_every_time() -> None:
    chosen = (
        random_photos([topic_code("nature")], 1, "squarish", dice(seed)) for seed in range(5000)
    )
    assert all(chosen)


def test_the_dice_choose() -> None:
    first, again, other = (random_photos([topic_code("art")], 30, None, dice(s)) for s in (1, 1, 2))
    assert first == again
    assert {photo.id for photo in first} != {photo.id for photo in other}


# What follows from an id


def test_photos_of_a_topic_differ_in_all_that_is_known_of_them() -> None:
    photos = [EmulatedPhoto(topic_code("nature"), number) for number in range(300)]
    assert len({photo.description for photo in photos}) > 5
    assert len({photo.photographer for photo in photos}) > 100
    assert len({photo.created_at for photo in photos}) == 300
    assert len({photo.size for photo in photos}) > 3


def test_no_photo_is_from_before_unsplash_or_from_the_future() -> None:
    photos = [EmulatedPhoto(topic_code("nature"), number) for number in range(300)]
    assert min(photo.created_at for photo in photos) >= datetime(2013, 5, 1, tzinfo=UTC)
    assert max(photo.created_at for photo in photos) < datetime(2026, 1, 1, tzinfo=UTC)


PRINT_PHOTOS = """
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
for query in ("nature", "lighthouses"):
    for number in (0, 1, 4999):
        photo = EmulatedPhoto(topic_code(query), number)
        print(ascii((photo.id, photo.path, photo.size, photo.description, photo.photographer,
                     photo.created_at, photo.dice("scene").random())))
"""


@pytest.mark.process
def test_another_process_tells_the_same(processes: Processes) -> None:
    here, there = printed_here_and_elsewhere(processes, PRINT_PHOTOS)
    assert here == there
    assert len(here) == 6


def test_an_id_of_an_earlier_version_is_still_good() -> None:
    """Libraries of the demo hold such ids, and their pictures must stay where they are."""
    assert EmulatedPhoto.from_id("Kg5Kw05E04U") == EmulatedPhoto(topic_code("life"), 4245)
