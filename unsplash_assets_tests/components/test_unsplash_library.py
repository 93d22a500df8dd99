"""Tests of the component in a Dagster project that knows nothing else of this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.testing.utils import DefsFolderSandbox, create_defs_folder_sandbox

import unsplash_assets
from unsplash_assets import UnsplashLibrary
from unsplash_assets.errors import SettingsError

# Dagster 1.13 loads components with what it has marked as beta, and pydantic as deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
    pytest.mark.filterwarnings("ignore:.parse_obj_as. is deprecated"),
]

WALL = {"topics": ["nature", "art"], "library": "wall", "key_prefix": ["wall"]}
DESK = {"topics": ["nature", "sea"], "library": "desk", "key_prefix": ["desk", "big-screen"]}


@contextmanager
def _loaded(*attributes: dict[str, Any]) -> Iterator[tuple[DefsFolderSandbox, dg.Definitions]]:
    """Load a project with one component for each of the attributes."""
    with create_defs_folder_sandbox() as sandbox:
        for number, given in enumerate(attributes):
            sandbox.scaffold_component(
                component_cls=UnsplashLibrary,
                defs_path=f"part_{number}",
                defs_yaml_contents={
                    "type": "unsplash_assets.UnsplashLibrary",
                    "attributes": given,
                },
            )
        with sandbox.build_all_defs() as defs:
            yield sandbox, defs


def _pictures(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob("*/*.jpg"))


def test_the_package_names_the_component_where_dg_looks_for_it() -> None:
    assert "UnsplashLibrary" in dir(unsplash_assets)
    with pytest.raises(AttributeError, match="has no attribute 'Unsplash'"):
        unsplash_assets.Unsplash  # noqa: B018 - asks for the name


@pytest.mark.long
def test_two_libraries_stand_beside_each_other_each_under_its_own_names() -> None:
    with _loaded(WALL, {**DESK, "group_name": "desk"}) as (_, defs):
        repository, graph = defs.get_repository_def(), defs.resolve_asset_graph()
    keys = graph.get_all_asset_keys()
    assert {key.path[0] for key in keys} == {"wall", "desk"}
    assert dg.AssetKey(["desk", "big-screen", "gallery"]) in keys
    assert {graph.get(key).group_name for key in keys} == {"unsplash", "desk"}
    assert {job.name for job in repository.get_all_jobs()} >= {
        "wall_refresh", "wall_verify", "desk_big_screen_refresh", "desk_big_screen_verify",
    }  # fmt: skip
    nodes = {node.name for node in defs.resolve_job_def("wall_refresh").nodes}
    assert nodes == {f"wall__{key.path[-1]}" for key in keys}


@pytest.mark.long
def test_one_run_brings_photos_into_both_libraries() -> None:
    """As the button "Materialize all" has it, with a job that knows both."""
    desk = {**DESK, "topics": WALL["topics"]}
    with _loaded(WALL, desk) as (sandbox, defs), dg.DagsterInstance.ephemeral() as instance:
        wanted = dg.AssetSelection.all().without_checks()
        both = dg.Definitions.merge(defs, dg.Definitions(jobs=[dg.define_asset_job("b", wanted)]))
        result = both.resolve_job_def("b").execute_in_process(
            instance=instance, partition_key="nature"
        )
        assert result.success
        assert _pictures(sandbox.project_root / "wall") == ["nature"]
        assert _pictures(sandbox.project_root / "desk") == ["nature"]


def test_an_attribute_that_cannot_be_used_is_named_as_it_stands_in_the_file() -> None:
    component = UnsplashLibrary(topics=["art"], library="wall", photos_per_run=0)
    with pytest.raises(SettingsError, match=r"^photos_per_run in defs.yaml is '0': use"):
        component.settings(Path("/nowhere"))


def test_each_library_ticks_when_its_own_schedule_says(tmp_path: Path) -> None:
    hourly = UnsplashLibrary(
        topics=["art"], library="wall", schedule="5 * * * *", timezone="Europe/Rome"
    )
    settings = hourly.settings(tmp_path)
    assert (str(settings.schedule), str(settings.timezone)) == ("5 * * * *", "Europe/Rome")


def test_what_the_attributes_leave_open_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNSPLASH_RENDITION", "small")
    monkeypatch.setenv("UNSPLASH_TOPICS", "sea")
    found = UnsplashLibrary(topics=["art", "street art"], library="wall").settings(tmp_path)
    assert (found.rendition, found.topic_names) == ("small", ("art", "street art"))
    assert found.library == tmp_path / "wall"
