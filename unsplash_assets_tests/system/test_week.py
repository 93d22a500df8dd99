"""A week in which the clock is set, and programs sleep, move and are killed: nothing is lost."""

from pathlib import Path

import pytest

from unsplash_assets_tests.support.week import lines, live

pytestmark = pytest.mark.long


def test_a_week_of_clock_steps_sleep_reboots_new_names_and_kills_loses_nothing(
    tmp_path: Path,
) -> None:
    week = live(tmp_path / "library")
    table = "\n".join(lines(week))
    assert week.days >= 7
    assert len(week.waits) == len(week.photos) == 11, table
    assert max(week.waits.values()) <= 2, table
    assert min(week.photos.values()) >= 4, table
    assert week.refusals == []
    assert week.failures == []
    assert week.overwritten == 0
    assert len(week.seen.stored) > 200
    assert week.seen.is_clean
