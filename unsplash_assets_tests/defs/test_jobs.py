"""Tests of the job's limits."""

import dagster as dg

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.jobs import longest_honest_run
from unsplash_assets_tests.conftest import MakeSettings


def test_the_limit_is_above_eleven_tries_of_both_network_steps(make_settings: MakeSettings) -> None:
    metadata, files_and_events = 11 * (30 + 15), 11 * (60 + 30 + 15)
    assert longest_honest_run(make_settings()) > metadata + files_and_events


def test_the_limit_has_room_for_repairs(make_settings: MakeSettings) -> None:
    """Ten of them, besides the photo itself."""
    one, many = make_settings(concurrency="1"), make_settings(concurrency="10")
    assert longest_honest_run(one) >= longest_honest_run(many) + 11 * 9 * 60


def test_the_limit_grows_with_what_a_run_has_to_do(make_settings: MakeSettings) -> None:
    few, many = make_settings(photos_per_run="8"), make_settings(photos_per_run="9")
    assert longest_honest_run(many) == longest_honest_run(few) + 11 * 60


def test_the_job_carries_its_limit_and_mode(make_settings: MakeSettings) -> None:
    settings = make_settings(api_key="k")
    job = build_definitions(settings).resolve_job_def("refresh")
    assert job.tags["dagster/max_runtime"] == str(longest_honest_run(settings))
    assert job.tags["unsplash_assets/mode"] == "live"
    assert isinstance(job.executor_def, dg.ExecutorDefinition)
    assert job.executor_def.name == "in_process"
