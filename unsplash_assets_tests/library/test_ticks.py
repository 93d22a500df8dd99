"""Tests of `library.ticks`: what a tick takes up, and why it does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.library.ticks import Skipped, Ticks
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.unsplash.budget import Answered
from unsplash_assets.unsplash.models import Photo
from unsplash_assets.unsplash.quota import HOUR, MARGIN, Numbers
from unsplash_assets_tests.conftest import Clock

TOPICS = ("nature", "art", "life")
PHOTO = Photo(
    id="AbCdEfGhIjK", photographer="Ana", photographer_url="", page_url="",
    download_location="https://api.unsplash.com/photos/a/download?ixid=x",
    urls=dict.fromkeys(("raw", "full", "regular", "small", "thumb"), "https://images.unsplash.com"),
    width=1, height=1, color=None, blur_hash=None, description=None, alt_description=None,
)  # fmt: skip


@pytest.fixture
def ticks(catalogue: Photos, database: Database, clock: Clock) -> Ticks:
    budget = RequestBudget(database, "a-fingerprint", clock)
    return Ticks(catalogue, DownloadEvents(database, clock), budget)


@pytest.fixture
def spend(ticks: Ticks) -> Callable[[int], None]:
    def make(count: int) -> None:
        with ticks.budget.reserve(count) as reservation:
            for _ in range(count):
                reservation.settle(None)

    return make


def first(topics: Sequence[str]) -> str:
    return topics[0]


def said(outcome: str | Skipped) -> str:
    assert isinstance(outcome, Skipped)
    return outcome.reason


def test_a_tick_takes_up_one_of_all_topics(ticks: Ticks) -> None:
    seen: list[Sequence[str]] = []

    def pick(topics: Sequence[str]) -> str:
        seen.append(tuple(topics))
        return topics[1]

    assert ticks.next_topic(TOPICS, pick) == "art"
    assert seen == [TOPICS]


def test_a_tick_is_skipped_when_the_budget_is_spent(
    ticks: Ticks, spend: Callable[[int], None], clock: Clock
) -> None:
    spend(50)
    words = said(ticks.next_topic(TOPICS, first))
    assert words.startswith("request budget spent: 50 of 50 in the last hour, next at ")
    clock.now += HOUR + MARGIN
    assert ticks.next_topic(TOPICS, first) == "nature"


def test_only_a_topic_whose_work_can_be_done_is_taken_up(
    ticks: Ticks, spend: Callable[[int], None]
) -> None:
    spend(49)
    assert isinstance(ticks.next_topic(TOPICS, first), Skipped)
    ticks.catalogue.add("life", [PHOTO])
    assert ticks.next_topic(TOPICS, first) == "life"


def test_a_topic_with_waiting_photos_is_skipped_when_nothing_is_left(
    ticks: Ticks, spend: Callable[[int], None]
) -> None:
    ticks.catalogue.add("life", [PHOTO])
    spend(50)
    words = said(ticks.next_topic(TOPICS, first))
    assert words.startswith("request budget spent: 50 of 50 in the last hour, next at ")


def test_an_overdue_download_event_is_paid_for_first(
    ticks: Ticks, spend: Callable[[int], None]
) -> None:
    ticks.catalogue.add("art", [PHOTO])
    ticks.catalogue.store({PHOTO.id: StoredFile("art/a.jpg", 1, 1, 1, "x")})
    ticks.catalogue.add("life", [replace(PHOTO, id="BbCdEfGhIjK")])
    spend(49)
    assert said(ticks.next_topic(TOPICS, first)).startswith("request budget too small for 2")


def test_the_one_careful_request_after_a_refusal_is_not_kept_back_by_an_overdue_event(
    ticks: Ticks, clock: Clock
) -> None:
    ticks.catalogue.add("art", [PHOTO])
    ticks.catalogue.store({PHOTO.id: StoredFile("art/a.jpg", 1, 1, 1, "x")})
    ticks.catalogue.add("life", [replace(PHOTO, id="BbCdEfGhIjK")])
    with ticks.budget.reserve(1) as reservation:
        reservation.settle(Answered(Numbers(50, 0), quota_spent=True))
    assert isinstance(ticks.next_topic(TOPICS, first), Skipped)
    clock.now += 600
    assert ticks.next_topic(TOPICS, first) == "life"


def test_a_refused_key_stops_the_ticks_until_it_is_another(
    ticks: Ticks, database: Database, clock: Clock
) -> None:
    with ticks.budget.reserve(1) as reservation:
        reservation.settle(Answered(Numbers(50, 49), key_refused=True))
    assert "did not accept the key" in said(ticks.next_topic(TOPICS, first))
    other = replace(ticks, budget=RequestBudget(database, "another", clock))
    assert other.next_topic(TOPICS, first) == "nature"
