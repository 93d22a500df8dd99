"""Tests of Dagster's own commands in the project folder, as the README gives them."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

from unsplash_assets_tests.support.paths import PROJECT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder; its commands keep their history there."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    return tmp_path


def dagster(*arguments: str) -> str:
    """Run a command of Dagster; return what it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "dagster", *arguments, "-m", "unsplash_assets.definitions"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_asset_materialize_brings_a_photo_now(folder: Path) -> None:
    said = dagster("asset", "materialize", "--select", "*image_file", "--partition", "nature")
    (picture,) = folder.glob("demo-library/nature/*.jpg")
    assert picture.stat().st_size > 10_000
    assert "Demo: pictures are drawn here" in said
    assert "DEBUG" not in said


def test_job_execute_brings_a_photo_now(folder: Path) -> None:
    tags = json.dumps({"dagster/partition": "art"})
    dagster("job", "execute", "-j", "refresh", "--tags", tags)
    assert len(list(folder.glob("demo-library/art/*.jpg"))) == 1


def test_the_history_stays_in_one_folder_that_git_ignores(folder: Path) -> None:
    dagster("asset", "materialize", "--select", "*image_file", "--partition", "nature")
    assert (folder / ".dagster" / "storage").is_dir()
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    for path in folder.iterdir():
        expected = path.name == "dagster.yaml" or f"/{path.name}/" in ignored
        assert expected, f"{path.name} is left behind, and not ignored by git"
