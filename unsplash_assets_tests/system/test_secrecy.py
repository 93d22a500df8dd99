"""The key is nowhere: not in a file, a database, a log or a word, whatever the API does with it.

The whole pipeline runs, live, with a recognisable key: runs, ticks and looks of the sensor on a
Dagster record on disk, and commands as processes, with the faults of the emulator in turn and
with APIs that repeat the key wherever they can. Then all that is left is searched for it. That
the search finds what is there to be found is shown in `test_leaks`.
"""

import base64
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from typing import IO, Any
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import FAULTS, with_fault
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.settings import environment
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets_tests.conftest import NOON, RawServe, served
from unsplash_assets_tests.support.leaks import forms, leaks
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.runs import Project

COMMAND = Path(sys.executable).with_name("unsplash-assets")
KEY = "Recognisable+Key/of=the%Tests~~~~~????<&>\\123"

Write = Callable[[str], str]
"""How an API that repeats the Authorization header writes it."""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WRITTEN: dict[str, Write] = {
    "plain": lambda text: text.removeprefix("Client-ID "),
    "lower": lambda text: text.removeprefix("Client-ID ").lower(),
    "quoted": lambda text: quote(text, safe=""),
    "base": _base64,
    "base after one": lambda text: _base64(f"x{text}"),
    "base after two": lambda text: _base64(f"xy{text}"),
}


def _answer(status: str, content: str, **headers: str) -> WSGIApplication:
    body = content.encode()

    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        start_response(status, [*named, ("Content-Length", str(len(body)))])
        return [body]

    return application


def _repeating(make: Callable[[str], WSGIApplication], write: Write = str) -> WSGIApplication:
    """Answer requests to the API with what is made of their header, others as the emulator does."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        said = environ.get("HTTP_AUTHORIZATION")
        answer = make(write(said)) if said else Emulator()
        return answer(environ, start_response)

    return application


def _in_photos(said: str) -> WSGIApplication:
    """Answer as the emulator does, with this in every text, link and URL of a photo."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        content = json.loads(b"".join(Emulator()(environ, lambda *_: lambda _: None)))
        for photo in content if isinstance(content, list) else []:
            photo["description"] = photo["alt_description"] = f"Seen by {said}"
            photo["user"]["name"] = photo["user"]["username"] = f"Ana {said}"
            photo["user"]["links"]["html"] += f"?k={said}"
            photo["links"]["html"] += f"?k={said}"
            photo["links"]["download_location"] += f"&k={said}"
            photo["urls"] = {name: f"{url}&k={said}" for name, url in photo["urls"].items()}
            photo[said] = said
        headers = {"Content_Type": "application/json", "X_Seen": said, "Set_Cookie": f"k={said}"}
        return _answer("200 OK", json.dumps(content), **headers)(environ, start_response)

    return application


def _moved(said: str) -> WSGIApplication:
    """Redirect within the origin, once, to an address that has this in it."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        moved = environ["QUERY_STRING"].startswith("k=")
        to = f"{environ['PATH_INFO']}?k={said}&count=3"
        answer = Emulator() if moved else _answer("302 Found", "", Location=to)
        return answer(environ, start_response)

    return application


ECHOES: dict[str, Callable[[str], WSGIApplication]] = {
    "bad request": lambda said: _answer("400 Bad Request", json.dumps({"errors": [said]})),
    "bad key": lambda said: _answer("401 Unauthorized", json.dumps({"errors": ["OAuth", said]})),
    "long error": lambda said: _answer("422 No", json.dumps({"error": f"{'x' * 170} {said}"})),
    "no access": lambda said: _answer("403 Forbidden", json.dumps({"errors": [said]})),
    "quota": lambda said: _answer("403 Forbidden", f"Rate Limit Exceeded for {said}"),
    "trouble": lambda said: _answer("500 Internal Server Error", f"no such key: {said}"),
    "no JSON": lambda said: _answer("200 OK", f"<html>{said}</html>"),
    "no photo": lambda said: _answer("200 OK", json.dumps([said, {said: said}])),
    "redirect": lambda said: _answer("302 Found", said, Location=f"https://x.example/?k={said}"),
    "moved": _moved,
    "headers": lambda said: _answer("200 OK", "[]", X_Ratelimit_Remaining=said, X_Seen=said),
}

APIS: dict[str, WSGIApplication] = {
    "nature": Emulator(),
    **{name: with_fault(Emulator(), name) for name in FAULTS},
    **{name: _repeating(make) for name, make in ECHOES.items()},
    "bad request quoted": _repeating(ECHOES["bad request"], WRITTEN["quoted"]),
    "host": _repeating(
        lambda _: _answer("302 Found", "", Location=f"https://{quote(KEY, safe='')}.example/")
    ),
    **{f"photos {name}": _repeating(_in_photos, write) for name, write in WRITTEN.items()},
    "art": Emulator(),
}
"""A topic for each API, so that each is asked: a topic with photos that wait asks none."""


@dataclass
class Noting:
    """An application that notes who brought which credentials."""

    application: WSGIApplication
    seen: list[tuple[str, str | None]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.seen.append((environ["PATH_INFO"], environ.get("HTTP_AUTHORIZATION")))
        return self.application(environ, start_response)


RETRIES = 2


@dataclass
class Lived:
    """A project folder with all that was left in it, and what its APIs saw."""

    folder: Path
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    """What the run of a topic failed with."""

    def said(self) -> str:
        """Return all that was printed or logged."""
        return (self.folder / "said.txt").read_text() + (self.folder / "logged.txt").read_text()


@pytest.fixture(scope="module")
def lived(module_processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Live through everything once, each trouble with a few tries; every word is kept in files."""
    folder = tmp_path_factory.mktemp("project")
    copy(PROJECT / "dagster.yaml", folder)
    lived = Lived(folder)
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        _settle(patch, folder)
        said = stack.enter_context((folder / "said.txt").open("w"))
        stack.enter_context(_logged(folder / "logged.txt"))
        with redirect_stdout(said), redirect_stderr(said):
            instance = dg.DagsterInstance.get()
            for topic, api in APIS.items():
                with served(Noting(api, lived.seen)) as url:  # and a request budget of its own
                    patch.setenv("UNSPLASH_API_URL", url)
                    _live_through(Project(environment.load(), instance), topic, lived, said)
        with served(Noting(Emulator(), lived.seen)) as url:
            patch.setenv("UNSPLASH_API_URL", url)
            _use_commands(module_processes, said)
        with served(APIS["bad request"]) as url:
            patch.setenv("UNSPLASH_API_URL", url)
            _command(module_processes, said, COMMAND, "fetch", "host")
            materialize = ("asset", "materialize", "--select", "*image_file", "--partition")
            module = ("-m", "unsplash_assets.definitions")
            dagster = (sys.executable, "-m", "dagster")
            _command(module_processes, said, *dagster, *materialize, "host", *module)
    return lived


def _settle(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Make this process work in the folder, with the key and the settings in its environment."""
    patch.chdir(folder)
    for name in list(os.environ):
        if name.startswith("UNSPLASH_") or "PROXY" in name.upper() or "CA_BUNDLE" in name:
            patch.delenv(name)
    viewer = f"{sys.executable} -c pass {{path}} {{credit}} {{topic}} {{url}}"
    for name, value in {
        "DAGSTER_HOME": str(folder), "UNSPLASH_API_KEY": KEY, "UNSPLASH_TOPICS": ",".join(APIS),
        "UNSPLASH_RETRY_DELAY": "0", "UNSPLASH_RENDITION": "thumb", "UNSPLASH_MAX_SIZE": "1MB",
        "UNSPLASH_VIEWER": viewer,
    }.items():  # fmt: skip
        patch.setenv(name, value)


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Keep whatever any library logs, to the last detail."""
    root, handler = logging.getLogger(), logging.FileHandler(path)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def _live_through(project: Project, topic: str, lived: Lived, said: IO[str]) -> None:
    """Run the job, the schedule and the sensor once."""
    result = project.run(topic, unsplash={"retries": RETRIES}, photos_per_run=2)
    for event in result.all_events:
        said.write(f"{event!r} {event.event_specific_data!r}\n")
        if event.is_step_failure:
            lived.errors[topic] = event.step_failure_data.error_display_string
    repository = build_definitions(project.settings).get_repository_def()
    with dg.build_schedule_context(
        instance=project.instance,
        scheduled_execution_time=datetime.fromtimestamp(NOON, UTC),
        repository_def=repository,
    ) as tick:
        ticked = repository.get_schedule_def("every_minute").evaluate_tick(tick)
    with dg.build_sensor_context(instance=project.instance, repository_def=repository) as look:
        seen = repository.get_sensor_def("open_new_images").evaluate_tick(look)
    said.write(f"{ticked}\n{seen}\n{lived.errors.get(topic)}\n")


def _use_commands(processes: Processes, said: IO[str]) -> None:
    for words in (
        ("fetch", "nature", "--count", "3"),
        ("status",),
        ("status", "--json"),
        ("export",),
        ("export", "--format", "csv"),
    ):
        _command(processes, said, COMMAND, *words)


def _command(processes: Processes, said: IO[str], *words: str | Path) -> None:
    done = processes.run(words)
    said.write(f"$ {words}\n{done.stdout}{done.stderr}")


@pytest.mark.process
def test_the_key_is_nowhere_after_all(lived: Lived) -> None:
    assert leaks(lived.folder, KEY) == []


@pytest.mark.process
def test_the_key_was_sent_to_the_api_and_with_no_request_for_a_picture(lived: Lived) -> None:
    """Else there would have been nothing to leak."""
    pictures = [key for path, key in lived.seen if path.startswith("/photo-")]
    assert set(pictures) == {None}
    assert {key for path, key in lived.seen if "/photos/" in path} == {f"Client-ID {KEY}"}
    assert len(lived.seen) > 100


@pytest.mark.process
@pytest.mark.parametrize("topic", [f"photos {name}" for name in WRITTEN])
def test_a_photo_whose_answer_repeats_the_key_comes_without_it(lived: Lived, topic: str) -> None:
    assert topic not in lived.errors
    pictures = list((lived.folder / "library" / topic.replace(" ", "-")).glob("*.jpg"))
    assert len(pictures) == 2
    assert all(path.name.startswith("seen-by-") for path in pictures)


@pytest.mark.process
def test_every_word_and_log_line_was_kept_to_be_searched(lived: Lived) -> None:
    said = lived.said()
    for words in (
        "GET /photos/random?query=nature",  # urllib3's own log
        "Stack Trace",
        "STEP_FAILURE",
        " - dagster - INFO - ",  # Dagster's console
        '"mode": "live"',  # status --json
        "photographer_url",  # export
        "unsplash-assets: the API refuses the request",
        "redirects to a URL that contains a secret",
    ):
        assert words in said, words


@pytest.mark.process
@pytest.mark.parametrize("topic", [*ECHOES, "bad request quoted", "host"])
def test_what_repeats_the_key_fails_with_words_all_the_same(lived: Lived, topic: str) -> None:
    assert "unsplash_assets.errors." in lived.errors[topic]


Head = Callable[[str], str]
GARBLED: dict[str, Head] = {
    "status": lambda said: f"HTTP/1.1 {said}\r\n\r\n",
    "no status": lambda said: f"{said}\r\n\r\n",
    "a line without a colon": lambda said: f"HTTP/1.1 200 OK\r\nX {said}\r\nX-Y: 1\r\n\r\n[]",
    "a line with a space": lambda said: f"HTTP/1.1 200 OK\r\n{said} : {said}\r\nX-Y: 1\r\n\r\n[]",
    "lengths": lambda said: f"HTTP/1.1 200 OK\r\nContent-Length: {said}, 7\r\n\r\n[]",
    "a chunk": lambda said: f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{said}\r\n[]",
    "an encoding": lambda said: (
        f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: {said}, gzip\r\n\r\n[]"
    ),
    "a redirect": lambda said: f"HTTP/1.1 302 Found\r\nLocation: /?k={said}\r\n\r\n",
    "a redirect to a garbled port": lambda said: (
        f"HTTP/1.1 302 Found\r\nLocation: https://x.example:{said}/\r\n\r\n"
    ),
    "a redirect to a user": lambda said: (
        f"HTTP/1.1 302 Found\r\nLocation: https://{said}@x.example/\r\n\r\n"
    ),
}


@pytest.mark.parametrize("head", GARBLED.values(), ids=GARBLED)
@pytest.mark.parametrize("write", [str, WRITTEN["quoted"], _base64], ids=["plain", "quoted", "b64"])
def test_an_answer_that_is_garbled_with_the_key_is_told_without_it(
    raw_serve: RawServe, tmp_path: Path, head: Head, write: Write
) -> None:
    def script(connection: Any, asked: bytes) -> None:
        (line,) = [
            text for text in asked.decode().split("\r\n") if text.startswith("Authorization")
        ]
        connection.sendall(head(write(line.removeprefix("Authorization: "))).encode())

    client = UnsplashClient(
        HttpTransport(), KEY, raw_serve(script), timeouts=Timeouts(0.5, 0.5, 0.5)
    )
    with _logged(tmp_path / "logged.txt"), pytest.raises(UnsplashAssetsError) as raised:
        client.random_photos("sea")
    told = "".join(traceback.format_exception(raised.value))
    (tmp_path / "told.txt").write_text(f"{told}\n{raised.value}")
    assert (tmp_path / "logged.txt").stat().st_size
    assert leaks(tmp_path, KEY) == []


@pytest.mark.parametrize("write", forms(KEY).values(), ids=forms(KEY))
def test_an_error_quotes_the_rest_of_what_repeats_the_key(tmp_path: Path, write: str) -> None:
    api = _answer("400 Bad Request", json.dumps({"errors": [f"no {write} here"]}))
    with served(api) as url, pytest.raises(UnsplashAssetsError) as raised:
        UnsplashClient(HttpTransport(), KEY, url).random_photos("sea")
    (tmp_path / "told.txt").write_text(str(raised.value))
    assert "no (key) here" in str(raised.value)
    assert leaks(tmp_path, KEY) == []


@pytest.mark.parametrize("length", range(150, 220, 10))
def test_an_error_that_is_cut_off_within_the_key_has_no_part_of_it(length: int) -> None:
    api = _answer("400 Bad Request", json.dumps({"errors": [f"{'x' * length}{KEY}"]}))
    with served(api) as url, pytest.raises(UnsplashAssetsError) as raised:
        UnsplashClient(HttpTransport(), KEY, url).random_photos("sea")
    assert KEY[:4] not in str(raised.value)
