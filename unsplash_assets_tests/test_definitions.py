"""Tests of the pipeline as Dagster sees it: its names, and the ways in which it is loaded."""

import json
import sys
import tomllib
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from unsplash_assets.definitions import build_definitions, defs
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes, environment, python


def test_the_names_that_users_rely_on_are_these(make_settings: MakeSettings) -> None:
    pipeline = build_definitions(make_settings())
    repository, graph = pipeline.get_repository_def(), pipeline.resolve_asset_graph()
    assets = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert assets == {"photo_metadata", "image_url", "image_file", "gallery"}
    assert {job.name for job in repository.get_all_jobs()} - {"__ASSET_JOB"} == {
        "refresh",
        "verify",
    }
    schedules = {schedule.name: schedule.job_name for schedule in repository.schedule_defs}
    assert schedules == {"every_minute": "refresh", "every_day": "verify"}
    checks = {key.name for key in graph.asset_check_keys}
    assert checks == {
        "files_are_whole",
        "catalogue_and_folder_agree",
        "files_carry_their_credit",
        "request_budget_is_kept",
    }
    assert [sensor.name for sensor in repository.sensor_defs] == ["open_new_images"]
    assert set(repository.get_top_level_resources()) == {"unsplash", "library"}


def test_the_pipeline_is_built_once_a_process_however_often_dagster_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert defs() is defs()
    monkeypatch.setenv("UNSPLASH_TOPICS", "street art,日本")
    asset = defs().resolve_assets_def("image_file")
    assert asset.partitions_def
    assert set(asset.partitions_def.get_partition_keys()) == {"street art", "日本"}


def test_the_assets_are_one_chain_and_each_says_what_it_is(make_settings: MakeSettings) -> None:
    graph = build_definitions(make_settings()).resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    parents = {key.to_user_string(): graph.get(key).parent_keys for key in keys}
    assert parents == {
        "photo_metadata": set(),
        "image_url": {dg.AssetKey("photo_metadata")},
        "image_file": {dg.AssetKey("image_url")},
        "gallery": {dg.AssetKey("image_file")},
    }
    for key in keys:
        node = graph.get(key)
        assert node.description
        assert node.group_name == "unsplash"
        assert node.kinds


def test_a_topic_with_a_source_is_a_partition_by_its_name(make_settings: MakeSettings) -> None:
    settings = make_settings(
        topics="sea,Desk=collection:1+2,Faces=query:old faces[orientation=any]"
    )
    asset = build_definitions(settings).resolve_assets_def("image_file")
    assert asset.partitions_def == dg.StaticPartitionsDefinition(["sea", "Desk", "Faces"])


def test_the_partitions_are_the_topics_of_the_settings(make_settings: MakeSettings) -> None:
    pipeline = build_definitions(make_settings(topics="street art,日本"))
    asset = pipeline.resolve_assets_def("image_file")
    assert asset.partitions_def == dg.StaticPartitionsDefinition(["street art", "日本"])


@pytest.mark.parametrize("name", ["photo_metadata", "image_file"])
def test_a_network_step_is_tried_ten_times_again_fifteen_seconds_apart(
    make_settings: MakeSettings, name: str
) -> None:
    asset = build_definitions(make_settings()).resolve_assets_def(name)
    policy = asset.op.retry_policy
    assert policy is not None
    assert (policy.max_retries, policy.delay) == (10, 15)


@pytest.mark.parametrize("name", ["photo_metadata", "image_url", "image_file", "gallery"])
def test_an_asset_is_stale_after_a_day_and_warns_of_it_after_two_hours(
    make_settings: MakeSettings, name: str
) -> None:
    """A spent request budget alone, even with another program beside, is no reason to warn."""
    graph = build_definitions(make_settings()).resolve_asset_graph()
    policy = graph.get(dg.AssetKey(name)).freshness_policy
    hours = {"fail_window": timedelta(days=1), "warn_window": timedelta(hours=2)}
    assert policy == dg.FreshnessPolicy.time_window(**hours)


def test_schedules_and_sensor_run_by_default(make_settings: MakeSettings) -> None:
    repository = build_definitions(make_settings(viewer="feh {path}")).get_repository_def()
    daily = repository.get_schedule_def("every_day")
    assert daily.default_status is dg.DefaultScheduleStatus.RUNNING
    assert daily.cron_schedule == "17 4 * * *"
    schedule = repository.get_schedule_def("every_minute")
    sensor = repository.get_sensor_def("open_new_images")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "* * * * *"
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
    assert sensor.minimum_interval_seconds == 10


def test_the_schedules_and_freshness_follow_the_settings(make_settings: MakeSettings) -> None:
    settings = make_settings(schedule="0 9 * * mon-fri", timezone="Europe/Berlin")
    definitions = build_definitions(settings)
    repository = definitions.get_repository_def()
    schedules = {schedule.name: schedule for schedule in repository.schedule_defs}
    assert schedules["every_minute"].cron_schedule == "0 9 * * mon-fri"
    assert {s.execution_timezone for s in schedules.values()} == {"Europe/Berlin"}
    policy = definitions.resolve_asset_graph().get(dg.AssetKey("gallery")).freshness_policy
    assert policy == dg.FreshnessPolicy.time_window(
        warn_window=timedelta(days=3, hours=1), fail_window=timedelta(days=6, hours=1)
    )


def test_workspace_and_both_tools_in_pyproject_name_the_same_definitions() -> None:
    tool = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]
    workspace = yaml.safe_load((PROJECT / "workspace.yaml").read_text())
    (location,) = [entry["python_module"] for entry in workspace["load_from"]]
    assert (
        location["module_name"]
        == tool["dagster"]["module_name"]
        == tool["dg"]["project"]["code_location_target_module"]
        == "unsplash_assets.definitions"
    )
    assert (
        location["location_name"]
        == tool["dagster"]["code_location_name"]
        == tool["dg"]["project"]["code_location_name"]
    )
    assert location["working_directory"] == "."


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["dagster", "job", "list"], id="tool.dagster"),
        pytest.param(["dagster", "job", "list", "-w", "workspace.yaml"], id="workspace.yaml"),
    ],
)
def test_dagster_finds_the_job_by(processes: Processes, command: list[str], tmp_path: Path) -> None:
    said = _run(processes, command, tmp_path)
    assert "Job: refresh" in said


@pytest.mark.process
def test_dg_finds_the_same_definitions(processes: Processes, tmp_path: Path) -> None:
    listed = json.loads(_run(processes, ["dg", "list", "defs", "--json"], tmp_path))
    assets = {asset["asset_key"] for asset in listed["assets"]}
    assert assets == {"photo_metadata", "image_url", "image_file", "gallery"}
    named = {kind: {item["name"] for item in listed[kind]} for kind in listed if kind != "assets"}
    assert named["jobs"] >= {"refresh", "verify"}
    assert named["schedules"] == {"every_minute", "every_day"}
    assert named["sensors"] == {"open_new_images"}


@pytest.mark.process
def test_loading_the_definitions_writes_nothing_and_loads_nothing_that_only_steps_need(
    processes: Processes, tmp_path: Path
) -> None:
    load = "import sys; from unsplash_assets.definitions import defs; defs(); print(*sys.modules)"
    loaded = processes.run(python(load), check=True).stdout.split()
    assert not {"PIL", "jinja2", "numpy", "obstore", "simplejpeg"}.intersection(loaded)
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


def _run(processes: Processes, command: list[str], home: Path) -> str:
    """Run a command of the environment in the project folder, its history elsewhere."""
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    program = Path(sys.executable).with_name(command[0])
    environ = environment(DAGSTER_HOME=str(home), COLUMNS="200")
    return processes.run([program, *command[1:]], cwd=PROJECT, env=environ, check=True).stdout
