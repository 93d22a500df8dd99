"""Tests of what Dagster knows of a run for us, and how it ends."""

import logging
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.runs import LIBRARY_TAG, PROCESS_TAG, process_of
from unsplash_assets.library.opening import open_library
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.runs import Project


def test_a_run_is_tagged_with_its_library_and_with_its_own_process(
    make_settings: MakeSettings,
) -> None:
    """Also one that was executed again, which begins with the tags of the run before."""
    demo = Project(make_settings(topics="nature"))
    first = demo.instance.get_run_by_id(demo.run("nature", ["gallery"]).run_id)
    assert first
    job = build_definitions(demo.settings).resolve_job_def("refresh")
    again = job.execute_in_process(
        instance=demo.instance,
        partition_key="nature",
        asset_selection=[dg.AssetKey("gallery")],
        tags={name: tag for name, tag in first.tags.items() if "partition" not in name},
    )
    second = demo.instance.get_run_by_id(again.run_id)
    assert second
    with open_library(demo.settings) as library:
        identity = library.photos.identity()
    for run in (first, second):
        assert run.tags[LIBRARY_TAG] == identity
        assert run.tags[PROCESS_TAG] == f"{run.run_id} {ProcessName.current()}"
        assert process_of(run) == ProcessName.current()
    assert process_of(second.with_tags(first.tags)) is None
    assert process_of(second.with_tags({PROCESS_TAG: str(ProcessName.current())})) is None
    assert process_of(second.with_tags({})) is None


def test_the_process_of_a_run_with_the_tag_of_before_is_known(make_settings: MakeSettings) -> None:
    job = build_definitions(make_settings(topics="nature")).resolve_job_def("refresh")
    run = dg.DagsterInstance.ephemeral().create_run_for_job(job)
    former = {"unsplash_assets/process": f"{run.run_id} {ProcessName.current()}"}
    assert process_of(run.with_tags(former)) == ProcessName.current()


@pytest.mark.parametrize("tag", [LIBRARY_TAG, PROCESS_TAG])
def test_a_long_tag_is_one_that_dagsters_ui_hides(tag: str) -> None:
    assert tag.startswith(".dagster/")


SENTENCE = (
    "UNSPLASH_TOPICS changed after Dagster loaded the settings, so nothing was done: reload the "
    "definitions in the UI, or restart"
)


@pytest.mark.parametrize("job", ["refresh", "verify"])
def test_a_run_whose_process_has_loaded_other_settings_touches_nothing(
    make_settings: MakeSettings, job: str
) -> None:
    """As after `.env` was changed: the code location launches runs with what it has loaded."""
    settings, instance = make_settings(topics="nature"), dg.DagsterInstance.ephemeral()
    definitions = build_definitions(settings)
    library: Any = (definitions.resources or {})["library"]
    type(library).loaded = replace(settings, topics=("sea",))
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance,
        partition_key="nature" if job == "refresh" else None,
        raise_on_error=False,
    )
    assert not result.success
    logged = [
        record.event_log_entry.user_message
        for record in instance.get_records_for_run(result.run_id).records
        if record.event_log_entry.level == logging.ERROR
    ]
    assert logged[0] == SENTENCE
    assert not settings.library.exists()


def test_every_op_of_ours_carries_the_settings(make_settings: MakeSettings) -> None:
    """Also one that is materialized alone, by a job of Dagster's own."""
    repository = build_definitions(make_settings()).get_repository_def()
    job = repository.get_implicit_global_asset_job_def()
    tags = [node.definition.tags for node in job.graph.nodes]
    assert len(tags) == 7
    assert all(".dagster/unsplash_assets_settings" in each for each in tags)


@dg.asset(deps=["gallery"])
def of_another_project() -> None:
    raise ValueError


@pytest.mark.long
def test_a_run_that_fails_outside_of_our_steps_has_not_succeeded_in_status(
    make_settings: MakeSettings,
) -> None:
    project = Project(make_settings(topics="nature"))
    everything = dg.define_asset_job(
        "everything", dg.AssetSelection.all() - dg.AssetSelection.all_asset_checks()
    )
    others = dg.Definitions(assets=[of_another_project], jobs=[everything])
    merged = dg.Definitions.merge(build_definitions(project.settings), others)
    job = merged.resolve_job_def("everything")
    result = job.execute_in_process(
        instance=project.instance, partition_key="nature", raise_on_error=False
    )
    assert [event.step_key for event in result.all_events if event.is_step_failure] == [
        "of_another_project"
    ]
    last = project.status().last_run
    assert last
    assert (last.topic, last.outcome) == ("nature", "failure")


@pytest.mark.long
def test_a_run_whose_steps_have_all_gone_well_has_succeeded(make_settings: MakeSettings) -> None:
    project = Project(make_settings(topics="nature"))
    for assets in (["photo_metadata"], ["image_url"], ["image_file", "gallery"]):
        assert project.run("nature", assets).success
        last = project.status().last_run
        assert last
        assert last.outcome == "success"
