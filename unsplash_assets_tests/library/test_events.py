"""Tests of `library.events`: each event is sent once, whatever comes between, over HTTP.

When events are due is tested in `catalogue/test_events.py`.
"""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.library.events import Sent
from unsplash_assets.library.opening import open_library
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets_tests.catalogue.test_events import StoredPhotos, location
from unsplash_assets_tests.catalogue.test_photos import ids
from unsplash_assets_tests.conftest import NOON, Clock, MakeSettings, Noted, Opened, RawServe, Serve
from unsplash_assets_tests.support.events import send_events
from unsplash_assets_tests.support.processes import Processes, environment, python
from unsplash_assets_tests.support.together import Together
from unsplash_assets_tests.support.waiting import CEILING, eventually

KEY = "key-of-the-events"

SENDS = """
import sys
from pathlib import Path
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.settings import parse
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets_tests.support.events import send_events
folder, url, concurrency = sys.argv[1:]
names = ("API_KEY", "LIBRARY", "API_URL", "CONCURRENCY")
values = zip(names, ("key", folder, url, concurrency))
settings = parse({f"UNSPLASH_{name}": value for name, value in values}, Path.cwd())
with open_library(settings) as library:
    sys.stdin.readline()
    print(send_events(library, Grant(99)).sent)
"""


class Due(StoredPhotos):
    """Photos that are stored without their files, whose events are to be sent."""

    def send(self, url: str, count: int = 99, concurrency: int = 1, **timeouts: float) -> Sent:
        """Send what is due to an API, within so many requests."""
        settings = replace(self.library.settings, api_url=url, concurrency=concurrency)
        there = replace(self.library, settings=settings, timeouts=Timeouts(**timeouts))
        return send_events(there, Grant(count))


@pytest.fixture
def due(opened: Opened, clock: Clock) -> Due:
    return Due(opened(api_key=KEY), clock)


@pytest.fixture
def real_time(make_settings: MakeSettings) -> Iterator[Due]:
    """A library that other processes work on too, by their own clocks."""
    clock = Clock(time.time())
    with open_library(make_settings(api_key=KEY), clock=clock) as library:
        yield Due(library, clock)


def reported(noted: Noted) -> list[str]:
    """Return the photos whose events reached an API, in order."""
    return [asked.photo_id for asked in noted.asked]


def test_each_event_that_is_due_is_sent_once_with_its_own_query_and_the_key(
    serve: Serve, due: Due
) -> None:
    noted = Noted(Emulator())
    base = serve(noted)
    due.store(2, 1, base=base)
    assert due.send(base) == Sent(2, error=None)
    links = [f"{base}{asked.path}?{asked.query}" for asked in noted.asked]
    assert links == [location(2, base), location(1, base)]
    assert {asked.authorization for asked in noted.asked} == {f"Client-ID {KEY}"}
    assert due.sent() == dict.fromkeys(ids(1, 2), NOON)
    assert due.send(base) == Sent(0, None)
    assert len(noted.asked) == 2
    assert due.due() == (0, 0)


@pytest.mark.long
def test_no_more_are_sent_than_there_are_requests(serve: Serve, due: Due) -> None:
    noted = Noted(Emulator())
    base = serve(noted)
    due.store(*range(12), base=base)
    assert due.send(base, count=0) == Sent()
    assert noted.asked == []
    assert due.send(base, count=11).sent == 11
    assert len(noted.asked) == 11
    assert due.due() == (1, 1)


@pytest.mark.parametrize("fault", ["api-500", "api-503", "api-cut", "api-html"])
def test_an_event_that_fails_is_reported_and_sent_another_time(
    serve: Serve, due: Due, fault: str
) -> None:
    noted = Noted(with_fault(Emulator(), fault))
    base = serve(noted)
    due.store(1, base=base)
    result = due.send(base)
    assert result.sent == 0
    assert result.error
    assert due.send(base) == Sent(0, None)
    noted.application = Emulator()
    due.clock.now += 60
    assert due.send(base) == Sent(1, None)
    assert reported(noted) == ids(1, 1)


def _silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def test_an_event_without_an_answer_in_time_is_sent_another_time(
    raw_serve: RawServe, due: Due
) -> None:
    base = raw_serve(_silent)
    due.store(1, base=base)
    result = due.send(base, read=0.1, total=0.2)
    assert result.sent == 0
    assert "127.0.0.1" in str(result.error)
    assert "sent nothing for 0.1 s" in str(result.error)
    due.clock.now += 60
    assert due.due() == (1, 1)


class Refusing:
    """An API that answers one photo's event in its own way, and all others well."""

    def __init__(self, number: int, status: str, body: bytes = b"") -> None:
        self._photo_id, self._status, self._body = ids(number)[0], status, body
        self._well = Emulator()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._photo_id not in environ["PATH_INFO"]:
            return self._well(environ, start_response)
        start_response(self._status, [("Content-Length", str(len(self._body)))])
        return [self._body]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        ("404 Not Found", b'{"errors":["Couldn\'t find Photo"]}', "404: Couldn't find Photo"),
        ("401 Unauthorized", b'{"errors":["Unauthorized"]}', "401: Unauthorized"),
        ("410 Gone", b"", "410"),
    ],
)
def test_an_event_that_is_refused_for_good_keeps_its_reason_and_costs_no_other(
    serve: Serve, due: Due, status: str, body: bytes, reason: str
) -> None:
    noted = Noted(Refusing(1, status, body))
    base = serve(noted)
    due.store(1, 2, base=base)
    result = due.send(base)
    assert result.sent == 1
    assert f"({reason})" in str(result.error)
    due.clock.now += 1e6
    assert due.send(base) == Sent(0, None)
    assert reported(noted) == ids(1, 2)
    assert due.refused() == {ids(1)[0]: result.error}
    assert due.sent() == {ids(2)[0]: NOON}


def test_an_event_whose_link_leads_elsewhere_is_refused_for_good_and_asked_of_nobody(
    serve: Serve, due: Due
) -> None:
    noted, elsewhere = Noted(Emulator()), Noted(Emulator())
    base = serve(noted)
    due.store(1, base=serve(elsewhere))
    assert due.send(base).sent == 0
    due.clock.now += 1e6
    assert due.send(base) == Sent(0, None)
    assert (noted.asked, elsewhere.asked) == ([], [])
    assert "leads away from the API" in due.refused()[ids(1)[0]]


@pytest.mark.long
@pytest.mark.parametrize("fault", ["api-401", "api-403", "api-quota"])
def test_trouble_that_every_event_would_meet_ends_the_sending_and_loses_none(
    serve: Serve, due: Due, fault: str
) -> None:
    noted = Noted(with_fault(Emulator(), fault))
    base = serve(noted)
    due.store(*range(20), base=base)
    assert due.send(base).sent == 0
    assert len(noted.asked) <= 2
    assert due.events.unsent() == 20
    noted.application = Emulator()
    due.clock.now += 600
    assert due.send(base).sent == 20


def test_a_network_that_wants_a_login_costs_no_event(serve: Serve, due: Due) -> None:
    """Its redirect leads to a page for people, which is not asked."""

    def portal(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("302 Found", [("Location", f"{login_page}/photos/login")])
        return []

    login, noted = Noted(Emulator()), Noted(portal)
    login_page, base = serve(login), serve(noted)
    due.store(*range(9), base=base)
    result = due.send(base)
    assert result.sent == 0
    assert f"redirects elsewhere, to '{login_page}'" in str(result.error)
    assert (len(noted.asked), login.asked, due.refused()) == (1, [], {})
    noted.application = Emulator()
    due.clock.now += 600
    assert due.send(base).sent == 9


@pytest.mark.long
def test_an_api_that_answers_nothing_well_is_not_asked_for_every_event(
    serve: Serve, due: Due
) -> None:
    noted = Noted(with_fault(Emulator(), "api-500"))
    base = serve(noted)
    due.store(*range(20), base=base)
    assert due.send(base).sent == 0
    assert len(noted.asked) == 8


@pytest.mark.long
def test_one_failure_among_many_does_not_end_the_sending(serve: Serve, due: Due) -> None:
    base = serve(Refusing(1, "500 Internal Server Error"))
    due.store(*range(20), base=base)
    assert due.send(base).sent == 19
    assert due.events.unsent() == 1


@pytest.mark.long
@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_are_sent_at_the_same_time_as_is_said(
    serve: Serve, due: Due, concurrency: int
) -> None:
    together = Together(concurrency)
    base = serve(together)
    due.store(*range(5), base=base)
    assert due.send(base, concurrency=concurrency).sent == 5
    assert together.most == concurrency


@pytest.fixture
def interrupted() -> Iterator[threading.Event]:
    """Set as soon as an interrupt reaches this process."""
    seen = threading.Event()

    def handler(*_: object) -> None:
        seen.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    yield seen
    signal.signal(signal.SIGINT, before)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_an_interruption_leaves_no_event_that_was_sent_and_is_not_known_to_be(
    serve: Serve, due: Due, interrupted: threading.Event
) -> None:
    main, once = threading.main_thread().ident, ["now"]
    assert main

    def interrupt(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if len(noted.asked) >= 2:  # both threads are at work: they answer once it has arrived
            if once:
                once.clear()
                signal.pthread_kill(main, signal.SIGINT)
            assert interrupted.wait(CEILING)
            time.sleep(0.5)
        return Emulator()(environ, start_response)

    noted = Noted(interrupt)
    base = serve(noted)
    due.store(*range(6), base=base)
    with pytest.raises(KeyboardInterrupt):
        due.send(base, concurrency=2)
    assert 2 <= len(noted.asked) <= 4
    assert sorted(due.sent()) == sorted(reported(noted))
    due.clock.now += 600
    due.send(base)
    assert sorted(reported(noted)) == sorted(ids(*range(6)))


def _sender(
    processes: Processes, folder: Path, url: str, concurrency: int
) -> "subprocess.Popen[str]":
    """Start a process that sends what is due once it is given a line."""
    command, pipe = python(SENDS, folder, url, concurrency), subprocess.PIPE
    return processes.start(command, stdin=pipe, stdout=pipe, env=environment())


@pytest.mark.process
def test_several_processes_never_send_the_same_event(
    tmp_path: Path, serve: Serve, real_time: Due, processes: Processes
) -> None:
    noted = Noted(Emulator(latency=0.01))
    base = serve(noted)
    real_time.store(*range(40), base=base)
    started = [_sender(processes, tmp_path / "library", base, concurrency=2) for _ in range(3)]
    for process in started:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=CEILING)[0]) for process in started]
    assert sum(counts) == 40
    assert sorted(reported(noted)) == sorted(ids(*range(40)))


@pytest.mark.process
def test_a_crash_loses_no_event_and_doubles_at_most_those_not_yet_recorded(
    tmp_path: Path, serve: Serve, real_time: Due, processes: Processes
) -> None:
    children: list[subprocess.Popen[str]] = []

    def deadly(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if len(noted.asked) == 3:
            children[0].kill()
            children[0].wait()
        return Emulator()(environ, start_response)

    noted = Noted(deadly)
    base = serve(noted)
    real_time.store(*range(6), base=base)
    children.append(_sender(processes, tmp_path / "library", base, concurrency=1))
    children[0].communicate("now\n", timeout=CEILING)
    eventually(lambda: len(noted.asked) == 4 or None, "the answer that nobody reads")
    assert reported(noted) == ids(0, 1, 2, 3)
    recorded = set(real_time.sent())
    assert recorded <= {*ids(0, 1, 2)}
    left = {*ids(0, 1, 2, 3, 4, 5)} - recorded
    assert real_time.due() == (0, len(left))
    noted.application = Emulator()
    real_time.clock.now = time.time() + 600
    assert real_time.send(base) == Sent(len(left), None)
    assert sorted(reported(noted)[4:]) == sorted(left)
