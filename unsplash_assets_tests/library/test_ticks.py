"""Tests of `library.ticks`: what a tick takes up, and why it does not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from unsplash_assets.library.opening import Library
from unsplash_assets.library.ticks import Skipped, Work, claim, next_topic, next_work
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import Photo, StoredFile
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets.unsplash.quota import HOUR, MARGIN, QuotaReport
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.machines import elsewhere
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.rivals import claimed_elsewhere
from unsplash_assets_tests.support.stored import record_stored

PHOTO = Photo(
    id="AbCdEfGhIjK", photographer="Ana", photographer_url="", page_url="",
    download_location="https://api.unsplash.com/photos/a/download?ixid=x",
    urls=dict.fromkeys(("raw", "full", "regular", "small", "thumb"), "https://images.unsplash.com"),
    width=1, height=1, color=None, blur_hash=None, description=None, alt_description=None,
)  # fmt: skip


@pytest.fixture
def slept() -> list[float]:
    """How long the library has slept, each time."""
    return []


@pytest.fixture
def library(opened: Opened, slept: list[float]) -> Library:
    return opened(topics="nature,art,life", sleep=slept.append)


def spend(library: Library, count: int) -> None:
    with library.budget.reserve(count) as grant:
        for _ in range(count):
            grant.settle(None)


def wait_and_owe(library: Library) -> None:
    """Let a photo of life wait, and the download event of another photo be overdue."""
    library.photos.add("art", [PHOTO])
    record_stored(library.photos, {PHOTO.id: StoredFile("art/a.jpg", 1, 1, 1, "x")})
    library.photos.add("life", [replace(PHOTO, id="BbCdEfGhIjK")])


def first(topics: Sequence[str]) -> str:
    return topics[0]


def said(outcome: str | Skipped | None) -> str:
    assert isinstance(outcome, Skipped)
    return outcome.reason


def test_a_tick_takes_up_one_of_all_topics(library: Library) -> None:
    seen: list[Sequence[str]] = []

    def pick(topics: Sequence[str]) -> str:
        seen.append(tuple(topics))
        return topics[1]

    assert next_topic(library, pick) == "art"
    assert seen == [("nature", "art", "life")]


def test_a_tick_is_skipped_when_the_budget_is_spent(library: Library, clock: Clock) -> None:
    spend(library, 50)
    words = said(next_topic(library, first))
    assert words.startswith("request budget spent: 50 of 50 in the last hour, next at ")
    clock.now += HOUR + MARGIN
    assert next_topic(library, first) == "nature"


def test_an_exhausted_topic_is_left_alone_for_an_hour_and_others_are_taken(
    library: Library, clock: Clock
) -> None:
    library.exhaustion.note("nature", "no new ones")
    assert next_topic(library, first) == "art"
    clock.now += HOUR
    assert next_topic(library, first) == "nature"


def test_an_exhausted_topic_of_which_photos_wait_is_taken_up(library: Library) -> None:
    library.exhaustion.note("life", "no new ones")
    library.photos.add("life", [PHOTO])
    assert next_topic(library, lambda topics: topics[-1]) == "life"


def test_a_tick_is_skipped_where_all_topics_are_exhausted(library: Library, clock: Clock) -> None:
    for topic in ("life", "nature", "art", "former"):
        library.exhaustion.note(topic, f"no new ones of {topic}")
        clock.now += 60
    until = clock_time(NOON + HOUR, NOON)
    assert said(next_topic(library, first)) == (
        f"no new ones of life; the schedule asks again from {until}"
    )


def test_only_a_topic_whose_work_can_be_done_is_taken_up(library: Library) -> None:
    spend(library, 49)
    assert isinstance(next_topic(library, first), Skipped)
    library.photos.add("life", [PHOTO])
    assert next_topic(library, first) == "life"


def test_looking_up_a_source_is_paid_for_too(opened: Opened) -> None:
    """An event, a request for photos, and one for each of the two collections."""
    library = opened(topics="sea,Desk=collection:1+2")
    spend(library, 46)
    assert next_topic(library, lambda topics: topics[-1]) == "Desk"
    spend(library, 1)
    assert next_topic(library, lambda topics: topics[-1]) == "sea"


def test_a_topic_with_waiting_photos_is_skipped_when_nothing_is_left(library: Library) -> None:
    library.photos.add("life", [PHOTO])
    spend(library, 50)
    words = said(next_topic(library, first))
    assert words.startswith("request budget spent: 50 of 50 in the last hour, next at ")


def test_an_overdue_download_event_is_paid_for_first(library: Library) -> None:
    wait_and_owe(library)
    spend(library, 49)
    assert said(next_topic(library, first)).startswith("request budget too small for 2")


def test_owed_download_events_are_counted_up_to_five(library: Library) -> None:
    for number in range(7):
        library.photos.add("art", [replace(PHOTO, id=f"AbCdEfGhIj{number}")])
        file = StoredFile(f"art/{number}.jpg", 1, 1, 1, "x")
        record_stored(library.photos, {f"AbCdEfGhIj{number}": file})
    library.photos.add("life", [PHOTO])
    spend(library, 44)
    assert next_topic(library, first) == "life"
    spend(library, 1)
    assert said(next_topic(library, first)).startswith("request budget too small for 6")


def test_a_small_quota_is_not_spent_on_owed_events_alone(library: Library, clock: Clock) -> None:
    for number in range(5):
        library.photos.add("art", [replace(PHOTO, id=f"AbCdEfGhIj{number}")])
        file = StoredFile(f"art/{number}.jpg", 1, 1, 1, "x")
        record_stored(library.photos, {f"AbCdEfGhIj{number}": file})
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=6, remaining=5))
    clock.now += HOUR + MARGIN
    assert next_topic(library, first) == "nature"


def test_the_one_careful_request_after_a_refusal_is_not_kept_back_by_an_overdue_event(
    library: Library, clock: Clock
) -> None:
    wait_and_owe(library)
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=0, quota_spent=True))
    assert isinstance(next_topic(library, first), Skipped)
    clock.now += 600
    assert next_topic(library, first) == "life"


def test_a_refused_key_stops_the_ticks_until_it_is_another(
    library: Library, opened: Opened
) -> None:
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=49, key_refused=True))
    assert "did not accept the key" in said(next_topic(library, first))
    assert next_topic(opened(topics="nature", api_key="another"), first) == "nature"


def refuse_key(library: Library) -> None:
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=49, key_refused=True))


def test_a_key_that_was_refused_once_is_tried_again_ten_minutes_later(
    library: Library, clock: Clock
) -> None:
    refuse_key(library)
    clock.now += 599
    assert "next try at " in said(next_topic(library, first))
    clock.now += 1
    assert next_topic(library, first) == "nature"
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=48))
    assert next_topic(library, first) == "nature"


def test_a_key_that_was_refused_again_is_tried_daily(library: Library, clock: Clock) -> None:
    refuse_key(library)
    for _ in range(3):
        refuse_key(library)
        clock.now += 86_399
        assert "did not accept the key" in said(next_topic(library, first))
        clock.now += 1
        assert next_topic(library, first) == "nature"


def test_a_process_that_is_alone_has_its_minutes_without_waiting(
    library: Library, slept: list[float]
) -> None:
    assert claim(library, NOON) is None
    assert claim(library, NOON) is None, "a tick may be evaluated twice"
    assert claim(library, NOON + 60) is None
    assert slept == []


def damage(library: Library, topic: str = "art") -> None:
    """Let the file of a stored photo be missing, and that be known."""
    library.photos.add(topic, [PHOTO])
    record_stored(library.photos, {PHOTO.id: StoredFile(f"{topic}/a.jpg", 1, 1, 1, "x")})
    library.events.mark_sent(library.events.take(1))
    folder_of(library).root.mkdir(exist_ok=True)
    assert verify(library).bad


def exhaust(library: Library) -> None:
    for topic in library.settings.topic_names:
        library.exhaustion.note(topic, "no new ones")


TROUBLES: dict[str, Callable[[Library], object]] = {
    "all topics are exhausted": exhaust,
    "the budget is spent": lambda library: spend(library, 50),
    "the key is refused": refuse_key,
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_damaged_files_are_repaired_where_no_photo_can_be_brought(
    library: Library, trouble: str
) -> None:
    TROUBLES[trouble](library)
    assert isinstance(next_work(library, first), Skipped)
    damage(library, "art")
    assert next_work(library, first) == Work("art", only_repairs=True)


def test_a_tick_that_can_bring_photos_does_and_its_run_repairs_besides(library: Library) -> None:
    damage(library)
    assert next_work(library, first) == Work("nature")


def test_a_damaged_file_that_is_not_due_is_no_work(library: Library, clock: Clock) -> None:
    exhaust(library)
    damage(library)
    library.integrity.postpone(PHOTO.id, "not yet")
    assert isinstance(next_work(library, first), Skipped)
    clock.now += 60
    assert next_work(library, first) == Work("art", only_repairs=True)


def test_the_damaged_files_of_a_topic_that_is_none_any_more_are_repaired_too(
    library: Library,
) -> None:
    damage(library, "former")
    exhaust(library)
    assert next_work(library, first) == Work("nature", only_repairs=True)


@pytest.mark.process
def test_a_minute_that_another_process_has_is_left_to_it(
    library: Library, processes: Processes
) -> None:
    with claimed_elsewhere(processes, library.settings, NOON) as pid:
        words = said(claim(library, NOON))
    assert words == (
        "another `dagster dev` on this library has this tick "
        f"(its process {pid}): stop one of the two"
    )


def test_a_process_that_cannot_be_seen_from_here_is_called_so(
    library: Library, opened: Opened
) -> None:
    container = opened(topics="nature,art,life", machine=elsewhere(7), sleep=lambda _: None)
    assert claim(container, NOON) is None
    assert "(its process 7 on another machine or in a container)" in said(claim(library, NOON))


def test_a_process_is_here_first_if_it_had_the_tick_before_however_long_ago(
    opened: Opened, slept: list[float]
) -> None:
    parts = {"topics": "nature", "schedule": "0 9 * * mon-fri", "sleep": slept.append}
    assert claim(opened(machine=elsewhere(7), **parts), NOON - 3 * 86_400) is None
    claim(opened(**parts), NOON)
    assert slept == [1.5]


@pytest.mark.process
def test_the_process_that_was_here_first_goes_first(
    library: Library, slept: list[float], processes: Processes
) -> None:
    with claimed_elsewhere(processes, library.settings, NOON):
        assert claim(library, NOON + 60) is None
    assert slept == [1.5]
    assert claim(library, NOON + 120) is None
    assert slept == [1.5], "the other one is gone"
