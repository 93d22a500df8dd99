"""Tests of the resources: what a person can change, and what never shows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.resources import LibraryResource, UnsplashResource
from unsplash_assets.errors import SettingsError
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.topics import Filters
from unsplash_assets.settings.variables import BY_FIELD, UNSPLASH_API_URL
from unsplash_assets.transport.base import Timeouts
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.runs import Project

KEY = "recognisable-key-3f9a"


@pytest.fixture
def demo(make_settings: MakeSettings) -> Project:
    return Project(make_settings(topics="nature"))


def test_the_launchpad_offers_every_field_of_both_resources(make_settings: MakeSettings) -> None:
    shown = _launchpad(make_settings)
    assert set(shown["unsplash"]) == {
        "api_key_variable", "api_url", "app_name", "orientation", "content_filter",
        "connect_timeout", "read_timeout", "total_timeout", "retries", "retry_delay",
    }  # fmt: skip
    assert set(shown["library"]) == {
        "folder", "rendition", "photos_per_run", "timeout", "max_size", "concurrency",
        "keep",
    }  # fmt: skip


def test_the_fields_have_the_values_of_the_settings(make_settings: MakeSettings) -> None:
    shown = _launchpad(
        make_settings, orientation="portrait", retry_delay="3", rendition="1600", keep="2gb"
    )
    assert shown["unsplash"]["orientation"] == "portrait"
    assert shown["unsplash"]["retry_delay"] == 3
    assert shown["library"]["rendition"] == "1600"
    assert shown["library"]["keep"] == "2GB"


def _launchpad(make_settings: MakeSettings, **values: str) -> dict[str, dict[str, object]]:
    """Return the defaults that the launchpad shows, by resource and field."""
    job = build_definitions(make_settings(**values)).resolve_job_def("refresh")
    schema = job.run_config_schema.config_type.fields["resources"].config_type.fields  # type: ignore[attr-defined]
    return {
        name: {
            field: (entry.default_value if entry.default_provided else None)
            for field, entry in schema[name].config_type.fields["config"].config_type.fields.items()
        }
        for name in ("unsplash", "library")
    }


@pytest.mark.long
def test_retries_of_one_run_can_be_changed_in_its_config(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    project = Project(make_settings(api_key=KEY, api_url="http://127.0.0.1:9", topics="nature"))
    job = build_definitions(project.settings).resolve_job_def("refresh")
    config = {"resources": {"unsplash": {"config": {"retries": 1, "retry_delay": 0.0}}}}
    result = job.execute_in_process(
        instance=project.instance, partition_key="nature", run_config=config, raise_on_error=False
    )
    assert not result.success
    assert sum(event.is_step_up_for_retry for event in result.all_events) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("resource", "field", "value"),
    [
        ("unsplash", "api_url", "http://photos.example"),
        ("unsplash", "orientation", "diagonal"),
        ("unsplash", "content_filter", "none"),
        ("unsplash", "retries", -1),
        ("library", "rendition", "huge"),
        ("library", "photos_per_run", 0),
        ("library", "concurrency", 1000),
    ],
)
def test_run_config_is_checked_as_settings_are(
    make_settings: MakeSettings, resource: str, field: str, value: object
) -> None:
    project = Project(make_settings(topics="nature"))
    job = build_definitions(project.settings).resolve_job_def("refresh")
    config = {"resources": {resource: {"config": {field: value}}}}
    with pytest.raises(dg.DagsterError) as caught:
        job.execute_in_process(partition_key="nature", run_config=config)
    assert field in str(caught.value) + str(caught.value.__cause__)
    assert project.pictures() == []


@pytest.mark.long
def test_the_key_cannot_be_given_in_run_config(make_settings: MakeSettings) -> None:
    job = build_definitions(make_settings(api_key=KEY)).resolve_job_def("refresh")
    for field in ("api_key", "api_key_variable"):
        config = {"resources": {"unsplash": {"config": {field: KEY}}}}
        with pytest.raises((dg.DagsterInvalidConfigError, dg.DagsterError)) as caught:
            job.execute_in_process(partition_key="nature", run_config=config)
        assert field in str(caught.value) + str(caught.value.__cause__)


Bounds = list[tuple[str, str, list[str], list[Any]]]

BOUNDS: Bounds = [
    ("unsplash", "retry_delay", ["0", "0.000001", "3600"], [0, 1e-6, 0.1 + 0.2, 3600]),
    ("library", "timeout", ["1", "3600"], [1, 3600.0]),
    ("library", "max_size", ["1KB", "2GB"], [1_000, 1_999_999_999, 2_000_000_000]),
    ("library", "concurrency", ["1", "64"], [1, 64]),
    ("library", "photos_per_run", ["1", "1000"], [1, 1_000]),
]
"""Resources, fields, and values just inside: of the environment, and of a launchpad."""
BEYOND: Bounds = [
    ("unsplash", "retry_delay", ["-1", "3600.1"], [-0.1, 3600.1]),
    ("library", "timeout", ["0.9", "3600.1"], [0.9, 3600.1]),
    ("library", "max_size", ["999B", "2001MB"], [999, 2_000_000_001]),
    ("library", "concurrency", ["0", "65"], [0, 65]),
    ("library", "photos_per_run", ["0", "1001"], [0, 1_001]),
]
"""Values just outside."""


def each(bounds: Bounds, kind: str) -> list[Any]:
    """Return one case for each text of the environment, or each value of the launchpad."""
    return [
        pytest.param(resource, field, value, id=f"{field} {value}")
        for resource, field, texts, values in bounds
        for value in (texts if kind == "text" else values)
    ]


def run_with(
    project: Project, resource: str = "library", **config: Any
) -> dg.ExecuteInProcessResult:
    """Run the asset that is made fastest, with run config of a resource."""
    if resource == "unsplash":
        return project.run("nature", ["gallery"], unsplash=config)
    return project.run("nature", ["gallery"], **config)


@pytest.mark.long
@pytest.mark.parametrize(("resource", "field", "text"), each(BOUNDS, "text"))
def test_whatever_the_environment_may_hold_a_run_accepts_as_its_default(
    make_settings: MakeSettings, resource: str, field: str, text: str
) -> None:
    project = Project(make_settings(topics="nature", **{field: text}))
    assert run_with(project).success
    shown = _launchpad(make_settings, **{field: text})
    assert shown[resource][field] == getattr(project.settings, field)


@pytest.mark.parametrize(("resource", "field", "text"), each(BEYOND, "text"))
def test_the_environment_holds_a_setting_within_its_bounds(
    make_settings: MakeSettings, resource: str, field: str, text: str
) -> None:
    assert field in _launchpad(make_settings)[resource]
    with pytest.raises(SettingsError, match=f"^UNSPLASH_{field.upper()} is "):
        make_settings(**{field: text})


@pytest.mark.long
@pytest.mark.parametrize(("resource", "field", "value"), each(BOUNDS, "value"))
def test_a_launchpad_may_change_a_setting_within_its_bounds(
    demo: Project, resource: str, field: str, value: object
) -> None:
    assert run_with(demo, resource, **{field: value}).success


@pytest.mark.long
@pytest.mark.parametrize(("resource", "field", "value"), each(BEYOND, "value"))
def test_a_launchpad_holds_a_setting_within_the_same_bounds(
    demo: Project, resource: str, field: str, value: object
) -> None:
    variable = BY_FIELD[field]
    with pytest.raises(ValueError, match=r"use a (whole )?(number|size)") as caught:
        variable.check(value)
    result = run_with(demo, resource, **{field: value})
    assert not result.success
    failures = [event.event_specific_data for event in result.all_events if event.is_failure]
    assert str(caught.value) in str(failures)


@contextmanager
def opened_by_run(unsplash: UnsplashResource | None = None, **fields: Any) -> Iterator[Library]:
    """Open the library as a run does, with resources whose fields these are."""
    resource = LibraryResource(unsplash=unsplash or UnsplashResource(), **fields)
    with dg.build_resources({"library": resource}) as resources:
        yield resources.library


def test_the_key_is_read_from_the_variable_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY_2", KEY)
    resource = UnsplashResource(api_url="http://localhost:1", api_key_variable="UNSPLASH_API_KEY_2")
    assert KEY not in repr(resource)
    assert KEY not in json.dumps(resource.model_dump())
    assert resource.api_key() == KEY


@pytest.mark.long
@pytest.mark.parametrize("written", [KEY, f" {KEY} ", f"{KEY}\n"])
def test_the_budget_of_a_run_is_that_which_status_and_ticks_look_at(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", written)
    settings = make_settings(api_key=written, api_url="http://localhost:1/")
    local = UnsplashResource(api_url="http://localhost:1/")
    with opened_by_run(local) as library:
        fingerprint = library.settings.key_fingerprint
        assert fingerprint == settings.key_fingerprint
        assert KEY not in fingerprint
        with library.budget.reserve(7), open_library(settings) as looked_at:
            assert looked_at.budget.usage().made == 7
    with opened_by_run(UnsplashResource(api_url=UNSPLASH_API_URL)) as library:
        assert library.settings.key_fingerprint != fingerprint
    monkeypatch.setenv("UNSPLASH_API_KEY", "another")
    with opened_by_run(local) as library:
        assert library.settings.key_fingerprint != fingerprint


@pytest.mark.long
def test_the_demo_has_one_budget_whatever_key_is_in_the_environment(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    with opened_by_run() as library:
        assert library.settings.key_fingerprint == make_settings().key_fingerprint
    emulated = make_settings(api_key="demo", api_url="http://127.0.0.1:8000")
    assert make_settings().key_fingerprint != emulated.key_fingerprint


@pytest.mark.long
def test_a_run_works_on_a_library_with_the_fields_of_both_resources(tmp_path: Path) -> None:
    unsplash = UnsplashResource(
        app_name="my wall", orientation="portrait", content_filter="high",
        connect_timeout=1, read_timeout=2, total_timeout=3,
    )  # fmt: skip
    fields = {
        "rendition": "1600", "photos_per_run": 3, "timeout": 7.5, "max_size": 2_000_000,
        "concurrency": 2,
    }  # fmt: skip
    with opened_by_run(unsplash, folder=str(tmp_path / "x"), keep="30d", **fields) as library:
        settings = vars(library.settings)
        assert {name: settings[name] for name in fields} == fields
        assert (library.settings.app_name, library.settings.keep) == (
            "my wall",
            Keep(age=timedelta(days=30)),
        )
        assert library.settings.filters == Filters("portrait", "high")
        assert library.timeouts == Timeouts(1, 2, 3)
        assert folder_of(library).root == tmp_path / "x"
    assert (tmp_path / "x" / "catalogue.db").exists()


@pytest.mark.long
def test_a_run_is_recorded_in_the_library_while_it_works(demo: Project) -> None:
    run_id = demo.run("nature").run_id
    with open_library(demo.settings) as library:
        assert len(library.photos.stored_by(run_id)) == 1
        assert library.runs.error(run_id) is None
        last = library.runs.last()
    assert last
    assert (last.topic, last.outcome) == ("nature", "success")


def test_who_uses_the_resource_in_code_chooses_any_server() -> None:
    assert UnsplashResource(api_url="https://photos.example/").api_url == "https://photos.example"


@pytest.mark.long
def test_a_key_that_is_not_there_is_asked_for_by_its_variable(
    make_settings: MakeSettings, emulator_url: str
) -> None:
    project = Project(make_settings(api_key=KEY, api_url=emulator_url, topics="nature"))
    result = project.run("nature")
    assert not result.success
    (event,) = [event for event in result.all_events if event.is_resource_init_failure]
    assert event.engine_event_data.error
    assert event.engine_event_data.error.message.strip().endswith(
        "UNSPLASH_API_KEY is not set: put the Access Key there"
    )


@pytest.mark.long
def test_the_key_is_in_no_event_tag_or_config_of_a_run(
    make_settings: MakeSettings, emulator_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    project = Project(make_settings(api_key=KEY, api_url=emulator_url, topics="nature"))
    result = project.run("nature", photos_per_run=2)
    assert result.success
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    assert KEY not in str((run.tags, run.run_config, [str(event) for event in result.all_events]))
    files = [path for path in project.settings.library.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert all(KEY.encode() not in path.read_bytes() for path in files)
