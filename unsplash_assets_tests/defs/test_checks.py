"""Tests of the checks, the job that runs them and the repairs, on a real Dagster instance."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.library.opening import open_library
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.libraries import cut, delete, flip
from unsplash_assets_tests.support.runs import Project, metadata, tries

pytestmark = pytest.mark.long

NAMES = {
    "files_are_whole",
    "catalogue_and_folder_agree",
    "files_carry_their_credit",
    "request_budget_is_kept",
}


@pytest.fixture
def project(make_settings: MakeSettings) -> Project:
    return Project(make_settings(topics="nature,art", rendition="thumb"))


def checked(project: Project) -> dict[str, dg.AssetCheckEvaluation]:
    """Run all checks; return their answers by name."""
    result = project.verify()
    assert result.success
    return {answer.check_name: answer for answer in result.get_asset_check_evaluations()}


def shown(answer: dg.AssetCheckEvaluation) -> Mapping[str, Any]:
    return {name: value.value for name, value in answer.metadata.items()}


def files(project: Project) -> list[Path]:
    return [project.settings.library / path for path in project.pictures()]


def test_an_empty_library_passes_every_check(project: Project) -> None:
    answers = checked(project)
    assert set(answers) == NAMES
    assert all(answer.passed for answer in answers.values())


def test_a_library_that_is_well_passes_and_tells_how_large_it_is(project: Project) -> None:
    project.run("nature", photos_per_run=3)
    answers = checked(project)
    assert all(answer.passed for answer in answers.values())
    size = sum(path.stat().st_size for path in files(project))
    for name in ("files_are_whole", "catalogue_and_folder_agree"):
        found = {"files": 3, "bytes": size, "missing": 0, "damaged": 0, "unknown": 0}
        assert shown(answers[name]) == found
    budget = {"requests": 4, "limit": 1_000_000, "refused": False}
    assert shown(answers["request_budget_is_kept"]) == budget


def test_the_checks_belong_to_the_file_asset_and_say_what_they_are_about(
    make_settings: MakeSettings,
) -> None:
    graph = build_definitions(make_settings()).resolve_asset_graph()
    keys = graph.asset_check_keys
    assert {key.name for key in keys} == NAMES
    assert {key.asset_key for key in keys} == {dg.AssetKey("image_file")}
    assert all(graph.get_check_spec(key).description for key in keys)
    assert not any(graph.get_check_spec(key).blocking for key in keys)


def test_the_minutes_run_has_no_checks(project: Project) -> None:
    result = project.run("nature")
    assert result.success
    assert result.get_asset_check_evaluations() == []


def test_with_an_asset_that_is_materialized_by_hand_only_what_looks_changed_is_read(
    project: Project,
) -> None:
    project.run("nature", photos_per_run=3)
    gone, cut_short, _whole = files(project)
    delete(gone)
    cut(cut_short)
    job = build_definitions(project.settings).resolve_implicit_global_asset_job_def()
    result = job.execute_in_process(
        instance=project.instance,
        partition_key="nature",
        asset_selection=[dg.AssetKey("photo_metadata"), dg.AssetKey("image_file")],
    )
    answers = {answer.check_name: answer for answer in result.get_asset_check_evaluations()}
    assert set(answers) == NAMES
    whole = shown(answers["files_are_whole"])
    assert (whole["files"], whole["missing"] + whole["damaged"], whole["read"]) == (3, 2, 2)


@pytest.mark.long
def test_what_is_damaged_fails_the_check_and_is_repaired_by_the_next_run(
    project: Project,
) -> None:
    project.run("nature", photos_per_run=3)
    project.run("art")
    gone, altered = sorted(files(project))[1:3]
    before = {path: path.read_bytes() for path in files(project)}
    delete(gone)
    flip(altered)
    answers = checked(project)
    whole, agree = answers["files_are_whole"], answers["catalogue_and_folder_agree"]
    assert not whole.passed
    assert whole.severity is dg.AssetCheckSeverity.ERROR
    assert (shown(whole)["missing"], shown(whole)["damaged"]) == (1, 1)
    assert shown(whole)["findings"].splitlines() == [
        f"missing nature/{gone.name}",
        f"damaged nature/{altered.name}",
    ]
    assert (agree.passed, agree.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert {topic.topic: topic.damaged for topic in project.status().topics} == {
        "nature": 2,
        "art": 0,
    }

    values = metadata(project.run("art"), "image_file")
    assert (values["repaired"], values["stored"]) == (2, 1)
    assert {path: path.read_bytes() for path in before} == before
    assert all(answer.passed for answer in checked(project).values())


def test_a_file_that_no_photo_has_is_a_warning_and_no_damage(project: Project) -> None:
    project.run("nature")
    (project.settings.library / "nature" / "mine.jpg").write_text("mine")
    answers = checked(project)
    assert answers["files_are_whole"].passed
    agree = answers["catalogue_and_folder_agree"]
    assert (agree.passed, agree.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert shown(agree)["findings"] == "unknown nature/mine.jpg"


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only names in UTF-8")
def test_a_file_whose_name_is_no_utf_8_is_shown_escaped(project: Project) -> None:
    """Else GraphQL would answer 500 for the run, and for the asset's checks for ever."""
    project.run("nature")
    folder = os.fsencode(project.settings.library / "nature")
    names = [b"f\xfcr.jpg", b"two\nlines.jpg", b"sea_\xff\xff\xff_0.jpg"]
    for name in names:
        Path(os.fsdecode(folder + b"/" + name)).write_text("mine")
    result = project.verify()
    assert result.success
    for answer in result.get_asset_check_evaluations():
        if answer.check_name != "catalogue_and_folder_agree":
            continue
        assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.WARN)
        assert shown(answer)["findings"].splitlines() == [
            r"unknown nature/f\udcfcr.jpg",
            r"unknown nature/sea_\udcff\udcff\udcff_0.jpg",
            r"unknown nature/two\nlines.jpg",
        ]
    events = [str(entry) for entry in project.instance.all_logs(result.run_id)]
    assert any("udcfcr.jpg" in event for event in events)
    assert all(event.encode() for event in events)
    assert {os.fsdecode(name) for name in names} < {
        path.name for path in Path(os.fsdecode(folder)).iterdir()
    }


def test_what_the_checks_show_is_bounded(project: Project) -> None:
    (project.settings.library / "nature").mkdir(parents=True)
    for number in range(30):
        (project.settings.library / "nature" / f"{number:02}.jpg").write_text("")
    agree = checked(project)["catalogue_and_folder_agree"]
    assert shown(agree)["unknown"] == 30
    lines = shown(agree)["findings"].splitlines()
    assert lines == [*(f"unknown nature/{number:02}.jpg" for number in range(20)), "..."]


def test_a_picture_without_its_credit_fails_the_check(project: Project) -> None:
    project.run("nature")
    (file,) = files(project)
    file.write_text("no picture")
    answer = checked_alone(project, "files_carry_their_credit")
    assert not answer.passed
    assert shown(answer) == {"files": 1, "first": f"nature/{file.name}"}


def checked_alone(project: Project, name: str) -> dg.AssetCheckEvaluation:
    """Run one check, as a person does in the UI."""
    key = dg.AssetCheckKey(dg.AssetKey("image_file"), name)
    defs = build_definitions(project.settings)
    alone = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(key))
    job = dg.Definitions.merge(defs, dg.Definitions(jobs=[alone])).resolve_job_def("alone")
    result = job.execute_in_process(instance=project.instance)
    (answer,) = result.get_asset_check_evaluations()
    return answer


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_check_can_be_run_alone(project: Project, name: str) -> None:
    assert checked_alone(project, name).check_name == name


def test_more_requests_than_the_limit_fail_the_check(project: Project) -> None:
    with open_library(project.settings) as library, library.budget.reserve(3) as grant:
        for _ in range(3):
            grant.settle(QuotaReport(limit=2, remaining=0))
    answer = checked(project)["request_budget_is_kept"]
    assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert shown(answer) == {"requests": 3, "limit": 2, "refused": False}


def test_a_refusal_is_a_warning(project: Project) -> None:
    with open_library(project.settings) as library, library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(quota_spent=True))
    answer = checked(project)["request_budget_is_kept"]
    assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert shown(answer)["refused"]


def test_a_repair_that_fails_is_reported_and_does_not_fail_the_run(project: Project) -> None:
    project.run("nature")
    (file,) = files(project)
    cut(file)
    checked(project)
    with open_library(project.settings) as library, library.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE photos SET url = replace(url, '/photo-', '/nothing-') WHERE state = 'damaged'"
        )
    result = project.run("nature")
    assert result.success
    values = metadata(result, "image_file")
    assert (values["repaired"], values["stored"]) == (0, 1)
    ((path, reason),) = values["not repaired"].items()
    assert path == f"nature/{file.name}"
    assert reason.startswith("the picture is not available")
    assert tries(result, "image_file") == 1
    assert project.status().topics[0].damaged == 1


def test_a_run_of_the_checks_is_not_the_last_run_of_a_topic(project: Project) -> None:
    project.run("nature")
    checked(project)
    last = project.status().last_run
    assert last
    assert last.topic == "nature"


def test_an_unusable_catalogue_is_a_failure_that_says_so(project: Project) -> None:
    project.run("nature")
    with open_library(project.settings) as library, library.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE photos RENAME COLUMN sha256 TO hash")
    result = project.verify()
    assert not result.success
    failures = [event for event in result.all_events if event.is_step_failure]
    said = [event.step_failure_data.user_failure_data for event in failures]
    assert {data.description for data in said if data} == {
        "the catalogue cannot be used: no such column: photos.sha256"
    }
    assert all(tries(result, str(event.step_key)) == 1 for event in failures)


def test_the_run_of_the_checks_carries_its_mode_and_a_limit_of_a_day(
    make_settings: MakeSettings,
) -> None:
    job = build_definitions(make_settings(api_key="k")).resolve_job_def("verify")
    assert job.tags["unsplash_assets/mode"] == "live"
    assert job.tags["dagster/max_runtime"] == "86400"
    assert job.partitions_def is None
