"""Fixtures for all tests: a folder and an environment of their own, a chosen clock, servers."""

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import hypothesis
import pytest
from waitress.server import create_server

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.settings import projects, settings
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.support.postgres import placed

pytest_plugins = [
    "pytester",
    "unsplash_assets_tests.support.buckets",
    "unsplash_assets_tests.support.databases",
    "unsplash_assets_tests.support.dev",
    "unsplash_assets_tests.support.firefox",
    "unsplash_assets_tests.support.migrations",
    "unsplash_assets_tests.support.processes",
    "unsplash_assets_tests.support.programs",
    "unsplash_assets_tests.support.browser",  # imports programs
    "unsplash_assets_tests.support.gallery_page",  # imports browser
    "unsplash_assets_tests.support.terminals",
    "unsplash_assets_tests.support.tiers",
]

NOON = 1_795_435_200.0
"""A moment to begin at, seconds since 1970: 2026-11-23 12:00 UTC."""


_OTHERS = {
    "ALL_PROXY", "BROWSER", "CURL_CA_BUNDLE", "DAGSTER_HOME", "DISPLAY", "HTTPS_PROXY",
    "HTTP_PROXY", "NETRC", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
    "WAYLAND_DISPLAY",
}  # fmt: skip


# A busy machine is no failure: no deadline for an example, no limit for making examples.
_EXAMPLES = hypothesis.settings(
    deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)


def pytest_configure(config: pytest.Config) -> None:
    """Let hypothesis take its time; the cheap tier tries fewer examples."""
    cheap = hypothesis.settings(_EXAMPLES, max_examples=20)
    hypothesis.settings.register_profile("tests", cheap if config.getoption("cheap") else _EXAMPLES)
    hypothesis.settings.load_profile("tests")


_SLOWEST = [
    "test_dagster_dev.py", "test_simulation.py", "test_foreign_page.py", "test_faults.py",
    "test_main.py", "test_budget_and_events.py", "test_secrecy.py", "test_history.py",
    "test_assets.py", "test_browser.py", "test_crash.py", "test_network.py",
]  # fmt: skip
"""The files that take minutes, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that others run beside them."""
    order = {name: number for number, name in enumerate(_SLOWEST)}
    items.sort(key=lambda item: order.get(item.path.name, len(order)))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _own_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let no variable and no .env of the person who runs the tests reach them, nor of another test.

    The test's folder is a project, or the clone with the tests would be the one that is found.
    """
    before = dict(os.environ)
    for name in before:
        if name.startswith("UNSPLASH_") or name.upper() in _OTHERS:
            monkeypatch.delenv(name)
    (tmp_path / "dagster.yaml").write_text("# unsplash_assets\n")
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: one with no project around it, of an installation that is none."""
    (tmp_path / "dagster.yaml").unlink()
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(projects, "INSTALLED_FROM", tmp_path / "site-packages")
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Make settings: `make_settings(topics="nature")` stands for UNSPLASH_TOPICS=nature."""

    def make(**values: str) -> Settings:
        environ = {f"UNSPLASH_{name.upper()}": value for name, value in values.items()}
        return placed(settings.parse(environ, tmp_path))

    return make


Opened = Callable[..., Library]


@pytest.fixture
def opened(make_settings: MakeSettings, clock: Clock) -> Iterator[Opened]:
    """Open libraries until the test ends: `opened(photos_per_run="3")` for UNSPLASH_PHOTOS_PER_RUN.

    They are live unless `api_key` is empty. Keyword-only parts: `machine`, `sleep`, `transport`.
    """
    with ExitStack() as stack:

        def make(**values: Any) -> Library:
            names = ("sleep", "transport", "machine")
            parts = {name: values.pop(name) for name in names if name in values}
            settings = make_settings(**{"api_key": "key", **values})
            return stack.enter_context(open_library(settings, clock=clock, **parts))

        yield make


@pytest.fixture
def database(opened: Opened) -> Database:
    """The live part of a new SQLite catalogue in a file."""
    return opened().database


@pytest.fixture
def catalogue(database: Database, clock: Clock) -> Photos:
    """Its photos."""
    return Photos(database, clock)


@contextmanager
def served(application: WSGIApplication) -> Iterator[str]:
    """Serve a WSGI application on a port of this machine; gives its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = create_server(application, sockets=[listener], threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):  # the loop may have ended before it is woken
            cast("Any", server).trigger.pull_trigger(lambda: _stop(server))
        thread.join(timeout=5)
        cast("Any", server).task_dispatcher.set_thread_count(0)  # or its threads wait for ever


def _stop(server: Any) -> None:
    """Close the server and its connections, in the thread that serves them."""
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()


Serve = Callable[[WSGIApplication], str]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A library's folder that is not there yet."""
    return Folder(tmp_path / "library")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve WSGI applications until the test ends; each call gives a base URL."""
    with ExitStack() as stack:
        yield lambda application: stack.enter_context(served(application))


@pytest.fixture
def emulator_url(serve: Serve) -> str:
    """The base URL of an emulated Unsplash without a quota, over a socket."""
    return serve(Emulator())


@dataclass(frozen=True)
class Asked:
    """A request to the API, and the status of its answer."""

    path: str
    query: str
    authorization: str
    status: int

    @property
    def photo_id(self) -> str:
        """Whose download event it is; empty if it is none."""
        parts = self.path.split("/")
        return parts[-2] if parts[-1] == "download" else ""


class Noted:
    """An API that notes what it is asked, pictures left out, in the order of its answers."""

    def __init__(self, application: WSGIApplication) -> None:
        self.application = application
        self.asked: list[Asked] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, *rest: Any) -> Any:
            if environ["PATH_INFO"].startswith("/photos/"):
                query, key = environ["QUERY_STRING"], environ.get("HTTP_AUTHORIZATION", "")
                self.asked.append(Asked(environ["PATH_INFO"], query, key, int(status[:3])))
            return start_response(status, *rest)

        return self.application(environ, cast("StartResponse", start))

    @property
    def statuses(self) -> list[int]:
        """The statuses of all answers."""
        return [asked.status for asked in self.asked]

    @property
    def events(self) -> list[Asked]:
        """The download events."""
        return [asked for asked in self.asked if asked.photo_id]


Script = Callable[[socket.socket, bytes], None]
"""What a raw server does with one connection, given the head of the request."""


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    stopped = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (some := connection.recv(65_536)):
                head += some
            script(connection, head)

    def accept() -> None:
        while not stopped.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stopped.set()
        listener.close()


RawServe = Callable[[Script], str]


@pytest.fixture
def raw_serve() -> Iterator[RawServe]:
    """Serve bytes as they are: `script(connection, head)` answers each connection."""
    with ExitStack() as stack:

        def start(script: Script) -> str:
            server: AbstractContextManager[str] = scripted(script)
            return stack.enter_context(server)

        yield start
