"""Tests of `catalogue.topics`: an exhausted topic is left alone for a while."""

import pytest

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.topics import Exhaustion
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets_tests.conftest import Clock


@pytest.fixture
def exhaustion(database: Database, clock: Clock) -> Exhaustion:
    return Exhaustion(database, UNSPLASH_API_URL, lambda _: "any low", clock)


def test_an_exhausted_topic_is_asked_again_after_an_hour_then_two_up_to_a_day(
    exhaustion: Exhaustion, clock: Clock
) -> None:
    pauses = []
    for _ in range(7):
        until = exhaustion.note("sea", "no new ones").until
        pauses.append((until - clock.now) / 3600)
        clock.now = until
        assert exhaustion.left_alone() == {}
    assert pauses == [1, 2, 4, 8, 16, 24, 24]


def test_asking_an_exhausted_topic_before_its_time_makes_no_longer_pause(
    exhaustion: Exhaustion, clock: Clock
) -> None:
    exhaustion.note("sea", "no new ones")
    clock.now += 600
    assert exhaustion.note("sea", "no new ones").until == clock.now + 3600


def test_a_clock_that_was_ahead_makes_no_longer_pause(exhaustion: Exhaustion, clock: Clock) -> None:
    clock.now += 86_400
    exhaustion.note("sea", "no new ones")
    clock.now -= 86_400
    assert exhaustion.left_alone()["sea"].until == clock.now + 3600


def test_a_topic_is_exhausted_for_one_api_and_its_filters(
    exhaustion: Exhaustion, database: Database, clock: Clock
) -> None:
    exhaustion.note("sea", "no new ones")
    assert set(exhaustion.topics()) == {"sea"}
    assert Exhaustion(database, UNSPLASH_API_URL, lambda _: "portrait low", clock).topics() == {}
    assert Exhaustion(database, "http://127.0.0.1:8000", lambda _: "any low", clock).topics() == {}
    exhaustion.forget("sea")
    assert exhaustion.topics() == {}


def test_a_topic_that_asks_for_something_else_is_not_exhausted_any_more(
    database: Database, clock: Clock
) -> None:
    asked = {"sea": "any low", "sky": "any low"}
    exhaustion = Exhaustion(database, UNSPLASH_API_URL, lambda topic: asked[topic], clock)
    exhaustion.note("sea", "no new ones")
    exhaustion.note("sky", "no new ones")
    asked["sea"] = f"any low topic:{'+'.join(['a' * 60] * 10)}"
    assert set(exhaustion.topics()) == {"sky"}
    exhaustion.note("sea", "no new ones either")
    assert "no new ones either" in exhaustion.topics()["sea"].reason
    exhaustion.forget("sea")
    assert set(exhaustion.topics()) == {"sky"}
