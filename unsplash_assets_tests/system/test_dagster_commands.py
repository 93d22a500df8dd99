"""Tests of Dagster's own commands in the project folder, as the README gives them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copy

import pytest

from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes

pytestmark = pytest.mark.process

Dagster = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder; its commands keep their history there."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def dagster(processes: Processes) -> Dagster:
    """Run a command of Dagster; gives what it wrote."""

    def run(*arguments: str) -> str:
        module = ["-m", "unsplash_assets.definitions"]
        done = processes.run([sys.executable, "-m", "dagster", *arguments, *module])
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    return run


def test_asset_materialize_brings_a_photo_now(folder: Path, dagster: Dagster) -> None:
    said = dagster("asset", "materialize", "--select", "*image_file", "--partition", "nature")
    (picture,) = folder.glob("demo-library/nature/*.jpg")
    assert picture.stat().st_size > 10_000
    assert "Demo: pictures are drawn here" in said
    assert "DEBUG" not in said


def test_job_execute_brings_a_photo_now(folder: Path, dagster: Dagster) -> None:
    tags = json.dumps({"dagster/partition": "art"})
    dagster("job", "execute", "-j", "refresh", "--tags", tags)
    assert len(list(folder.glob("demo-library/art/*.jpg"))) == 1


def test_the_history_stays_in_one_folder_that_git_ignores(folder: Path, dagster: Dagster) -> None:
    dagster("asset", "materialize", "--select", "*image_file", "--partition", "nature")
    assert (folder / ".dagster" / "storage").is_dir()
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    for path in folder.iterdir():
        expected = path.name == "dagster.yaml" or f"/{path.name}/" in ignored
        assert expected, f"{path.name} is left behind, and not ignored by git"
