"""Tests of `model.backoff`: longer each time, up to a day, whatever the number."""

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.model.backoff import backoff

DAY = 86_400.0


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 60.0), (1, 120.0), (2, 240.0), (3, 480.0), (10, 61_440.0)]
)
def test_the_wait_is_a_minute_and_doubles_with_each_failure(failures: int, seconds: float) -> None:
    assert backoff(failures) == seconds


@pytest.mark.parametrize("failures", [11, 12, 1_023, 1_024, 10_000, 10**100])
def test_the_wait_is_a_day_at_most_and_never_overflows(failures: int) -> None:
    assert backoff(failures) == DAY


@hypothesis.given(failures=st.integers(0, 20_000))
def test_the_wait_is_twice_the_one_before_or_a_day(failures: int) -> None:
    assert backoff(failures + 1) == min(2 * backoff(failures), DAY)
