"""Tests of `unsplash.budget`: what a grant counts, and the wording about the request budget."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from unsplash_assets.errors import QuotaSpent
from unsplash_assets.unsplash.budget import (
    Grant,
    Shortage,
    clock_time,
    describe_events_shortage,
    describe_key_refusal,
    describe_refusal,
    describe_shortage,
)
from unsplash_assets.unsplash.quota import QuotaReport, Usage
from unsplash_assets_tests.conftest import NOON

SEVEN_PAST_TWO = NOON + 2 * 3600 + 7 * 60


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def used(count: int, *, others: int = 0, remaining: int = 0) -> Usage:
    """Return the usage of a quota of 50."""
    next_at = None if remaining else SEVEN_PAST_TWO
    return Usage(50, count, others, remaining, next_at, made=count - others, was_refused=False)


def test_a_spent_budget_says_how_much_was_used_and_until_when() -> None:
    said = describe_shortage(used(50), 1, SEVEN_PAST_TWO, NOON)
    assert said == "request budget spent: 50 of 50 in the last hour, next at 14:07"


def test_what_another_program_spent_is_mentioned() -> None:
    assert describe_shortage(used(48, others=10), 1, SEVEN_PAST_TWO, NOON) == (
        "request budget spent: 48 of 50 in the last hour, 10 of them by another program, "
        "next at 14:07"
    )


def test_a_budget_that_has_less_than_is_needed_says_so() -> None:
    assert describe_shortage(used(49, remaining=1), 2, SEVEN_PAST_TWO, NOON) == (
        "request budget too small for 2 requests: 49 of 50 in the last hour, next at 14:07"
    )


def test_a_spent_budget_says_so_however_many_are_needed() -> None:
    said = describe_shortage(used(50), 2, SEVEN_PAST_TWO, NOON)
    assert said == "request budget spent: 50 of 50 in the last hour, next at 14:07"


def test_a_refusal_says_when_the_next_try_is() -> None:
    assert describe_refusal(SEVEN_PAST_TWO, NOON) == (
        "Unsplash's hourly quota is spent, it refuses requests: next try at 14:07"
    )


def test_a_refused_key_says_what_to_do() -> None:
    line = describe_key_refusal(SEVEN_PAST_TWO, SEVEN_PAST_TWO + 600, NOON)
    assert line == (
        "Unsplash did not accept the key in UNSPLASH_API_KEY (2026-11-23 14:07): copy the "
        "application's Access Key there, or fetch a photo on demand to try this one again; "
        "next try at 14:17"
    )


def test_a_lack_of_download_events_says_for_how_many_photos_there_are_some() -> None:
    assert describe_events_shortage(1, 3) == (
        "the request budget has download events for 1 of 3 photos"
    )


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (SEVEN_PAST_TWO, "14:07"),
        (SEVEN_PAST_TWO + 0.1, "14:08"),
        (SEVEN_PAST_TWO + 59, "14:08"),
        (SEVEN_PAST_TWO + 60, "14:08"),
    ],
)
def test_a_time_is_shown_as_the_first_tick_that_it_is_good_for(moment: float, shown: str) -> None:
    assert clock_time(moment, SEVEN_PAST_TWO) == shown


@pytest.mark.parametrize(
    ("later", "shown"),
    [
        (9 * 3600 + 52 * 60, "23:59"),
        (9 * 3600 + 53 * 60, "2026-11-24 00:00"),
        (-14.5 * 3600, "2026-11-22 23:37"),
        (30 * 86_400, "2026-12-23 14:07"),
    ],
)
def test_a_time_that_is_not_todays_is_shown_with_its_date(later: float, shown: str) -> None:
    assert clock_time(SEVEN_PAST_TWO + later, SEVEN_PAST_TWO) == shown


def settled(reports: Sequence[QuotaReport | None]) -> Grant:
    """Return a grant of which each request was answered so, in this order."""
    grant = Grant(len(reports))
    for report in reports:
        grant.settle(report)
    return grant


def test_a_grant_counts_what_was_sent_and_what_is_left() -> None:
    grant = Grant(3)
    assert (grant.made, grant.left, grant.counted, grant.newest) == (0, 3, 0, None)
    grant.settle(QuotaReport(50, 49))
    assert (grant.made, grant.left, grant.counted) == (1, 2, 1)


def test_a_request_without_an_answer_is_made_and_not_certainly_counted() -> None:
    grant = settled([None])
    assert (grant.made, grant.counted, grant.newest) == (1, 0, None)


@pytest.mark.parametrize(
    ("report", "counted"),
    [
        (QuotaReport(50, 49), 1),
        (QuotaReport(50, 0), 1),
        (QuotaReport(50, 0, key_refused=True), 1),
        (QuotaReport(50, 0, quota_spent=True), 0),
        (QuotaReport(quota_spent=True), 0),
        (QuotaReport(key_refused=True), 0),
        (QuotaReport(50), 0),
        (QuotaReport(), 0),
    ],
)
def test_only_an_answer_with_a_fresh_number_certainly_counts(
    report: QuotaReport, counted: int
) -> None:
    grant = settled([report])
    assert (grant.counted, grant.newest) == (counted, report)


ORDERS = list(permutations([QuotaReport(50, 29), QuotaReport(50, 27), QuotaReport(), None]))


@pytest.mark.parametrize("reports", ORDERS)
def test_the_answer_that_leaves_the_fewest_was_counted_last_in_whatever_order_they_come(
    reports: Sequence[QuotaReport | None],
) -> None:
    grant = settled(reports)
    assert (grant.made, grant.counted, grant.newest) == (4, 2, QuotaReport(50, 27))


@pytest.mark.parametrize(
    "refusal", [QuotaReport(50, 0, quota_spent=True), QuotaReport(50, 49, key_refused=True)]
)
def test_a_refusal_outweighs_every_other_answer(refusal: QuotaReport) -> None:
    others = [QuotaReport(50, 0), QuotaReport()]
    assert settled([refusal, *others]).newest == refusal
    assert settled([*others, refusal]).newest == refusal


@pytest.mark.long
def test_threads_that_settle_at_once_lose_no_request() -> None:
    grant = Grant(4_000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: grant.settle(QuotaReport(4_000, number)), range(4_000)))
    assert (grant.made, grant.left, grant.counted) == (4_000, 0, 4_000)
    assert grant.newest == QuotaReport(4_000, 0)


def test_a_grant_of_one_satisfies_who_requires_one() -> None:
    Grant(1).require()
    Grant(1, Shortage("fewer than asked for", SEVEN_PAST_TWO)).require()


def test_a_grant_of_none_says_why() -> None:
    with pytest.raises(QuotaSpent, match=r"^the budget is spent$"):
        Grant(0, Shortage("the budget is spent", SEVEN_PAST_TWO)).require()
    with pytest.raises(QuotaSpent, match=r"^no granted request is left$"):
        Grant(0).require()


def test_a_grant_whose_requests_were_all_sent_satisfies_nobody() -> None:
    grant = Grant(2)
    for report in (None, QuotaReport()):
        grant.require()
        grant.settle(report)
    with pytest.raises(QuotaSpent, match=r"^no granted request is left$"):
        grant.require()


def test_without_a_library_every_request_is_granted() -> None:
    grant = Grant.unlimited()
    grant.require()
    grant.settle(QuotaReport(quota_spent=True))
    assert grant.left > 1_000_000
