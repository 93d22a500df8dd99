"""Tests of several processes on one library, and of a disk that is full.

All are real: processes that start at once, commands of this project and of Dagster, SQLite
files, and a small file system of its own.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import dagster as dg
import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.settings import environment
from unsplash_assets_tests.conftest import Noted, Serve
from unsplash_assets_tests.support import bringing
from unsplash_assets_tests.support.invariant import Seen, look
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes

pytestmark = pytest.mark.process

BIN = Path(sys.executable).parent
EACH = 25
"""Photos that each process brings."""
FULL = {"library": "800k", "project": "1400k"}
"""The size of a disk that is soon full, by what is on it."""


@pytest.fixture
def api() -> Noted:
    return Noted(Emulator())


@pytest.fixture
def url(serve: Serve, api: Noted) -> str:
    return serve(api)


@pytest.fixture
def project(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, and an environment for its commands."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    given = {"api_key": "k", "api_url": url, "topics": "sea", "rendition": "thumb"}
    for name, value in {**given, "retry_delay": "0", "photos_per_run": str(EACH)}.items():
        monkeypatch.setenv(f"UNSPLASH_{name.upper()}", value)
    return tmp_path


def check(seen: Seen, api: Noted) -> None:
    """Look whether each photo was stored once, and told of once."""
    assert seen.is_clean
    told = Counter(asked.photo_id for asked in api.events)
    assert set(told) == {row.id for row in seen.stored}
    assert set(told.values()) == {1}


def test_four_processes_that_bring_photos_of_one_topic_get_along(
    processes: Processes, url: str, api: Noted, tmp_path: Path
) -> None:
    """They make the catalogue together too."""
    library = tmp_path / "library"
    work = [sys.executable, "-m", bringing.__name__, url, str(library), "1", str(EACH), "8", "all"]
    for done in processes.run_together(*[work] * 4, cwd=PROJECT):
        assert (done.returncode, done.stderr) == (0, "")
    seen = look(library)
    check(seen, api)
    assert len(seen.stored) >= EACH


def test_runs_of_all_kinds_at_once_get_along(
    processes: Processes, project: Path, api: Noted
) -> None:
    """One that finds fewer photos waiting, because another took them, stores what it got."""
    fetch = [str(BIN / "unsplash-assets"), "fetch", "sea"]
    processes.run([*fetch, "--count", "1"], check=True)  # makes Dagster's record
    dagster, module = str(BIN / "dagster"), ["-m", "unsplash_assets.definitions"]
    tags = '{"dagster/partition": "sea", "dagster/schedule_name": "every_minute"}'
    ended = processes.run_together(
        fetch,
        fetch,
        [dagster, "asset", "materialize", "--select", "*image_file", "--partition", "sea", *module],
        [dagster, "job", "execute", "-j", "refresh", "--tags", tags, *module],
        cwd=project,
    )
    for done in ended:
        fewer = f"of {EACH} photos of 'sea' could be brought" in done.stderr
        assert done.returncode == (1 if fewer else 0), done.stderr
        assert "locked" not in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    seen = look(project / "library")
    check(seen, api)
    assert len(seen.stored) >= EACH
    environment.enter_project(project)
    with dg.DagsterInstance.get() as instance:
        states = {record.dagster_run.status for record in instance.get_run_records()}
    assert states == {dg.DagsterRunStatus.SUCCESS}


@dataclass
class SmallDisk:
    """A file system in memory."""

    path: Path
    processes: Processes

    def resize(self, size: str) -> None:
        """Give it another size."""
        self.processes.run(["mount", "-o", f"remount,size={size}", self.path], check=True)


@pytest.fixture
def small_disk(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SmallDisk]:
    """A small disk with the library on it; needs root."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", str(disk)]
    try:
        done = processes.run(mount)
    except FileNotFoundError:
        pytest.skip("there is no command `mount` here")
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(disk / "library"))
    monkeypatch.setenv("UNSPLASH_RENDITION", "small")
    yield SmallDisk(disk, processes)
    processes.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("on_the_disk", ["library", "project"])
def test_a_full_disk_fails_the_run_in_one_line_and_loses_nothing(
    processes: Processes, on_the_disk: str, project: Path, small_disk: SmallDisk, api: Noted
) -> None:
    """Dagster's record stands beside the library, unless the library is put elsewhere."""
    place = small_disk.path if on_the_disk == "project" else project
    library = small_disk.path / "library"
    copy(PROJECT / "dagster.yaml", small_disk.path)
    fetch = [str(BIN / "unsplash-assets"), "fetch", "sea", "--count", "40"]
    small_disk.resize(FULL[on_the_disk])
    (failed,) = processes.run_together(fetch, cwd=place)
    assert failed.returncode == 1
    assert "Traceback" not in failed.stderr
    *_, last = failed.stderr.splitlines()
    assert "free some space" in last or "check its disk" in last
    before = look(library)
    assert (before.broken, before.temporary) == ([], [])
    assert len(before.stored) < 40

    small_disk.resize("50m")
    (done,) = processes.run_together(fetch, cwd=place)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 40), done.stderr
    seen = look(library)
    assert seen.is_clean
    assert {row.id for row in before.stored} <= {row.id for row in seen.stored}
    told = Counter(asked.photo_id for asked in api.events)
    assert set(told.values()) == {1}
    waiting = {row.id for row in seen.stored if row.event_due_at is not None}
    assert set(told) | waiting == {row.id for row in seen.stored}
