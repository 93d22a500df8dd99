"""Tests of counting requests exactly, by the hour, rolling or fixed."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.quota import Count, HourlyQuota, NoQuota, Window
from unsplash_assets_tests.conftest import Clock

HOUR = 3600
WINDOWS: list[Window] = ["rolling", "fixed"]


def taken(quota: HourlyQuota, times: int) -> list[bool]:
    return [quota.take().granted for _ in range(times)]


@pytest.mark.parametrize("window", WINDOWS)
def test_so_many_requests_an_hour_are_granted_and_no_more(clock: Clock, window: Window) -> None:
    assert taken(HourlyQuota(50, clock, window), 60) == [True] * 50 + [False] * 10


@pytest.mark.parametrize("window", WINDOWS)
def test_what_remains_is_counted_down_to_none(clock: Clock, window: Window) -> None:
    quota = HourlyQuota(2, clock, window)
    assert [quota.take() for _ in range(4)] == [
        Count(granted=True, limit=2, remaining=1),
        Count(granted=True, limit=2, remaining=0),
        Count(granted=False, limit=2, remaining=0),
        Count(granted=False, limit=2, remaining=0),
    ]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_quota_of_none_grants_nothing(clock: Clock, window: Window) -> None:
    quota = HourlyQuota(0, clock, window)
    clock.now += 5 * HOUR
    assert quota.take() == Count(granted=False, limit=0, remaining=0)


@pytest.mark.parametrize("window", WINDOWS)
def test_a_look_counts_nothing(clock: Clock, window: Window) -> None:
    quota = HourlyQuota(2, clock, window)
    assert [quota.take(0) for _ in range(3)] == [Count(granted=True, limit=2, remaining=2)] * 3
    taken(quota, 3)
    assert quota.take(0) == Count(granted=False, limit=2, remaining=0)
    clock.now += HOUR
    assert quota.take(0) == Count(granted=True, limit=2, remaining=2)


def test_the_window_rolls_by_default(clock: Clock) -> None:
    clock.now = 10 * HOUR - 1
    quota = HourlyQuota(1, clock)
    quota.take()
    clock.now += 2
    assert not quota.take().granted


def test_a_rolling_window_frees_each_request_an_hour_after_it(clock: Clock) -> None:
    quota = HourlyQuota(2, clock, "rolling")
    begin = clock.now
    taken(quota, 1)
    clock.now = begin + 1000
    assert taken(quota, 2) == [True, False]
    clock.now = begin + HOUR - 1
    assert taken(quota, 1) == [False]
    clock.now = begin + HOUR
    assert taken(quota, 2) == [True, False]
    clock.now = begin + 1000 + HOUR
    assert taken(quota, 2) == [True, False]


def test_a_fixed_window_frees_all_requests_at_the_full_hour(clock: Clock) -> None:
    quota = HourlyQuota(2, clock, "fixed")
    clock.now = 10 * HOUR + 3599
    assert taken(quota, 3) == [True, True, False]
    clock.now = 11 * HOUR
    assert taken(quota, 3) == [True, True, False]


@pytest.mark.parametrize("window", WINDOWS)
def test_a_refused_request_does_not_count_further(clock: Clock, window: Window) -> None:
    quota = HourlyQuota(1, clock, window)
    begin = clock.now
    taken(quota, 1)
    clock.now = begin + HOUR - 1
    assert taken(quota, 5) == [False] * 5
    clock.now = begin + HOUR
    assert taken(quota, 1) == [True]


@hypothesis.given(
    limit=st.integers(0, 5),
    waits=st.lists(st.integers(0, 2000), max_size=40),
    window=st.sampled_from(WINDOWS),
)
def test_any_window_holds_what_the_hour_allows(
    limit: int, waits: list[int], window: Window
) -> None:
    """Compare each answer with the definition, counted anew from all that was granted."""
    clock = Clock()
    quota = HourlyQuota(limit, clock, window)
    granted: list[float] = []
    for wait in waits:
        clock.now += wait
        in_window = [
            moment
            for moment in granted
            if (
                moment > clock.now - HOUR
                if window == "rolling"
                else moment // HOUR == clock.now // HOUR
            )
        ]
        has_room = len(in_window) < limit
        expected = Count(has_room, limit, limit - len(in_window) - has_room)
        assert quota.take() == expected
        granted += [clock.now] * has_room


@contextmanager
def _hasty_threads() -> Iterator[None]:
    """Let threads take turns as often as possible, so that a missing lock is noticed."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.long
def test_threads_share_a_quota_exactly(clock: Clock) -> None:
    quota = HourlyQuota(8000, clock)
    together = threading.Barrier(4)

    def take(_: int) -> list[Count]:
        together.wait()
        return [quota.take() for _ in range(3000)]

    with _hasty_threads(), ThreadPoolExecutor(4) as threads:
        counts = [count for part in threads.map(take, range(4)) for count in part]
    assert sorted(count.remaining for count in counts if count.granted) == list(range(8000))
    assert sum(not count.granted for count in counts) == 4000


def test_no_quota_grants_everything() -> None:
    quota = NoQuota()
    counts = [quota.take() for _ in range(1000)] + [quota.take(0)]
    assert all(count.granted and 1000 < count.remaining <= count.limit for count in counts)
