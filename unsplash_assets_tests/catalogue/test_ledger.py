"""Tests of `catalogue.ledger`: the budget that all who share a key draw on."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.ledger import PATIENCE, RequestBudget
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets.unsplash.quota import HOUR, MARGIN, PROBE_AFTER, QuotaReport, Usage
from unsplash_assets_tests.conftest import NOON, Clock, MakeSettings, Opened
from unsplash_assets_tests.support.processes import Processes, python

KEY = "a-key"
KEPT = HOUR + MARGIN
UNUSED = Usage(50, used=0, others=0, remaining=50, next_free_at=None, made=0, was_refused=False)
OPENS = f"""
import sys
from pathlib import Path
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.settings import parse
settings = parse({{"UNSPLASH_API_KEY": {KEY!r}, "UNSPLASH_LIBRARY": sys.argv[1]}}, Path.cwd())
"""
"""The beginning of a program that uses the same library with the same key."""
Answer = Callable[..., None]


@pytest.fixture
def library(opened: Opened) -> Library:
    return opened(api_key=KEY, sleep=_no_sleep)


@pytest.fixture
def database(library: Library) -> Database:
    return library.database


@pytest.fixture
def budget(library: Library) -> RequestBudget:
    return library.budget


def _no_sleep(seconds: float) -> None:
    raise AssertionError(f"nobody waits {seconds} s here")


@pytest.fixture
def answer(budget: RequestBudget) -> Answer:
    """Make requests that are answered with these numbers."""

    def make(
        count: int = 1, remaining: int | None = None, limit: int | None = None, **flags: bool
    ) -> None:
        for _ in range(count):
            with budget.reserve(1) as grant:
                grant.require()
                grant.settle(QuotaReport(limit, remaining, **flags))

    return make


def requests(database: Database) -> list[tuple[int, int, bool, float | None]]:
    """Return the rows: how many requests, how many of them told, whose, and when settled."""
    columns = db.requests.c
    query = sa.select(columns.count, columns.told, columns.ours, columns.settled_at)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(columns.id))]


def test_nothing_is_used_at_first(budget: RequestBudget) -> None:
    assert budget.usage() == UNUSED


def test_a_request_is_reserved_before_it_is_sent_and_settled_after(
    budget: RequestBudget, database: Database, clock: Clock
) -> None:
    with budget.reserve(1) as grant:
        assert requests(database) == [(1, 0, True, None)]
        clock.now += 2
        grant.settle(QuotaReport(50, 49))
        assert requests(database) == [(1, 0, True, None)]
    assert requests(database) == [(1, 1, True, NOON + 2)]


def test_what_was_not_used_of_a_block_is_given_back(
    budget: RequestBudget, database: Database
) -> None:
    with budget.reserve(30) as grant:
        assert budget.usage().remaining == 20
        for _ in range(4):
            grant.settle(None)
        assert grant.left == 26
    assert requests(database) == [(4, 0, True, NOON)]
    assert budget.usage().remaining == 46


def test_a_block_of_which_nothing_was_used_leaves_no_trace(
    budget: RequestBudget, database: Database
) -> None:
    with budget.reserve(3):
        pass
    assert requests(database) == []


def test_a_block_is_cut_to_what_is_free(budget: RequestBudget) -> None:
    with budget.reserve(40), budget.reserve(40) as second:
        assert second.count == 10
        assert second.shortage == budget.shortage()


def test_a_grant_of_all_that_was_asked_for_has_no_shortage(budget: RequestBudget) -> None:
    with budget.reserve(50) as grant:
        assert (grant.count, grant.shortage) == (50, None)


def test_none_at_all_are_reserved_without_a_question(
    budget: RequestBudget, answer: Answer, database: Database
) -> None:
    answer(remaining=0)
    with budget.reserve(0) as grant:
        assert (grant.count, grant.shortage) == (0, None)
    assert len(requests(database)) == 2  # the one that was answered, and others that it showed


def test_a_request_that_fails_is_settled_all_the_same(
    budget: RequestBudget, database: Database
) -> None:
    def fail() -> None:
        with budget.reserve(1) as grant:
            grant.settle(None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert requests(database) == [(1, 0, True, NOON)]


@pytest.mark.long
def test_a_spent_budget_says_so_in_words_and_nothing_is_asked(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    clock.now += 60
    with budget.reserve(1) as grant:
        assert (grant.count, grant.shortage) == (0, budget.shortage())
    assert grant.shortage
    assert grant.shortage.reason.startswith("request budget spent: 50 of 50 in the last hour, next")
    assert grant.shortage.until == NOON + KEPT
    with pytest.raises(QuotaSpent, match=r"^request budget spent: 50 of 50 in the last hour, next"):
        grant.require()


@pytest.mark.long
def test_a_budget_too_small_says_for_how_many_and_when_they_are_free(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=30)
    clock.now += 60
    answer(count=18)
    shortage = budget.shortage(needed=3)
    assert shortage.reason.startswith("request budget too small for 3 requests: 48 of 50 in")
    assert shortage.until == NOON + KEPT
    assert budget.shortage(needed=33).until == NOON + 60 + KEPT


@pytest.mark.long
def test_a_spent_budget_is_free_again_after_an_hour(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    assert budget.usage().next_free_at == NOON + KEPT
    clock.now += KEPT
    answer()
    assert budget.usage().used == 1


def beside(library: Library, program: str) -> list[str]:
    """Return the command of a program that opens the library too."""
    return python(OPENS + program, library.settings.library)


@pytest.mark.process
def test_what_a_crash_left_reserved_is_forgotten_after_the_hour(
    library: Library, budget: RequestBudget, clock: Clock, processes: Processes
) -> None:
    """A real process reserves, and is killed before it settles."""
    program = f"""
import os, signal
with open_library(settings, clock=lambda: {NOON}) as library:
    with library.budget.reserve(20):
        os.kill(os.getpid(), signal.SIGKILL)
"""
    assert processes.run(beside(library, program)).returncode == -9
    assert budget.usage().used == 20
    clock.now += KEPT - 1
    assert budget.usage().used == 20
    clock.now += 1
    assert budget.usage().used == 0


@pytest.mark.long
def test_a_request_that_is_about_to_be_free_is_waited_for(
    opened: Opened, answer: Answer, clock: Clock
) -> None:
    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    slept: list[float] = []
    patient = opened(api_key=KEY, sleep=sleep).budget
    answer(count=50)
    clock.now += KEPT - PATIENCE
    with patient.reserve(1) as grant:
        grant.settle(None)
    assert slept == [PATIENCE]


@pytest.mark.long
def test_one_that_is_free_later_is_not_waited_for(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    clock.now += KEPT - PATIENCE - 0.1
    with budget.reserve(1) as grant:
        assert grant.count == 0
    assert budget.free() == 0
    clock.now += 0.1
    assert budget.free() == 50


def test_the_limit_is_learnt_and_kept(
    budget: RequestBudget, answer: Answer, opened: Opened
) -> None:
    answer(remaining=4_999, limit=5_000)
    assert budget.usage().remaining == 4_999
    assert opened(api_key=KEY).budget.usage().limit == 5_000


def test_what_another_program_spends_is_kept_until_it_counts_no_more(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(remaining=42)
    assert budget.usage().others == 7
    clock.now += 60
    answer(remaining=44)
    assert budget.usage().others == 4
    clock.now += 60
    answer(remaining=47)
    assert budget.usage().others == 0


def test_an_answer_that_tells_nothing_changes_nothing(
    budget: RequestBudget, answer: Answer
) -> None:
    answer(remaining=42)
    before = budget.usage()
    answer()
    after = budget.usage()
    assert (after.limit, after.others, after.used) == (before.limit, before.others, before.used + 1)


def test_a_refusal_stops_all_until_there_is_hope(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(remaining=30)
    clock.now += 60
    answer(remaining=0, quota_spent=True)
    shortage = budget.shortage()
    assert shortage.reason.startswith("Unsplash's hourly quota is spent, it refuses")
    assert "next try at" in shortage.reason
    assert shortage.until == NOON + 60 + PROBE_AFTER
    with budget.reserve(1) as grant:
        assert (grant.count, grant.shortage) == (0, shortage)
    assert not budget.is_probe()
    clock.now += PROBE_AFTER
    assert budget.is_probe()
    answer(remaining=20)
    assert not budget.is_probe()
    assert budget.usage().remaining > 0


def test_what_patience_brings_counts_as_free(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(remaining=30)
    answer(remaining=0, quota_spent=True)
    clock.now += PROBE_AFTER - PATIENCE - 0.1
    assert (budget.free(), budget.is_probe()) == (0, False)
    clock.now += 0.1
    assert (budget.free(), budget.is_probe()) == (1, True)


def test_a_refusal_outweighs_what_the_rest_of_its_block_is_answered(
    budget: RequestBudget, clock: Clock
) -> None:
    with budget.reserve(3) as block:
        block.settle(QuotaReport(50, 0, quota_spent=True))
        block.settle(QuotaReport())
        block.settle(None)
    clock.now += 60
    assert budget.usage().remaining == 0


def test_the_answers_of_a_block_may_come_in_any_order(budget: RequestBudget) -> None:
    with budget.reserve(5) as block:
        for remaining in (28, 27, 29):
            block.settle(QuotaReport(50, remaining))
        block.settle(QuotaReport())
    assert budget.usage().others == 23 - 4


def test_a_refusal_in_a_block_outweighs_an_earlier_answer_that_comes_after_it(
    budget: RequestBudget,
) -> None:
    with budget.reserve(2) as block:
        block.settle(QuotaReport(50, 0, quota_spent=True))
        block.settle(QuotaReport(50, 5))
    assert budget.usage().remaining == 0


def test_a_block_that_slept_longer_than_is_remembered_is_settled_in_peace(
    budget: RequestBudget, clock: Clock
) -> None:
    with budget.reserve(1) as block:
        clock.now += 3 * HOUR
        block.settle(QuotaReport(50, 0))
    assert budget.usage() == UNUSED


def test_a_refused_key_is_remembered_until_an_answer_accepts_it(
    budget: RequestBudget, answer: Answer
) -> None:
    assert budget.key_refusal() is None
    answer(remaining=49, key_refused=True)
    refusal = budget.key_refusal()
    assert refusal
    assert "UNSPLASH_API_KEY" in refusal.reason
    answer()
    assert budget.key_refusal() == refusal
    answer(remaining=47)
    assert budget.key_refusal() is None


MINUTES = 60.0
DAY = 24 * HOUR


def test_a_key_that_was_refused_once_is_looked_at_again_soon_and_then_daily(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    """One refusal may be a mistake of Unsplash's."""
    for wait in (10 * MINUTES, DAY, DAY, DAY):
        answer(remaining=49, key_refused=True)
        refusal = budget.key_refusal()
        assert refusal
        assert refusal.until == clock.now + wait
        assert refusal.reason.endswith(f"next try at {clock_time(refusal.until, clock.now)}")
        clock.now = refusal.until


def test_a_key_that_is_refused_later_gets_its_second_look_again(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    for _ in range(3):
        answer(remaining=49, key_refused=True)
    answer(remaining=47)
    answer(remaining=46, key_refused=True)
    refusal = budget.key_refusal()
    assert refusal
    assert refusal.until == clock.now + 10 * MINUTES


def test_the_second_look_outlives_who_opened_the_ledger(
    answer: Answer, opened: Opened, clock: Clock
) -> None:
    answer(remaining=49, key_refused=True)
    answer(remaining=48, key_refused=True)
    refusal = opened(api_key=KEY).budget.key_refusal()
    assert refusal
    assert refusal.until == clock.now + DAY


def test_a_clock_that_is_set_back_waits_no_longer_for_the_second_look(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    clock.now += 365 * DAY
    answer(remaining=49, key_refused=True)
    clock.now = NOON
    refusal = budget.key_refusal()
    assert refusal
    assert refusal.until == NOON + 10 * MINUTES


def test_another_key_begins_afresh(budget: RequestBudget, answer: Answer, opened: Opened) -> None:
    answer(count=8)
    answer(remaining=1, limit=10, key_refused=True)
    other = opened(api_key="another").budget
    assert other.key_refusal() is None
    assert other.usage() == UNUSED
    assert budget.usage().used == 9


def test_the_same_key_at_another_api_begins_afresh(answer: Answer, opened: Opened) -> None:
    answer(count=8)
    assert opened(api_key=KEY, api_url="https://photos.example").budget.usage() == UNUSED


@pytest.mark.only_sqlite("it reads SQLite's file")
def test_the_key_itself_is_nowhere_in_the_catalogue(library: Library, answer: Answer) -> None:
    answer(remaining=49, key_refused=True)
    assert library.database.file
    with closing(sqlite3.connect(library.database.file)) as connection:
        lines = list(connection.iterdump())
    assert not any(KEY in line for line in lines)
    assert any(library.settings.key_fingerprint in line for line in lines)


def test_the_modes_of_one_database_have_a_budget_each(
    library: Library, budget: RequestBudget, answer: Answer, opened: Opened, clock: Clock
) -> None:
    answer(count=3, remaining=4, limit=7)
    demo = opened(api_key="", library="library")
    assert demo.database.file == library.database.file
    same_key = RequestBudget(demo.database, library.settings.key_fingerprint, clock)
    assert demo.budget.usage() == same_key.usage() == UNUSED
    assert budget.usage().used == 3


def test_the_ledger_stays_small(answer: Answer, database: Database, clock: Clock) -> None:
    for _ in range(30):
        answer()
        clock.now += 600
    assert len(requests(database)) == 13


def test_the_requests_of_a_former_key_are_forgotten_too(
    budget: RequestBudget, answer: Answer, database: Database, opened: Opened, clock: Clock
) -> None:
    answer(count=5)
    clock.now += 3 * HOUR
    with opened(api_key="another").budget.reserve(1) as grant:
        grant.settle(None)
    assert len(requests(database)) == 1
    assert budget.usage().used == 0


def test_the_ledger_outlives_who_opened_it(make_settings: MakeSettings, clock: Clock) -> None:
    for number in (1, 2, 3):
        with open_library(make_settings(api_key=KEY), clock=clock) as library:
            with library.budget.reserve(1) as grant:
                grant.settle(None)
            assert library.budget.usage().used == number


@pytest.mark.long
def test_threads_never_take_more_than_there_is(budget: RequestBudget) -> None:
    def take(_: int) -> int:
        with budget.reserve(1) as grant:
            for _ in range(grant.count):
                grant.settle(None)
            return grant.count

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(64))) == 50


TAKES = """
taken = 0
with open_library(settings) as library:
    while True:
        with library.budget.reserve(3) as grant:
            for _ in range(grant.count):
                grant.settle(None)
        if not grant.count:
            break
        taken += grant.count
print(taken)
"""


@pytest.mark.process
def test_processes_never_take_more_than_there_is(library: Library, processes: Processes) -> None:
    assert library.database.identity()
    ended = processes.run_together(*[beside(library, TAKES)] * 4)
    assert [process.stderr for process in ended] == [""] * 4
    assert sum(int(process.stdout) for process in ended) == 50
