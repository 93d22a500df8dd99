"""Tests of the resources: what a person can change, and what never shows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.resources import UnsplashResource
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.settings.settings import DEMO_URL, UNSPLASH_API_URL
from unsplash_assets_tests.conftest import Given, Noted, Serve
from unsplash_assets_tests.support.leaks import leaks
from unsplash_assets_tests.support.runs import Project

KEY = "recognisable-key-3f9a"
SECRET = "a-password-of-this-machine"


def test_the_launchpad_offers_every_field_of_both_resources(given: Given) -> None:
    shown = _launchpad(given)
    assert set(shown["unsplash"]) == {
        "api_key_variable", "api_url", "app_name", "orientation", "content_filter",
        "connect_timeout", "read_timeout", "total_timeout", "retries", "retry_delay",
    }  # fmt: skip
    assert set(shown["library"]) == {
        "folder", "rendition", "photos_per_run", "timeout", "max_size", "concurrency",
        "keep",
    }  # fmt: skip


def test_the_fields_have_the_values_of_the_settings(given: Given) -> None:
    shown = _launchpad(given, orientation="portrait", retry_delay="3", rendition="1600", keep="2gb")
    assert shown["unsplash"]["orientation"] == "portrait"
    assert shown["unsplash"]["retry_delay"] == 3
    assert shown["library"]["rendition"] == "1600"
    assert shown["library"]["keep"] == "2GB"


def _launchpad(given: Given, **values: str) -> dict[str, dict[str, object]]:
    """Return the defaults that the launchpad shows, by resource and field."""
    job = build_definitions(given(**values)).resolve_job_def("refresh")
    schema = job.run_config_schema.config_type.fields["resources"].config_type.fields  # type: ignore[attr-defined]
    return {
        name: {
            field: (entry.default_value if entry.default_provided else None)
            for field, entry in schema[name].config_type.fields["config"].config_type.fields.items()
        }
        for name in ("unsplash", "library")
    }


def test_retries_of_one_run_can_be_changed_in_its_config(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    project = Project(given(api_key=KEY, api_url="http://127.0.0.1:9", topics="nature"))
    job = build_definitions(project.given).resolve_job_def("refresh")
    config = {"resources": {"unsplash": {"config": {"retries": 1, "retry_delay": 0.0}}}}
    result = job.execute_in_process(
        instance=project.instance, partition_key="nature", run_config=config, raise_on_error=False
    )
    assert not result.success
    assert sum(event.is_step_up_for_retry for event in result.all_events) == 1


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
    given: Given, resource: str, field: str, value: object
) -> None:
    project = Project(given(topics="nature"))
    job = build_definitions(project.given).resolve_job_def("refresh")
    config = {"resources": {resource: {"config": {field: value}}}}
    with pytest.raises(dg.DagsterError) as caught:
        job.execute_in_process(partition_key="nature", run_config=config)
    assert field in str(caught.value) + str(caught.value.__cause__)
    assert project.pictures() == []


def test_the_key_cannot_be_given_in_run_config(given: Given) -> None:
    job = build_definitions(given(api_key=KEY)).resolve_job_def("refresh")
    for field in ("api_key", "api_key_variable"):
        config = {"resources": {"unsplash": {"config": {field: KEY}}}}
        with pytest.raises((dg.DagsterInvalidConfigError, dg.DagsterError)) as caught:
            job.execute_in_process(partition_key="nature", run_config=config)
        assert field in str(caught.value) + str(caught.value.__cause__)


def test_the_key_is_read_from_the_variable_that_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY_2", KEY)
    resource = UnsplashResource(api_url="http://localhost:1", api_key_variable="UNSPLASH_API_KEY_2")
    assert KEY not in repr(resource)
    assert KEY not in json.dumps(resource.model_dump())
    assert resource._key() == KEY  # noqa: SLF001 - there is no other way to see it


@pytest.mark.parametrize("written", [KEY, f" {KEY} ", f"{KEY}\n"])
def test_the_budget_of_a_run_is_that_which_status_and_ticks_look_at(
    given: Given, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", written)
    settings = given(api_key=written, api_url="http://localhost:1/")
    local = UnsplashResource(api_url="http://localhost:1/")
    fingerprint = local.key_fingerprint
    assert fingerprint == settings.key_fingerprint
    assert KEY not in fingerprint
    assert fingerprint != UnsplashResource(api_url=UNSPLASH_API_URL).key_fingerprint
    monkeypatch.setenv("UNSPLASH_API_KEY", "another")
    assert fingerprint != local.key_fingerprint


def test_the_demo_has_one_budget_whatever_key_is_in_the_environment(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    assert UnsplashResource().key_fingerprint == given().key_fingerprint
    assert given().key_fingerprint != given(api_key="demo").key_fingerprint


Live = Callable[..., Project]


@pytest.fixture
def live(given: Given, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Make a live project, in an environment that has secrets of others too."""
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    monkeypatch.setenv("DATABASE_PASSWORD", SECRET)

    def make(api_url: str) -> Project:
        quick = {"topics": "nature", "rendition": "thumb", "retry_delay": "0"}
        return Project(given(api_key=KEY, api_url=api_url, **quick))

    return make


def told(result: dg.ExecuteInProcessResult) -> str:
    """Return all that a run says of its failure, tracebacks too."""
    return str([event.event_specific_data for event in result.all_events if event.is_failure])


@pytest.mark.parametrize("variable", ["UNSPLASH_API_KEY", "UNSPLASH_API_KEY_2"])
def test_a_launchpad_sends_no_key_to_another_server(
    live: Live, emulator_url: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, KEY)
    config = {"api_url": "https://photos.example", "api_key_variable": variable}
    result = live(emulator_url).run("nature", unsplash=config)
    assert not [event for event in result.all_events if event.is_step_start]
    assert "any other is set in UNSPLASH_API_URL, not for one run" in told(result)


@pytest.mark.parametrize(
    "variable",
    ["DATABASE_PASSWORD", "UNSPLASH_CATALOGUE", "UNSPLASH_API_KEYS", "UNSPLASH_API_KEY\n"],
)
def test_a_launchpad_sends_no_variable_as_a_key_that_is_not_named_as_one(
    live: Live, serve: Serve, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "sqlite:///with-a-password.db")
    api = Noted(Emulator())
    result = live(serve(api)).run("nature", unsplash={"api_key_variable": variable})
    assert not result.success
    assert "api_key_variable" in told(result)
    assert api.asked == []


@pytest.mark.parametrize("variable", ["DATABASE_PASSWORD", "UNSPLASH_API_KEY"])
@pytest.mark.parametrize(
    "field",
    ["unsplash app_name", "unsplash orientation", "unsplash api_url", "unsplash api_key_variable",
     "library folder", "library keep", "library rendition"],
)  # fmt: skip
def test_a_launchpad_shows_no_variable_of_the_environment(
    live: Live, emulator_url: str, tmp_path: Path, field: str, variable: str
) -> None:
    """Dagster would read it (`env: NAME`): it would stand in credits, paths or errors."""
    resource, _, name = field.partition(" ")
    config: dict[str, dict[str, Any]] = {resource: {name: {"env": variable}}}
    result = live(emulator_url).run(
        "nature", unsplash=config.get("unsplash"), **config.get("library", {})
    )
    assert not result.success
    (tmp_path / "told.txt").write_text(f"{result.all_events} {told(result)}")
    assert leaks(tmp_path, KEY) == leaks(tmp_path, SECRET) == []
    assert not list(tmp_path.rglob(f"*{SECRET}*"))


def test_a_launchpad_is_told_in_one_line_that_it_may_name_no_variable(
    live: Live, emulator_url: str
) -> None:
    result = live(emulator_url).run("nature", unsplash={"app_name": {"env": "DATABASE_PASSWORD"}})
    (event,) = [event for event in result.all_events if event.is_resource_init_failure]
    assert event.engine_event_data.error
    assert event.engine_event_data.error.message.strip().endswith(
        "a field of the launchpad is to be read from the environment (env: DATABASE_PASSWORD): "
        "write its value, for all may read what a run is given"
    )


def test_a_launchpad_may_choose_the_api_of_the_settings_and_another_key_for_it(
    live: Live, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY_2", "the-second-key")
    api = Noted(Emulator())
    url = serve(api)
    config = {"api_url": f"{url}/", "api_key_variable": "UNSPLASH_API_KEY_2"}
    assert live(url).run("nature", unsplash=config).success
    assert {asked.authorization for asked in api.asked} == {"Client-ID the-second-key"}


def test_a_launchpad_may_choose_the_demo(live: Live, serve: Serve) -> None:
    api = Noted(Emulator())
    project = live(serve(api))
    assert project.run("nature", unsplash={"api_url": DEMO_URL}).success
    assert len(project.pictures()) == 1
    assert api.asked == []


def test_a_launchpad_may_choose_a_server_on_this_machine(live: Live, serve: Serve) -> None:
    api = Noted(Emulator())
    project = live("https://photos.example")
    assert project.run("nature", unsplash={"api_url": serve(api)}).success
    assert api.asked


def test_who_uses_the_resource_in_code_chooses_any_server() -> None:
    assert UnsplashResource(api_url="https://photos.example/").api_url == "https://photos.example"


def test_a_key_that_is_not_there_is_asked_for_by_its_variable(
    given: Given, emulator_url: str
) -> None:
    project = Project(given(api_key=KEY, api_url=emulator_url, topics="nature"))
    result = project.run("nature")
    (event,) = [event for event in result.all_events if event.is_step_failure]
    assert "UNSPLASH_API_KEY is not set" in str(event.step_failure_data)


def test_the_key_is_in_no_event_tag_or_config_of_a_run(
    given: Given, emulator_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    project = Project(given(api_key=KEY, api_url=emulator_url, topics="nature"))
    result = project.run("nature", photos_per_run=2)
    assert result.success
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    assert KEY not in str((run.tags, run.run_config, [str(event) for event in result.all_events]))
    files = [path for path in project.given.library.rglob("*") if path.is_file()]
    assert len(files) >= 3
    assert all(KEY.encode() not in path.read_bytes() for path in files)
