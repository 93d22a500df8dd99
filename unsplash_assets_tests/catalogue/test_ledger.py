"""Tests of `library.requests`: the budget that all who share a key draw on."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.ledger import PATIENCE, RequestBudget
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.settings.settings import fingerprint
from unsplash_assets.unsplash.budget import Answered
from unsplash_assets.unsplash.quota import HOUR, MARGIN, Numbers, Usage
from unsplash_assets_tests.conftest import NOON, Clock

KEY = fingerprint("https://api.unsplash.com", "a-key")
KEPT = HOUR + MARGIN
Answer = Callable[..., None]


@pytest.fixture
def budget(database: Database, clock: Clock) -> RequestBudget:
    return RequestBudget(database, KEY, clock, _no_sleep)


def _no_sleep(seconds: float) -> None:
    raise AssertionError(f"nobody waits {seconds} s here")


@pytest.fixture
def answer(budget: RequestBudget) -> Answer:
    """Make requests that are answered with these numbers."""

    def make(
        count: int = 1, remaining: int | None = None, limit: int | None = None, **flags: bool
    ) -> None:
        for _ in range(count):
            with budget.reserve(1) as reservation:
                reservation.settle(Answered(Numbers(limit, remaining), **flags))

    return make


def requests(database: Database) -> list[tuple[int, int, bool, float | None]]:
    """Return the rows of the record: how many, how many told, whose, and since when settled."""
    columns = db.requests.c
    query = sa.select(columns.count, columns.told, columns.ours, columns.settled_at)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(columns.id))]


def test_nothing_is_used_at_first(budget: RequestBudget) -> None:
    assert budget.usage() == Usage(50, used=0, others=0, remaining=50, next_free_at=None)


def test_a_request_is_reserved_before_it_is_sent_and_settled_after(
    budget: RequestBudget, database: Database, clock: Clock
) -> None:
    with budget.reserve(1) as reservation:
        assert requests(database) == [(1, 0, True, None)]
        clock.now += 2
        reservation.settle(Answered(Numbers(50, 49)))
        assert requests(database) == [(1, 0, True, None)]
    assert requests(database) == [(1, 1, True, NOON + 2)]


def test_what_was_not_used_of_a_block_is_given_back(
    budget: RequestBudget, database: Database
) -> None:
    with budget.reserve(30) as reservation:
        assert budget.usage().remaining == 20
        for _ in range(4):
            reservation.settle(None)
        assert reservation.left == 26
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


def test_none_at_all_are_reserved_without_a_question(
    budget: RequestBudget, answer: Answer, database: Database
) -> None:
    answer(remaining=0)
    with budget.reserve(0) as reservation:
        assert reservation.count == 0
    assert len(requests(database)) == 2  # the one that was answered, and others that it told of


def test_a_request_that_fails_is_settled_all_the_same(
    budget: RequestBudget, database: Database
) -> None:
    def fail() -> None:
        with budget.reserve(1) as reservation:
            reservation.settle(None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert requests(database) == [(1, 0, True, NOON)]


def test_a_spent_budget_says_so_in_words_and_nothing_is_asked(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    clock.now += 60
    with pytest.raises(QuotaSpent) as caught, budget.reserve(1):
        raise AssertionError
    assert str(caught.value).startswith("request budget spent: 50 of 50 in the last hour, next at")


def test_a_spent_budget_is_free_again_after_an_hour(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    assert budget.usage().next_free_at == NOON + KEPT
    clock.now += KEPT
    answer()
    assert budget.usage().used == 1


def test_what_a_crash_left_reserved_is_forgotten_after_the_hour(
    tmp_path: Path, budget: RequestBudget, clock: Clock
) -> None:
    """A real process reserves, and is killed before it settles."""
    program = f"""
import os, signal
from pathlib import Path
from unsplash_assets.library.database import open_database
from unsplash_assets.library.requests import RequestBudget
database = open_database(Path({str(tmp_path / "library")!r}), None, "live")
with RequestBudget(database, {KEY!r}, lambda: {NOON}).reserve(20):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -9
    assert budget.usage().used == 20
    clock.now += KEPT - 1
    assert budget.usage().used == 20
    clock.now += 1
    assert budget.usage().used == 0


def test_a_request_that_is_about_to_be_free_is_waited_for(
    database: Database, answer: Answer, clock: Clock
) -> None:
    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.now += seconds

    slept: list[float] = []
    patient = RequestBudget(database, KEY, clock, sleep)
    answer(count=50)
    clock.now += KEPT - PATIENCE
    with patient.reserve(1) as reservation:
        reservation.settle(None)
    assert slept == [PATIENCE]


def test_one_that_is_free_later_is_not_waited_for(
    budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=50)
    clock.now += KEPT - PATIENCE - 0.1
    with pytest.raises(QuotaSpent), budget.reserve(1):
        raise AssertionError
    assert budget.free() == 0
    clock.now += 0.1
    assert budget.free() == 50


def test_the_limit_is_learnt_and_kept(
    budget: RequestBudget, answer: Answer, database: Database, clock: Clock
) -> None:
    answer(remaining=4_999, limit=5_000)
    assert budget.usage().remaining == 4_999
    assert RequestBudget(database, KEY, clock).usage().limit == 5_000


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
    with pytest.raises(
        QuotaSpent, match=r"^Unsplash's hourly quota is spent, it refuses"
    ) as caught:
        answer()
    assert "next try at" in str(caught.value)
    clock.now += 600
    answer(remaining=20)
    assert budget.usage().remaining > 0


def test_a_refusal_outweighs_what_the_rest_of_its_block_is_told(
    budget: RequestBudget, clock: Clock
) -> None:
    with budget.reserve(3) as block:
        block.settle(Answered(Numbers(50, 0), quota_spent=True))
        block.settle(Answered())
        block.settle(None)
    clock.now += 60
    assert budget.usage().remaining == 0


def test_the_answers_of_a_block_may_come_in_any_order(budget: RequestBudget) -> None:
    with budget.reserve(5) as block:
        for remaining in (28, 27, 29):
            block.settle(Answered(Numbers(50, remaining)))
        block.settle(Answered())
    assert budget.usage().others == 23 - 4


def test_a_refusal_in_a_block_outweighs_an_earlier_answer_that_comes_after_it(
    budget: RequestBudget,
) -> None:
    with budget.reserve(2) as block:
        block.settle(Answered(Numbers(50, 0), quota_spent=True))
        block.settle(Answered(Numbers(50, 5)))
    assert budget.usage().remaining == 0


def test_a_block_that_slept_longer_than_is_remembered_is_settled_in_peace(
    budget: RequestBudget, clock: Clock
) -> None:
    with budget.reserve(1) as block:
        clock.now += 3 * HOUR
        block.settle(Answered(Numbers(50, 0)))
    assert budget.usage() == Usage(50, 0, 0, 50, None)


def test_a_refused_key_is_remembered_until_an_answer_accepts_it(
    budget: RequestBudget, answer: Answer
) -> None:
    assert budget.key_refused_words() is None
    answer(remaining=49, key_refused=True)
    assert "UNSPLASH_API_KEY" in (budget.key_refused_words() or "")
    answer()
    assert budget.key_refused_words() is not None
    answer(remaining=47)
    assert budget.key_refused_words() is None


def test_another_key_begins_afresh(
    budget: RequestBudget, answer: Answer, database: Database, clock: Clock
) -> None:
    answer(count=8)
    answer(remaining=1, limit=10, key_refused=True)
    other = RequestBudget(database, fingerprint("https://api.unsplash.com", "another"), clock)
    assert other.key_refused_words() is None
    assert other.usage() == Usage(50, 0, 0, 50, None)
    assert budget.usage().used == 9


def test_the_key_itself_is_nowhere_in_the_catalogue(tmp_path: Path, answer: Answer) -> None:
    answer(remaining=49, key_refused=True)
    with closing(sqlite3.connect(tmp_path / "library" / "catalogue.db")) as connection:
        assert not any("a-key" in line for line in connection.iterdump())
        assert any(KEY in line for line in connection.iterdump())


def test_the_modes_of_one_database_have_a_budget_each(
    tmp_path: Path, budget: RequestBudget, answer: Answer, clock: Clock
) -> None:
    answer(count=3, remaining=4, limit=7)
    demo_database = open_database(tmp_path / "library", None, "demo")
    assert RequestBudget(demo_database, KEY, clock).usage() == Usage(50, 0, 0, 50, None)
    assert budget.usage().used == 3
    demo_database.close()


def test_the_record_stays_small(answer: Answer, database: Database, clock: Clock) -> None:
    for _ in range(30):
        answer()
        clock.now += 600
    assert len(requests(database)) == 13


def test_the_requests_of_a_former_key_are_forgotten_too(
    budget: RequestBudget, answer: Answer, database: Database, clock: Clock
) -> None:
    answer(count=5)
    clock.now += 3 * HOUR
    with RequestBudget(database, "another", clock).reserve(1) as reservation:
        reservation.settle(None)
    assert len(requests(database)) == 1
    assert budget.usage().used == 0


def test_the_record_outlives_its_process(tmp_path: Path, clock: Clock) -> None:
    for number in (1, 2, 3):
        database = open_database(tmp_path / "other", None, "live")
        budget = RequestBudget(database, KEY, clock)
        with budget.reserve(1) as reservation:
            reservation.settle(None)
        assert budget.usage().used == number
        database.close()


def test_threads_never_take_more_than_there_is(budget: RequestBudget) -> None:
    def take(_: int) -> bool:
        try:
            with budget.reserve(1) as reservation:
                reservation.settle(None)
        except QuotaSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(64))) == 50


@pytest.fixture
def takers(tmp_path: Path, database: Database) -> list[int]:
    """Let four processes take what they can get; gives how many each got."""
    assert database
    program = f"""
from pathlib import Path
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.library.database import open_database
from unsplash_assets.library.requests import RequestBudget
budget = RequestBudget(open_database(Path({str(tmp_path / "library")!r}), None, "live"), {KEY!r})
got = 0
try:
    while True:
        with budget.reserve(3) as reservation:
            for _ in range(reservation.count):
                reservation.settle(None)
                got += 1
except QuotaSpent:
    print(got)
"""
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    return [int(process.communicate(timeout=60)[0]) for process in started]


def test_processes_never_take_more_than_there_is(takers: list[int]) -> None:
    assert sum(takers) == 50
