"""Tests of what a launchpad may not do, in runs: destroy, lead elsewhere, or reveal a variable.

Any web page may start runs: Dagster asks for no password.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs import launchpad
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.errors import SettingsError
from unsplash_assets.settings.settings import DEMO_URL
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets_tests.conftest import MakeSettings, Noted, Serve
from unsplash_assets_tests.support.leaks import leaks
from unsplash_assets_tests.support.runs import Project

KEY = "recognisable-key-3f9a"
SECRET = "a-password-of-this-machine"


Live = Callable[..., Project]


@pytest.fixture
def live(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Make a live project, in an environment that has secrets of others too."""
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    monkeypatch.setenv("DATABASE_PASSWORD", SECRET)

    def make(api_url: str) -> Project:
        quick = {"topics": "nature", "rendition": "thumb", "retry_delay": "0"}
        return Project(make_settings(api_key=KEY, api_url=api_url, **quick))

    return make


def said(result: dg.ExecuteInProcessResult) -> str:
    """Return all that a run says about its failure, tracebacks too."""
    return str([event.event_specific_data for event in result.all_events if event.is_failure])


def refused(result: dg.ExecuteInProcessResult, field: str) -> None:
    """Assert that a run was refused for a field, in one line, before its first step."""
    assert not [event for event in result.all_events if event.is_step_start]
    (event,) = [event for event in result.all_events if event.is_resource_init_failure]
    assert event.engine_event_data.error
    line = event.engine_event_data.error.message.strip().partition(f"{field} of the launchpad is ")
    assert line[2].partition(": ")[2].startswith("a launchpad cannot change it; it comes from the ")


@pytest.mark.long
@pytest.mark.parametrize("variable", ["UNSPLASH_API_KEY", "UNSPLASH_API_KEY_2"])
@pytest.mark.parametrize(
    "api_url",
    ["https://photos.example", UNSPLASH_API_URL, "https://api.unsplash.com.example",
     "http://127.0.0.1:9", "http://localhost"],
)  # fmt: skip
def test_a_launchpad_sends_no_key_to_another_server(
    live: Live, emulator_url: str, monkeypatch: pytest.MonkeyPatch, variable: str, api_url: str
) -> None:
    monkeypatch.setenv(variable, KEY)
    config = {"api_url": api_url, "api_key_variable": variable}
    refused(live(emulator_url).run("nature", unsplash=config), "api_url")


@pytest.mark.long
def test_a_server_on_this_machine_that_a_launchpad_names_gets_no_request(
    live: Live, serve: Serve
) -> None:
    """Any program, and so any web page's author, may listen there."""
    api, listener = Noted(Emulator()), Noted(Emulator())
    project = live(serve(api))
    for url in (serve(listener), serve(listener).replace("127.0.0.1", "localhost")):
        refused(project.run("nature", unsplash={"api_url": url}), "api_url")
    assert listener.asked == api.asked == []
    assert project.pictures() == []


FIELDS = [
    pytest.param("keep", "1", id="keep"),
    pytest.param("keep", "all", id="keep all"),
    pytest.param("keep", "1B", id="keep a byte"),
    pytest.param("folder", "{elsewhere}", id="folder"),
    pytest.param("folder", "{library}/", id="folder in other words"),
    pytest.param("folder", ".", id="folder of the project"),
]


@pytest.mark.long
@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_launchpad_destroys_nothing_and_leads_nowhere_else(
    make_settings: MakeSettings, tmp_path: Path, field: str, value: str
) -> None:
    project = Project(make_settings(topics="nature", rendition="thumb", keep="5"))
    assert project.run("nature", photos_per_run=3).success
    page = tmp_path / "site" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html><title>My photos</title>")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    text = value.format(elsewhere=page.parent, library=project.settings.library)
    config: dict[str, Any] = {field: text}
    refused(project.run("nature", **config), field)
    config = {"resources": {"library": {"config": config}}}
    verify = build_definitions(project.settings).resolve_job_def("verify")
    refused(
        verify.execute_in_process(
            instance=project.instance, run_config=config, raise_on_error=False
        ),
        field,
    )
    after = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert after == before


@pytest.mark.long
def test_a_launchpad_may_repeat_what_the_settings_have(live: Live, serve: Serve) -> None:
    """As the UI does when a person lets it fill in the defaults."""
    url = serve(Noted(Emulator()))
    project = live(url)
    settings = project.settings
    result = project.run(
        "nature",
        unsplash={"api_url": url},
        folder=str(settings.library),
        keep=str(settings.keep),
        photos_per_run=2,
    )
    assert result.success
    assert len(project.pictures()) == 2


@pytest.mark.long
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
    assert "api_key_variable" in said(result)
    assert api.asked == []


@pytest.mark.long
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
    (tmp_path / "said.txt").write_text(f"{result.all_events} {said(result)}")
    assert leaks(tmp_path, KEY) == leaks(tmp_path, SECRET) == []
    assert not list(tmp_path.rglob(f"*{SECRET}*"))


@pytest.mark.long
def test_one_line_says_that_a_launchpad_may_name_no_variable(live: Live, emulator_url: str) -> None:
    result = live(emulator_url).run("nature", unsplash={"app_name": {"env": "DATABASE_PASSWORD"}})
    (event,) = [event for event in result.all_events if event.is_resource_init_failure]
    assert event.engine_event_data.error
    assert event.engine_event_data.error.message.strip().endswith(
        "a field of the launchpad is to be read from the environment (env: DATABASE_PASSWORD): "
        "write its value, because everybody can read the config of a run"
    )


@pytest.mark.long
def test_a_launchpad_may_choose_the_api_of_the_settings_and_another_key_for_it(
    live: Live, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY_2", "the-second-key")
    api = Noted(Emulator())
    url = serve(api)
    config = {"api_url": url, "api_key_variable": "UNSPLASH_API_KEY_2"}
    assert live(url).run("nature", unsplash=config).success
    assert {asked.authorization for asked in api.asked} == {"Client-ID the-second-key"}


@pytest.mark.long
def test_a_launchpad_may_choose_the_demo(live: Live, serve: Serve) -> None:
    api = Noted(Emulator())
    project = live(serve(api))
    assert project.run("nature", unsplash={"api_url": DEMO_URL}).success
    assert len(project.pictures()) == 1
    assert api.asked == []


MINE = "https://photos.example"
ALLOWED = {"api_url": {MINE, DEMO_URL}, "keep": {"30d"}}


def config_of(**fields: object) -> dict[str, object]:
    return {"resources": {"unsplash": {"config": fields}}}


@pytest.mark.parametrize(
    "fields",
    [{}, {"retries": 1}, {"api_url": MINE}, {"api_url": DEMO_URL}, {"keep": "30d"},
     {"folder": "/any"}],
)  # fmt: skip
def test_what_the_settings_have_and_what_is_not_fixed_can_be_chosen(
    fields: dict[str, object],
) -> None:
    launchpad.check(config_of(**fields), ALLOWED)


@pytest.mark.parametrize(
    "api_url",
    ["https://elsewhere.example", "https://photos.example.example", "https://photos.example:444",
     "https://photos.example/", "HTTPS://photos.example", "http://127.0.0.1:9", "http://localhost",
     UNSPLASH_API_URL, "", None, 1, True],
)  # fmt: skip
def test_any_other_api_is_refused_by_name(api_url: object) -> None:
    with pytest.raises(SettingsError) as caught:
        launchpad.check(config_of(api_url=api_url), ALLOWED)
    assert str(caught.value) == (
        f"api_url of the launchpad is {api_url!r}: a launchpad cannot change it; it comes from the "
        "settings, see UNSPLASH_API_URL"
    )


def test_a_field_with_another_name_than_its_variable_names_the_variable() -> None:
    with pytest.raises(SettingsError, match=r"see UNSPLASH_LIBRARY$"):
        launchpad.check(config_of(folder="/any"), {"folder": {"/mine"}})


def nested(**fields: object) -> list[Any]:
    """Return a run config with fields in each place that they may stand in."""
    return [
        pytest.param(config_of(**fields), id="a field"),
        pytest.param({"resources": {"library": {"config": {"unsplash": fields}}}}, id="nested"),
        pytest.param({"ops": {"photo": {"config": {"a": [{"b": fields}]}}}}, id="deep"),
        pytest.param([[fields]], id="in lists"),
        pytest.param({"keep": "30d", "resources": fields}, id="beside one that is allowed"),
    ]


@pytest.mark.parametrize("run_config", nested(app_name={"env": "NAME"}))
def test_a_variable_is_found_wherever_it_stands(run_config: object) -> None:
    with pytest.raises(SettingsError, match=r"\(env: NAME\)"):
        launchpad.check(run_config, ALLOWED)


@pytest.mark.parametrize("run_config", nested(keep="1"))
def test_a_field_that_is_fixed_is_found_wherever_it_stands(run_config: object) -> None:
    with pytest.raises(SettingsError, match=r"^keep of the launchpad is '1': "):
        launchpad.check(run_config, ALLOWED)


@pytest.mark.long
@pytest.mark.parametrize("name", ["refresh", "verify"])
def test_dagsters_own_resource_writes_nothing_wherever_a_launchpad_leads_it(
    make_settings: MakeSettings, tmp_path: Path, name: str
) -> None:
    """It would keep outputs, and no asset has one."""
    project = Project(make_settings(topics="nature", rendition="thumb"))
    job = build_definitions(project.settings).resolve_job_def(name)
    shown = job.run_config_schema.config_type.fields["resources"].config_type.fields  # type: ignore[attr-defined]
    assert set(shown) == {"io_manager", "unsplash", "library"}
    elsewhere = tmp_path / "elsewhere"
    config = {"resources": {"io_manager": {"config": {"base_dir": str(elsewhere)}}}}
    result = job.execute_in_process(
        instance=project.instance,
        partition_key="nature" if name == "refresh" else None,
        run_config=config,
    )
    assert result.success
    assert not elsewhere.exists()
