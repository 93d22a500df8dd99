"""Tests of the command line, as a person and as a program would use it."""

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from shutil import copy
from wsgiref.types import StartResponse, WSGIEnvironment

import dagster as dg
import pytest
import requests
from click.testing import CliRunner, Result

from unsplash_assets.cli import main
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets_tests.conftest import Serve

PROJECT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("unsplash-assets")


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


def test_fetch_brings_that_many_photos_and_prints_their_paths(project: Path) -> None:
    done = run("fetch", "street art", "--count", "3")
    assert done.exit_code == 0, done.stderr
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert len(paths) == 3
    assert all(path.is_file() for path in paths)
    assert {path.parent for path in paths} == {project / "demo-library" / "street-art"}
    assert "Demo: pictures are drawn here" in done.stderr
    assert "3 of 3 stored" in done.stderr


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


def test_fetch_of_another_word_is_wrong_usage_and_lists_the_topics() -> None:
    done = run("fetch", "cats")
    assert done.exit_code == 2
    assert "use one of nature, street art" in done.stderr
    assert done.stdout == ""


def test_fetch_that_fails_says_why_in_one_line(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "api-401")))
    done = subprocess.run([COMMAND, "fetch", "nature"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("unsplash-assets:")]
    assert "Unsplash does not accept the key" in line
    assert "Traceback" not in done.stderr
    assert "Stack Trace" not in done.stderr
    assert len(done.stderr.splitlines()) <= 2


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
    done = run("fetch", "nature")
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "nature: the API is in trouble (503), not this program: later may do",
        "nature: 1 of 1 stored",
    ]


def test_fetch_that_finds_fewer_photos_than_asked_says_so(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "picture-404")))
    done = run("fetch", "nature", "--count", "2")
    assert done.exit_code == 1
    assert "not to be had" in done.stderr


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
    assert "2 of 3 photos of 'nature' were to be had" in done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_fetch_beyond_the_budget_keeps_a_part_and_says_until_when_the_rest_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(Emulator(HourlyQuota(5, time.time))))
    began = time.time()
    done = run("fetch", "nature", "--count", "10")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 4
    said = done.stderr.splitlines()[-1]
    spent = r"request budget spent: 5 of 5 in the last hour, next at (\d\d:\d\d)"
    words = rf"unsplash-assets: 4 of 10 photos of 'nature' were to be had: {spent}"
    assert re.fullmatch(words, said)

    again = run("fetch", "nature")
    assert (again.exit_code, again.stdout) == (1, "")
    assert re.fullmatch(f"unsplash-assets: {spent}", again.stderr.splitlines()[-1])

    quota = json.loads(run("status", "--json").stdout)["quota"]
    assert (quota["limit"], quota["used"], quota["remaining"]) == (5, 5, 0)
    free_at = datetime.fromisoformat(quota["next_free_at"])
    assert began + 3600 <= free_at.timestamp() <= time.time() + 3610
    next_at = said.rpartition(" ")[2]
    assert f"5 of 5 requests in the last hour, next at {next_at}\n" in run("status").stdout


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
        "1 of 10 photos of 'nature' were to be had: request budget too small for 2 requests: "
        in (done.stderr)
    )


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
        "from unsplash_assets.cli import main; main(['fetch', 'nature'])"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as fetching:
        assert asked.wait(20)
        fetching.send_signal(signal.SIGINT)
        _, said = fetching.communicate(timeout=10)
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
    zeros = {"waiting": 0, "stored": 0, "damaged": 0}
    assert shown == {
        "mode": "demo",
        "topics": [{"topic": "nature", **zeros}, {"topic": "street art", **zeros}],
        "bytes": 0,
        "quota": {"limit": 50, "used": 0, "remaining": 50, "next_free_at": None},
        "last_run": None,
    }
    assert not (project / "demo-library").exists()


def test_status_after_a_run_has_its_numbers(project: Path) -> None:
    run("fetch", "nature", "--count", "2")
    shown = json.loads(run("status", "--json").stdout)
    assert shown["topics"][0] == {"topic": "nature", "waiting": 28, "stored": 2, "damaged": 0}
    files = (project / "demo-library").glob("*/*.jpg")
    assert shown["bytes"] == sum(path.stat().st_size for path in files)
    quota = {"limit": 1_000_000, "used": 3, "remaining": 999_997, "next_free_at": None}
    assert shown["quota"] == quota
    assert shown["last_run"]["topic"] == "nature"
    assert shown["last_run"]["outcome"] == "success"
    assert datetime.fromisoformat(shown["last_run"]["ended_at"]).tzinfo is not None


def test_status_tells_of_the_last_failure(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    monkeypatch.setenv("UNSPLASH_API_URL", serve(with_fault(Emulator(), "api-401")))
    run("fetch", "nature")
    assert json.loads(run("status", "--json").stdout)["last_run"]["outcome"] == "failure"
    assert "does not accept the key" in run("status").stdout


def test_status_for_people_names_mode_topics_library_and_quota(project: Path) -> None:
    run("fetch", "nature")
    shown = run("status").stdout
    for word in ("nature", "street art", "demo", str(project / "demo-library"), "2 of 1000000"):
        assert word in shown


def test_status_does_not_wait_for_dagster() -> None:
    program = (
        "import sys; from unsplash_assets.cli import main\n"
        "main(['status', '--json'], standalone_mode=False)\n"
        "sys.exit(any(name.split('.')[0] == 'dagster' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


BAD = {
    "UNSPLASH_API_KEY": "two words",
    "UNSPLASH_API_URL": "ftp://api.unsplash.com",
    "UNSPLASH_APP_NAME": "a\tb",
    "UNSPLASH_TOPICS": "a/b",
    "UNSPLASH_LIBRARY": "s3://bucket/prefix",
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
    for arguments in (("status",), ("fetch", "nature")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"unsplash-assets: {variable} is ")
        assert ": " in line.removeprefix("unsplash-assets: ")


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


@pytest.mark.parametrize("signal_sent", [signal.SIGINT, signal.SIGTERM])
def test_the_emulator_serves_with_its_quota_until_it_is_stopped(signal_sent: int) -> None:
    with subprocess.Popen(
        [COMMAND, "emulator", "--port", "0", "--limit", "2"], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr
        url = server.stderr.readline().split(" answers at ")[1].split(",")[0]
        headers = {"Authorization": "Client-ID any"}
        answers = [
            requests.get(f"{url}/photos/random?query=nature", headers=headers, timeout=5)
            for _ in range(3)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 403]
        assert [answer.headers["X-Ratelimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        server.send_signal(signal_sent)
        server.wait(timeout=5)
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


@pytest.mark.parametrize("command", ["fetch", "status", "emulator"])
def test_every_command_explains_itself(command: str) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout
