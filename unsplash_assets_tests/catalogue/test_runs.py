"""Tests of `catalogue.runs`: who works, who has ended, and who has which minute."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.runs import (
    CLOCK_DISTRUST,
    LAPSES_AFTER,
    RENEWED_EVERY,
    EndedRun,
    Runs,
)
from unsplash_assets.errors import LeaseLost
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.catalogue.test_photos import file, full, photo
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.support.machines import elsewhere
from unsplash_assets_tests.support.processes import Processes, next_line, python

HOURS = 3600.0
DAYS = 24 * HOURS

RIVAL = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.database import open_database
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets.catalogue.runs import Runs
runs = Runs(open_database(Path(sys.argv[1]), None, "live"))
runs.begin("theirs", "sea")
print(ProcessName.current(), flush=True)
for line in sys.stdin:
    print(runs.claim_tick(float(line)), flush=True)
"""


class Rival:
    """Another process, which works on a run named `theirs` and claims ticks when told to."""

    def __init__(self, processes: Processes, library: Path) -> None:
        pipe = subprocess.PIPE
        self.process = processes.start(python(RIVAL, library), stdin=pipe, stdout=pipe)
        self.name = ProcessName.parse(self.hear())

    def tell(self, tick: float) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{tick}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        return next_line(self.process)

    def claim(self, tick: float) -> str:
        self.tell(tick)
        return self.hear()

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def runs(database: Database, clock: Clock) -> Runs:
    return Runs(database, clock)


@pytest.fixture
def container(database: Database, clock: Clock) -> Runs:
    """The same runs as a process works on them that cannot be seen from here."""
    return Runs(database, clock, elsewhere())


@pytest.fixture
def rival(tmp_path: Path, database: Database, processes: Processes) -> Rival:
    assert database.identity()
    return Rival(processes, tmp_path / "library")


@pytest.fixture
def demo(opened: Opened) -> Runs:
    """The runs of the demo part of the same database."""
    return opened(api_key="", library="library").runs


def live(database: Database, runs: Runs) -> frozenset[str]:
    with database.reading() as connection:
        return runs.live(connection)


def test_a_run_is_live_from_its_beginning_to_its_end(database: Database, runs: Runs) -> None:
    assert live(database, runs) == frozenset()
    runs.begin("a", "sea")
    runs.begin("b", None)
    assert live(database, runs) == {"a", "b"}
    runs.end("a")
    assert live(database, runs) == {"b"}


def test_a_later_step_may_begin_a_run_again(database: Database, runs: Runs) -> None:
    runs.begin("a", "sea")
    runs.end("a")
    runs.begin("a", "sea")
    assert live(database, runs) == {"a"}
    assert runs.last() is None


@pytest.mark.process
def test_a_run_of_another_process_is_live_until_that_is_gone(
    database: Database, runs: Runs, rival: Rival
) -> None:
    assert live(database, runs) == {"theirs"}
    rival.end()
    assert live(database, runs) == frozenset()


@pytest.mark.process
def test_a_step_in_another_process_takes_the_run_over(
    database: Database, runs: Runs, rival: Rival
) -> None:
    runs.begin("theirs", "sea")
    rival.end()
    assert live(database, runs) == {"theirs"}


def test_a_run_in_another_container_lives_until_a_minute_after_its_last_sign_of_life(
    database: Database, runs: Runs, container: Runs, clock: Clock
) -> None:
    container.begin("theirs", "sea")
    for _ in range(20):
        clock.now += RENEWED_EVERY
        container.renew("theirs")
        assert live(database, runs) == {"theirs"}
        assert runs.processes() == {str(elsewhere().me())}
    clock.now += LAPSES_AFTER - 1
    assert not runs.was_killed("theirs")
    clock.now += 1
    assert live(database, runs) == runs.processes() == frozenset()
    assert runs.was_killed("theirs")
    assert LAPSES_AFTER < 60
    assert RENEWED_EVERY * 4 < LAPSES_AFTER


def test_a_run_whose_process_is_seen_needs_no_sign_of_life(
    database: Database, runs: Runs, clock: Clock
) -> None:
    runs.begin("a", "sea")
    clock.now += DAYS
    assert live(database, runs) == {"a"}
    assert not runs.was_killed("a")


def test_a_sign_of_life_of_a_run_that_another_process_has_begun_again_counts_for_nothing(
    database: Database, runs: Runs, container: Runs, clock: Clock
) -> None:
    runs.begin("theirs", "sea")
    container.begin("theirs", "sea")
    clock.now += LAPSES_AFTER
    runs.renew("theirs")
    assert live(database, runs) == frozenset()


def test_only_a_known_run_was_killed(runs: Runs, container: Runs, clock: Clock) -> None:
    assert not runs.was_killed("nobody")
    container.begin("theirs", "sea")
    container.end("theirs")
    assert not runs.was_killed("theirs"), "Dagster is about to record its end"
    clock.now += LAPSES_AFTER
    assert runs.was_killed("theirs")


def test_a_run_that_has_ended_was_killed_though_its_process_has_others_to_do(
    runs: Runs, clock: Clock
) -> None:
    """A worker's process lives on. What it could not record, Dagster still waits for."""
    runs.begin("mine", "sea")
    runs.end("mine")
    assert not runs.was_killed("mine"), "Dagster is about to record its end"
    clock.now += LAPSES_AFTER
    assert runs.was_killed("mine")


def test_a_run_that_goes_on_for_weeks_is_not_forgotten(
    database: Database, runs: Runs, container: Runs, clock: Clock
) -> None:
    runs.begin("going on", "sea")
    container.begin("killed", "sea")
    clock.now += 8 * DAYS
    runs.begin("short", "sea")
    runs.end("short")
    with database.reading() as connection:
        assert set(connection.scalars(sa.select(db.runs.c.run_id))) == {"going on", "short"}


def test_the_last_run_is_the_one_that_ended_last(runs: Runs, clock: Clock) -> None:
    assert runs.last() is None
    runs.begin("first", "sea")
    runs.begin("second", "sky")
    clock.now += 60
    runs.report("second", None)
    runs.end("second")
    clock.now += 60
    runs.report("first", "the network is down")
    runs.end("first")
    runs.begin("third", "art")
    assert runs.last() == EndedRun("sea", "failure", NOON + 120, "the network is down")


UNEXPLAINED = "its page in Dagster's UI says why"


def test_a_run_without_a_report_has_failed(runs: Runs) -> None:
    runs.begin("a", "sea")
    runs.end("a")
    assert runs.last() == EndedRun("sea", "failure", NOON, UNEXPLAINED)


@pytest.mark.parametrize(
    ("reported", "failed", "outcome", "error"),
    [
        (None, True, "failure", UNEXPLAINED),
        ("the network is down", True, "failure", "the network is down"),
        (None, False, "success", None),
    ],
)
def test_how_a_run_failed_at_its_end_overrules_the_reports_of_its_steps(
    runs: Runs,
    reported: str | None,
    failed: bool,  # noqa: FBT001 - as parametrize has it
    outcome: str,
    error: str | None,
) -> None:
    runs.begin("a", "sea")
    runs.report("a", reported)
    runs.end("a", failed=failed)
    assert runs.last() == EndedRun("sea", outcome, NOON, error)


def test_a_run_of_no_topic_such_as_of_the_checks_is_not_the_last(runs: Runs, clock: Clock) -> None:
    runs.begin("a", "sea")
    runs.end("a", failed=False)
    clock.now += 60
    runs.begin("checks", None)
    runs.end("checks", failed=False)
    assert runs.last() == EndedRun("sea", "success", NOON, None)


def test_the_report_of_a_later_try_replaces_the_one_before(runs: Runs) -> None:
    runs.begin("a", "sea")
    runs.report("a", "the network is down")
    assert runs.error("a") == "the network is down"
    runs.report("a", None)
    assert runs.error("a") is None
    runs.end("a")
    assert runs.last() == EndedRun("sea", "success", NOON, None)


def test_a_run_that_nobody_knows_has_no_error(runs: Runs) -> None:
    assert runs.error("nobody") is None


def test_ended_runs_beyond_the_newest_500_are_forgotten(database: Database, runs: Runs) -> None:
    row = {"mode": "live", "process": str(ProcessName.current()), "started_at": 0.0}
    ended = [{**row, "run_id": f"old {n}", "ended_at": NOON - 1000 + n} for n in range(520)]
    with database.writing() as connection:
        connection.execute(sa.insert(db.runs), ended)
    runs.begin("going on", "sea")
    runs.begin("new", "sea")
    runs.end("new")
    with database.reading() as connection:
        known = set(connection.scalars(sa.select(db.runs.c.run_id)))
    assert known == {"new", "going on"} | {f"old {n}" for n in range(21, 520)}


def test_runs_of_the_demo_are_not_seen_by_the_live_ones(
    database: Database, runs: Runs, demo: Runs
) -> None:
    demo.begin("theirs", "sea")
    demo.end("theirs")
    demo.begin("going on", "sea")
    assert live(database, runs) == frozenset()
    assert runs.last() is None


def test_a_run_id_used_in_both_modes_means_two_runs(
    database: Database, runs: Runs, demo: Runs
) -> None:
    """Resources made outside a run all have the same one."""
    runs.begin("no run", "sea")
    demo.begin("no run", "sky")
    demo.end("no run")
    assert live(database, runs) == {"no run"}


@pytest.mark.process
def test_a_minute_belongs_to_the_process_that_claims_it_first(runs: Runs, rival: Rival) -> None:
    assert runs.claim_tick(NOON) is None
    assert rival.claim(NOON) == str(ProcessName.current())
    assert rival.claim(NOON + 60) == "None"
    assert runs.claim_tick(NOON + 60) == rival.name


@pytest.mark.process
def test_of_two_processes_that_claim_a_minute_at_once_one_gets_it(
    tmp_path: Path, rival: Rival, processes: Processes
) -> None:
    third = Rival(processes, tmp_path / "library")
    for tick in range(20):
        rival.tell(NOON + 60 * tick)
        third.tell(NOON + 60 * tick)
    said = [(rival.hear(), third.hear()) for _ in range(20)]
    assert set(said) <= {("None", str(rival.name)), (str(third.name), "None")}


def test_a_process_may_claim_its_minute_again(runs: Runs) -> None:
    assert runs.claim_tick(NOON) is None
    assert runs.claim_tick(NOON) is None


@pytest.mark.process
def test_a_minute_that_has_passed_is_not_given_to_another(runs: Runs, rival: Rival) -> None:
    assert runs.claim_tick(NOON) is None
    assert rival.claim(NOON - 60) == str(ProcessName.current())


@pytest.mark.process
def test_a_claim_is_void_once_its_process_is_gone(runs: Runs, rival: Rival) -> None:
    assert rival.claim(NOON) == "None"
    assert runs.claim_tick(NOON) == rival.name
    rival.end()
    assert runs.claim_tick(NOON) is None


def test_the_next_minute_is_free_whoever_had_the_last(runs: Runs, container: Runs) -> None:
    assert container.claim_tick(NOON) is None
    assert runs.claim_tick(NOON) == elsewhere().me()
    assert runs.claim_tick(NOON + 60) is None
    assert container.claim_tick(NOON + 60) == ProcessName.current()


@pytest.mark.process
def test_a_late_look_at_an_earlier_minute_does_not_free_the_newest(
    runs: Runs, rival: Rival
) -> None:
    assert runs.claim_tick(NOON + 60) is None
    runs.claim_tick(NOON)
    assert rival.claim(NOON + 60) == str(ProcessName.current())


@pytest.mark.process
def test_another_process_that_ticks_is_a_rival_in_this_minute_and_the_next(
    runs: Runs, rival: Rival
) -> None:
    assert not runs.has_rival(NOON, 90)
    assert rival.claim(NOON) == "None"
    assert runs.has_rival(NOON, 90)
    assert runs.has_rival(NOON + 60, 90)
    assert not runs.has_rival(NOON + 120, 90)


@pytest.mark.process
def test_a_process_that_is_gone_is_no_rival(runs: Runs, rival: Rival) -> None:
    assert rival.claim(NOON) == "None"
    rival.end()
    assert not runs.has_rival(NOON + 60, 90)


def test_a_process_is_not_its_own_rival(runs: Runs) -> None:
    assert runs.claim_tick(NOON) is None
    assert not runs.has_rival(NOON + 60, 90)


@pytest.mark.process
def test_the_modes_of_one_database_have_minutes_each(demo: Runs, rival: Rival) -> None:
    assert rival.claim(NOON) == "None"
    assert demo.claim_tick(NOON) is None


def clock_of(database: Database) -> tuple[float | None, float | None]:
    """Return the clock of the newest run, and when it had jumped ahead."""
    columns = db.libraries.c
    query = sa.select(columns.clock_at, columns.clock_jumped_at)
    with database.reading() as connection:
        row = connection.execute(query.where(columns.mode == database.mode)).one()
    return row.clock_at, row.clock_jumped_at


def test_the_clock_of_each_run_is_noted(database: Database, runs: Runs, clock: Clock) -> None:
    assert clock_of(database) == (None, None)
    for run_id in ("a", "b"):
        clock.now += CLOCK_DISTRUST
        runs.begin(run_id, "sea")
        assert clock_of(database) == (clock.now, None)


@pytest.mark.parametrize("jump", [CLOCK_DISTRUST + 1, 9 * DAYS, 365 * DAYS])
def test_a_clock_far_ahead_of_the_run_before_is_noted_for_a_day(
    database: Database, runs: Runs, clock: Clock, jump: float
) -> None:
    runs.begin("before", "sea")
    clock.now += jump
    ahead = clock.now
    for hours in range(0, 24, 6):
        clock.now = ahead + hours * HOURS
        runs.begin(f"{hours}", "sea")
        assert clock_of(database) == (clock.now, ahead)
    clock.now = ahead + CLOCK_DISTRUST
    runs.begin("after", "sea")
    assert clock_of(database) == (clock.now, None)


def test_a_clock_that_is_set_right_is_trusted_at_once(
    database: Database, runs: Runs, clock: Clock
) -> None:
    runs.begin("before", "sea")
    clock.now = NOON + 365 * DAYS
    runs.begin("ahead", "sea")
    clock.now = NOON + 60
    runs.begin("right", "sea")
    assert clock_of(database) == (NOON + 60, None)


def test_a_clock_that_jumps_again_is_distrusted_anew(
    database: Database, runs: Runs, clock: Clock
) -> None:
    runs.begin("before", "sea")
    for _ in range(3):
        clock.now += 2 * DAYS
        runs.begin("ahead", "sea")
        assert clock_of(database) == (clock.now, clock.now)


def test_the_clock_of_each_mode_is_noted_by_itself(
    database: Database, runs: Runs, demo: Runs, clock: Clock
) -> None:
    runs.begin("before", "sea")
    clock.now += 2 * DAYS
    demo.begin("theirs", "sea")
    assert clock_of(database) == (NOON, None)


WRITES: dict[str, Callable[[Photos], object]] = {
    "choose": lambda photos: photos.choose("sea", 2, "theirs", "full", full),
    "take over": lambda photos: photos.take_over("sea", "theirs"),
    "publish": lambda photos: photos.publish({photo(0).id: lambda: file(0)}, "theirs"),
    "release": lambda photos: photos.release([photo(0).id], "theirs"),
    "postpone": lambda photos: photos.postpone({photo(0).id: "slow"}, "theirs"),
    "refuse": lambda photos: photos.refuse({photo(0).id: "gone"}, "theirs"),
}
"""What a run may change."""


@pytest.fixture
def asleep(database: Database, catalogue: Photos, container: Runs, clock: Clock) -> Photos:
    """The photos as a process sees them that chose two of three in its run, and then slept."""
    theirs = Photos(database.of_run("theirs"), clock, machine=elsewhere())
    catalogue.add("sea", [photo(number) for number in range(3)])
    container.begin("theirs", "sea")
    theirs.choose("sea", 2, "theirs", "full", full)
    clock.now += LAPSES_AFTER
    return theirs


@pytest.mark.parametrize("name", WRITES)
def test_a_run_whose_photos_another_has_taken_over_writes_no_more(
    asleep: Photos, catalogue: Photos, runs: Runs, container: Runs, name: str
) -> None:
    runs.begin("mine", "sea")
    taken = catalogue.take_over("sea", "mine", at_most=1)
    container.renew("theirs")
    with pytest.raises(LeaseLost):
        WRITES[name](asleep)
    assert catalogue.take_over("sea", "mine", at_most=1) == taken
    assert len(catalogue.take_over("sea", "mine")) == 2


def test_a_run_that_slept_goes_on_where_nobody_has_taken_over(
    asleep: Photos, container: Runs
) -> None:
    container.renew("theirs")
    assert len(asleep.take_over("sea", "theirs")) == 2


def test_a_run_of_which_a_step_begins_again_has_a_lease_again(
    asleep: Photos, catalogue: Photos, runs: Runs, container: Runs
) -> None:
    """It owns what nobody else has taken."""
    runs.begin("mine", "sea")
    catalogue.take_over("sea", "mine", at_most=1)
    container.begin("theirs", "sea")
    assert [each.id for each in asleep.take_over("sea", "theirs")] == [photo(1).id]


def test_no_more_is_taken_over_than_a_run_has_room_for(
    asleep: Photos, catalogue: Photos, runs: Runs
) -> None:
    assert asleep.waiting("sea") == 1
    runs.begin("mine", "sea")
    assert len(catalogue.choose("sea", 1, "mine", "full", full)) == 1
    assert len(catalogue.take_over("sea", "mine", at_most=1)) == 1
    assert len(catalogue.take_over("sea", "mine", at_most=2)) == 2
    assert catalogue.waiting("sea") == 1
