"""A day of ticks: the budget brings what the quota allows, and is hardly ever refused."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from unsplash_assets_tests.support.simulation import (
    ALONE,
    KILLED,
    NAIVE,
    SHARED,
    Scenario,
    row,
    simulate,
)

pytestmark = pytest.mark.long


SHORT = 5  # hours


def one_now(scenarios: Iterable[Scenario]) -> list[Any]:
    """Simulate a few hours of the last scenario, and leave whole days to `pytest -m slow`."""
    *_, last = scenarios
    days = [pytest.param(scenario, marks=pytest.mark.slow) for scenario in scenarios]
    return [*days, replace(last, hours=SHORT)]


@pytest.mark.slow  # being killed all the time, as below, asks for more
@pytest.mark.parametrize("scenario", ALONE, ids=str)
def test_alone_nothing_is_refused_and_nearly_all_that_the_quota_allows_comes(
    scenario: Scenario,
) -> None:
    day = simulate(scenario)
    assert day.refusals == [], row(scenario, day)
    touches_25_hours = scenario.window == "fixed" and scenario.begins
    assert (0.97 if touches_25_hours else 0.99) <= day.share <= 1, row(scenario, day)


@pytest.mark.parametrize("scenario", one_now(KILLED), ids=str)
def test_a_program_that_is_killed_at_the_worst_moments_is_not_refused_either(
    scenario: Scenario,
) -> None:
    day = simulate(scenario)
    assert day.deaths >= scenario.hours / 2, "it was to be killed"
    assert day.refusals == [], row(scenario, day)
    assert 0.97 <= day.share <= 1, row(scenario, day)


@pytest.mark.parametrize("scenario", one_now(SHARED), ids=str)
def test_another_program_on_the_key_costs_a_refusal_an_hour_at_most_and_little_else(
    scenario: Scenario,
) -> None:
    day = simulate(scenario)
    assert day.others.total() > 7.5 * scenario.hours, "the other program was to be noticed"
    assert day.refusals_in_an_hour <= 1, row(scenario, day)
    assert 0.92 <= day.share <= 1, row(scenario, day)


def test_without_a_budget_there_are_refusals_in_every_hour() -> None:
    day = simulate(NAIVE)
    assert day.refusals_in_an_hour > 40, row(NAIVE, day)
