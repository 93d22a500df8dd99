"""Tests of `unsplash.quota`: what is spent of an hour's requests, what is free, and when."""

from collections.abc import Callable
from dataclasses import replace

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.unsplash.quota import (
    HOUR,
    LIMIT_UNTIL_KNOWN,
    MARGIN,
    PROBE_AFTER,
    Account,
    QuotaReport,
    Seen,
    Usage,
    free,
    is_probe,
    next_free_at,
    room_for_others,
    usage,
)
from unsplash_assets.unsplash.quota_answers import after_answer
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.accounts import answer, asked, fixed_hour_seen, spent


def test_all_is_free_before_the_first_request() -> None:
    assert usage(Account(), NOON) == Usage(
        limit=50,
        used=0,
        others=0,
        remaining=50,
        next_free_at=None,
        made=0,
        was_refused=False,
    )
    assert LIMIT_UNTIL_KNOWN == 50


def test_a_request_counts_for_an_hour_and_a_margin_after_its_answer() -> None:
    account = spent(NOON)
    until = NOON + 1 + HOUR + MARGIN
    assert free(account, until - 0.001) == 49
    assert free(account, until) == 50


def test_a_request_that_was_never_answered_counts_from_its_reservation() -> None:
    """Its process was killed: what it left is forgotten after the hour."""
    account = Account(50, (asked(1, NOON, count=8, answered=False),))
    assert free(account, NOON + 60) == 42
    assert free(account, NOON + HOUR + MARGIN) == 50


def test_what_was_never_answered_is_forgotten_after_the_hour_though_answers_came_since() -> None:
    account = Account(50, (asked(1, NOON, count=20, answered=False),))
    account = answer(account, NOON + HOUR - 60, remaining=49)
    assert free(account, NOON + HOUR) == 29
    account = answer(account, NOON + HOUR + MARGIN, remaining=48)
    assert free(account, NOON + HOUR + 60) == 48


def test_a_spent_budget_tells_when_its_oldest_request_is_an_hour_old() -> None:
    account = spent(*(NOON + second for second in range(50)))
    found = usage(account, NOON + 60)
    assert (found.used, found.remaining) == (50, 0)
    assert found.next_free_at == NOON + 1 + HOUR + MARGIN


def test_a_block_counts_as_all_of_its_requests() -> None:
    account = Account(50, (asked(1, NOON, count=30), asked(2, NOON, count=15)))
    assert free(account, NOON + 10) == 5


def test_several_are_free_when_enough_requests_are_an_hour_old() -> None:
    account = spent(*(NOON + 60 * minute for minute in range(50)))
    third = NOON + 120 + 1 + HOUR + MARGIN
    assert next_free_at(account, NOON + 3000, 3) == third
    assert free(account, third) == 3


def test_more_than_the_limit_are_never_waited_for() -> None:
    account = spent(NOON, NOON + 1, limit=2)
    assert next_free_at(account, NOON + 5, 7) == NOON + 2 + HOUR + MARGIN


@pytest.mark.parametrize(("others", "room"), [(0, 0), (1, 1), (10, 2), (30, 6), (50, 72)])
def test_room_is_left_for_what_another_program_may_take_in_between(others: int, room: int) -> None:
    assert room_for_others(Account(50), others, NOON) == room


def test_more_room_is_left_for_an_hour_after_a_refusal() -> None:
    account = Account(50, refused_at=NOON)
    assert room_for_others(account, 10, NOON + HOUR - 1) == 4
    assert room_for_others(account, 10, NOON + HOUR) == 2


def test_room_is_left_of_what_unsplash_says_remains_too() -> None:
    account = answer(Account(), NOON, remaining=2)
    assert usage(account, NOON + 2).others == 47
    assert free(account, NOON + 2) == 0


def test_nothing_is_free_once_nothing_remains() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, limit=50)
    assert free(account, NOON + 62) == 0


def test_what_was_asked_since_lessens_what_remained() -> None:
    account = Account(50, (asked(1, NOON),), Seen(1, NOON, NOON + 1, remaining=3))
    later = replace(account, requests=(*account.requests, asked(2, NOON + 10, count=2)))
    assert free(later, NOON + 20) == 1


def test_an_old_answer_binds_no_more() -> None:
    account = Account(50, (), Seen(1, NOON, NOON + 1, remaining=0))
    assert free(account, NOON + HOUR) == 0
    assert free(account, NOON + 1 + HOUR + MARGIN) == 50


def test_after_a_refusal_one_request_may_find_out_every_ten_minutes() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    first = NOON + 61 + PROBE_AFTER
    assert next_free_at(account, NOON + 62, 1) == first
    assert free(account, first - 1) == 0
    assert free(account, first) == 1
    account = answer(account, first, remaining=0, refused=True)
    assert next_free_at(account, first + 2, 1) == first + 1 + PROBE_AFTER


def test_a_probe_under_way_lets_no_other_begin() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    probe = NOON + 61 + PROBE_AFTER
    under_way = asked(9, probe, answered=False)
    account = replace(account, requests=(*account.requests, under_way))
    assert free(account, probe + 20) == 0


def test_a_probe_that_is_answered_opens_what_remains() -> None:
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    account = answer(account, NOON + 61 + PROBE_AFTER, remaining=47)
    assert not account.is_refused
    assert free(account, NOON + 63 + PROBE_AFTER) > 40


def test_there_is_no_probe_where_our_own_requests_fill_the_hour() -> None:
    account = spent(*(NOON + second for second in range(49)))
    account = answer(account, NOON + 60, remaining=0, refused=True)
    assert free(account, NOON + 61 + PROBE_AFTER) == 0


def test_a_fixed_hours_end_is_waited_for_once_nothing_remains() -> None:
    account = answer(fixed_hour_seen(), NOON + 2400, remaining=0)
    assert next_free_at(account, NOON + 2402, 1) == NOON + 1801 + HOUR + MARGIN


def test_a_refusal_in_a_fixed_hour_is_followed_by_no_probe() -> None:
    account = answer(fixed_hour_seen(), NOON + 2400, remaining=0, refused=True)
    assert free(account, NOON + 2401 + 2 * PROBE_AFTER) == 0
    assert next_free_at(account, NOON + 2402, 1) == NOON + 1801 + HOUR + MARGIN


def test_at_a_fixed_hours_end_one_request_finds_out_what_is_left() -> None:
    account = Account(50, reset_by=NOON)
    account = answer(account, NOON + 3000, remaining=0, refused=True)
    end = NOON + HOUR + MARGIN
    assert next_free_at(account, NOON + 3001, 5) > next_free_at(account, NOON + 3001, 1) == end
    assert [free(account, end - 1), free(account, end)] == [0, 1]
    under_way = replace(account, requests=(*account.requests, asked(9, end, answered=False)))
    assert free(under_way, end + 1) == 0
    opened = answer(account, end, remaining=49)
    assert usage(opened, end + 2) == Usage(50, 2, 0, 48, None, made=2, was_refused=True)


def test_a_fixed_hour_that_is_seen_no_more_is_forgotten() -> None:
    account = replace(fixed_hour_seen(), requests=())
    account = replace(account, seen=Seen(99, NOON + 8000, NOON + 8001, remaining=0))
    with_hour = next_free_at(account, NOON + 8002, 1)
    assert with_hour == NOON + 1801 + 2 * HOUR + MARGIN
    later = replace(account, seen=Seen(99, NOON + 12_700, NOON + 12_701, remaining=0))
    assert next_free_at(later, NOON + 12_702, 1) == NOON + 12_701 + HOUR + MARGIN


def test_what_ended_is_free_from_the_moment_that_a_fixed_hour_is_believed_in_no_more() -> None:
    account = Account(2, (asked(1, NOON + 2 * HOUR - 100),), reset_by=NOON)
    account = answer(account, NOON + 2 * HOUR + 50, remaining=0, limit=2)
    assert next_free_at(account, NOON + 2 * HOUR + 60, 1) == NOON + 3 * HOUR
    assert free(account, NOON + 3 * HOUR - 1) == 0


REPORTS: dict[str, Callable[[int, int], QuotaReport]] = {
    "told": QuotaReport,
    "silent": lambda _limit, _remaining: QuotaReport(),
    "refused": lambda _limit, _remaining: QuotaReport(quota_spent=True),
}
STEPS = st.lists(
    st.tuples(
        st.integers(0, 1500),  # seconds to wait
        st.integers(1, 3),  # requests at once
        st.sampled_from((*REPORTS, "lost")),
        st.integers(0, 9),  # what remains
        st.integers(4, 9),  # of how many
    ),
    max_size=12,
)
Step = tuple[int, int, str, int, int]


def lived(past: list[Step]) -> tuple[Account, float]:
    """Return an account with a past, and when that ended; a second passes until each answer."""
    account, now = Account(6), NOON
    for number, (pause, count, outcome, remaining, limit) in enumerate(past, start=1):
        now += pause
        request = replace(asked(number, now, count=count, answered=outcome != "lost"), told=0)
        if outcome == "told":
            request = replace(request, told=count)
        account = replace(account, requests=(*account.requests, request))
        now += 1
        if outcome != "lost":
            report = REPORTS[outcome](limit, remaining)
            account = after_answer(account, request, report, now)
    return account, now


@hypothesis.given(
    past=STEPS,
    pause=st.integers(0, 4000),
    count=st.integers(1, 10),
    part=st.floats(0, 0.99),
)
def test_the_next_are_free_at_the_moment_that_is_told_and_not_before(
    past: list[Step], pause: int, count: int, part: float
) -> None:
    account, now = lived(past)
    now += pause
    wanted = min(count, account.allowed)
    moment = next_free_at(account, now, count)
    assert moment >= now
    assert free(account, moment) >= wanted
    if moment > now:
        assert free(account, moment - 0.5) < wanted
        assert free(account, now + part * (moment - now)) < wanted


@hypothesis.given(past=STEPS, pause=st.integers(0, 4000))
def test_the_figures_of_any_past_fit_together(past: list[Step], pause: int) -> None:
    account, now = lived(past)
    found = usage(account, now + pause)
    assert 0 <= found.others <= found.used <= found.limit
    assert 0 <= found.remaining <= found.limit
    assert (found.next_free_at is None) == (found.remaining > 0)


def test_what_was_asked_in_the_last_hour_is_ours_however_much_it_is() -> None:
    account = Account(3, tuple(asked(n, NOON + n) for n in range(5)))
    found = usage(account, NOON + 10)
    assert (found.limit, found.made, found.was_refused) == (3, 5, False)
    found = usage(account, NOON + 1 + HOUR)
    assert (found.limit, found.made, found.was_refused) == (3, 4, False)
    others = replace(account, requests=(asked(1, NOON, count=9, ours=False),))
    assert usage(others, NOON + 10).made == 0


def test_a_refusal_is_remembered_for_an_hour() -> None:
    account = Account(refused_at=NOON)
    found = usage(account, NOON + HOUR - 1)
    assert (found.limit, found.made, found.was_refused) == (50, 0, True)
    assert not usage(account, NOON + HOUR).was_refused


def test_what_is_free_after_a_refusal_is_a_probe_until_it_is_answered_well() -> None:
    assert not is_probe(Account(), NOON)
    account = answer(spent(NOON), NOON + 60, remaining=0, refused=True)
    assert not is_probe(account, NOON + 62)
    probe = NOON + 61 + PROBE_AFTER
    assert is_probe(account, probe)
    assert not is_probe(answer(account, probe, remaining=47), probe + 2)


@pytest.mark.parametrize(
    ("report", "is_fresh"),
    [
        (QuotaReport(), False),
        (QuotaReport(50, None), False),
        (QuotaReport(50, 0), True),
        (QuotaReport(quota_spent=True), True),
        (QuotaReport(key_refused=True), True),
    ],
)
def test_an_answer_of_something_in_between_is_not_fresh(
    report: QuotaReport, *, is_fresh: bool
) -> None:
    assert report.is_fresh is is_fresh
