"""The main job end to end: `make run` for the demo, `dagster dev` against a live server.

Both start at once and tick together, for a minute cannot be made shorter. The live one goes
through a minute's worth of each trouble; its tests follow one another and share what happened.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copy
from typing import Any

import psutil
import pytest

from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.support.dev import (
    Dev,
    EmulatorProcess,
    StartDev,
    dagster_dev,
    free_port,
    wait_for,
)
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.waiting import CEILING

pytestmark = pytest.mark.e2e

KEY = "key-of-the-end-to-end-test"


@pytest.fixture(scope="module")
def emulator() -> Iterator[EmulatorProcess]:
    """An Unsplash in a process of its own."""
    process = EmulatorProcess()
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def live(
    start_dev: StartDev, emulator: EmulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Dev:
    """`dagster dev` with a key and a server."""
    folder = tmp_path_factory.mktemp("live")
    copy(PROJECT / "dagster.yaml", folder)
    viewer = folder / "viewer.py"
    viewer.write_text("import sys\nopen('shown', 'a').write(sys.argv[1] + '\\n')\n")
    settings = {
        "UNSPLASH_API_KEY": KEY,
        "UNSPLASH_API_URL": emulator.url,
        "UNSPLASH_TOPICS": "nature,art",
        "UNSPLASH_RETRY_DELAY": "0.1",
        "UNSPLASH_VIEWER": f"{sys.executable} {viewer} {{path}}",
    }
    return start_dev(dagster_dev(folder, settings))


@pytest.fixture(scope="module", autouse=True)
def demo(live: Dev, start_dev: StartDev, tmp_path_factory: pytest.TempPathFactory) -> Dev:  # noqa: ARG001
    """`make run` in a clone whose environment is ready, without a key, as a script starts it.

    A shell starts a command with `&` so that it ignores SIGINT, unless it is interactive.
    """
    folder = tmp_path_factory.mktemp("demo")
    for name in ("dagster.yaml", "Makefile", "pyproject.toml", "workspace.yaml"):
        copy(PROJECT / name, folder)
    (folder / ".venv").symlink_to(sys.prefix)
    dev = Dev(folder, free_port(), [], {})
    make = ["make", "run", f"PORT={dev.port}", "--assume-old", ".venv/.run"]
    dev.command = ["sh", "-c", '"$0" "$@" & wait $!', *make]
    return start_dev(dev)


def _pictures(dev: Dev, library: str) -> list[Path]:
    return sorted((dev.folder / library).glob("*/*.jpg"))


def _stored(dev: Dev) -> list[tuple[str, int]]:
    """Return path and bytes of what the live catalogue says is stored."""
    query = "SELECT path, bytes FROM photos WHERE state = 'stored' ORDER BY path"
    with closing(sqlite3.connect(dev.folder / "library" / "catalogue.db")) as catalogue:
        return catalogue.execute(query).fetchall()


def _process_of(dev: Dev, run_id: str) -> str | None:
    """Return the name of the process that works on a run, once the live catalogue says so."""
    query = "SELECT process FROM library_runs WHERE run_id = ?"
    with closing(sqlite3.connect(dev.folder / "library" / "catalogue.db")) as catalogue:
        row = catalogue.execute(query, (run_id,)).fetchone()
    return row and str(row[0])


def _events_and_requests(dev: Dev) -> tuple[int, int]:
    """Return how many download events the live catalogue says were sent, and requests made."""
    query = (
        "SELECT (SELECT COUNT(*) FROM photos WHERE event_sent_at IS NOT NULL),"
        " (SELECT SUM(count) FROM requests)"
    )
    with closing(sqlite3.connect(dev.folder / "library" / "catalogue.db")) as catalogue:
        events, made = catalogue.execute(query).fetchone()
    return events, made


def test_schedule_and_sensor_run_from_the_start(live: Dev, demo: Dev) -> None:
    for dev in (live, demo):
        dev.wait_until_up()
        states = dev.automation()
        assert states
        assert states["every_minute"]["status"] == "RUNNING"
        assert states["open_new_images"]["status"] == "RUNNING"


def test_the_first_tick_brings_a_whole_photo(live: Dev) -> None:
    run = live.next_scheduled(0, "SUCCESS")
    assert run["jobName"] == "refresh"
    assert {key for key in run["tags"] if not key.startswith("dagster/")} == {
        "unsplash_assets/mode"
    }
    assert run["tags"]["unsplash_assets/mode"] == "live"
    (picture,) = _pictures(live, "library")
    relative = picture.relative_to(live.folder / "library").as_posix()
    assert _stored(live) == [(relative, picture.stat().st_size)]
    assert _events_and_requests(live) == (1, 2)


def test_each_asset_was_materialized_for_the_topic(live: Dev) -> None:
    run = live.scheduled()[0]
    for asset in ("photo_metadata", "image_url", "image_file"):
        made = live.materializations(asset)[-1]
        assert made["runId"] == run["runId"]
        assert made["partition"] == run["tags"]["dagster/partition"]
    shown = _shown(live, "image_file")
    assert "data:image/webp;base64," in shown["preview"]["mdStr"]
    assert shown["bytes"]["intValue"] == _pictures(live, "library")[0].stat().st_size
    assert shown["download events sent"]["intValue"] == 1
    assert shown["download events due"]["intValue"] == 0
    budget = _shown(live, "photo_metadata")
    assert [budget[f"budget {name}"]["intValue"] for name in ("limit", "used", "left")] == [
        5000,
        1,
        4999,
    ]


def _shown(dev: Dev, asset: str) -> dict[str, dict[str, Any]]:
    """Return the metadata of an asset's first materialization, by label."""
    return {entry["label"]: entry for entry in dev.materializations(asset)[-1]["metadataEntries"]}


def test_the_sensor_shows_the_picture_once(live: Dev) -> None:
    shown = live.folder / "shown"
    wait_for(lambda: shown.exists() and shown.read_text(), "the picture on the screen")
    assert shown.read_text().splitlines() == [str(_pictures(live, "library")[0])]


def test_the_first_tick_of_the_demo_brings_a_photo(demo: Dev) -> None:
    run = demo.next_scheduled(0, "SUCCESS")
    assert run["tags"]["unsplash_assets/mode"] == "demo"
    assert len(_pictures(demo, "demo-library")) >= 1


def test_the_sensor_of_a_machine_without_a_screen_says_so(demo: Dev) -> None:
    states = demo.automation()
    assert states
    reasons = {tick["skipReason"] for tick in states["open_new_images"]["ticks"]}
    assert any("there is no screen" in (reason or "") for reason in reasons)


def test_a_second_make_run_names_the_busy_port(demo: Dev) -> None:
    second = Dev(demo.folder, demo.port, demo.command, {})
    log = demo.log
    second.start()
    demo.log = log
    assert second.process.wait(CEILING) != 0
    assert f"PORT is {demo.port}, which cannot be opened" in second.log.read_text()


def test_terminating_make_run_leaves_no_process(demo: Dev) -> None:
    (make,) = psutil.Process(demo.process.pid).children()
    make.terminate()
    wait_for(lambda: not demo.left(), "the end of all processes")


def test_a_run_that_fails_leaves_the_next_tick_running(
    live: Dev, emulator: EmulatorProcess
) -> None:
    before = len(live.scheduled())
    emulator.start("--faults", "picture-500")
    live.next_scheduled(before, "FAILURE")
    emulator.start()
    live.next_scheduled(before + 1, "SUCCESS")


def test_a_run_whose_process_was_killed_is_closed_at_the_next_tick(
    live: Dev, emulator: EmulatorProcess
) -> None:
    before = len(live.scheduled())
    emulator.start("--latency", "60")

    def working() -> str | None:
        started = [run for run in live.scheduled()[before:] if run["status"] == "STARTED"]
        return _process_of(live, started[0]["runId"]) if started else None

    pid = ProcessName.parse(wait_for(working, "a run in progress")).pid
    os.kill(pid, signal.SIGKILL)
    emulator.start()
    live.next_scheduled(before + 1, "SUCCESS")
    assert live.scheduled()[before]["status"] == "FAILURE"
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_run_touches_nothing_once_the_settings_have_changed(live: Dev) -> None:
    """Its topic is none any more; Dagster itself would complain of that after the first request."""
    env = live.folder / ".env"
    env.write_text("UNSPLASH_TOPICS=sea\nUNSPLASH_LIBRARY=other\n")
    run_id = live.materialize("art")

    def failed() -> dict[str, Any] | None:
        (run,) = [run for run in live.runs() if run["runId"] == run_id]
        return run if run["status"] == "FAILURE" else None

    run = wait_for(failed, "the end of the run")
    env.unlink()
    (said,) = live.logged_errors(run_id)
    assert said.startswith("UNSPLASH_TOPICS, UNSPLASH_LIBRARY changed after Dagster loaded the ")
    assert "unsplash_assets/mode" not in run["tags"], "it opened no library"
    assert not (live.folder / "other").exists()


def test_a_backfill_over_all_topics_fills_them(live: Dev) -> None:
    backfill = live.backfill(["nature", "art"])

    def finished() -> bool:
        runs = live.runs(dagster__backfill=backfill)
        return len(runs) == 2 and all(run["status"] == "SUCCESS" for run in runs)

    wait_for(finished, "the backfill's runs")


def test_every_picture_on_disk_is_in_the_catalogue_and_none_is_there_twice(live: Dev) -> None:
    folder = live.folder / "library"
    on_disk = [path.relative_to(folder).as_posix() for path in _pictures(live, "library")]
    assert [path for path, _ in _stored(live)] == sorted(on_disk)


def test_the_key_is_in_no_file_of_the_project(live: Dev) -> None:
    files = [path for path in live.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 10
    assert [path for path in files if KEY.encode() in _content(path)] == []


def _content(path: Path) -> bytes:
    """Return what is in a file; nothing if it has gone meanwhile, as SQLite's logs do."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def test_sigterm_leaves_no_process_once_the_run_has_ended(live: Dev) -> None:
    live.send(signal.SIGTERM, to_all=False)
    wait_for(lambda: not live.left(), "the end of all processes")
