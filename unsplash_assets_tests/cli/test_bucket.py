"""Tests of the command line on a library in a bucket: from a folder into it, and work there."""

import re
import sys
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner, Result

from unsplash_assets.cli.main import main
from unsplash_assets_tests.support.paths import PROJECT


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.bucket
def test_a_library_is_moved_into_a_bucket_and_works_there(
    bucket: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("fetch", "nature").exit_code == 0
    moved = run("move", bucket)
    assert moved.exit_code == 0, moved.stderr
    assert f"1 photos are in {bucket}, 1 of them sent now; set in .env:" in moved.stderr
    for line in moved.stdout.splitlines():
        monkeypatch.setenv(*line.split("=", 1))
    assert f"UNSPLASH_CATALOGUE=sqlite:///{project}/demo-library/catalogue.db" in moved.stdout
    fetched = run("fetch", "nature", "--count", "2")
    assert fetched.exit_code == 0, fetched.stderr
    assert [line.startswith(f"{bucket}/nature/") for line in fetched.stdout.splitlines()] == [
        True,
        True,
    ]
    verified = run("verify")
    assert (verified.exit_code, verified.stdout) == (0, "")
    assert re.search(r"^3 files, .* all of them whole$", verified.stderr, re.MULTILINE)
    assert bucket in run("status").stdout
    opened = run("open")
    assert (opened.exit_code, opened.stdout) == (1, f"{bucket}/index.html\n")
    assert "set UNSPLASH_LIBRARY_URL, if everybody may read the bucket" in opened.stderr


def test_a_place_that_is_none_is_wrong_usage() -> None:
    done = run("move", "ftp://host/photos")
    assert done.exit_code == 2
    assert done.stderr.startswith("unsplash-assets: UNSPLASH_LIBRARY is 'ftp://host/photos': use a")


def test_without_what_reads_buckets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "unsplash_assets.storage.stores.bucket", raising=False)
    monkeypatch.setenv("UNSPLASH_LIBRARY", "s3://bucket/wall")
    monkeypatch.setenv("UNSPLASH_CATALOGUE", "sqlite:///catalogue.db")
    done = run("status")
    assert done.exit_code == 2
    assert 'pip install "unsplash_assets[s3]"' in done.stderr
