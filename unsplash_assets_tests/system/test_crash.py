"""Tests of kill -9, at random moments and at those that matter most: nothing bad is left.

A process brings photos and is killed. At once, every row that says "stored" has its whole file.
After one more run, nothing temporary is left, no file is without its row, and each stored photo
was told of: once, but for those whose download event was under way.
"""

import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import copy
from subprocess import PIPE

import dagster as dg
import pytest
from click.testing import CliRunner

from unsplash_assets.cli.main import main
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.library.events import IN_FLIGHT
from unsplash_assets.settings import environment
from unsplash_assets_tests.conftest import Noted, Serve
from unsplash_assets_tests.support import bringing
from unsplash_assets_tests.support.bringing import KEY, Bringing
from unsplash_assets_tests.support.invariant import look
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes, next_line
from unsplash_assets_tests.support.runs import tick
from unsplash_assets_tests.support.waiting import CEILING, eventually

pytestmark = pytest.mark.process

COMMAND = str(Path(sys.executable).with_name("unsplash-assets"))
KEEP = 4
"""Photos that the library is to keep, so that others are removed while it is brought more."""
TAKEN_FOR = 601.0
"""Seconds after which a download event that a dead process took is due again."""

SENDING = ("before UnsplashClient.report_download", "after UnsplashClient.report_download")
"""When Unsplash may know of some downloads, and the catalogue not yet."""
MOMENTS = (
    "after Photos.add",
    "after Photos.choose",
    "after Folder.flush",
    "before Folder.publish",
    "after Folder.publish",
    "after Photos.publish",
    "after DownloadEvents.take",
    *SENDING,
    "after DownloadEvents.mark_sent",
    "before Folder.delete",
    "after Folder.delete",
)


@pytest.fixture
def api() -> Noted:
    return Noted(Emulator())


@pytest.fixture
def url(serve: Serve, api: Noted) -> str:
    return serve(api)


BringAndBeKilled = Callable[..., None]


@pytest.fixture
def bring_and_be_killed(processes: Processes) -> BringAndBeKilled:
    """Let a process bring photos, until it is killed after some seconds, or kills itself."""

    def bring(*arguments: object, after: float | None = None) -> None:
        command = [sys.executable, "-m", bringing.__name__, *map(str, arguments)]
        process = processes.start(command, cwd=PROJECT, stdout=PIPE)
        assert next_line(process) == "ready"
        if after is not None:
            time.sleep(after)
            process.kill()
        assert process.wait(CEILING) == -signal.SIGKILL

    return bring


def run_again(url: str, library: Path) -> None:
    """Run once more, ten minutes later."""
    survivor = Bringing(url, library, 2, clock=lambda: time.time() + TAKEN_FOR)
    survivor.run(8)
    survivor.send_all()


def check(library: Path, api: Noted, in_flight: int) -> None:
    """Look whether all is as it should be after a run that nothing disturbed."""
    seen = look(library)
    assert seen.is_clean
    assert len(seen.stored) >= 8
    told = Counter(asked.photo_id for asked in api.events)
    assert set(told) == {row.id for row in seen.rows if row.state in {"stored", "pruned"}}
    assert told.total() - len(told) <= in_flight
    assert {row.event_due_at for row in seen.rows} == {None}


@pytest.mark.parametrize("seed", range(9))
def test_a_kill_at_any_moment_leaves_nothing_bad(
    seed: int, bring_and_be_killed: BringAndBeKilled, url: str, api: Noted, tmp_path: Path
) -> None:
    dice = random.Random(seed)  # noqa: S311 - chance, no secret
    count, concurrency = dice.choice([1, 3, 8]), dice.choice([1, 4])
    library, seconds = tmp_path / "library", dice.uniform(0, 0.8)
    bring_and_be_killed(url, library, 999, count, concurrency, KEEP, after=seconds)
    assert look(library).broken == []
    run_again(url, library)
    check(library, api, in_flight=count)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_at_the_moments_that_matter_leaves_nothing_bad(
    moment: str, bring_and_be_killed: BringAndBeKilled, url: str, api: Noted, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    bring_and_be_killed(url, library, 999, 3, 1, KEEP, moment)
    assert look(library).broken == []
    run_again(url, library)
    check(library, api, in_flight=3 if moment in SENDING else 0)


@pytest.fixture
def project(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder, and an environment for its commands."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    given = {"api_key": KEY, "api_url": url, "topics": "sea", "rendition": "thumb"}
    for name, value in given.items():
        monkeypatch.setenv(f"UNSPLASH_{name.upper()}", value)
    return tmp_path


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_of_a_run_of_dagster_leaves_nothing_bad(
    seed: int, processes: Processes, project: Path, url: str, api: Noted
) -> None:
    seconds = random.Random(seed).uniform(0, 0.3)  # noqa: S311 - chance, no secret
    process = processes.start([COMMAND, "fetch", "sea", "--count", "25"])
    eventually(lambda: api.asked)
    time.sleep(seconds)
    process.kill()
    process.wait()
    assert look(project / "library").broken == []
    assert CliRunner().invoke(main, ["fetch", "sea", "--count", "25"]).exit_code == 0
    assert look(project / "library").is_clean
    run_again(url, project / "library")
    check(project / "library", api, in_flight=IN_FLIGHT)
    with dg.DagsterInstance.get() as instance:
        tick(environment.load(), instance)
        states = {record.dagster_run.status for record in instance.get_run_records()}
    assert states == {dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS}
