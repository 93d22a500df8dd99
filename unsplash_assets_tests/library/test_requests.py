"""Tests of `library.requests`: the record that all who share a key write to."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from unsplash_assets.library.database import Database, open_database
from unsplash_assets.library.requests import RequestRecord
from unsplash_assets.unsplash.budget import HOUR, Usage
from unsplash_assets_tests.conftest import NOON, Clock


@pytest.fixture
def record(database: Database, clock: Clock) -> RequestRecord:
    return RequestRecord(database, clock)


def test_nothing_is_used_at_first(record: RequestRecord) -> None:
    assert record.usage() == Usage(limit=50, used=0, remaining=50, next_free_at=None)


def test_each_request_counts_for_an_hour(record: RequestRecord, clock: Clock) -> None:
    record.record(None)
    clock.now += 60
    record.record(None)
    assert record.usage().used == 2
    clock.now = NOON + HOUR
    assert record.usage().used == 1
    clock.now = NOON + HOUR + 60
    assert record.usage().used == 0


def test_the_limit_is_the_one_that_was_told_last(record: RequestRecord) -> None:
    record.record(5000)
    record.record(None)
    assert record.usage() == Usage(5000, 2, 4998, None)
    record.record(100)
    record.record(None)
    assert record.usage().limit == 100


def test_a_spent_quota_says_when_the_next_is_free(record: RequestRecord, clock: Clock) -> None:
    for _ in range(3):
        record.record(3)
        clock.now += 10
    assert record.usage() == Usage(3, 3, 0, next_free_at=NOON + HOUR)
    clock.now = NOON + HOUR
    assert record.usage() == Usage(3, 2, 1, None)


def test_requests_past_the_hour_are_forgotten(
    database: Database, record: RequestRecord, clock: Clock
) -> None:
    for _ in range(5):
        record.record(None)
    clock.now += HOUR
    record.record(None)
    clock.now = NOON
    assert RequestRecord(database, clock).usage().used == 1


def test_the_modes_of_one_database_have_a_quota_each(
    tmp_path: Path, record: RequestRecord, clock: Clock
) -> None:
    record.record(7)
    demo_database = open_database(tmp_path / "library", None, "demo")
    demo = RequestRecord(demo_database, clock)
    assert demo.usage() == Usage(50, 0, 50, None)
    demo.record(1_000_000)
    clock.now += HOUR
    demo.record(None)
    clock.now = NOON
    assert record.usage() == Usage(7, 1, 6, None)
    demo_database.close()


def test_the_record_is_shared_by_all_who_open_the_catalogue(
    tmp_path: Path, record: RequestRecord, clock: Clock
) -> None:
    other_database = open_database(tmp_path / "library", None, "live")
    record.record(50)
    RequestRecord(other_database, clock).record(None)
    assert record.usage().used == 2
    other_database.close()


def test_threads_that_record_at_once_are_all_counted(record: RequestRecord) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(record.record, [50] * 24))
    assert record.usage() == Usage(50, 24, 26, None)


def test_the_record_outlives_its_process(tmp_path: Path, clock: Clock) -> None:
    for number in (1, 2, 3):
        database = open_database(tmp_path / "other", None, "live")
        record = RequestRecord(database, clock)
        record.record(None)
        assert record.usage().used == number
        database.close()
