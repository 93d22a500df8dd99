"""Tests of `settings.projects`: which folder is the project, and that none is guessed."""

import os
from pathlib import Path

import pytest

from unsplash_assets.errors import SettingsError
from unsplash_assets.settings import environment, projects
from unsplash_assets.settings.environment import find_project

OURS = "# unsplash_assets: Dagster's own settings\n"


def made(folder: Path, dagster_yaml: str = OURS) -> Path:
    """Make a folder with a dagster.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(dagster_yaml)
    return folder


def test_it_is_the_nearest_folder_upwards_with_this_projects_dagster_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, nearer = made(tmp_path / "outer"), tmp_path / "outer" / "copy"
    (nearer / "docs").mkdir(parents=True)
    monkeypatch.chdir(nearer / "docs")
    assert find_project() == outer
    made(nearer)
    assert find_project() == nearer


@pytest.mark.parametrize("content", [b"telemetry:\n  enabled: false\n", b"# caf\xe9\n"], ids=repr)
def test_the_dagster_yaml_of_another_project_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    outer = made(tmp_path / "outer")
    other = made(outer / "other")
    (other / "dagster.yaml").write_bytes(content)
    monkeypatch.chdir(other)
    assert find_project() == outer


def test_a_dagster_yaml_that_cannot_be_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "below"
    (below / "dagster.yaml").mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_project() == tmp_path


def test_outside_of_a_project_it_is_the_folder_of_an_editable_installation(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = made(outside.parent / "clone")
    monkeypatch.setattr(projects, "INSTALLED_FROM", clone)
    assert find_project() == clone


def test_a_current_folder_that_is_gone_has_no_project_around_it(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "INSTALLED_FROM", made(outside.parent / "clone"))
    outside.rmdir()
    assert find_project() == outside.parent / "clone"


def test_a_folder_that_is_named_wins_and_the_option_over_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around, variable, option = (made(tmp_path / name) for name in ("a", "v", "o"))
    monkeypatch.chdir(around)
    monkeypatch.setenv("UNSPLASH_PROJECT", str(variable))
    assert find_project() == variable
    assert find_project(str(option)) == option
    assert find_project("../o") == option
    (variable / ".env").write_text("UNSPLASH_RENDITION=small\nUNSPLASH_PROJECT=/elsewhere\n")
    loaded = environment.load()
    assert (loaded.project, loaded.rendition) == (variable, "small")
    assert loaded.library == variable / "demo-library"


@pytest.mark.parametrize("text", ["missing", "plain", "~no-such-user/x", "nul\0"])
def test_a_named_folder_that_is_no_project_is_an_error_that_names_the_variable(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(SettingsError, match=r"^--project is .* use a folder with this project's"):
        find_project(text)


def test_without_any_there_is_none_and_the_error_says_what_to_do(outside: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        environment.load()
    assert str(caught.value) == (
        "UNSPLASH_PROJECT is not set: no project is here: start in the project's folder, or name "
        "it with --project or UNSPLASH_PROJECT; an absolute UNSPLASH_LIBRARY with DAGSTER_HOME is "
        "enough too"
    )
    assert list(outside.iterdir()) == []


def test_an_absolute_library_with_dagsters_home_needs_no_project(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = outside / "home"
    home.mkdir()
    (home / ".env").write_text("UNSPLASH_RENDITION=small\n")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(outside / "photos"))
    loaded = environment.load()
    assert (loaded.project, loaded.library) == (home, outside / "photos")
    assert loaded.rendition == "regular"
    environment.enter_project(loaded.project)
    assert Path.cwd() == outside
    assert environment.load() == loaded


@pytest.mark.parametrize("library", ["", "photos", "~no-such-user/photos"])
def test_a_relative_library_with_dagsters_home_is_not_enough(
    outside: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(outside))
    monkeypatch.setenv("UNSPLASH_LIBRARY", library)
    with pytest.raises(SettingsError, match=r"^UNSPLASH_PROJECT is not set"):
        environment.load()


@pytest.mark.usefixtures("outside")
def test_without_a_project_the_api_can_still_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "of the shell")
    monkeypatch.setenv("SSL_CERT_FILE", "mine.pem")
    assert environment.secret("UNSPLASH_API_KEY") == "of the shell"
    assert environment.certificates() == "mine.pem"


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("relative", "use an absolute path, or unset it"),
        ("{}/missing", "that folder does not exist: make it, or unset it"),
        ("{}/file", "that folder does not exist"),
        ("{}/what?", "Dagster cannot use a path with a question mark: rename that folder"),
    ],
)
def test_a_dagster_home_that_dagster_cannot_use_is_named_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, words: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "what?").mkdir()
    monkeypatch.setenv("DAGSTER_HOME", home.format(tmp_path))
    with pytest.raises(SettingsError, match=r"^DAGSTER_HOME is ") as caught:
        environment.enter_project(tmp_path)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "UNSPLASH_PROJECT" not in os.environ


def test_a_project_in_a_folder_with_a_question_mark_cannot_keep_dagsters_record(
    tmp_path: Path,
) -> None:
    """Its SQLite URL would end at the mark, and name a file beside the folder."""
    with pytest.raises(SettingsError, match=r"^DAGSTER_HOME is .*what\?'"):
        environment.enter_project(made(tmp_path / "what?"))
