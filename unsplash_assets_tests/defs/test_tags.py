"""Tests of the tags of a run."""

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.tags import LIBRARY_TAG, PROCESS_TAG, process_of
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
