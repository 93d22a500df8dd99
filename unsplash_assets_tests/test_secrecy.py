"""The key is nowhere: not in a file, a database, a log or a word, whatever the API does with it.

The whole pipeline runs, live, with a recognisable key: commands as processes, runs, ticks and
looks of the sensor on a Dagster record on disk, with every fault of the emulator and with APIs
that repeat the key wherever they can. Then every byte that is left is searched for it.
"""

import json
import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import dagster as dg
import pytest

from unsplash_assets import settings
from unsplash_assets.definitions import build_definitions
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import FAULTS, with_fault
from unsplash_assets.unsplash.secret import Secret
from unsplash_assets_tests.conftest import NOON, Serve
from unsplash_assets_tests.runs import Project

PROJECT = Path(__file__).parents[1]
COMMAND = Path(sys.executable).with_name("unsplash-assets")
KEY = "Recognisable+Key/of=the%Tests&1234567890"
SECRET = Secret(KEY)


class Changing:
    """An application that can be changed while it is served."""

    def __init__(self) -> None:
        self.now: WSGIApplication = Emulator()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.now(environ, start_response)


def _answer(status: str, content: str, **headers: str) -> WSGIApplication:
    body = content.encode()

    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response(status, [*named, ("Content-Length", str(len(body)))])
        return [body]

    return application


def _repeated_in_photos(write: Callable[[str], str]) -> WSGIApplication:
    """Answer as the emulator does, with the key in every text and link of a photo."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/photos/random":
            return Emulator()(environ, start_response)
        photos = json.loads(b"".join(Emulator()(environ, lambda *_: lambda _: None)))
        for photo in photos:
            photo["description"] = photo["alt_description"] = f"Seen by {write(KEY)}"
            photo["user"]["name"] = f"Ana {write(KEY)}"
            photo["links"]["html"] += f"?k={write(KEY)}"
            photo["links"]["download_location"] += f"&k={write(KEY)}"
            for name in photo["urls"]:
                photo["urls"][name] += f"&k={write(KEY)}"
        return _answer("200 OK", json.dumps(photos), Content_Type="application/json")(
            environ, start_response
        )

    return application


ECHOES: dict[str, WSGIApplication] = {
    "error": _answer("400 Bad Request", json.dumps({"errors": [f"Client-ID {KEY} is unknown"]})),
    "refused key": _answer("401 Unauthorized", json.dumps({"errors": [f"OAuth error: {KEY}"]})),
    "plain error": _answer("500 Internal Server Error", f"no such key: {KEY}"),
    "quota": _answer("403 Forbidden", f"Rate Limit Exceeded for {KEY}"),
    "redirect": _answer("302 Found", "", Location=f"https://elsewhere.example/{KEY}?k={KEY}"),
    "redirect to a host": _answer("302 Found", "", Location="https://recognisable.example/"),
    "header": _answer("200 OK", f'["{KEY}"]', X_Seen=KEY, X_Ratelimit_Remaining=KEY),
    "not JSON": _answer("200 OK", f"<html>{KEY}</html>"),
    "photos": _repeated_in_photos(str),
    "photos in lower case": _repeated_in_photos(str.lower),
}


TOPICS: dict[str, WSGIApplication] = {
    "nature": Emulator(),
    **{name: with_fault(Emulator(), name) for name in FAULTS if name != "picture-endless"},
    **ECHOES,
    "art": Emulator(),
}
"""A topic for each API, so that each is asked: a topic with photos that wait asks none."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str) -> Iterator[Path]:
    """A live project whose key and settings stand in the environment; logs are in a file."""
    folder = tmp_path / "project"
    folder.mkdir()
    copy(PROJECT / "dagster.yaml", folder)
    monkeypatch.chdir(folder)
    for name, value in {
        "UNSPLASH_API_KEY": KEY, "UNSPLASH_API_URL": api, "UNSPLASH_TOPICS": ",".join(TOPICS),
        "UNSPLASH_RETRY_DELAY": "0", "UNSPLASH_RENDITION": "thumb", "UNSPLASH_VIEWER": "off",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    root, handler = logging.getLogger(), logging.FileHandler(folder / "everything.log")
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield folder
    root.setLevel(level)
    root.removeHandler(handler)
    handler.close()


@pytest.fixture
def application() -> Changing:
    return Changing()


@pytest.fixture
def api(serve: Serve, application: Changing) -> str:
    return serve(application)


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    home = folder / "record"
    home.mkdir()
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        yield Project(settings.load(), instance)


def _command(folder: Path, *arguments: str) -> None:
    """Run a command; keep what it says in a file."""
    done = subprocess.run([COMMAND, *arguments], capture_output=True, check=False, env=os.environ)
    with (folder / "said.txt").open("ab") as said:
        said.write(done.stdout + done.stderr)


def _tick_and_look(project: Project, folder: Path) -> None:
    repository = build_definitions(project.given).get_repository_def()
    tick = repository.get_schedule_def("every_minute").evaluate_tick(
        dg.build_schedule_context(
            instance=project.instance,
            scheduled_execution_time=datetime.fromtimestamp(NOON, UTC),
            repository_def=repository,
        )
    )
    look = dg.build_sensor_context(instance=project.instance, repository_def=repository)
    seen = repository.get_sensor_def("open_new_images").evaluate_tick(look)
    with (folder / "said.txt").open("a") as said:
        said.write(f"{tick.skip_message} {seen.skip_message}\n")


def _forget_the_budget(folder: Path) -> None:
    """Let the next API be asked, even if this one refused."""
    with closing(sqlite3.connect(folder / "library" / "catalogue.db")) as catalogue:
        catalogue.execute("DELETE FROM quotas")
        catalogue.execute("DELETE FROM requests")
        catalogue.commit()


def _write_down(result: dg.ExecuteInProcessResult, folder: Path) -> None:
    """Keep every event of a run as text, with the errors and their causes."""
    with (folder / "events.txt").open("a") as events:
        for event in result.all_events:
            events.write(f"{event!r}\n{event.event_specific_data!r}\n")


def found_in(folder: Path) -> list[str]:
    """Return the names of files below a folder that have the key in some form."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and SECRET.is_in(path.read_bytes().decode("latin-1"))
    )


def test_the_key_is_nowhere_after_the_whole_pipeline_with_every_fault(
    folder: Path, project: Project, application: Changing
) -> None:
    faulty: WSGIApplication
    for topic, faulty in TOPICS.items():
        application.now = faulty
        _write_down(project.run(topic), folder)
        _tick_and_look(project, folder)
        _forget_the_budget(folder)
    application.now = Emulator()
    _command(folder, "fetch", "nature")
    application.now = ECHOES["error"]
    _command(folder, "fetch", "art", "--count", "40")
    for command in (("status",), ("status", "--json"), ("export",), ("export", "--format", "csv")):
        _command(folder, *command)
    assert len(list((folder / "library").glob("*/*.jpg"))) > 3
    assert (folder / "said.txt").stat().st_size > 1_000
    assert "photos/random" in (folder / "everything.log").read_text()
    assert found_in(folder) == []


@pytest.mark.parametrize("name", ["library/catalogue.db", "record/x.log", "said.txt", "a/b.jpg"])
def test_a_key_that_is_left_anywhere_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\xff\0" + KEY.encode() + b"\n")
    (tmp_path / "harmless.txt").write_text("Client-ID")
    assert found_in(tmp_path) == [name]


def test_the_pipeline_did_use_the_key(
    folder: Path, project: Project, application: Changing
) -> None:
    """Else nothing would have been there to leak."""
    sent: list[Any] = []

    def noting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sent.append((environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION")))
        return Emulator()(environ, start_response)

    application.now = noting
    assert project.run("nature").success
    asked = {path: header for path, header in sent if not path.startswith("/photo-")}
    assert set(asked.values()) == {f"Client-ID {KEY}"}
    assert len(asked) == 2  # random, and the download event
    assert [header for path, header in sent if path.startswith("/photo-")] == [None]
    assert folder.exists()
