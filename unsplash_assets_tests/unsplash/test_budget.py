"""Tests of `unsplash.budget`: the words of the request budget, and the one without bounds."""

import time
from collections.abc import Iterator

import pytest

from unsplash_assets.unsplash.budget import (
    Answered,
    NoBudget,
    clock_time,
    key_refused_words,
    refused_words,
    spent_words,
)
from unsplash_assets.unsplash.quota import Numbers, Usage
from unsplash_assets_tests.conftest import NOON

SEVEN_PAST_TWO = NOON + 2 * 3600 + 7 * 60


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_spent_budget_says_how_much_was_used_and_until_when() -> None:
    usage = Usage(limit=50, used=50, others=0, remaining=0, next_free_at=SEVEN_PAST_TWO)
    said = spent_words(usage, 1, SEVEN_PAST_TWO)
    assert said == "request budget spent: 50 of 50 in the last hour, next at 14:07"


def test_what_another_program_spent_is_told() -> None:
    usage = Usage(limit=50, used=48, others=10, remaining=0, next_free_at=SEVEN_PAST_TWO)
    assert spent_words(usage, 1, SEVEN_PAST_TWO) == (
        "request budget spent: 48 of 50 in the last hour, 10 of them by another program, "
        "next at 14:07"
    )


def test_a_budget_that_has_less_than_is_needed_says_so() -> None:
    usage = Usage(limit=50, used=49, others=0, remaining=1, next_free_at=None)
    assert spent_words(usage, 2, SEVEN_PAST_TWO) == (
        "request budget too small for 2 requests: 49 of 50 in the last hour, next at 14:07"
    )


def test_a_spent_budget_says_so_however_many_are_needed() -> None:
    usage = Usage(limit=50, used=50, others=0, remaining=0, next_free_at=SEVEN_PAST_TWO)
    said = spent_words(usage, 2, SEVEN_PAST_TWO)
    assert said == "request budget spent: 50 of 50 in the last hour, next at 14:07"


def test_a_refusal_says_when_there_is_hope() -> None:
    assert refused_words(SEVEN_PAST_TWO) == (
        "Unsplash's hourly quota is spent, it refuses requests: next try at 14:07"
    )


def test_a_refused_key_says_what_to_do() -> None:
    assert key_refused_words(SEVEN_PAST_TWO).startswith(
        "Unsplash did not accept the key in UNSPLASH_API_KEY (2026-11-23 14:07): copy the "
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
def test_a_time_is_told_as_the_first_tick_that_it_is_good_for(moment: float, shown: str) -> None:
    assert clock_time(moment) == shown


@pytest.mark.parametrize(
    ("answered", "says"),
    [
        (Answered(), False),
        (Answered(Numbers(50, None)), False),
        (Answered(Numbers(50, 0)), True),
        (Answered(quota_spent=True), True),
        (Answered(key_refused=True), True),
    ],
)
def test_an_answer_of_something_in_between_says_nothing(answered: Answered, says: bool) -> None:  # noqa: FBT001
    assert answered.says_something is says


def test_without_a_budget_every_request_is_granted() -> None:
    with NoBudget().reserve(5_000) as reservation:
        reservation.settle(Answered(quota_spent=True))
        assert (reservation.count, reservation.left) == (5_000, 5_000)
    assert NoBudget().free() > 1_000_000
