"""Tests of `cli.record`: Dagster's record is created by one program at a time, or gives advice."""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from shutil import copy
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
    SensorInstigatorData,
    TickData,
    TickStatus,
)

from unsplash_assets.cli.record import SETTINGS, Switch, main, open_record, switch_of
from unsplash_assets.errors import LibraryError
from unsplash_assets.settings import environment
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes

pytestmark = pytest.mark.long

CREATES = [sys.executable, "-m", "unsplash_assets.cli.record"]
OPENS = [sys.executable, "-c", "from unsplash_assets.cli.record import main; main([])"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which no program has used yet."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def versions(project: Path) -> list[list[str]]:
    """Return the versions in each of Dagster's databases; more than one is its ruin."""
    storage = project / ".dagster" / "storage"
    found = []
    for name in ("history/runs.db", "history/runs/index.db", "schedules/schedules.db"):
        with closing(sqlite3.connect(storage / name)) as database:
            rows = database.execute("SELECT version_num FROM alembic_version").fetchall()
            found.append([row[0] for row in rows])
    return found


def test_a_record_is_created_and_opened_again(project: Path) -> None:
    for expected in (0, 1):
        with open_record(project) as instance:
            assert len(instance.get_run_records()) == expected
            dg.materialize([_asset], instance=instance)
    assert [len(found) for found in versions(project)] == [1, 1, 1]


@dg.asset
def _asset() -> None: ...


@pytest.mark.process
def test_a_command_of_dagster_runs_in_the_process_that_has_made_the_record_ready(
    processes: Processes, project: Path
) -> None:
    """`dagster dev` takes no lock, so beside a `fetch` it could ruin the record."""
    done = processes.run([*CREATES, "--version"], cwd=project)
    assert done.stdout.endswith(f"dagster, version {dg.__version__}\n"), done.stderr
    assert [len(found) for found in versions(project)] == [1, 1, 1]


@pytest.mark.process
def test_of_several_programs_that_create_a_record_at_once_each_can_use_it(
    processes: Processes, project: Path
) -> None:
    for done in processes.run_together(CREATES, OPENS, CREATES, cwd=project):
        assert (done.returncode, done.stderr) == (0, "")
    assert [len(found) for found in versions(project)] == [1, 1, 1]
    with open_record(project) as instance:
        assert instance.get_run_records() == []


@pytest.fixture
def damaged(project: Path) -> Path:
    """A project whose record was created by two programs at once."""
    with open_record(project):
        pass
    storage = project / ".dagster" / "storage"
    with closing(sqlite3.connect(storage / "history/runs.db")) as database:
        database.execute("INSERT INTO alembic_version VALUES ('9fe9e746268c')")
        database.commit()
    return project


def test_a_damaged_record_is_one_line_with_what_to_do(damaged: Path) -> None:
    folder = damaged / ".dagster"
    with pytest.raises(LibraryError) as caught, open_record(damaged):
        pass
    assert str(caught.value) == (
        f"Dagster's record in {folder} was created by two programs at once and is damaged: stop "
        f"them all and delete {folder}; that loses the history, and no photo"
    )


def test_who_creates_a_record_that_is_damaged_hears_what_to_do(
    damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(damaged)
    monkeypatch.setattr(environment, "enter_project", lambda _: None)
    with pytest.raises(SystemExit, match=r"^unsplash_assets: Dagster's record in .* is damaged: "):
        main([])


_ORIGIN = RemoteInstigatorOrigin(
    RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("unsplash_assets"), "__repository__"), "one"
)


def ticked(instance: dg.DagsterInstance, moment: float, data: Any) -> InstigatorState:
    """Let a schedule or sensor have ticked then, in state and history."""
    is_sensor = isinstance(data, SensorInstigatorData)
    kind = InstigatorType.SENSOR if is_sensor else InstigatorType.SCHEDULE
    state = InstigatorState(_ORIGIN, kind, InstigatorStatus.RUNNING, data)
    instance.add_instigator_state(state)
    tick = TickData(
        instigator_origin_id=state.instigator_origin_id,
        instigator_name="one",
        instigator_type=kind,
        status=TickStatus.SUCCESS,
        timestamp=moment,
        run_ids=[],
        run_keys=[],
        selector_id=state.selector_id,
    )
    instance.create_tick(tick)
    return state


def left(instance: dg.DagsterInstance, state: InstigatorState) -> tuple[Any, list[float]]:
    """Return what is known of a schedule or sensor, and when it ticked."""
    (now,) = instance.all_instigator_state()
    assert now.status is InstigatorStatus.RUNNING
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)
    return now.instigator_data, [tick.timestamp for tick in ticks]


def test_the_switch_and_the_last_tick_of_a_schedule_are_known(project: Path) -> None:
    assert switch_of(project, "one") is None
    now = time.time()
    with open_record(project) as instance:
        state = ticked(instance, now, ScheduleInstigatorData("* * * * *", now))
        assert switch_of(project, "one") == Switch(is_on=True, last_tick=now, failure=None)
        instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))
    assert switch_of(project, "one") == Switch(is_on=False, last_tick=now, failure=None)
    assert switch_of(project, "another") is None


def test_a_schedule_that_ticked_under_a_clock_ahead_goes_on_from_now(project: Path) -> None:
    """Else Dagster would wait until that time has come."""
    now = time.time()
    with open_record(project) as instance:
        data = ScheduleInstigatorData("* * * * *", now - 60, now + 86_400)
        state = ticked(instance, now + 86_400, data)
    with open_record(project) as instance:
        data, ticks = left(instance, state)
    assert ticks == []
    assert data.start_timestamp == now - 60
    assert now <= data.last_iteration_timestamp <= time.time()


def test_a_sensor_that_looked_under_a_clock_ahead_goes_on_from_now_with_its_cursor(
    project: Path,
) -> None:
    now = time.time()
    with open_record(project) as instance:
        data = SensorInstigatorData(now + 9, cursor="7", last_tick_start_timestamp=now + 86_400)
        state = ticked(instance, now + 86_400, data)
    with open_record(project) as instance:
        data, ticks = left(instance, state)
    assert (ticks, data.cursor, data.last_tick_timestamp) == ([], "7", now + 9)
    assert now <= data.last_tick_start_timestamp <= time.time()


def test_what_ticked_under_a_right_clock_is_left_alone(project: Path) -> None:
    now = time.time()
    with open_record(project) as instance:
        before = ScheduleInstigatorData("* * * * *", now - 60, now)
        state = ticked(instance, now, before)
    with open_record(project) as instance:
        assert left(instance, state) == (before, [now])


def test_a_record_that_cannot_be_written_is_one_line(project: Path) -> None:
    (project / ".dagster").write_text("a file")
    with pytest.raises(LibraryError) as caught, open_record(project):
        pass
    assert str(caught.value) == (
        f"Dagster's record in {project / '.dagster'} cannot be used: check its disk and its "
        "permissions"
    )


def test_what_holds_in_other_homes_of_dagster_is_what_dagster_yaml_says() -> None:
    ours = yaml.safe_load((PROJECT / "dagster.yaml").read_text())
    assert {name: ours[name] for name in SETTINGS} == SETTINGS


def test_a_record_in_another_home_that_cannot_be_written_is_named_where_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = project / "home"
    home.mkdir()
    (home / "history").write_text("a file")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    with pytest.raises(LibraryError) as caught, open_record(project):
        pass
    assert str(caught.value).startswith(f"Dagster's record in {home} cannot be used: ")


@pytest.mark.parametrize("name", ["history/runs.db", "history/runs/index.db"])
def test_a_damaged_file_of_the_record_is_named_and_can_be_moved_away(
    project: Path, name: str
) -> None:
    with open_record(project):
        pass
    file = project / ".dagster" / "storage" / name
    file.write_bytes(b"no database" * 999)
    with pytest.raises(LibraryError) as caught, open_record(project) as instance:
        dg.materialize([_asset], instance=instance)
    assert str(caught.value) == (
        f"Dagster's record {file} is damaged: stop Dagster, and move that file elsewhere; only the "
        "history of runs is lost, and no photo"
    )
    file.rename(project / "elsewhere")
    with open_record(project) as instance:
        assert dg.materialize([_asset], instance=instance).success
