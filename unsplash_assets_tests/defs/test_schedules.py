"""Tests of the schedule's decision, on a real Dagster instance and catalogue."""

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.logs.console import console
from unsplash_assets.defs.runs import LIBRARY_TAG
from unsplash_assets.errors import SettingsError
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.verification import verify
from unsplash_assets.model.topics import Topic
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.processes import HERE, Machine, ProcessName
from unsplash_assets.storage.records import RECORD_FOLDER
from unsplash_assets_tests.conftest import NOON, MakeSettings
from unsplash_assets_tests.defs.test_history import let_have_ended
from unsplash_assets_tests.library.test_ticks import refuse_key
from unsplash_assets_tests.support.machines import Seen, elsewhere
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.rivals import claimed_elsewhere, gone_process
from unsplash_assets_tests.support.runs import skipped_because, tick


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    """An instance on disk, for a schedule is given one by reference."""
    home = tmp_path / "dagster"
    home.mkdir()
    return dg.DagsterInstance.local_temp(str(home))


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(topics="nature,art,life")


@pytest.fixture
def ours(settings: Settings) -> dict[str, str]:
    """The tag of runs on the library of the settings."""
    with open_library(settings) as library:
        return {LIBRARY_TAG: library.photos.identity()}


OF_A_TICK = {"dagster/schedule_name": "every_minute"}


def _start_run(
    instance: dg.DagsterInstance,
    settings: Settings,
    tags: dict[str, str],
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
) -> str:
    """Put a run into Dagster's record that has begun, and not ended unless the status says so."""
    job = build_definitions(settings).resolve_job_def("refresh")
    return instance.create_run_for_job(job, status=status, tags=tags).run_id


@pytest.mark.long
def test_a_problem_of_a_tick_is_a_line_of_the_log_and_a_spent_budget_is_none(
    make_settings: MakeSettings, instance: dg.DagsterInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = make_settings(topics="nature", api_key="key")
    with open_library(settings) as library, library.budget.reserve(50) as grant:
        for _ in range(grant.count):
            grant.settle(None)
    assert "budget spent" in skipped_because(tick(settings, instance))
    assert capsys.readouterr().err == ""
    refused = make_settings(topics="nature", api_key="another")
    with open_library(refused) as library:
        refuse_key(library)
    reason = skipped_because(tick(refused, instance, NOON + 60))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"WARNING {reason}")


@pytest.mark.long
def test_the_runs_of_both_schedules_have_the_logger_of_the_project(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    repository = build_definitions(settings, loggers={"console": console}).get_repository_def()
    for name in ("every_minute", "every_day"):
        now = datetime.fromtimestamp(NOON, UTC)
        with dg.build_schedule_context(
            instance=instance, repository_def=repository, scheduled_execution_time=now
        ) as context:
            data = repository.get_schedule_def(name).evaluate_tick(context)
        (request,) = data.run_requests or []
        assert request.run_config == {"loggers": {"console": {}}}


@pytest.mark.long
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


@pytest.mark.long
def test_the_run_that_a_tick_asks_for_has_the_librarys_tag(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    """Else the next tick would not know it before its process has begun."""
    request = tick(settings, instance)
    assert isinstance(request, dg.RunRequest)
    assert ours.items() <= request.tags.items()


@pytest.mark.long
def test_a_tick_that_can_only_repair_asks_for_a_run_of_the_last_assets(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    with open_library(settings) as library, working_on(library, "earlier", "art"):
        top_up(library, "art")
        choose(library, "art", "earlier")
        (photo,) = bring(library, "art", "earlier", last_try=True).photos
        (settings.library / photo.path).unlink()
        assert verify(library).bad
        refuse_key(library)
    request = tick(settings, instance)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "art"
    assert request.asset_selection == [dg.AssetKey("image_file"), dg.AssetKey("gallery")]


@pytest.mark.long
def test_a_tick_is_skipped_while_the_previous_run_is_going(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    run_id = _start_run(instance, settings, ours | OF_A_TICK | {"dagster/partition": "life"})
    said = skipped_because(tick(settings, instance))
    assert said == f"the previous run is still going (life, run {run_id[:8]})"


@pytest.mark.long
def test_a_long_run_on_demand_holds_up_no_tick(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    _start_run(instance, settings, ours | {"dagster/partition": "life"})
    assert isinstance(tick(settings, instance), dg.RunRequest)


def _working_in(settings: Settings, run_id: str, machine: Machine) -> None:
    """Record that a process of a machine works on a run, as the run itself does when it begins."""
    with open_library(settings, machine=machine) as library:
        library.runs.begin(run_id, "life")


def _status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status


@pytest.mark.long
def test_a_run_whose_process_lives_is_left_alone(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    run_id = _start_run(instance, settings, ours | OF_A_TICK)
    _working_in(settings, run_id, HERE)
    assert "still going" in skipped_because(tick(settings, instance))
    assert _status(instance, run_id) is dg.DagsterRunStatus.STARTED


@pytest.mark.long
def test_a_killed_run_of_before_is_closed_too(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    """Its tag is visible, its process has a name by which nobody finds it, and gave no signs."""
    run_id = _start_run(instance, settings, {"unsplash_assets/library": ours[LIBRARY_TAG]})
    _working_in(settings, run_id, Seen(name=ProcessName("host", 12, 1795435200.25)))
    with open_library(settings) as library, library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE library_runs SET alive_at = NULL")
    assert isinstance(tick(settings, instance), dg.RunRequest)
    assert _status(instance, run_id) is dg.DagsterRunStatus.FAILURE


@pytest.mark.process
@pytest.mark.parametrize(
    "tags", [pytest.param(OF_A_TICK, id="of a tick"), pytest.param({}, id="on demand")]
)
def test_a_run_whose_process_was_killed_is_closed_and_the_tick_goes_on(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes, tags: dict[str, str]
) -> None:
    with open_library(settings) as library:
        ours = {LIBRARY_TAG: library.photos.identity()}
    run_id = _start_run(instance, settings, ours | tags)
    _working_in(settings, run_id, Seen(name=gone_process(processes)))
    assert isinstance(tick(settings, instance), dg.RunRequest)
    assert _status(instance, run_id) is dg.DagsterRunStatus.FAILURE
    with open_library(settings) as library:
        last = library.runs.last()
    assert last
    assert last.outcome == "failure"
    assert "is gone: it was killed" in str(last.error)


@pytest.mark.long
def test_a_run_in_another_container_is_closed_within_a_minute_of_its_last_sign_of_life(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    run_id = _start_run(instance, settings, ours | OF_A_TICK)
    _working_in(settings, run_id, elsewhere())
    assert "still going" in skipped_because(tick(settings, instance))
    with open_library(settings, machine=elsewhere(), clock=lambda: time.time() - 50) as library:
        library.runs.renew(run_id)
    assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)
    assert _status(instance, run_id) is dg.DagsterRunStatus.FAILURE


@pytest.mark.long
@pytest.mark.process
def test_a_run_that_is_executed_again_is_not_judged_by_the_tags_that_it_copies(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes, ours: dict[str, str]
) -> None:
    """Dagster copies the tags of the run before, whose process is gone."""
    before = _start_run(instance, settings, ours)
    _working_in(settings, before, Seen(name=gone_process(processes)))
    assert isinstance(tick(settings, instance), dg.RunRequest)
    copied = instance.get_run_by_id(before)
    assert copied
    again = _start_run(instance, settings, {**copied.tags})
    assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)
    assert _status(instance, again) is dg.DagsterRunStatus.STARTED
    _working_in(settings, again, HERE)
    tick(settings, instance, NOON + 120)
    assert _status(instance, again) is dg.DagsterRunStatus.STARTED


@pytest.mark.long
@pytest.mark.long
@pytest.mark.process
@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({}, id="of another project"),
        pytest.param({LIBRARY_TAG: "another"}, id="of another clone"),
    ],
)
def test_a_foreign_schedule_of_the_same_name_holds_up_no_tick(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes, tags: dict[str, str]
) -> None:
    run_id = _start_run(instance, settings, OF_A_TICK | tags)
    assert isinstance(tick(settings, instance), dg.RunRequest)
    _working_in(settings, run_id, Seen(name=gone_process(processes)))
    assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)
    assert _status(instance, run_id) is dg.DagsterRunStatus.STARTED


@pytest.mark.long
def test_a_run_that_failed_does_not_stop_the_next_tick(
    settings: Settings, instance: dg.DagsterInstance, ours: dict[str, str]
) -> None:
    job = build_definitions(settings).resolve_job_def("refresh")
    tags = ours | OF_A_TICK
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE, tags=tags)
    assert isinstance(tick(settings, instance), dg.RunRequest)


@pytest.mark.long
@pytest.mark.parametrize("going", [False, True], ids=["asks for a run", "is skipped"])
def test_a_tick_deletes_runs_that_have_had_their_time(
    settings: Settings,
    instance: dg.DagsterInstance,
    ours: dict[str, str],
    going: bool,  # noqa: FBT001 - as parametrize has it
) -> None:
    success = dg.DagsterRunStatus.SUCCESS
    old, theirs = (_start_run(instance, settings, tags, success) for tags in (ours, {}))
    let_have_ended(Path(instance.root_directory), timedelta(days=1, seconds=60))
    new = _start_run(instance, settings, ours, success)
    if going:
        _start_run(instance, settings, ours | OF_A_TICK)
    answer = tick(settings, instance)
    assert isinstance(answer, dg.SkipReason if going else dg.RunRequest)
    assert instance.get_run_by_id(old) is None
    assert instance.get_run_by_id(new)
    assert instance.get_run_by_id(theirs)


@pytest.mark.long
@pytest.mark.parametrize(
    ("variable", "value"),
    [("catalogue", "sqlite:///missing/catalogue.db"), ("library", "/proc/nowhere/photos")],
)
@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder in which nobody can make one")
def test_a_tick_is_skipped_while_a_place_that_the_settings_name_cannot_be(
    make_settings: MakeSettings, instance: dg.DagsterInstance, variable: str, value: str
) -> None:
    said = skipped_because(tick(make_settings(**{variable: value}), instance))
    assert said.startswith(f"UNSPLASH_{variable.upper()} is ")
    assert len(said.splitlines()) == 1


@pytest.mark.long
def test_a_tick_is_skipped_while_the_disk_of_the_library_is_not_mounted(
    make_settings: MakeSettings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    apart = make_settings(
        topics="nature", library="photos", catalogue=f"sqlite:///{tmp_path}/catalogue.db"
    )
    _store_a_photo(apart)
    disk = apart.library.rename(tmp_path / "the disk")
    apart.library.mkdir()
    said = skipped_because(tick(apart, instance))
    assert said.startswith(f"none of the stored photos is in {apart.library}: its disk seems not ")
    assert len(said.splitlines()) == 1
    assert list(apart.library.iterdir()) == []
    apart.library.rmdir()
    disk.rename(apart.library)
    assert isinstance(tick(apart, instance), dg.RunRequest)


def _store_a_photo(settings: Settings) -> None:
    with open_library(settings) as library, working_on(library, "mine", "nature"):
        top_up(library, "nature")
        choose(library, "nature", "mine")
        assert bring(library, "nature", "mine", last_try=True).error is None


@pytest.mark.long
def test_a_tick_is_skipped_where_the_folder_of_a_known_library_is_empty(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    (settings.project / RECORD_FOLDER).mkdir()
    assert isinstance(tick(settings, instance), dg.RunRequest)
    settings.library.rename(settings.library.with_name("the disk"))
    settings.library.mkdir()
    said = skipped_because(tick(settings, instance, NOON + 60))
    assert "its disk seems not to be mounted. Mount it; or, to begin a new library, delete" in said
    assert list(settings.library.iterdir()) == []
    settings.library.rmdir()
    assert isinstance(tick(settings, instance, NOON + 120), dg.RunRequest)


CHANGED = (
    "changed after Dagster loaded the settings, so nothing was done: reload the definitions in the "
    "UI, or restart"
)


@pytest.mark.long
def test_a_tick_with_changed_settings_is_skipped_and_touches_nothing(
    settings: Settings, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    now = replace(settings, topics=(Topic.search("sea"),), library=tmp_path / "other")
    said = skipped_because(tick(settings, instance, now=now))
    assert said == f"UNSPLASH_TOPICS, UNSPLASH_LIBRARY {CHANGED}"
    assert not settings.library.exists()
    assert not now.library.exists()


@pytest.mark.long
def test_a_key_that_is_added_to_the_demo_skips_its_ticks(
    settings: Settings, instance: dg.DagsterInstance, make_settings: MakeSettings
) -> None:
    live = make_settings(topics="nature,art,life", api_key="of-an-application")
    said = skipped_because(tick(settings, instance, now=live))
    assert said == f"UNSPLASH_API_KEY {CHANGED}"


@pytest.mark.long
def test_the_daily_tick_with_changed_settings_is_skipped(settings: Settings) -> None:
    now = replace(settings, concurrency=3)
    daily = build_definitions(settings, read=lambda: now).resolve_schedule_def("every_day")
    with dg.build_schedule_context(instance=dg.DagsterInstance.ephemeral()) as context:
        said = daily.evaluate_tick(context).skip_message
    assert said == f"UNSPLASH_CONCURRENCY {CHANGED}"


@pytest.mark.long
def test_a_tick_is_skipped_while_a_setting_cannot_be_used(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    def read() -> Settings:
        raise SettingsError("UNSPLASH_KEEP", "'much'", "use all")

    repository = build_definitions(settings, read=read).get_repository_def()
    noon = datetime.fromtimestamp(NOON, UTC)
    with dg.build_schedule_context(
        instance=instance, scheduled_execution_time=noon, repository_def=repository
    ) as context:
        data = repository.get_schedule_def("every_minute").evaluate_tick(context)
    assert data.skip_message == "UNSPLASH_KEEP is 'much': use all"


@pytest.mark.process
def test_a_minute_that_another_process_has_is_left_to_it(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes
) -> None:
    with claimed_elsewhere(processes, settings, NOON) as pid:
        said = skipped_because(tick(settings, instance))
    assert f"its process {pid})" in said
    assert "stop one of the two" in said


@pytest.mark.process
def test_a_minute_after_the_other_process_ended_is_free(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes
) -> None:
    with claimed_elsewhere(processes, settings, NOON):
        pass
    assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)


@pytest.mark.process
def test_a_minute_that_the_first_leaves_out_is_taken_by_the_second(
    settings: Settings, instance: dg.DagsterInstance, processes: Processes
) -> None:
    with claimed_elsewhere(processes, settings, NOON):
        assert isinstance(tick(settings, instance, NOON + 60), dg.RunRequest)


@pytest.mark.process
def test_who_was_first_goes_first(settings: Settings, processes: Processes) -> None:
    with open_library(settings) as library:
        runs = library.runs
        assert not runs.has_rival(NOON, 90)
        runs.claim_tick(NOON)
        assert not runs.has_rival(NOON + 60, 90)
        with claimed_elsewhere(processes, settings, NOON + 60):
            assert runs.has_rival(NOON + 120, 90)
            assert not runs.has_rival(NOON + 3600, 90)
        assert not runs.has_rival(NOON + 120, 90)
