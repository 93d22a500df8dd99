"""Tests of the library after its clock was wrong: all is as usual within an hour."""

import pytest

from unsplash_assets.library.opening import Library
from unsplash_assets.library.ticks import Skipped, claim, next_topic
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.unsplash.quota import HOUR, MARGIN, QuotaReport
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.library.test_ticks import PHOTO, first, refuse_key, said
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.rivals import claimed_elsewhere
from unsplash_assets_tests.support.stored import record_stored

MINUTE = 60.0
DAY = 24 * HOUR
AHEAD = pytest.mark.parametrize("ahead", [HOUR, DAY, 30 * DAY], ids=["hour", "day", "month"])


@pytest.fixture
def library(opened: Opened) -> Library:
    return opened(topics="nature", sleep=lambda _: None)


def tick(library: Library) -> str | Skipped:
    """Do what a tick does."""
    return claim(library, library.clock()) or next_topic(library, first)


@AHEAD
def test_what_was_spent_under_a_clock_ahead_is_free_an_hour_after_it_is_right(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    with library.budget.reserve(50) as grant:
        for left in range(49, -1, -1):
            grant.settle(QuotaReport(limit=50, remaining=left))
    clock.now = NOON
    assert said(tick(library)).startswith("request budget spent: 50 of 50 in the last hour")
    clock.now += HOUR + MARGIN
    assert tick(library) == "nature"


@AHEAD
def test_a_refusal_under_a_clock_ahead_is_past_an_hour_after_it_is_right(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=0, quota_spent=True))
    clock.now = NOON
    assert isinstance(tick(library), Skipped)
    clock.now += HOUR + MARGIN
    assert tick(library) == "nature"
    assert not library.budget.usage().was_refused


@AHEAD
def test_a_key_refused_under_a_clock_ahead_is_tried_again_ten_minutes_after_it_is_right(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    refuse_key(library)
    clock.now = NOON
    assert "did not accept the key" in said(tick(library))
    clock.now += 10 * MINUTE
    assert tick(library) == "nature"


def stored_with_its_event(library: Library) -> None:
    library.photos.add("nature", [PHOTO])
    record_stored(library.photos, {PHOTO.id: StoredFile("nature/a.jpg", 1, 1, 1, "x")})


@AHEAD
def test_an_event_postponed_or_taken_under_a_clock_ahead_is_due_at_once(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    stored_with_its_event(library)
    (event,) = library.events.take(1)
    clock.now = NOON
    tick(library)
    assert library.events.due() == 1
    clock.now += ahead
    (event,) = library.events.take(1)
    library.events.postpone(event)
    clock.now = NOON
    tick(library)
    assert library.events.due() == 1


@AHEAD
def test_a_repair_postponed_under_a_clock_ahead_is_due_at_once(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    stored_with_its_event(library)
    with library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE photos SET state = 'damaged', repair_due_at = 0")
    library.integrity.postpone(PHOTO.id, "no network")
    clock.now = NOON
    assert library.integrity.due("nature", 1) == []
    tick(library)
    assert len(library.integrity.due("nature", 1)) == 1


def test_a_wait_of_now_is_kept(library: Library, clock: Clock) -> None:
    stored_with_its_event(library)
    for wait in (1, 2, 4):
        clock.now += DAY
        (event,) = library.events.take(1)
        tick(library)
        assert library.events.due() == 0
        library.events.postpone(event)
        clock.now += wait * MINUTE - 1
        tick(library)
        assert library.events.due() == 0
        clock.now += 1
        assert library.events.due() == 1


@AHEAD
def test_the_last_run_is_not_one_that_a_clock_ahead_has_ended(
    library: Library, clock: Clock, ahead: float
) -> None:
    clock.now += ahead
    library.runs.begin("ahead", "nature")
    library.runs.end("ahead")
    clock.now = NOON
    last = library.runs.last()
    assert last
    assert last.ended_at == NOON
    clock.now += MINUTE
    library.runs.begin("right", "art")
    clock.now += 1
    library.runs.end("right")
    last = library.runs.last()
    assert last
    assert last.topic == "art"


@AHEAD
@pytest.mark.process
def test_a_minute_claimed_under_a_clock_ahead_keeps_no_other_process_from_ticking(
    library: Library, clock: Clock, ahead: float, processes: Processes
) -> None:
    with claimed_elsewhere(processes, library.settings, NOON + ahead):
        claim(library, NOON)
        clock.now += MINUTE
        assert claim(library, clock.now) is None


@pytest.mark.process
def test_a_claim_is_void_once_its_holder_is_gone(library: Library, processes: Processes) -> None:
    with claimed_elsewhere(processes, library.settings, NOON):
        assert isinstance(claim(library, NOON), Skipped)
    assert claim(library, NOON) is None
