"""Tests of `unsplash.budget`: what is used of the hourly quota, and when the next is free."""

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.unsplash.budget import HOUR, LIMIT_UNTIL_KNOWN, Usage, usage
from unsplash_assets_tests.conftest import NOON


def test_nothing_is_used_before_the_first_request() -> None:
    assert usage(50, [], NOON) == Usage(limit=50, used=0, remaining=50, next_free_at=None)


@pytest.mark.parametrize("limit", [None, 0])
def test_a_free_keys_limit_is_assumed_until_an_answer_tells(limit: int | None) -> None:
    assert usage(limit, [NOON], NOON) == Usage(50, 1, 49, None)
    assert LIMIT_UNTIL_KNOWN == 50


def test_requests_count_for_an_hour_and_no_longer() -> None:
    sent = [NOON, NOON + 10]
    assert usage(50, sent, NOON + HOUR - 0.001).used == 2
    assert usage(50, sent, NOON + HOUR).used == 1
    assert usage(50, sent, NOON + HOUR + 10).used == 0


def test_a_spent_budget_is_free_again_when_its_oldest_request_is_an_hour_old() -> None:
    sent = [NOON + second for second in range(50)]
    assert usage(50, sent, NOON + 60) == Usage(50, 50, 0, NOON + HOUR)


def test_a_budget_spent_beyond_its_limit_waits_until_enough_requests_are_old() -> None:
    sent = [NOON + second for second in range(60)]
    found = usage(50, sent, NOON + 60)
    assert (found.used, found.remaining) == (60, 0)
    assert found.next_free_at == NOON + 10 + HOUR


def test_requests_past_the_hour_do_not_delay_the_next() -> None:
    sent = [NOON - HOUR - 5, NOON - HOUR, NOON - 10, NOON - 5]
    assert usage(2, sent, NOON) == Usage(2, 2, 0, NOON - 10 + HOUR)


def test_a_limit_that_was_lowered_is_kept_at_once() -> None:
    sent = [NOON + second for second in range(10)]
    assert usage(100, sent, NOON + 10).remaining == 90
    assert usage(4, sent, NOON + 10) == Usage(4, 10, 0, NOON + 6 + HOUR)


MOMENTS = st.lists(
    st.floats(min_value=NOON - 2 * HOUR, max_value=NOON).map(round), max_size=40
).map(sorted)


@hypothesis.given(limit=st.integers(1, 30), sent=MOMENTS)
def test_the_next_is_free_at_the_moment_that_is_told_and_not_before(
    limit: int, sent: list[int]
) -> None:
    found = usage(limit, sent, NOON)
    assert found.remaining == max(0, limit - found.used)
    assert (found.next_free_at is None) == (found.remaining > 0)
    if found.next_free_at is not None:
        assert usage(limit, sent, found.next_free_at - 0.5).remaining == 0
        assert usage(limit, sent, found.next_free_at).remaining > 0


@hypothesis.given(
    limit=st.integers(1, 10), pauses=st.lists(st.integers(0, 1200), min_size=1, max_size=60)
)
def test_who_asks_only_while_some_remain_stays_within_rolling_and_fixed_hours(
    limit: int, pauses: list[int]
) -> None:
    """Unsplash does not say which hour it counts, so neither may be exceeded."""
    now, sent = NOON, list[float]()
    for pause in pauses:
        now += pause
        if usage(limit, sent, now).remaining:
            sent.append(now)
    fixed = [moment // HOUR for moment in sent]
    assert max(fixed.count(hour) for hour in fixed) <= limit
    rolling = [sum(moment - HOUR < other <= moment for other in sent) for moment in sent]
    assert max(rolling) <= limit
