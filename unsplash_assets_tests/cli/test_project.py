"""Tests of the project that a command works on, wherever it is started."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from unsplash_assets.cli.main import main
from unsplash_assets_tests.support.paths import PACKAGE, PROJECT
from unsplash_assets_tests.support.processes import Processes, python


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize(
    "words",
    [["fetch", "nature"], ["status"], ["verify"], ["export"], ["open"], ["ban", "abcdefghijk"]],
    ids=" ".join,
)
def test_outside_of_a_project_a_command_ends_with_two_and_makes_nothing(
    outside: Path, words: list[str]
) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("unsplash-assets: UNSPLASH_PROJECT is not set: no project is here: ")
    assert list(outside.iterdir()) == []


def test_the_option_project_is_for_every_command(outside: Path) -> None:
    project = outside.parent / "project"
    project.mkdir()
    shutil.copy(PROJECT / "dagster.yaml", project)
    (project / ".env").write_text("UNSPLASH_TOPICS=sea\n")
    done = run("--project", "../project", "status", "--json")
    assert done.exit_code == 0, done.stderr
    assert [topic["topic"] for topic in json.loads(done.stdout)["topics"]] == ["sea"]
    assert run("--project", str(project), "ban", "abcdefghijk").exit_code == 0
    assert (project / "demo-library" / "catalogue.db").exists()
    done = run("--project", "..", "status")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "unsplash-assets: --project is '..': use a folder with this project's dagster.yaml\n"
    )
    assert list(outside.iterdir()) == []


@pytest.mark.long
def test_fetch_needs_no_project_if_library_and_record_have_their_places(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does Dagster speak of its telemetry, which is off however it is started."""
    home, library = outside.parent / "home", outside.parent / "photos"
    home.mkdir()
    monkeypatch.setenv("HOME", str(outside.parent / "nobody"))
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(library))
    done = run("fetch", "nature")
    assert done.exit_code == 0, done.stderr
    assert Path(done.stdout.strip()).parent == library / "nature"
    assert "telemetry" not in done.stderr.lower()
    assert (home / "history" / "runs.db").is_file()
    assert not (home / ".telemetry").exists()
    assert list(outside.iterdir()) == []


@pytest.mark.long
def test_fetch_works_on_the_project_that_is_named_in_all_its_parts(
    outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run loads the settings once more, and finds the same project."""
    project, other = outside.parent / "project", outside.parent / "other"
    for folder in (project, other):
        folder.mkdir()
        shutil.copy(PROJECT / "dagster.yaml", folder)
    monkeypatch.setenv("UNSPLASH_PROJECT", str(other))
    done = run("--project", str(project), "fetch", "nature")
    assert done.exit_code == 0, done.stderr
    assert Path(done.stdout.strip()).parent == project / "demo-library" / "nature"
    assert (project / ".dagster" / "storage").is_dir()
    assert [path.name for path in other.iterdir()] == ["dagster.yaml"]


def test_a_dagster_home_that_is_not_there_is_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "home")
    done = run("fetch", "nature")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "unsplash-assets: DAGSTER_HOME is 'home': use an absolute path, or unset it to use the "
        "project's folder\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


@pytest.mark.process
def test_an_editable_installation_knows_its_project_from_any_folder(
    processes: Processes, tmp_path: Path
) -> None:
    """As when cron starts the command in a person's home."""
    (tmp_path / "dagster.yaml").unlink()
    clone, elsewhere = tmp_path / "clone", tmp_path / "elsewhere"
    shutil.copytree(PACKAGE, clone / "unsplash_assets", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(PROJECT / "dagster.yaml", clone)
    (clone / ".env").write_text("UNSPLASH_TOPICS=sea\n")
    elsewhere.mkdir()
    status = python("from unsplash_assets.cli.main import main; main()", "status", "--json")
    environ = {**os.environ, "PYTHONPATH": str(clone)}
    done = processes.run(status, cwd=elsewhere, env=environ, check=True)
    assert [topic["topic"] for topic in json.loads(done.stdout)["topics"]] == ["sea"]
    (clone / "dagster.yaml").unlink()
    assert processes.run(status, cwd=elsewhere, env=environ).returncode == 2
    assert list(elsewhere.iterdir()) == []
