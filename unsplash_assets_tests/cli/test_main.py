"""Tests of the command line, as a person and as a program would use it."""

import csv
import hashlib
import json
import os
import random
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from shutil import copy
from types import SimpleNamespace
from unittest.mock import ANY
from wsgiref.types import StartResponse, WSGIEnvironment

import dagster as dg
import psutil
import pytest
import requests
from click.testing import CliRunner, Result
from rich.cells import cell_len

from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.catalogue.topics import Exhaustion
from unsplash_assets.cli.main import main
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import FAULTS, with_fault
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets.emulator.server import marked
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import DEMO_URL, EMULATOR_MARK
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.conftest import Serve
from unsplash_assets_tests.defs.test_history import let_have_ended
from unsplash_assets_tests.support.libraries import cut, delete
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.stored import record_stored
from unsplash_assets_tests.support.waiting import CEILING, eventually

COMMAND = Path(sys.executable).with_name("unsplash-assets")

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with two topics; the current folder is one below it."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature,street art")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.long
def test_fetch_brings_that_many_photos_and_prints_their_paths(project: Path) -> None:
    done = run("fetch", "street art", "--count", "3")
    assert done.exit_code == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert len(paths) == 3
    assert all(path.is_file() for path in paths)
    assert {path.parent for path in paths} == {project / "demo-library" / "street-art"}
    assert "Demo: pictures are drawn here" in done.stderr
    assert "3 of 3 stored" in done.stderr


@pytest.mark.long
def test_fetch_is_recorded_in_dagster_like_any_run(project: Path) -> None:
    assert run("fetch", "NATURE").exit_code == 0
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.get_run_records()
        event = instance.get_latest_materialization_event(dg.AssetKey("image_file"))
    run_of_it = record.dagster_run
    assert run_of_it.status is dg.DagsterRunStatus.SUCCESS
    assert run_of_it.job_name == "refresh"
    assert run_of_it.tags["dagster/partition"] == "nature"
    assert run_of_it.tags["dagster/max_runtime"] == "0"
    assert event
    assert (project / ".dagster" / "storage").is_dir()


@pytest.mark.long
def test_fetch_deletes_runs_that_have_had_their_time(project: Path) -> None:
    run("fetch", "nature")
    let_have_ended(project / ".dagster" / "storage", timedelta(days=1, seconds=60))
    run("fetch", "nature")
    with dg.DagsterInstance.get() as instance:
        assert len(instance.get_run_records()) == 1


def test_the_version_is_that_of_the_package() -> None:
    assert run("--version").stdout == f"unsplash-assets {metadata.version('unsplash_assets')}\n"


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["unsplash_assets", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("unsplash_assets", run_name="__main__", alter_sys=True)
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("unsplash-assets ")


def test_help_tells_every_default_and_fault() -> None:
    assert "[default: (UNSPLASH_PHOTOS_PER_RUN)" in " ".join(run("fetch", "-h").stdout.split())
    said = "".join(run("emulator", "--help").stdout.split())
    assert [name for name in FAULTS if name not in said] == []
    assert "[default:0.0;" in said


def test_fetch_of_another_word_is_wrong_usage_and_lists_the_topics() -> None:
    done = run("fetch", "cats")
    assert done.exit_code == 2
    assert "use one of nature, street art" in done.stderr
    assert done.stdout == ""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_fetch_that_fails_says_why_in_one_line(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "api-401")))
    done = subprocess.run([COMMAND, "fetch", "nature"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("unsplash-assets: Unsplash does not accept the key")


@pytest.mark.long
def test_fetch_tells_the_trouble_while_it_tries_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, well, asked = with_fault(Emulator(), "api-503"), Emulator(), list[str]()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return (sick if len(asked) == 1 else well)(environ, start_response)

    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(application))
    monkeypatch.setenv("UNSPLASH_RETRY_DELAY", "1")
    monkeypatch.setenv("UNSPLASH_ACCESS_KEY", "k")
    done = run("fetch", "nature")
    assert done.exit_code == 0
    warning, trouble, *_, end = done.stderr.splitlines()  # a slow machine has progress in between
    assert warning.startswith("warning: UNSPLASH_ACCESS_KEY is no setting of this project: ")
    assert trouble == (
        "nature: the API is in trouble (503), not this program: try again later "
        "(try 1 of 11, the next in 1 s)"
    )
    assert end == "nature: 1 of 1 stored"


@pytest.mark.long
def test_fetch_that_finds_fewer_photos_than_asked_says_so(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "picture-404")))
    done = run("fetch", "nature", "--count", "2")
    assert done.exit_code == 1
    assert "not available" in done.stderr


@pytest.mark.long
def test_fetch_that_finds_a_part_keeps_it_and_says_how_much_it_is(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, well, asked = with_fault(Emulator(), "picture-404"), Emulator(), list[str]()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return (gone if len(asked) == 2 else well)(environ, start_response)

    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(application))
    done = run("fetch", "nature", "--count", "3")
    assert done.exit_code == 1
    why = "photo [A-Za-z0-9_-]{11}: the picture is not available: its server answered 404"
    said = rf"unsplash-assets: 2 of 3 photos of 'nature' could be brought: {why}"
    assert re.fullmatch(said, done.stderr.splitlines()[-1])
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.long
def test_fetch_of_an_exhausted_topic_says_that_it_is_exhausted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_photo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ["QUERY_STRING"].replace("count=30", "count=1")
        same = Emulator(dice=random.Random(1))  # noqa: S311 - the same photo every time
        return same({**environ, "QUERY_STRING": query}, start_response)

    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(one_photo))
    why = "Unsplash has given no new photos of 'nature', only known ones; the schedule asks again"
    for brought in (1, 0):
        done = run("fetch", "nature", "--count", "2")
        assert done.exit_code == 1
        said = f"unsplash-assets: {brought} of 2 photos of 'nature' could be brought: {why} from "
        assert done.stderr.splitlines()[-1].startswith(said)


@pytest.mark.long
def test_pictures_of_an_emulator_behind_a_port_go_to_the_demo_and_never_among_photos(
    serve: Serve, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_URL", serve(marked(Emulator())))
    monkeypatch.setenv("UNSPLASH_API_KEY", "any-key")
    done = run("fetch", "nature")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "set UNSPLASH_API_KEY=demo" in done.stderr
    assert list(project.rglob("*.jpg")) == []

    monkeypatch.setenv("UNSPLASH_API_KEY", "demo")
    assert run("fetch", "nature").exit_code == 0
    (picture,) = (project / "demo-library" / "nature").glob("*.jpg")
    assert b"Unsplash License" not in picture.read_bytes()
    assert "This is the demo" in (project / "demo-library" / "index.html").read_text()
    (row,) = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert row["licence"] == ""


@pytest.mark.long
def test_fetch_beyond_the_budget_brings_a_part_and_says_until_when_the_rest_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(Emulator(HourlyQuota(5, time.time))))
    began = time.time()
    done = run("fetch", "nature", "--count", "10")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 9  # four are paid for, and five events are owed
    said = done.stderr.splitlines()[-1]
    spent = r"request budget spent: 5 of 5 in the last hour, next at ((?:[\d-]+ )?\d\d:\d\d)"
    words = rf"unsplash-assets: 9 of 10 photos of 'nature' could be brought: {spent}"
    assert re.fullmatch(words, said)

    again = run("fetch", "nature")
    assert (again.exit_code, again.stdout) == (1, "")
    bound = "; no more than 5 download events may be owed"
    assert re.fullmatch(f"unsplash-assets: {spent}{bound}", again.stderr.splitlines()[-1])

    quota = json.loads(run("status", "--json").stdout)["quota"]
    assert (quota["limit"], quota["used"], quota["remaining"]) == (5, 5, 0)
    free_at = datetime.fromisoformat(quota["next_free_at"])
    assert began + 3600 <= free_at.timestamp() <= time.time() + 3610
    next_at = said.rpartition("next at ")[2]
    assert f"5 of 5 requests in the last hour, next at {next_at}\n" in run("status").stdout


@pytest.mark.long
def test_fetch_says_so_where_the_budget_has_too_little_for_another_photo(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    well = Emulator(HourlyQuota(4, time.time))

    def two_photos(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        query = environ["QUERY_STRING"].replace("count=30", "count=2")
        return well({**environ, "QUERY_STRING": query}, start_response)

    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(two_photos))
    assert run("fetch", "nature").exit_code == 0
    done = run("fetch", "nature", "--count", "10")
    assert done.exit_code == 1
    assert (
        "1 of 10 photos of 'nature' could be brought: request budget too small for 2 requests: "
        in (done.stderr)
    )


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_fetch_ends_at_ctrl_c_without_another_try(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, well = threading.Event(), Emulator(latency=2)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.set()
        return well(environ, start_response)

    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(application))
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from unsplash_assets.cli.main import main; main(['fetch', 'nature'])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as fetching:
        assert asked.wait(CEILING)
        fetching.send_signal(signal.SIGINT)
        _, said = fetching.communicate(timeout=CEILING)
    assert fetching.returncode == 1
    assert said.decode().splitlines()[-1].startswith("unsplash-assets: interrupted: ")
    assert b"Traceback" not in said
    assert b"Stack Trace" not in said


@pytest.mark.parametrize("count", ["0", "-1", "1001", "many"])
def test_fetch_of_a_senseless_count_is_wrong_usage(count: str) -> None:
    assert run("fetch", "nature", "--count", count).exit_code == 2


def test_status_of_a_new_project_shows_zeros_and_makes_nothing(project: Path) -> None:
    done = run("status", "--json")
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    zeros = {"waiting": 0, "stored": 0, "damaged": 0, "asked_again_at": None}
    assert shown == {
        "mode": "demo",
        "topics": [{"topic": "nature", **zeros}, {"topic": "street art", **zeros}],
        "bytes": 0,
        "quota": {"limit": 50, "used": 0, "remaining": 50, "next_free_at": None},
        "schedule": {"cron": "* * * * *", "timezone": "UTC", "next_tick_at": ANY},
        "last_run": None,
    }
    assert not (project / "demo-library").exists()


@pytest.mark.long
def test_status_after_a_run_has_its_numbers(project: Path) -> None:
    run("fetch", "nature", "--count", "2")
    shown = json.loads(run("status", "--json").stdout)
    counts = {"waiting": 28, "stored": 2, "damaged": 0, "asked_again_at": None}
    assert shown["topics"][0] == {"topic": "nature", **counts}
    files = (project / "demo-library").glob("*/*.jpg")
    assert shown["bytes"] == sum(path.stat().st_size for path in files)
    quota = {"limit": 1_000_000, "used": 3, "remaining": 999_997, "next_free_at": None}
    assert shown["quota"] == quota
    assert shown["last_run"]["topic"] == "nature"
    assert shown["last_run"]["outcome"] == "success"
    assert datetime.fromisoformat(shown["last_run"]["ended_at"]).tzinfo is not None


@pytest.mark.long
def test_status_tells_of_the_last_failure(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "api-401")))
    run("fetch", "nature")
    assert json.loads(run("status", "--json").stdout)["last_run"]["outcome"] == "failure"
    assert "does not accept the key" in run("status").stdout


@pytest.mark.long
def test_status_for_people_names_mode_topics_library_and_quota(project: Path) -> None:
    run("fetch", "nature")
    shown = run("status").stdout
    for word in ("nature", "street art", "demo", str(project / "demo-library"), "2 of 1,000,000"):
        assert word in shown


def test_status_shows_which_topics_are_exhausted_and_until_when(project: Path) -> None:
    database = open_database(project / "demo-library", None, "demo")
    until = (
        Exhaustion(database, DEMO_URL, lambda _: "any low")
        .note("nature", "no new ones of nature")
        .until
    )
    database.close()
    nature, others = json.loads(run("status", "--json").stdout)["topics"]
    assert datetime.fromisoformat(nature["asked_again_at"]).timestamp() == int(until)
    assert others["asked_again_at"] is None
    shown = clock_time(until, time.time())
    words = f"exhausted no new ones of nature; the schedule asks again from {shown}\n"
    assert words in run("status").stdout


LONG = "a rather long topic of sixty characters that goes on and on"
WIDE = "山の静かな朝の光と影のなかで静かに歩く人々の長い長い長い物語"


def end_a_run(library: Path, topic: str, error: str | None, ago: float = 0.0) -> None:
    """Let a run of the demo have ended some seconds ago."""
    database = open_database(library, None, "demo")
    runs = Runs(database, lambda: time.time() - ago)
    runs.begin("of the tests", topic)
    runs.report("of the tests", error)
    runs.end("of the tests")
    database.close()


@pytest.mark.parametrize(
    ("error", "ago", "words"),
    [
        (None, 5, r"nature, succeeded \d+ s ago"),
        ("the disk is full: make room", 185, r"nature, failed 3 min ago"),
    ],
)
def test_status_says_in_words_how_the_last_run_ended_and_how_long_ago(
    project: Path, error: str | None, ago: float, words: str
) -> None:
    end_a_run(project / "demo-library", "nature", error, ago)
    lines = run("status").stdout.splitlines()
    moments = (
        time.strftime("%Y-%m-%d %H:%M", time.localtime(time.time() - ago - n)) for n in (0, 30, 60)
    )
    assert re.fullmatch(rf"last run  {words} \(({'|'.join(moments)})\)", lines[9])
    assert lines[10:] == ([f"          {error}"] if error else [])


def test_status_shows_the_next_tick_in_the_time_zone_of_the_schedule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNSPLASH_SCHEDULE", "0 9 29 2 *")
    monkeypatch.setenv("UNSPLASH_TIMEZONE", "Pacific/Kiritimati")
    moment = r"20\d\d-02-29 09:00 \(Pacific/Kiritimati\)"
    shown = run("status").stdout
    assert re.search(rf"schedule +0 9 29 2 \*, next tick at {moment} while Dagster runs", shown)
    schedule = json.loads(run("status", "--json").stdout)["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 9 29 2 *", "Pacific/Kiritimati")
    assert schedule["next_tick_at"].endswith("-02-28T19:00:00+00:00")


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_status_in_a_pipe_has_each_thing_on_one_line_and_no_colours(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_TOPICS", f"{LONG},{WIDE}")
    end_a_run(project / "demo-library", WIDE, "trouble " * 50)
    done = subprocess.run([COMMAND, "status"], capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout
    for line in (
        rf"{LONG} +0 +0 +0 +0 bytes",
        rf"{WIDE} +0 +0 +0 +0 bytes",
        f"last run  {WIDE}, failed .*",
        "          (trouble ){49}trouble",
        "pictures  0 stored, 0 bytes",
        "budget    0 of 50 requests in the last hour, 50 free",
    ):
        assert re.search(f"^{line}$", done.stdout, re.MULTILINE), line


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@on_a_terminal
@pytest.mark.parametrize("columns", [80, 120])
def test_status_fits_the_terminal_and_cuts_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    monkeypatch.setenv("UNSPLASH_TOPICS", f"nature,{LONG},{WIDE}")
    end_a_run(project / "demo-library", "nature", "trouble " * 50)
    seen = in_terminal([COMMAND, "status"], columns)
    assert (seen.code, "…" in seen.text) == (0, False)
    lines = seen.text.splitlines()
    assert max(cell_len(line) for line in lines if str(project) not in line) <= columns
    assert re.fullmatch(r"topic +waiting +stored +damaged +size", lines[0])
    assert re.fullmatch(r"nature +0 +0 +0 +0 bytes", lines[1])
    letters = re.sub(r"\s|0|bytes", "", seen.text)
    assert LONG.replace(" ", "") in letters
    assert WIDE in letters
    assert seen.text.count("trouble") == 50
    assert str(project / "demo-library") in seen.text


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@on_a_terminal
def test_status_marks_what_is_damaged_and_says_what_can_be_done(project: Path) -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    (file, *_) = pictures(project)
    red = re.compile(r"\x1b\[[\d;]*31m *([^\x1b]*)\x1b")
    assert red.findall(in_terminal([COMMAND, "status"]).raw) == []
    cut(file)
    run("verify")
    hint = "1: unsplash-assets verify --repair downloads them again"
    assert red.findall(in_terminal([COMMAND, "status"]).raw) == ["1", hint]
    without = in_terminal([COMMAND, "status"], NO_COLOR="1")
    assert red.findall(without.raw) == []
    assert f"damaged   {hint}\n" in without.text


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not count so")
def test_status_takes_less_time_than_dagster_takes_to_be_imported(project: Path) -> None:
    """By the processor's time, for the machine may have other work; the best of five."""
    import resource  # noqa: PLC0415 - not on Windows

    def spent(program: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    store_photos(project / "demo-library", "A. Painter", 500)
    status = "from unsplash_assets.cli.main import main; main(['status'])"
    least = {words: min(spent(words) for _ in range(5)) for words in (status, "import dagster")}
    assert least[status] < least["import dagster"]


HEAVY = {
    *("PIL", "alembic", "dagster", "jinja2", "numpy", "obstore", "pydantic", "requests"),
    "simplejpeg",
    *("starlette", "uvicorn"),
    *("sqlalchemy.dialects.mysql", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "urllib3"),
}
"""What takes long to import, and only some commands need."""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    "words",
    [["status"], ["status", "--json"], ["export"], ["ban", "abcdefghijk"], ["verify"]],
    ids=" ".join,
)
def test_what_reads_the_catalogue_alone_loads_no_more_than_that_takes(
    project: Path, words: list[str]
) -> None:
    open_database(project / "demo-library", None, "demo").close()
    program = (
        "import sys; from unsplash_assets.cli.main import main\n"
        f"main({words}, standalone_mode=False)\n"
        f"print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == b"[]"


def test_export_of_a_new_project_has_no_rows_and_makes_nothing(project: Path) -> None:
    assert (run("export").exit_code, run("export").output) == (0, "")
    done = run("export", "--format", "csv")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout_bytes.startswith(b"\xef\xbb\xbfid,topic,path,")
    assert done.stdout_bytes.count(b"\n") == 1
    assert not (project / "demo-library").exists()


@pytest.mark.long
def test_export_has_a_row_for_each_file_and_nothing_else(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_APP_NAME", "my wall")
    run("fetch", "nature", "--count", "2")
    run("fetch", "street art")
    done = run("export")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["topic"] for row in rows] == ["nature", "nature", "street art"]
    for row in rows:
        content = (project / "demo-library" / row["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert row["bytes"] == len(content)
        assert datetime.fromisoformat(row["stored_at"]).tzinfo is not None
        assert "utm_source=my+wall&amp;utm_medium=referral" in row["credit_html"]
        assert "utm_" not in row["photo_url"] + row["photographer_url"]
    text = run("export", "--format", "csv").stdout_bytes.decode("utf-8-sig")
    header, *found = csv.reader(text.splitlines())
    assert header == list(rows[0])
    assert [row[header.index("sha256")] for row in found] == [row["sha256"] for row in rows]


def store_photos(library: Path, name: str, count: int = 1) -> None:
    """Let the demo's catalogue have stored photos by this photographer."""
    database = open_database(library, None, "demo")
    catalogue = Photos(database)
    for first in range(0, count, 500):
        photos = [
            photo(number, photographer=name) for number in range(first, min(first + 500, count))
        ]
        catalogue.add("nature", photos)
        chosen = catalogue.choose("nature", 500, "run", "full", lambda urls: urls["full"])
        record_stored(
            catalogue, {p.id: StoredFile(f"nature/{p.id}.jpg", 1, 1, 1, "0" * 64) for p in chosen}
        )
    database.close()


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_export_is_the_same_whatever_the_terminal_speaks(project: Path, form: str) -> None:
    name = '=1+1 "a", 山 😀 \N{HEBREW LETTER ALEF}'
    store_photos(project / "demo-library", name)
    outputs = [
        subprocess.run(
            [COMMAND, "export", "--format", form],
            env={**os.environ, **spoken},
            capture_output=True,
            check=True,
        ).stdout
        for spoken in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"PYTHONUTF8": "1"})
    ]
    assert len(set(outputs)) == 1
    assert outputs[0].endswith({"jsonl": b"}\n", "csv": b"\r\n"}[form])
    text = outputs[0].decode("utf-8-sig")
    if form == "jsonl":
        assert json.loads(text)["photographer"] == name
    else:
        assert f"'{name}" in next(csv.reader(text.splitlines()[1:]))


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("read", [0, 1])
def test_export_ends_quietly_when_its_reader_has_had_enough(
    project: Path, monkeypatch: pytest.MonkeyPatch, form: str, read: int
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    store_photos(project / "demo-library", "Ana", 1_000)
    with subprocess.Popen(
        [COMMAND, "export", "--format", form], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as exporting:
        assert exporting.stdout
        assert exporting.stderr
        exporting.stdout.read(read)
        exporting.stdout.close()
        assert exporting.wait(CEILING) == 0
        assert exporting.stderr.read() == b""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("where", ["> /dev/full", ">&-"])
@pytest.mark.parametrize("count", [1, 1_000])
def test_export_that_cannot_be_written_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, where: str, count: int
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    store_photos(project / "demo-library", "Ana", count)
    done = subprocess.run(
        ["sh", "-c", f'"$0" export {where}', COMMAND], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("unsplash-assets: standard output ")


@pytest.mark.long
def test_verify_rebuild_makes_a_catalogue_from_the_files_and_says_what_is_lost(
    project: Path,
) -> None:
    with open_library(environment.load()) as library, working_on(library, "mine", "nature"):
        top_up(library, "nature")
        choose(library, "nature", "mine")
        bring(library, "nature", "mine", last_try=True)
    before = json.loads(run("export").stdout)
    catalogue = project / "demo-library" / "catalogue.db"
    catalogue.write_bytes(b"no database" * 999)
    (line,) = run("status").stderr.splitlines()
    assert f"the catalogue {catalogue} is damaged (file is not a database): put it back" in line
    done = run("verify", "--rebuild")
    assert (done.exit_code, done.stdout) == (0, "")
    made, lost, verified = done.stderr.splitlines()
    assert re.fullmatch(rf"1 photos are in a new {catalogue}; the old one is \S+ beside it", made)
    assert lost.startswith("lost with the old one: favourites, bans, which photos were refused")
    assert verified.endswith(": all of them whole")
    after = json.loads(run("export").stdout)
    unknown = {"url": "", "stored_at": before["stored_at"]}
    assert after | unknown == before | unknown
    refused = run("verify", "--rebuild")
    assert refused.exit_code == 1
    assert "can be used, so it stays" in refused.stderr


def stored(project: Path) -> tuple[str, Path]:
    """Bring a photo; return its id and its file."""
    run("fetch", "nature")
    row = json.loads(run("export").stdout)
    return row["id"], project / "demo-library" / row["path"]


@pytest.mark.long
def test_a_quick_verification_says_that_it_did_not_read(project: Path) -> None:
    _, file = stored(project)
    seen = run("verify", "--quick")
    assert (seen.exit_code, seen.stdout) == (0, "")
    assert seen.stderr.endswith(" MB: none has another size or time; 0 of them were read\n")
    file.write_bytes(b"cut")
    found = run("verify", "--quick")
    assert (found.exit_code, found.stdout) == (1, f"damaged nature/{file.name}\n")
    assert "1 damaged; 1 of them were read; unsplash-assets verify --repair" in found.stderr


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A screen, and an opener that writes down what it is to open; gives the file it writes."""
    opener, opened = tmp_path / "bin" / "xdg-open", tmp_path / "opened"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$@" > {opened}.new && mv {opened}.new {opened}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{opener.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    return opened


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(sys.platform != "linux", reason="needs xdg-open")
def test_open_writes_the_gallery_and_opens_it(project: Path, desktop: Path) -> None:
    run("fetch", "nature")
    page = project / "demo-library" / "index.html"
    page.unlink()
    done = run("open")
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{page}\n", "")
    eventually(lambda: desktop.exists() and desktop.read_text(), "the browser")
    assert desktop.read_text() == f"{page}\n"
    assert page.read_text().count('<li class="photo"') == 1


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(sys.platform != "linux", reason="needs xdg-open")
@pytest.mark.usefixtures("desktop")
def test_open_shows_what_to_do_in_a_library_that_is_not_there_yet(project: Path) -> None:
    assert run("open").exit_code == 0
    assert "No photos yet" in (project / "demo-library" / "index.html").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a screen")
def test_open_without_a_screen_says_where_the_page_is(project: Path) -> None:
    done = run("open")
    page = project / "demo-library" / "index.html"
    assert (done.exit_code, done.stdout) == (1, f"{page}\n")
    assert done.stderr.startswith("unsplash-assets: there is no screen")
    assert page.exists()


@pytest.mark.long
def test_open_of_a_page_that_is_not_the_gallerys_says_so_in_one_line(project: Path) -> None:
    run("fetch", "nature")
    page = project / "demo-library" / "index.html"
    page.write_text("<!doctype html><title>My photos</title>")
    done = run("open")
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line == (
        "unsplash-assets: index.html in the library is not the gallery's: it is left as it is, and "
        "the gallery is not written; move it elsewhere"
    )
    assert page.read_text() == "<!doctype html><title>My photos</title>"


@pytest.mark.long
def test_a_photo_that_is_banned_is_gone_from_the_gallery(project: Path) -> None:
    run("fetch", "nature")
    library = project / "demo-library"
    (photo_id,) = re.findall(r"_([\w-]{11})_", (library / "index.html").read_text())
    assert run("ban", photo_id).exit_code == 0
    assert photo_id not in (library / "index.html").read_text()
    assert list((library / "_gallery" / "thumbnails").iterdir()) == []


@pytest.mark.long
def test_ban_removes_the_file_and_the_photo_never_comes_again(project: Path) -> None:
    photo_id, file = stored(project)
    done = run("ban", photo_id)
    assert (done.exit_code, done.stdout) == (0, "")
    said = f"{photo_id} is banned, nature/{file.name} removed: it will not be brought again"
    assert done.stderr.splitlines() == [said]
    assert not file.exists()
    assert run("export").stdout == ""
    (nature, _) = json.loads(run("status", "--json").stdout)["topics"]
    assert (nature["waiting"], nature["stored"], nature["damaged"]) == (29, 0, 0)
    run("fetch", "nature", "--count", "29")
    assert photo_id not in run("export").stdout
    assert run("ban", photo_id).exit_code == 0


@pytest.mark.long
@pytest.mark.parametrize("words", [["--undo", "{}"], ["{}", "--undo"], ["--undo", "--", "{}"]])
def test_a_ban_can_be_taken_back(project: Path, words: list[str]) -> None:
    photo_id, _ = stored(project)
    run("ban", photo_id)
    done = run("ban", *[word.format(photo_id) for word in words])
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [f"{photo_id} is no longer banned: it may come again"]
    run("fetch", "nature")
    assert photo_id in run("export").stdout


def test_ban_of_a_photo_not_met_yet_holds_and_says_that_it_is_new() -> None:
    done = run("ban", "abcdefghijk")
    assert done.exit_code == 0
    assert done.stderr.startswith("abcdefghijk is banned in advance: this library does not know")
    assert "in advance" not in run("ban", "abcdefghijk").stderr


@pytest.mark.parametrize("photo_id", ["-bcdefghijk", "--cdefghijk", "-hbcdefghij", "-----------"])
@pytest.mark.parametrize("dashes", [[], ["--"]])
def test_an_id_may_begin_with_a_dash(photo_id: str, dashes: list[str]) -> None:
    done = run("ban", *dashes, photo_id)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith(f"{photo_id} is banned in advance")
    done = run("favourite", *dashes, photo_id)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"unsplash-assets: photo {photo_id} is not in the library")


@pytest.mark.long
def test_a_file_can_be_named_instead_of_an_id(project: Path) -> None:
    photo_id, file = stored(project)
    for name in (str(file), f"nature/{file.name}", file.name):
        assert run("favourite", name).stderr.startswith(f"{photo_id} is a favourite")
    assert run("ban", file.name).exit_code == 0
    assert not file.exists()


@pytest.mark.long
def test_favourite_marks_a_stored_photo_and_takes_it_back(project: Path) -> None:
    photo_id, file = stored(project)
    for words, said in (
        ([photo_id], "is a favourite: UNSPLASH_KEEP spares it"),
        (["--remove", photo_id], "is no longer a favourite"),
    ):
        done = run("favourite", *words)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.splitlines() == [f"{photo_id} {said}"]
    assert file.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["favourite", "abcdefghijk"],
        ["favourite", "--remove", "abcdefghijk"],
        ["ban", "--undo", "-bcdefghijk"],
    ],
    ids=" ".join,
)
def test_a_photo_that_is_not_there_is_one_line_and_makes_nothing(
    project: Path, words: list[str]
) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"unsplash-assets: photo {words[-1]} is n")
    assert not (project / "demo-library").exists()


@pytest.mark.parametrize("command", ["ban", "favourite"])
@pytest.mark.parametrize(
    "words", [[], ["nature"], ["a/b"], ["--udno"], ["abcdefghijk", "abcdefghijl"], ["--", "--undo"]]
)
def test_what_is_no_id_is_wrong_usage(project: Path, command: str, words: list[str]) -> None:
    done = run(command, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not (project / "demo-library").exists()


def pictures(project: Path) -> list[Path]:
    """Bring four photos; return their files."""
    run("fetch", "nature", "--count", "4")
    return sorted((project / "demo-library" / "nature").iterdir())


@pytest.mark.long
def test_verify_of_a_library_that_is_well_says_so_and_ends_with_zero(project: Path) -> None:
    size = sum(path.stat().st_size for path in pictures(project))
    done = run("verify")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [f"4 files, {size / 1e6:,.1f} MB: all of them whole"]


@pytest.mark.parametrize("words", [["verify"], ["verify", "--repair"]])
def test_verify_of_no_library_has_nothing_to_do_and_makes_nothing(
    project: Path, words: list[str]
) -> None:
    before = sorted(project.rglob("*"))
    done = run(*words)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == ["0 files, 0.0 MB: nothing to verify"]
    assert sorted(project.rglob("*")) == before


@pytest.mark.long
def test_verify_has_a_line_for_each_finding_and_ends_with_one_while_one_is_bad(
    project: Path,
) -> None:
    gone, short, *_ = pictures(project)
    delete(gone)
    cut(short)
    (project / "demo-library" / "mine.txt").write_text("mine")
    lines = ["unknown mine.txt", f"missing nature/{gone.name}", f"damaged nature/{short.name}"]
    for _ in range(2):
        done = run("verify")
        assert (done.exit_code, done.stdout.splitlines()) == (1, lines)
        (line,) = done.stderr.splitlines()
        assert line.endswith(
            ": 1 missing, 1 damaged, 1 unknown; "
            "unsplash-assets verify --repair downloads bad files again"
        )
    (nature, _) = json.loads(run("status", "--json").stdout)["topics"]
    assert (nature["stored"], nature["damaged"]) == (2, 2)


@pytest.mark.long
def test_verify_repairs_what_it_has_found_and_ends_with_zero(project: Path) -> None:
    gone, short, *_ = pictures(project)
    delete(gone)
    cut(short)
    done = run("verify", "--repair")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"missing nature/{gone.name}",
        f"damaged nature/{short.name}",
    ]
    assert done.stderr.splitlines()[1:] == [
        f"repaired nature/{gone.name}",
        f"repaired nature/{short.name}",
    ]
    assert run("verify").exit_code == 0


@pytest.mark.long
def test_verify_ends_with_one_where_a_repair_fails_and_says_why(
    project: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    well, asked = Emulator(HourlyQuota(2, time.time)), list[str]()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return (well if not state else with_fault(well, state))(environ, start_response)

    state = ""
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(application))
    assert run("fetch", "nature").exit_code == 0
    (file,) = (project / "library" / "nature").iterdir()
    asked.clear()

    cut(file)
    state = "picture-404"
    done = run("verify", "--repair")
    assert (done.exit_code, done.stdout) == (1, f"damaged nature/{file.name}\n")
    assert done.stderr.splitlines()[1] == (
        f"not repaired nature/{file.name}: the picture is not available: its server answered 404 "
        "(lost: runs no longer ask for it)"
    )
    state = ""
    assert run("verify", "--repair").exit_code == 0
    assert run("verify").stdout == ""
    assert all(path.startswith("/photo-") for path in asked), "the budget is spent"
    assert len(asked) == 2


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_name_that_would_break_the_lines_is_written_so_that_it_does_not(project: Path) -> None:
    folder = project / "demo-library"
    folder.mkdir()
    for name in (b"two\nlines", b"\x1b[31mred", b"no text \xff", "夜の山.jpg".encode()):
        (Path(os.fsdecode(os.path.join(os.fsencode(folder), name)))).touch()  # noqa: PTH118
    done = subprocess.run([COMMAND, "verify"], capture_output=True, check=False)
    assert done.returncode == 0
    assert sorted(done.stdout.decode().splitlines()) == [
        "unknown \\x1b[31mred",
        "unknown no text \\udcff",
        "unknown two\\nlines",
        "unknown 夜の山.jpg",
    ]


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_verify_needs_no_dagster(project: Path) -> None:
    (file, *_) = pictures(project)
    cut(file)
    program = (
        "import sys; from unsplash_assets.cli.main import main\n"
        "main(['verify', '--repair'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith('dagster')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@on_a_terminal
def test_a_terminal_has_bars_beside_what_is_found_and_repaired(project: Path) -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    (file, *_) = pictures(project)
    cut(file)
    seen = in_terminal(["sh", "-c", f"'{COMMAND}' verify --repair > found"])
    assert seen.code == 0
    assert re.search(r"verified ━+ 4/4 [\d.]+ MB/s 0 s left", seen.text)
    assert re.search(r"repaired ━+ 1/1 [\d.]+ files/(s|min) 0 s left", seen.text)
    assert f"repaired nature/{file.name}\n" in seen.text
    assert Path("found").read_text() == f"damaged nature/{file.name}\n"


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@on_a_terminal
def test_fetch_on_a_terminal_has_a_bar_and_in_the_end_the_paths() -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    seen = in_terminal([COMMAND, "fetch", "street art", "--count", "40"], 80)
    assert seen.code == 0
    assert re.search(r"street art: ━+ 40/40 [\d.]+ photos/(s|min) 0 s left", seen.text)
    *_, said = seen.text.partition("street art: 40 of 40 stored\n")
    assert len([path for path in said.split("\n") if path.endswith(".jpg")]) == 40


@pytest.mark.long
def test_a_library_that_was_moved_is_used_where_it_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = pictures(project)
    moved = (project / "demo-library").rename(project / "elsewhere")
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(moved))
    assert (run("verify").exit_code, run("verify").stdout) == (0, "")
    assert len(run("export").stdout.splitlines()) == len(files)
    assert run("fetch", "nature").exit_code == 0
    assert len(list((moved / "nature").iterdir())) == len(files) + 1
    assert not (project / "demo-library").exists()


@pytest.fixture
def apart(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with a photo on a disk of its own, and its catalogue in the project's folder."""
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(project / "photos"))
    monkeypatch.setenv("UNSPLASH_CATALOGUE", f"sqlite:///{project}/catalogue.db")
    assert run("fetch", "nature").exit_code == 0
    return project / "photos"


@pytest.mark.long
def test_no_command_touches_a_library_whose_disk_is_not_mounted(
    project: Path, apart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "1")
    photo_id = json.loads(run("export").stdout)["id"]
    before = run("status", "--json").stdout
    disk = apart.rename(project / "the disk")
    apart.mkdir()
    line = f"none of the stored photos is in {apart}: its disk seems not to be mounted. Mount it; "
    for words in (
        ["fetch", "nature"], ["verify"], ["verify", "--repair"], ["ban", photo_id], ["open"],
        ["favourite", photo_id],
    ):  # fmt: skip
        done = run(*words)
        assert done.exit_code == 1, words
        (said,) = done.stderr.splitlines()[-1:]
        assert said.startswith(f"unsplash-assets: {line}"), words
    assert list(apart.iterdir()) == []
    seen = run("status", "--json")
    assert (seen.exit_code, seen.stdout) == (0, before)
    assert seen.stderr.startswith(f"warning: {line}")
    assert json.loads(run("export").stdout)["id"] == photo_id
    apart.rmdir()
    disk.rename(apart)
    assert run("status", "--json").stderr == ""
    assert (run("verify").exit_code, run("verify").stdout) == (0, "")


@pytest.mark.long
def test_an_empty_folder_in_the_place_of_a_library_is_no_new_one(project: Path) -> None:
    pictures(project)
    disk = (project / "demo-library").rename(project / "the disk")
    (project / "demo-library").mkdir()
    done = run("fetch", "nature")
    assert done.exit_code == 1
    assert "its disk seems not to be mounted. Mount it; or, to begin a new library," in done.stderr
    assert list((project / "demo-library").iterdir()) == []
    (project / "demo-library").rmdir()
    assert run("fetch", "nature").exit_code == 0
    assert disk.is_dir()


@pytest.mark.long
def test_a_library_without_its_catalogue_says_what_to_do(project: Path) -> None:
    pictures(project)
    for path in (project / "demo-library").glob("catalogue.db*"):
        path.unlink()
    done = run("fetch", "nature")
    assert done.exit_code == 1
    assert "has photos but no catalogue.db: put it back from a backup; or run `" in done.stderr
    assert not (project / "demo-library" / "catalogue.db").exists()


@pytest.mark.long
def test_a_catalogue_in_a_network_folder_is_warned_of_beside_the_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pictures(Path.cwd().parent)
    disks = [SimpleNamespace(mountpoint="/", fstype="nfs4", opts="rw")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: disks)
    done = run("status", "--json")
    assert json.loads(done.stdout)["mode"] == "demo"
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: the catalogue ")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such permissions")
def test_status_warns_of_an_env_file_whose_key_others_can_read(project: Path) -> None:
    file = project / ".env"
    file.write_text("UNSPLASH_API_KEY=a-secret\n")
    file.chmod(0o644)
    done = run("status", "--json")
    assert json.loads(done.stdout)["mode"] == "live"
    (line,) = done.stderr.splitlines()
    assert line.startswith("warning: ")
    assert line.endswith(f": chmod 600 {file}")
    assert "a-secret" not in line
    file.chmod(0o600)
    assert run("status", "--json").stderr == ""


BAD = {
    "UNSPLASH_API_KEY": "two words",
    "UNSPLASH_API_URL": "ftp://api.unsplash.com",
    "UNSPLASH_APP_NAME": "a\tb",
    "UNSPLASH_TOPICS": "a/b",
    "UNSPLASH_LIBRARY": "ftp://host/prefix",
    "UNSPLASH_CATALOGUE": "catalogue.db",
    "UNSPLASH_RENDITION": "huge",
    "UNSPLASH_ORIENTATION": "diagonal",
    "UNSPLASH_CONTENT_FILTER": "none",
    "UNSPLASH_PHOTOS_PER_RUN": "0",
    "UNSPLASH_RETRY_DELAY": "soon",
    "UNSPLASH_TIMEOUT": "0",
    "UNSPLASH_MAX_SIZE": "50",
    "UNSPLASH_CONCURRENCY": "1000",
    "UNSPLASH_VIEWER": "feh",
    "UNSPLASH_KEEP": "some",
    "UNSPLASH_KEEP_RUNS": "forever",
}


@pytest.mark.parametrize(("variable", "value"), BAD.items(), ids=BAD)
def test_a_setting_that_cannot_be_used_ends_with_two_and_one_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    for arguments in (("status",), ("export",), ("verify",), ("fetch", "nature")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"unsplash-assets: {variable} is ")
        assert ": " in line.removeprefix("unsplash-assets: ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("UNSPLASH_LIBRARY", "{}/file"),
        ("UNSPLASH_LIBRARY", "{}/file/photos"),
        ("UNSPLASH_CATALOGUE", "sqlite:///{}/missing/catalogue.db"),
        ("UNSPLASH_CATALOGUE", "sqlite:///{}/file/catalogue.db"),
        ("UNSPLASH_CATALOGUE", "sqlite:///{}/what?/catalogue.db"),
        ("UNSPLASH_CATALOGUE", "mysql://host/photos"),
        ("UNSPLASH_CATALOGUE", "postgresql+nosuch://host/photos"),
        ("UNSPLASH_CATALOGUE", "postgresql+asyncpg://host/photos"),
    ],
)
def test_a_place_that_cannot_be_ends_with_two_and_one_line_and_makes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    (project / "file").touch()
    monkeypatch.setenv(variable, value.format(project))
    before = sorted(project.rglob("*"))
    for arguments in (("status",), ("export",), ("verify",), ("ban", "abcdefghijk"), ("open",)):
        done = run(*arguments)
        assert (done.exit_code, done.stdout) == (2, ""), arguments
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"unsplash-assets: {variable} is ")
    assert sorted(project.rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="needs a folder in which nobody can make one")
def test_a_library_that_cannot_be_made_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_LIBRARY", "/proc/nowhere/photos")
    done = run("ban", "abcdefghijk")
    assert done.exit_code == 2
    assert done.stderr.startswith("unsplash-assets: UNSPLASH_LIBRARY is '/proc/nowhere/photos': ")


def test_a_variable_that_nobody_reads_is_a_warning_beside_the_status(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UNSPLASH_TOPIC", "sea")
    done = run("status", "--json")
    assert (done.exit_code, json.loads(done.stdout)["mode"]) == (0, "demo")
    (line,) = done.stderr.splitlines()
    assert line == (
        "warning: UNSPLASH_TOPIC is no setting of this project: did you mean UNSPLASH_TOPICS?"
    )


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_dagster_says_the_same_when_it_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_RENDITION", "huge")
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "job", "list", "-m", "unsplash_assets.definitions"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "UNSPLASH_RENDITION is 'huge': use raw, full" in done.stderr + done.stdout


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_the_emulator_serves_with_its_quota_until_it_is_stopped(signal_sent: int) -> None:
    with subprocess.Popen(
        [COMMAND, "emulator", "--port", "0", "--limit", "2"], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr
        url = server.stderr.readline().split(" answers at ")[1].split(",")[0]
        headers = {"Authorization": "Client-ID any"}
        answers = [
            requests.get(f"{url}/photos/random?query=nature", headers=headers, timeout=CEILING)
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 403]
        assert [answer.headers["X-Ratelimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert all(EMULATOR_MARK in answer.headers for answer in answers)
        recipe = f"Use it: UNSPLASH_API_URL={url} UNSPLASH_API_KEY=demo\n"
        assert server.stderr.readline() == recipe
        server.send_signal(signal_sent)
        server.wait(timeout=CEILING)
        assert "Traceback" not in server.stderr.read()


def test_the_emulator_names_its_faults_when_asked_for_another() -> None:
    done = run("emulator", "--faults", "bad-weather")
    assert done.exit_code == 2
    assert "picture-cut" in done.stderr


def test_the_emulator_says_that_its_port_is_busy(emulator_url: str) -> None:
    done = run("emulator", "--port", emulator_url.rpartition(":")[2])
    assert done.exit_code == 1
    assert "choose another with --port" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "command", ["fetch", "status", "verify", "export", "open", "ban", "favourite", "emulator"]
)
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout
