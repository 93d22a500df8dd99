"""Tests of the schedule's decision, on a real Dagster instance and catalogue."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import dagster as dg
import psutil
import pytest

from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.resources import MODE_TAG
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.conftest import NOON, Given
from unsplash_assets_tests.defs.test_history import let_have_ended
from unsplash_assets_tests.support.runs import skipped_because, tick


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    """An instance on disk, for a schedule is given one by reference."""
    home = tmp_path / "dagster"
    home.mkdir()
    return dg.DagsterInstance.local_temp(str(home))


@pytest.fixture
def settings(given: Given) -> Settings:
    return given(topics="nature,art,life")


def _start_run(
    instance: dg.DagsterInstance,
    settings: Settings,
    tags: dict[str, str],
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
) -> str:
    """Put a run into Dagster's record that has begun, and not ended unless the status says so."""
    job = build_definitions(settings).resolve_job_def("refresh")
    return instance.create_run_for_job(job, status=status, tags=tags).run_id


def _dead_process() -> ProcessName:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        began = psutil.Process(child.pid).create_time()
        child.kill()
    return ProcessName(ProcessName.current().host, child.pid, began)


def test_a_tick_asks_for_one_run_of_a_topic(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    seen: list[Sequence[str]] = []

    def pick(topics: Sequence[str]) -> str:
        seen.append(topics)
        return topics[1]

    request = tick(settings, instance, pick=pick)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "art"
    assert seen == [["nature", "art", "life"]]


def test_a_tick_is_skipped_while_the_previous_run_is_going(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    tags = {"dagster/schedule_name": "every_minute", "dagster/partition": "life"}
    run_id = _start_run(instance, settings, tags)
    said = skipped_because(tick(settings, instance))
    assert said == f"the previous run is still going (life, run {run_id[:8]})"


def test_a_long_run_on_demand_holds_up_no_tick(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    _start_run(instance, settings, {"dagster/partition": "life"})
    assert isinstance(tick(settings, instance), dg.RunRequest)


def test_a_run_whose_process_lives_is_left_alone(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    tags = {"dagster/schedule_name": "every_minute"}
    me = {"unsplash_assets/process": str(ProcessName.current())}
    _start_run(instance, settings, tags | me)
    assert "still going" in skipped_because(tick(settings, instance))


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"dagster/schedule_name": "every_minute"}, id="of a tick"),
        pytest.param({}, id="on demand"),
    ],
)
def test_a_run_whose_process_was_killed_is_closed_and_the_tick_goes_on(
    settings: Settings, instance: dg.DagsterInstance, tags: dict[str, str]
) -> None:
    dead = {"unsplash_assets/process": str(_dead_process())}
    run_id = _start_run(instance, settings, tags | dead)
    assert isinstance(tick(settings, instance), dg.RunRequest)
    run = instance.get_run_by_id(run_id)
    assert run
    assert run.status is dg.DagsterRunStatus.FAILURE


def test_a_run_that_failed_does_not_stop_the_next_tick(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    job = build_definitions(settings).resolve_job_def("refresh")
    tags = {"dagster/schedule_name": "every_minute"}
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE, tags=tags)
    assert isinstance(tick(settings, instance), dg.RunRequest)


@pytest.mark.parametrize("going", [False, True], ids=["asks for a run", "is skipped"])
def test_a_tick_deletes_runs_that_have_had_their_time(
    settings: Settings,
    instance: dg.DagsterInstance,
    going: bool,  # noqa: FBT001 - as parametrize has it
) -> None:
    old = _start_run(instance, settings, {MODE_TAG: "demo"}, dg.DagsterRunStatus.SUCCESS)
    let_have_ended(Path(instance.root_directory), timedelta(days=1, seconds=60))
    new = _start_run(instance, settings, {MODE_TAG: "demo"}, dg.DagsterRunStatus.SUCCESS)
    if going:
        _start_run(instance, settings, {"dagster/schedule_name": "every_minute"})
    answer = tick(settings, instance)
    assert isinstance(answer, dg.SkipReason if going else dg.RunRequest)
    assert instance.get_run_by_id(old) is None
    assert instance.get_run_by_id(new)


def test_a_minute_that_another_process_has_is_left_to_it(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with _claimed_elsewhere(settings, NOON) as pid:
        said = skipped_because(tick(settings, instance))
    assert f"its process {pid} on " in said
    assert "stop one of the two" in said


def test_a_minute_after_the_other_process_ended_is_free(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with _claimed_elsewhere(settings, NOON):
        pass
    assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)


def test_a_minute_that_the_first_leaves_out_is_taken_by_the_second(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with _claimed_elsewhere(settings, NOON):
        assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)


@contextmanager
def _claimed_elsewhere(settings: Settings, minute: float) -> Iterator[int]:
    """Claim a tick in a process of its own, which lives as long as the `with`; gives its pid."""
    open_database(settings.library, None, "demo").close()
    program = f"""
from pathlib import Path
from unsplash_assets.library.database import open_database
from unsplash_assets.library.runs import Runs
Runs(open_database(Path({str(settings.library)!r}), None, "demo")).claim_tick({minute})
print("claimed", flush=True)
input()
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"claimed\n"
        yield child.pid
        child.kill()


def test_who_was_first_goes_first(settings: Settings) -> None:
    database = open_database(settings.library, None, "demo")
    runs = Runs(database)
    assert not runs.has_rival(NOON)
    runs.claim_tick(NOON)
    assert not runs.has_rival(NOON + 60)
    with _claimed_elsewhere(settings, NOON + 60):
        assert runs.has_rival(NOON + 120)
        assert not runs.has_rival(NOON + 3600)
    assert not runs.has_rival(NOON + 120)
    database.close()
