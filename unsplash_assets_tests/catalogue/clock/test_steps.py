"""Tests of `catalogue.clock.steps`, on a computer whose clock is set while it is up."""

import pytest

from unsplash_assets.library.opening import Library
from unsplash_assets.library.ticks import Skipped, claim, next_topic
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.unsplash.quota import HOUR, MARGIN, QuotaReport
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.library.test_ticks import PHOTO
from unsplash_assets_tests.support.machines import Computer, elsewhere
from unsplash_assets_tests.support.stored import record_stored

MINUTE = 60.0
DAY = 24 * HOUR
STEPS = pytest.mark.parametrize("step", [DAY, 3 * HOUR, -HOUR, -30 * DAY])


@pytest.fixture
def computer() -> Computer:
    computer = Computer(1, seconds=1000.0)
    computer.boot()
    return computer


@pytest.fixture
def library(opened: Opened, computer: Computer) -> Library:
    return opened(topics="sea", sleep=lambda _: None, machine=computer.start())


def wait(clock: Clock, computer: Computer, seconds: float) -> None:
    clock.now += seconds
    computer.seconds += seconds


def tick(library: Library) -> str | Skipped:
    return claim(library, library.clock()) or next_topic(library, lambda topics: topics[0])


def spend_all(library: Library) -> None:
    with library.budget.reserve(50) as grant:
        for left in range(49, -1, -1):
            grant.settle(QuotaReport(limit=50, remaining=left))


@STEPS
def test_a_spent_hour_stays_as_long_as_it_was_whatever_the_clock_is_set_to(
    library: Library, clock: Clock, computer: Computer, step: float
) -> None:
    """Else a clock that is set ahead would spend it again, and be refused."""
    tick(library)
    spend_all(library)
    wait(clock, computer, 20 * MINUTE)
    clock.now += step
    assert isinstance(tick(library), Skipped)
    assert library.budget.usage().used == 50
    wait(clock, computer, 40 * MINUTE - 11)
    assert isinstance(tick(library), Skipped)
    wait(clock, computer, 11 + MARGIN)
    assert tick(library) == "sea"


@STEPS
def test_a_clock_that_is_set_while_requests_are_under_way_changes_nothing(
    library: Library, clock: Clock, computer: Computer, step: float
) -> None:
    spend_all(library)
    with library.budget.reserve(0):
        pass
    wait(clock, computer, HOUR + MARGIN)
    with library.budget.reserve(1) as grant:
        clock.now += step
        grant.settle(QuotaReport(limit=50, remaining=49))
    assert library.budget.usage().used == 1
    wait(clock, computer, HOUR + MARGIN)
    assert library.budget.usage().used == 0


@STEPS
def test_waits_go_on_as_they_were(
    library: Library, clock: Clock, computer: Computer, step: float
) -> None:
    library.photos.add("sea", [PHOTO])
    record_stored(library.photos, {PHOTO.id: StoredFile("sea/a.jpg", 1, 1, 1, "x")})
    tick(library)
    (event,) = library.events.take(1)
    library.events.postpone(event)
    clock.now += step
    tick(library)
    wait(clock, computer, 59)
    assert library.events.due() == 0
    wait(clock, computer, 1)
    assert library.events.due() == 1


@STEPS
def test_a_run_in_another_container_stays_alive(
    library: Library, opened: Opened, clock: Clock, step: float
) -> None:
    tick(library)
    opened(topics="sea", machine=elsewhere()).runs.begin("theirs", "sea")
    clock.now += step
    tick(library)
    assert not library.runs.was_killed("theirs")


def test_what_a_killed_run_chose_is_free_at_once_after_the_host_has_another_name(
    library: Library, computer: Computer, opened: Opened
) -> None:
    """A process's name does not hold the host's."""
    killed = computer.start()
    theirs = opened(topics="sea", machine=killed)
    theirs.runs.begin("theirs", "sea")
    computer.kill(killed)
    assert library.runs.was_killed("theirs")


def test_another_boot_tells_nothing_of_the_clock(
    library: Library, clock: Clock, computer: Computer, opened: Opened
) -> None:
    tick(library)
    spend_all(library)
    computer.boot()
    clock.now += HOUR + MARGIN
    again = opened(topics="sea", machine=computer.start())
    assert tick(again) == "sea"
    assert again.budget.usage().used == 0


def test_the_two_clocks_may_differ_by_the_moment_between_two_looks(
    library: Library, clock: Clock, computer: Computer
) -> None:
    tick(library)
    spend_all(library)
    for _ in range(10):
        wait(clock, computer, MINUTE)
        clock.now += 0.1
        assert isinstance(tick(library), Skipped)
    wait(clock, computer, 50 * MINUTE + MARGIN)
    assert tick(library) == "sea"
    assert clock.now < NOON + HOUR + 10 * MARGIN
