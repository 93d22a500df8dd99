"""Tests of what Dagster knows of a run for us, and how it ends."""

import logging
from dataclasses import replace
from typing import Any

import dagster as dg
import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.runs import LIBRARY_TAG, MODE_TAG, is_for_person, tag_run
from unsplash_assets.library.opening import open_library
from unsplash_assets.model.topics import Topic
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.runs import Project


@pytest.mark.long
def test_a_run_is_tagged_with_its_library_and_recorded_with_its_process(
    make_settings: MakeSettings,
) -> None:
    demo = Project(make_settings(topics="nature"))
    run = demo.instance.get_run_by_id(demo.run("nature", ["gallery"]).run_id)
    assert run
    with open_library(demo.settings) as library:
        assert run.tags[LIBRARY_TAG] == library.photos.identity()
        query = sa.select(db.runs.c.process).where(db.runs.c.run_id == run.run_id)
        with library.database.reading() as connection:
            assert connection.scalar(query) == str(ProcessName.current())


@pytest.mark.parametrize(
    ("tags", "for_person"),
    [
        ({}, True),
        ({"dagster/partition": "sea", "dagster/backfill": "x"}, True),
        ({"dagster/schedule_name": "every_minute"}, False),
        ({"dagster/sensor_name": "mine"}, False),
        ({"dagster/from_automation_condition": "true"}, False),
    ],
)
def test_a_run_is_for_a_person_unless_something_ticked(
    tags: dict[str, str],
    for_person: bool,  # noqa: FBT001
) -> None:
    assert is_for_person(dg.DagsterRun(job_name="refresh", tags=tags)) is for_person


def test_a_run_is_given_only_the_tags_that_its_launch_has_not_given_it(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule's runs have them all; one that is executed again has those of another time."""
    written: list[dict[str, str]] = []
    instance = dg.DagsterInstance.ephemeral()
    monkeypatch.setattr(instance, "add_run_tags", lambda _, tags: written.append(tags))
    with open_library(make_settings()) as library:
        ours = {MODE_TAG: "demo", LIBRARY_TAG: library.photos.identity()}
        for tags in (ours, {**ours, LIBRARY_TAG: "another"}, {}):
            tag_run(instance, dg.DagsterRun("refresh", tags=tags), library)
    assert written == [{LIBRARY_TAG: ours[LIBRARY_TAG]}, ours]


def test_a_long_tag_is_one_that_dagsters_ui_hides() -> None:
    assert LIBRARY_TAG.startswith(".dagster/")


SENTENCE = (
    "UNSPLASH_TOPICS changed after Dagster loaded the settings, so nothing was done: reload the "
    "definitions in the UI, or restart"
)


@pytest.mark.long
@pytest.mark.parametrize("job", ["refresh", "verify"])
def test_a_run_whose_process_has_loaded_other_settings_touches_nothing(
    make_settings: MakeSettings, job: str
) -> None:
    """As after `.env` was changed: the code location launches runs with what it has loaded."""
    settings, instance = make_settings(topics="nature"), dg.DagsterInstance.ephemeral()
    definitions = build_definitions(settings)
    library: Any = (definitions.resources or {})["library"]
    type(library).loaded = replace(settings, topics=(Topic.search("sea"),))
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
