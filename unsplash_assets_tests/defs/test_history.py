"""Tests of the history's bound, on a real Dagster instance with its files."""

import os
import re
import shutil
import sqlite3
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.history import AT_ONCE, SLICES, History, part_of
from unsplash_assets.defs.runs import LIBRARY_TAG, MODE_TAG
from unsplash_assets.storage.records import RECORD_FOLDER, remember_library
from unsplash_assets_tests.conftest import Clock, MakeSettings
from unsplash_assets_tests.support.paths import PROJECT

pytestmark = [pytest.mark.long, pytest.mark.process, pytest.mark.usefixtures("processes")]

DAY = timedelta(days=1)
TOPICS = ("sea", "sky")
MINE = "the identity of the library"
OURS = {LIBRARY_TAG: MINE}
Status = dg.DagsterRunStatus

partitions = dg.StaticPartitionsDefinition([*TOPICS, "former"])


@dg.asset(
    name="image_file",
    partitions_def=partitions,
    config_schema={"fails": dg.Field(bool, default_value=False)},
)
def photo(context: dg.AssetExecutionContext) -> None:
    if context.op_execution_context.op_config["fails"]:
        raise dg.Failure("as it was told")


@dg.asset(name="image_url", partitions_def=partitions)
def note() -> None: ...


@dg.asset(name="gallery")
def page() -> None: ...


@dg.asset(partitions_def=partitions)
def foreign() -> None: ...


JOB = dg.Definitions(assets=[photo], jobs=[dg.define_asset_job("job", [photo])]).resolve_job_def(
    "job"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "dagster"
    folder.mkdir()
    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}")
    return folder


@pytest.fixture
def instance(home: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.local_temp(str(home))


@pytest.fixture
def clock() -> Clock:
    """The history's clock; runs end by the real one."""
    return Clock(time.time())


@pytest.fixture
def history(instance: dg.DagsterInstance, clock: Clock) -> History:
    return History(instance, DAY, TOPICS, [MINE], clock, within=60)


def run(
    instance: dg.DagsterInstance,
    topic: str | None = "sea",
    asset: dg.AssetsDefinition = photo,
    *,
    fails: bool = False,
) -> str:
    """Materialize an asset, or fail to; gives the run's id."""
    result = dg.materialize(
        [asset],
        instance=instance,
        partition_key=topic,
        tags=OURS,
        run_config={"ops": {"image_file": {"config": {"fails": True}}}} if fails else None,
        raise_on_error=False,
    )
    assert result.success is not fails
    return result.run_id


def record(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus, tags: dict[str, str] = OURS
) -> str:
    """Put a run into the record that is in a state, without running it; gives its id."""
    return instance.create_run_for_job(JOB, status=status, tags=tags).run_id


def let_pass(clock: Clock, span: timedelta) -> None:
    """Let it be that long, and a little more, since all that was done so far."""
    clock.now = time.time() + span.total_seconds()


def let_have_ended(storage: Path, ago: timedelta) -> None:
    """Set the end of all runs in a record, as no one can wait for days."""
    with closing(sqlite3.connect(storage / "history/runs.db")) as runs:
        seconds = f"-{ago.total_seconds()} seconds"
        runs.execute("UPDATE runs SET update_timestamp = datetime('now', ?)", [seconds])
        runs.commit()


def known(instance: dg.DagsterInstance) -> set[str]:
    return {record.dagster_run.run_id for record in instance.get_run_records()}


def event_files(home: Path) -> set[str]:
    """Return the ids of the runs that have a file."""
    return {path.name.partition(".")[0] for path in (home / "history/runs").iterdir()} - {"index"}


def logs(home: Path) -> set[str]:
    return {path.parent.name for path in home.glob("storage/*/compute_logs")}


def size(home: Path) -> int:
    return sum(path.stat().st_size for path in home.rglob("*") if path.is_file())


def test_runs_go_with_their_events_and_logs_once_they_have_had_their_time(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    run(instance)
    run(instance)
    let_pass(clock, DAY)
    newest = run(instance)
    assert logs(home) > {newest}
    assert history.prune() == 2
    assert known(instance) == event_files(home) == logs(home) == {newest}


def test_runs_stay_for_their_time(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    runs = {run(instance), run(instance)}
    let_pass(clock, DAY - timedelta(seconds=60))
    assert history.prune() == 0
    assert known(instance) == event_files(home) == logs(home) == runs


def test_the_newest_of_each_asset_and_topic_stay_for_ever(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    run(instance, "sea")
    run(instance, None, page)
    kept = {
        run(instance, "sea"),
        run(instance, "sky"),
        run(instance, "sea", note),
        run(instance, None, page),
    }
    let_pass(clock, 1000 * DAY)
    assert history.prune() == 2
    assert known(instance) == kept
    assert set(instance.get_status_by_partition(photo.key, TOPICS, partitions) or {}) == set(TOPICS)


def test_a_topic_that_is_gone_holds_no_run(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    run(instance, "former")
    kept = run(instance, "sea")
    let_pass(clock, DAY)
    assert history.prune() == 1
    assert known(instance) == {kept}


def test_failed_runs_are_kept_seven_times_as_long(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    failed = run(instance, fails=True)
    let_pass(clock, 7 * DAY - timedelta(seconds=60))
    assert history.prune() == 0
    assert known(instance) == {failed}
    let_pass(clock, 7 * DAY)
    assert history.prune() == 1
    assert known(instance) == set()


def test_a_cancelled_run_is_kept_as_long_as_a_good_one(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    record(instance, Status.CANCELED)
    let_pass(clock, DAY)
    assert history.prune() == 1


@pytest.mark.parametrize(
    "status",
    [
        Status.NOT_STARTED,
        Status.STARTING,
        Status.STARTED,
        Status.CANCELING,
    ],
)
def test_an_unfinished_run_stays_for_ever(
    instance: dg.DagsterInstance,
    clock: Clock,
    history: History,
    status: dg.DagsterRunStatus,
) -> None:
    record(instance, status)
    let_pass(clock, 1000 * DAY)
    assert history.prune() == 0


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({}, id="of another project"),
        pytest.param({"other/mode": "demo"}, id="with a tag of its own"),
        pytest.param({MODE_TAG: "demo", LIBRARY_TAG: "another"}, id="of another clone"),
        pytest.param({MODE_TAG: "live"}, id="of an earlier version"),
        pytest.param({"dagster/schedule_name": "every_minute"}, id="of a schedule of our name"),
    ],
)
def test_runs_of_another_project_on_the_same_instance_stay(
    instance: dg.DagsterInstance, clock: Clock, history: History, tags: dict[str, str]
) -> None:
    for status in (Status.SUCCESS, Status.FAILURE, Status.CANCELED):
        record(instance, status, tags)
    let_pass(clock, 1000 * DAY)
    assert history.prune() == 0
    assert len(known(instance)) == 3


def test_runs_with_the_tag_of_before_go_too(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    record(instance, Status.SUCCESS, {"unsplash_assets/library": MINE})
    let_pass(clock, DAY)
    assert history.prune() == 1


def test_without_a_library_no_run_is_ours(instance: dg.DagsterInstance, clock: Clock) -> None:
    record(instance, Status.SUCCESS)
    let_pass(clock, 1000 * DAY)
    assert History(instance, DAY, TOPICS, [], clock).prune() == 0


def test_the_runs_of_each_library_that_the_project_has_used_are_ours(
    instance: dg.DagsterInstance, clock: Clock, make_settings: MakeSettings
) -> None:
    """As after UNSPLASH_LIBRARY was changed, or the mode."""
    settings = make_settings(topics="sea,sky", keep_runs="1d")
    (settings.project / RECORD_FOLDER).mkdir()
    remember_library(settings.project, settings.library, "demo", "the demo's")
    remember_library(settings.project, settings.library.parent / "former", "live", "a former one")
    for identity in ("mine", "the demo's", "a former one", "another"):
        record(instance, Status.SUCCESS, {LIBRARY_TAG: identity})
    let_pass(clock, DAY)
    history = replace(History.of(instance, settings, "mine"), clock=clock, within=60)
    assert history.prune() == 3
    (left,) = instance.get_run_records()
    assert left.dagster_run.tags[LIBRARY_TAG] == "another"


def test_a_library_is_known_without_the_projects_own_record(
    instance: dg.DagsterInstance, make_settings: MakeSettings
) -> None:
    """As where DAGSTER_HOME is elsewhere."""
    settings = make_settings(topics="sea,sky")
    assert History.of(instance, settings, "mine") == History(
        instance, settings.keep_runs, ("sea", "sky"), ["mine"]
    )


class Counted:
    """A Dagster instance that counts what it is asked for."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self._instance = instance
        self.calls = Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._instance, name)


def test_what_other_projects_have_on_the_instance_costs_nothing(clock: Clock) -> None:
    def calls(foreign_assets: int) -> Counter[str]:
        with dg.DagsterInstance.ephemeral() as instance:
            for number in range(foreign_assets):
                event = dg.AssetMaterialization(f"foreign_{number}")
                instance.report_runless_asset_event(event)
            for topic in TOPICS:
                run(instance, topic)
                run(instance, topic)
                dg.materialize([foreign], instance=instance, partition_key=topic)
            let_pass(clock, DAY)
            counted = Counted(instance)
            history = History(cast("dg.DagsterInstance", counted), DAY, TOPICS, [MINE], clock, 60)
            assert history.prune() == 2
            return counted.calls

    few, many = calls(0), calls(400)
    assert many == few
    assert sum(few.values()) < 60


def test_only_a_few_go_at_a_time_the_oldest_first(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    runs = [record(instance, Status.SUCCESS) for _ in range(AT_ONCE + 2)]
    let_pass(clock, DAY)
    assert (history.prune(), known(instance)) == (AT_ONCE, set(runs[AT_ONCE:]))
    assert (history.prune(), known(instance)) == (2, set())


def test_when_its_time_is_up_the_rest_is_left(instance: dg.DagsterInstance, clock: Clock) -> None:
    runs = [record(instance, Status.SUCCESS) for _ in range(3)]
    let_pass(clock, DAY)
    assert History(instance, DAY, TOPICS, [MINE], clock, within=0).prune() == 1
    assert known(instance) == set(runs[1:])


def test_runs_that_are_kept_do_not_hide_those_behind_them(
    instance: dg.DagsterInstance, clock: Clock, history: History
) -> None:
    kept = {run(instance, "sea"), run(instance, "sky")}
    for _ in range(AT_ONCE):
        record(instance, Status.SUCCESS)
    let_pass(clock, DAY)
    assert history.prune() == AT_ONCE
    assert known(instance) == kept


def _sweep(history: History, clock: Clock, home: Path) -> int:
    """Prune in a minute that looks at each of the files; return how many runs went."""
    begins = {path.name[:2] for path in (home / "history/runs").iterdir()}
    count = 0
    for part in sorted(int(begin, 16) for begin in begins if re.fullmatch("[0-9a-f]{2}", begin)):
        while part_of(clock.now) != part:
            clock.now += 60
        count += history.prune()
    return count


def _let_age(home: Path, seconds: float) -> None:
    for path in (home / "history/runs").iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


def test_what_a_crash_left_of_a_run_is_found_and_goes(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    gone, kept = record(instance, Status.STARTED), record(instance, Status.STARTED)
    instance.delete_run(gone)
    for ending in ("-wal", "-shm"):
        (home / f"history/runs/{gone}.db{ending}").touch()
    (home / f"history/runs/{uuid.uuid4()}.db-wal").touch()
    _let_age(home, 7200)
    assert len(event_files(home)) == 3
    assert _sweep(history, clock, home) == 2
    assert event_files(home) == {kept}


def test_a_young_file_may_be_of_a_run_that_is_being_made_and_stays(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    name = record(instance, Status.STARTED)
    instance.delete_run(name)
    clock.now -= SLICES * 60 * 100
    assert _sweep(history, clock, home) == 0
    assert event_files(home) == {name}


def test_files_that_are_not_named_for_a_run_stay(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    record(instance, Status.STARTED)
    names = ["abc.db", f"{uuid.uuid4()}.txt", f"copy of {uuid.uuid4()}.db", "00.db"]
    for name in names:
        (home / "history/runs" / name).touch()
    _let_age(home, 7200)
    before = sorted((home / "history/runs").iterdir())
    assert _sweep(history, clock, home) == 0
    assert sorted((home / "history/runs").iterdir()) == before


def test_a_run_without_its_files_goes_all_the_same(
    instance: dg.DagsterInstance, home: Path, clock: Clock
) -> None:
    (home / f"history/runs/{record(instance, Status.SUCCESS)}.db").unlink()
    let_pass(clock, DAY)
    with dg.DagsterInstance.local_temp(str(home)) as another:
        assert History(another, DAY, TOPICS, [MINE], clock).prune() == 1
    assert (known(instance), event_files(home)) == (set(), set())


def test_a_damaged_file_holds_up_no_other(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    damaged, _ = record(instance, Status.SUCCESS), record(instance, Status.SUCCESS)
    (home / f"history/runs/{damaged}.db").write_text("no database at all")
    let_pass(clock, DAY)
    assert history.prune() == 1
    assert known(instance) == set()
    assert event_files(home) == {damaged}


def test_a_file_that_cannot_be_removed_goes_later(
    instance: dg.DagsterInstance,
    home: Path,
    clock: Clock,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = {record(instance, Status.SUCCESS), record(instance, Status.SUCCESS)}
    let_pass(clock, DAY)
    with monkeypatch.context() as windows:
        windows.setattr(Path, "unlink", _is_open)
        assert history.prune() == 0
    assert (known(instance), event_files(home)) == (set(), names)
    _let_age(home, 7200)
    assert _sweep(history, clock, home) == 2
    assert event_files(home) == set()


def _is_open(path: Path, missing_ok: bool = False) -> None:  # noqa: ARG001, FBT001, FBT002
    raise PermissionError(f"{path} is open")


def test_a_record_that_cannot_be_read_is_left_for_the_next_time(
    instance: dg.DagsterInstance, home: Path, clock: Clock, history: History
) -> None:
    record(instance, Status.SUCCESS)
    let_pass(clock, DAY)
    place = home / "history/runs.db"
    shutil.copy(place, home / "copy")
    place.write_text("no database at all")
    assert history.prune() == 0
    shutil.copy(home / "copy", place)
    assert history.prune() == 1


def test_a_storage_without_a_file_for_each_run_is_pruned_of_runs_alone(clock: Clock) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance)
        newest = run(instance)
        let_pass(clock, DAY)
        assert History(instance, DAY, TOPICS, [MINE], clock).prune() == 1
        assert known(instance) == {newest}


def _sizes(
    instance: dg.DagsterInstance, home: Path, job: dg.JobDefinition, span: int, spans: Sequence[int]
) -> tuple[list[int], list[float]]:
    """Run a job as the schedule does, each run kept until `span` more have ended.

    Gives the size of Dagster's home after some numbers of spans, and what each pruning took.
    """
    topics = job.partitions_def.get_partition_keys() if job.partitions_def else []
    clock, ended, sizes, took = Clock(), list[float](), list[int](), list[float]()
    history = History(instance, DAY, topics, [MINE], clock, within=60)
    for number in range(1, span * max(spans) + 1):
        topic = topics[number % len(topics)]
        assert job.execute_in_process(instance=instance, partition_key=topic).success
        ended.append(time.time())
        clock.now = ended[-span - 1] + DAY.total_seconds() if number > span else 0.0
        begun = time.perf_counter()
        history.prune()
        took.append(time.perf_counter() - begun)
        if number in {count * span for count in spans}:
            sizes.append(size(home))
    return sizes, took


def test_after_ten_times_the_span_the_home_is_no_larger_than_after_twice(
    instance: dg.DagsterInstance, home: Path
) -> None:
    noting = dg.Definitions(assets=[note], jobs=[dg.define_asset_job("job", [note], tags=OURS)])
    (twice, ten_times), _ = _sizes(instance, home, noting.resolve_job_def("job"), 2, (2, 10))
    assert len(known(instance)) == 3
    assert ten_times <= twice * 1.01


@pytest.mark.slow
def test_a_year_of_real_runs_costs_what_a_day_costs(
    home: Path, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(PROJECT / "dagster.yaml", home)
    monkeypatch.chdir(home)
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    job = build_definitions(make_settings(topics="nature,art")).resolve_job_def("refresh")
    with dg.DagsterInstance.get() as instance:
        span = 60  # in which each topic asks once: the table of an answer is larger than the rest
        (once, twice, ten_times), took = _sizes(instance, home / ".dagster", job, span, (1, 2, 10))
        runs = len(known(instance))
    pruned = statistics.median(took[span + 1 :]) * 1000
    idle = statistics.median(took[:span]) * 1000
    print(  # noqa: T201
        f"\nspan of {span} runs: {once:,} bytes after one, {twice:,} after two, {ten_times:,} "
        f"after ten, {runs} runs, {ten_times / runs:,.0f} bytes each; a tick's pruning took "
        f"{pruned:.0f} ms, {idle:.0f} ms where nothing was to be deleted"
    )
    assert ten_times <= twice * 1.01
