"""Tests of the checks, the job that runs them and the healing, on a real Dagster instance."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.definitions import build_definitions
from unsplash_assets.unsplash.budget import Answered
from unsplash_assets.unsplash.quota import Numbers
from unsplash_assets_tests.conftest import Given
from unsplash_assets_tests.support.libraries import cut, delete, flip
from unsplash_assets_tests.support.runs import Project, metadata, tries

NAMES = {
    "files_are_whole",
    "catalogue_and_folder_agree",
    "files_carry_their_credit",
    "request_budget_is_kept",
}


@pytest.fixture
def project(given: Given) -> Project:
    return Project(given(topics="nature,art", rendition="thumb"))


@contextmanager
def opened(project: Project) -> Iterator[Database]:
    database = open_database(project.given.library, None, project.given.mode)
    try:
        yield database
    finally:
        database.close()


def checked(project: Project) -> dict[str, dg.AssetCheckEvaluation]:
    """Run all checks; return their answers by name."""
    result = project.verify()
    assert result.success
    return {answer.check_name: answer for answer in result.get_asset_check_evaluations()}


def shown(answer: dg.AssetCheckEvaluation) -> Mapping[str, Any]:
    return {name: value.value for name, value in answer.metadata.items()}


def files(project: Project) -> list[Path]:
    return [project.given.library / path for path in project.pictures()]


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


def test_the_checks_belong_to_the_file_asset_and_say_what_they_are_about(given: Given) -> None:
    graph = build_definitions(given()).resolve_asset_graph()
    keys = graph.asset_check_keys
    assert {key.name for key in keys} == NAMES
    assert {key.asset_key for key in keys} == {dg.AssetKey("image_file")}
    assert all(graph.get_check_spec(key).description for key in keys)
    assert not any(graph.get_check_spec(key).blocking for key in keys)


def test_the_minutes_run_has_no_checks(project: Project) -> None:
    result = project.run("nature")
    assert result.success
    assert result.get_asset_check_evaluations() == []


def test_what_is_damaged_fails_the_check_and_is_repaired_by_the_next_run_of_its_topic(
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

    assert metadata(project.run("art"), "image_file")["repaired"] == 0
    told = metadata(project.run("nature"), "image_file")
    assert (told["repaired"], told["stored"]) == (2, 1)
    assert {path: path.read_bytes() for path in before} == before
    assert all(answer.passed for answer in checked(project).values())


def test_a_file_that_no_photo_has_is_a_warning_and_no_damage(project: Project) -> None:
    project.run("nature")
    (project.given.library / "nature" / "mine.jpg").write_text("mine")
    answers = checked(project)
    assert answers["files_are_whole"].passed
    agree = answers["catalogue_and_folder_agree"]
    assert (agree.passed, agree.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert shown(agree)["findings"] == "unknown nature/mine.jpg"


def test_what_the_checks_show_is_bounded(project: Project) -> None:
    (project.given.library / "nature").mkdir(parents=True)
    for number in range(30):
        (project.given.library / "nature" / f"{number:02}.jpg").write_text("")
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
    defs = build_definitions(project.given)
    alone = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(key))
    job = dg.Definitions.merge(defs, dg.Definitions(jobs=[alone])).resolve_job_def("alone")
    result = job.execute_in_process(instance=project.instance)
    (answer,) = result.get_asset_check_evaluations()
    return answer


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_check_can_be_run_alone(project: Project, name: str) -> None:
    assert checked_alone(project, name).check_name == name


def test_more_requests_than_the_limit_fail_the_check(project: Project) -> None:
    with opened(project) as database:
        budget = RequestBudget(database, project.given.key_fingerprint)
        with budget.reserve(3) as reservation:
            for _ in range(3):
                reservation.settle(Answered(Numbers(2, 0)))
    answer = checked(project)["request_budget_is_kept"]
    assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert shown(answer) == {"requests": 3, "limit": 2, "refused": False}


def test_a_refusal_is_a_warning(project: Project) -> None:
    with opened(project) as database:
        budget = RequestBudget(database, project.given.key_fingerprint)
        with budget.reserve(1) as reservation:
            reservation.settle(Answered(quota_spent=True))
    answer = checked(project)["request_budget_is_kept"]
    assert (answer.passed, answer.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert shown(answer)["refused"]


def test_a_repair_that_fails_is_told_and_does_not_fail_the_run(project: Project) -> None:
    project.run("nature")
    (file,) = files(project)
    cut(file)
    checked(project)
    with opened(project) as database, database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE photos SET url = replace(url, '/photo-', '/nothing-') WHERE state = 'damaged'"
        )
    result = project.run("nature")
    assert result.success
    told = metadata(result, "image_file")
    assert (told["repaired"], told["stored"]) == (0, 1)
    ((path, reason),) = told["not repaired"].items()
    assert path == f"nature/{file.name}"
    assert reason.startswith("the picture is not to be had")
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
    with opened(project) as database, database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE photos RENAME COLUMN sha256 TO hash")
    result = project.verify()
    assert not result.success
    failures = [event for event in result.all_events if event.is_step_failure]
    said = [event.step_failure_data.user_failure_data for event in failures]
    assert {data.description for data in said if data} == {
        "the catalogue cannot be used: no such column: photos.sha256"
    }
    assert all(tries(result, str(event.step_key)) == 1 for event in failures)


def test_the_run_of_the_checks_carries_its_mode_and_a_limit_of_a_day(given: Given) -> None:
    job = build_definitions(given(api_key="k")).resolve_job_def("verify")
    assert job.tags["unsplash_assets/mode"] == "live"
    assert job.tags["dagster/max_runtime"] == "86400"
    assert job.partitions_def is None
