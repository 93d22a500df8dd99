"""Tests of `unsplash.quota_answers`: what an answer teaches about limit, others, and the hour."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.quota import Count, HourlyQuota, Window
from unsplash_assets.unsplash.quota import (
    HOUR,
    MARGIN,
    Account,
    QuotaReport,
    Request,
    Usage,
    free,
    next_free_at,
    usage,
)
from unsplash_assets.unsplash.quota_answers import after_answer
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.accounts import answer, asked, fixed_hour_seen, spent


def test_the_limit_is_the_one_of_the_newest_answer() -> None:
    account = answer(Account(), NOON, remaining=4999, limit=5000)
    assert free(account, NOON + 2) == 4999
    account = answer(account, NOON + 10, remaining=98, limit=100)
    assert usage(account, NOON + 12) == Usage(100, 2, 0, 98, None, made=2, was_refused=False)


def test_a_limit_that_is_lowered_below_what_is_used_leaves_nothing() -> None:
    account = Account(5000, (asked(1, NOON, count=70),))
    account = answer(account, NOON + 60, remaining=0, limit=50)
    at = NOON + 1 + HOUR + MARGIN
    assert usage(account, NOON + 61) == Usage(50, 50, 0, 0, at, made=71, was_refused=False)
    assert account.reset_by is None
    assert free(account, at) == 49


def test_of_what_is_used_others_have_no_more_than_there_is() -> None:
    account = answer(Account(), NOON, remaining=4000, limit=5000)
    account = after_answer(account, account.requests[0], QuotaReport(100, None), NOON + 60)
    found = usage(account, NOON + 61)
    assert (found.used, found.others) == (100, 100)


@pytest.mark.parametrize(
    "report", [QuotaReport(), QuotaReport(100, None), QuotaReport(key_refused=True)]
)
def test_an_answer_without_a_remaining_number_teaches_no_more_than_the_limit(
    report: QuotaReport,
) -> None:
    account = spent(NOON)
    after = after_answer(account, account.requests[0], report, NOON + 1)
    assert after == replace(account, limit=report.limit or 50)


def test_what_another_program_spends_is_noticed_by_what_remains() -> None:
    account = answer(Account(), NOON, remaining=42)
    found = usage(account, NOON + 2)
    assert (found.used, found.others) == (8, 7)
    assert free(account, NOON + 2) < 42


def test_an_answer_that_comes_at_once_is_not_counted_twice() -> None:
    request = replace(asked(1, NOON), settled_at=NOON)
    account = after_answer(Account(50, (request,)), request, QuotaReport(50, 42), NOON)
    assert usage(account, NOON).others == 7


def test_what_another_program_spent_is_forgotten_when_unsplash_counts_it_no_more() -> None:
    account = answer(Account(), NOON, remaining=42)
    account = answer(account, NOON + 60, remaining=46)
    assert usage(account, NOON + 62).others == 2
    account = answer(account, NOON + 120, remaining=47)
    assert usage(account, NOON + 122).others == 0


def test_what_another_program_spent_counts_for_an_hour_at_the_most() -> None:
    account = answer(Account(), NOON, remaining=42)
    assert usage(account, NOON + 1 + HOUR + MARGIN).others == 0


def test_requests_of_ours_that_may_not_have_been_counted_yet_are_no_other_programs() -> None:
    under_way = asked(9, NOON - 1, count=5, answered=False)
    account = answer(Account(50, (under_way,)), NOON, remaining=44)
    assert usage(account, NOON + 2).others == 0
    assert usage(answer(Account(50, (under_way,)), NOON, remaining=43), NOON + 2).others == 1


def test_a_refusal_tells_that_nothing_remains_whatever_its_headers_say() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=40, refused=True)
    assert account.is_refused
    assert free(account, NOON + 62) == 0


def test_a_fixed_hour_is_known_by_an_answer_that_counts_less_than_our_last_hour() -> None:
    assert fixed_hour_seen().reset_by == NOON + 1801


def test_a_rolling_hour_is_taken_for_no_fixed_one() -> None:
    account = spent(*(NOON + 30 * number for number in range(40)))
    assert answer(account, NOON + 1800, remaining=9).reset_by is None


def test_a_count_that_lags_by_one_is_forgiven() -> None:
    account = spent(*(NOON + 30 * number for number in range(40)))
    assert answer(account, NOON + 1800, remaining=10).reset_by is None
    assert answer(account, NOON + 1800, remaining=11).reset_by == NOON + 1801


def test_the_next_fixed_hour_is_known_more_closely_when_it_is_seen_earlier() -> None:
    account = fixed_hour_seen()
    for number in range(30):
        account = answer(account, NOON + 1860 + 30 * number, remaining=48 - number)
    account = answer(account, NOON + 1700 + HOUR, remaining=49)
    assert account.reset_by == NOON + 1701 + HOUR


def test_a_fixed_hour_seen_late_is_still_thought_to_begin_when_it_did() -> None:
    account = fixed_hour_seen()
    for number in range(30):
        account = answer(account, NOON + 1860 + 30 * number, remaining=48 - number)
    account = answer(account, NOON + 2500 + HOUR, remaining=49)
    assert account.reset_by == NOON + 1801 + HOUR


class World:
    """A server that counts five an hour, and an account of it; answers take a second."""

    def __init__(self, window: Window, now: float, ahead: float) -> None:
        self.now = now
        self.counts: list[Count] = []
        self._server = HourlyQuota(5, lambda: self.now + ahead, window)
        self._account = Account(5)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = itertools.count(1)

    def pass_time(self, until: float) -> None:
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, act = heapq.heappop(self._agenda)
            act()
        self.now = until

    def wait_for_one(self, clock: float) -> None:
        """Wait until one is free, by a clock that is ahead."""
        self.pass_time(next_free_at(self._account, self.now + clock, 1) - clock)

    def ask(self, wanted: int, part: float, clock: float, *, tells: bool) -> None:
        """Ask for what is free, by a clock that is ahead; it counts after a part of the second."""
        granted = min(wanted, free(self._account, self.now + clock))
        if not granted:
            return
        asked_at, reserved_at = self.now, self.now + clock
        block = Request(next(self._ids), granted, 0, True, reserved_at, None)  # noqa: FBT003
        self._put(block)

        def counted() -> None:
            self.counts.extend(self._server.take() for _ in range(granted))
            report = QuotaReport(5, self.counts[-1].remaining) if tells else QuotaReport()
            self._at(asked_at + 1, lambda: answered(report))

        def answered(report: QuotaReport) -> None:
            now = self.now + clock
            settled = replace(block, told=granted if tells else 0, settled_at=now)
            self._put(settled)
            self._account = after_answer(self._account, settled, report, now)

        self._at(asked_at + part, counted)

    def _put(self, request: Request) -> None:
        rest = (r for r in self._account.requests if r.id != request.id)
        self._account = replace(self._account, requests=(*rest, request))

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._ids), act))


@pytest.mark.parametrize("window", ["rolling", "fixed"])
@hypothesis.settings(deadline=None)
@hypothesis.given(
    asks=st.lists(
        st.tuples(
            st.none() | st.floats(0, 900),  # seconds to wait, or until one is free
            st.integers(1, 3),  # requests at once
            st.floats(0, 1),  # after how much of the second the server counts
            st.sampled_from((0.0, 2.0)),  # by which process's clock
        ),
        max_size=60,
    ),
    ahead=st.floats(-2, 2),
    begins=st.floats(0, HOUR),
    tells=st.booleans(),
)
def test_who_asks_only_what_is_free_is_never_refused_whichever_hour_is_counted(
    window: Window,
    asks: list[tuple[float | None, int, float, float]],
    ahead: float,
    begins: float,
    tells: bool,  # noqa: FBT001
) -> None:
    """Two processes share the account, and neither their clocks nor the server's agree."""
    world = World(window, NOON + begins, ahead)
    for pause, wanted, part, clock in asks:
        if pause is None:
            world.wait_for_one(clock)
        else:
            world.pass_time(world.now + pause)
        world.ask(wanted, part, clock, tells=tells)
    world.pass_time(world.now + 2)
    assert all(count.granted for count in world.counts)
