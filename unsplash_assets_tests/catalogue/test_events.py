"""Tests of `library.events`: each stored photo's event once, whatever comes between, over HTTP."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvent, DownloadEvents, Sent, send
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.budget import NoBudget
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.conftest import NOON, Clock, Noted, RawServe, Serve
from unsplash_assets_tests.library.test_bringing import Together
from unsplash_assets_tests.support.dev import wait_for

KEY = "key-of-the-events"
BASE = "https://api.unsplash.com"

SENDS = """
import sys
from pathlib import Path
from unsplash_assets.library.database import open_database
from unsplash_assets.library.events import DownloadEvents, send
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.budget import NoBudget
from unsplash_assets.unsplash.client import UnsplashClient
folder, url, concurrency = sys.argv[1:]
events = DownloadEvents(open_database(Path(folder), None, "live"))
client = UnsplashClient(HttpTransport(), "key", url)
sys.stdin.readline()
with NoBudget().reserve(99) as reservation:
    print(send(events, client, reservation, int(concurrency)).sent)
"""


@dataclass
class Library:
    """A library whose photos are stored without their files, and its events."""

    database: Database
    clock: Clock

    @property
    def catalogue(self) -> Photos:
        return Photos(self.database, self.clock)

    @property
    def events(self) -> DownloadEvents:
        return DownloadEvents(self.database, self.clock)

    def store(self, *numbers: int, base: str = BASE) -> None:
        """Bring in photos and write them down as stored, in this order."""
        for number in numbers:
            link = location(number, base)
            self.catalogue.add("sea", [photo(number, download_location=link)])
            self.store_again(number)

    def store_again(self, number: int) -> None:
        self.catalogue.store({ids(number)[0]: StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)})

    def send(self, url: str, count: int = 99, concurrency: int = 1, **timeouts: float) -> Sent:
        """Send what is due to an API, within so many requests."""
        client = UnsplashClient(HttpTransport(), KEY, url, timeouts=Timeouts(**timeouts))
        with NoBudget().reserve(count) as reservation:
            return send(self.events, client, reservation, concurrency)

    def due(self) -> tuple[int, int]:
        """Return how many events are due now, and how many now or later."""
        return self.events.due(), self.events.unsent()

    def sent(self) -> dict[str, float]:
        """Return when events were sent, by photo, as the catalogue remembers it."""
        return {name: at for name, at, _ in self._remembered() if at is not None}

    def refused(self) -> dict[str, str]:
        """Return why events were refused, by photo, as the catalogue remembers it."""
        return {name: reason for name, _, reason in self._remembered() if reason is not None}

    def _remembered(self) -> Iterable[tuple[str, float | None, str | None]]:
        columns = db.photos.c.id, db.photos.c.event_sent_at, db.photos.c.event_error
        with self.database.reading() as connection:
            return [(*row,) for row in connection.execute(sa.select(*columns))]


@pytest.fixture
def library(database: Database, clock: Clock) -> Library:
    return Library(database, clock)


@pytest.fixture
def real_time(database: Database) -> Library:
    """A library that other processes work on too, by their own clocks."""
    return Library(database, Clock(time.time()))


def location(number: int, base: str) -> str:
    """Return the link of a photo's event."""
    return f"{base}/photos/{ids(number)[0]}/download?ixid=M3wx{number}%3D"


def taken(events: DownloadEvents, count: int = 99) -> list[str]:
    return [event.photo_id for event in events.take(count)]


def told(noted: Noted) -> list[str]:
    """Return the photos whose events an API was told, in order."""
    return [asked.photo_id for asked in noted.asked]


def test_an_event_is_due_from_the_moment_its_photo_is_stored(library: Library) -> None:
    link = location(1, BASE)
    library.catalogue.add("sea", [photo(1, download_location=link), photo(2)])
    library.catalogue.choose("sea", 1, "mine", "full", lambda urls: urls["full"])
    assert (library.due(), library.events.take(9)) == ((0, 0), [])
    library.store_again(1)
    assert library.due() == (1, 1)
    assert library.events.take(9) == [DownloadEvent(ids(1)[0], link, failures=0)]


def test_a_photo_without_a_link_for_it_has_no_event(library: Library) -> None:
    library.catalogue.add("sea", [photo(1, download_location=None)])
    library.store_again(1)
    assert library.catalogue.newest_stored("sea")
    assert (library.due(), library.events.take(9)) == ((0, 0), [])


def test_events_are_taken_oldest_first_and_no_more_than_asked_for(library: Library) -> None:
    for number in (3, 1, 2):
        library.store(number)
        library.clock.now += 1
    assert taken(library.events, 2) == ids(3, 1)
    assert taken(library.events, 2) == ids(2)


def test_a_taken_event_is_due_again_after_ten_minutes(library: Library) -> None:
    library.store(1)
    assert taken(library.events) == ids(1)
    library.clock.now += 599
    assert (library.due(), taken(library.events)) == ((0, 1), [])
    library.clock.now += 1
    assert library.due() == (1, 1)
    assert library.events.take(9) == [DownloadEvent(ids(1)[0], location(1, BASE), failures=0)]


def test_an_event_that_was_sent_is_remembered_and_never_due_again(
    tmp_path: Path, library: Library
) -> None:
    library.store(1, 2)
    (event,) = library.events.take(1)
    library.clock.now += 5
    library.events.mark_sent(event)
    library.clock.now += 1e6
    again = Library(open_database(tmp_path / "library", None, "live"), library.clock)
    assert taken(again.events) == ids(2)
    assert again.sent() == {ids(1)[0]: NOON + 5}
    assert again.refused() == {}
    again.database.close()


def test_an_event_that_was_refused_is_remembered_with_its_reason_and_never_due_again(
    library: Library,
) -> None:
    library.store(1)
    (event,) = library.events.take(1)
    library.events.mark_refused(event, "it is gone")
    library.clock.now += 1e6
    assert (library.due(), taken(library.events)) == ((0, 0), [])
    assert library.refused() == {ids(1)[0]: "it is gone"}
    assert library.sent() == {}


@pytest.mark.parametrize("end", ["sent", "refused", "taken"])
def test_a_photo_that_is_stored_again_has_no_second_event(library: Library, end: str) -> None:
    library.store(1)
    (event,) = library.events.take(1)
    if end == "sent":
        library.events.mark_sent(event)
    elif end == "refused":
        library.events.mark_refused(event, "it is gone")
    library.store_again(1)
    assert library.due() == (0, end == "taken")


def test_an_event_that_failed_waits_twice_as_long_each_time_and_a_day_at_most(
    library: Library,
) -> None:
    library.store(1)
    waits = []
    for failures in range(13):
        (event,) = library.events.take(1)
        assert event.failures == failures
        library.events.postpone(event)
        failed_at = library.clock.now
        while not library.events.due():
            library.clock.now += 60
        waits.append(library.clock.now - failed_at)
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-3:] == [61_440, 86_400, 86_400]


def test_the_modes_of_one_database_have_their_own_events(tmp_path: Path, library: Library) -> None:
    demo = Library(open_database(tmp_path / "library", None, "demo"), library.clock)
    demo.store(1)
    library.store(1, 2)
    assert (demo.due(), library.due()) == ((1, 1), (2, 2))
    (event,) = demo.events.take(9)
    assert (demo.due(), library.due()) == ((0, 1), (2, 2))
    demo.events.mark_sent(event)
    assert (demo.due(), library.due()) == ((0, 0), (2, 2))
    demo.database.close()


def test_each_event_that_is_due_is_sent_once_with_its_own_query_and_the_key(
    serve: Serve, library: Library
) -> None:
    noted = Noted(Emulator())
    base = serve(noted)
    library.store(2, 1, base=base)
    assert library.send(base) == Sent(2, trouble=None)
    links = [f"{base}{asked.path}?{asked.query}" for asked in noted.asked]
    assert links == [location(2, base), location(1, base)]
    assert {asked.authorization for asked in noted.asked} == {f"Client-ID {KEY}"}
    assert library.sent() == dict.fromkeys(ids(1, 2), NOON)
    assert library.send(base) == Sent(0, None)
    assert len(noted.asked) == 2
    assert library.due() == (0, 0)


def test_no_more_are_sent_than_there_are_requests(serve: Serve, library: Library) -> None:
    noted = Noted(Emulator())
    base = serve(noted)
    library.store(*range(12), base=base)
    assert library.send(base, count=0) == Sent()
    assert noted.asked == []
    assert library.send(base, count=11).sent == 11
    assert len(noted.asked) == 11
    assert library.due() == (1, 1)


@pytest.mark.parametrize("fault", ["api-500", "api-503", "api-cut", "api-html"])
def test_an_event_that_fails_is_told_of_and_sent_another_time(
    serve: Serve, library: Library, fault: str
) -> None:
    noted = Noted(with_fault(Emulator(), fault))
    base = serve(noted)
    library.store(1, base=base)
    result = library.send(base)
    assert result.sent == 0
    assert result.trouble
    assert library.send(base) == Sent(0, None)
    noted.application = Emulator()
    library.clock.now += 60
    assert library.send(base) == Sent(1, None)
    assert told(noted) == ids(1, 1)


def _silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def test_an_event_without_an_answer_in_time_is_sent_another_time(
    raw_serve: RawServe, library: Library
) -> None:
    base = raw_serve(_silent)
    library.store(1, base=base)
    result = library.send(base, read=0.1, total=0.2)
    assert result.sent == 0
    assert "nothing came from 127.0.0.1" in str(result.trouble)
    library.clock.now += 60
    assert library.due() == (1, 1)


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
    serve: Serve, library: Library, status: str, body: bytes, reason: str
) -> None:
    noted = Noted(Refusing(1, status, body))
    base = serve(noted)
    library.store(1, 2, base=base)
    result = library.send(base)
    assert result.sent == 1
    assert f"({reason})" in str(result.trouble)
    library.clock.now += 1e6
    assert library.send(base) == Sent(0, None)
    assert told(noted) == ids(1, 2)
    assert library.refused() == {ids(1)[0]: result.trouble}
    assert library.sent() == {ids(2)[0]: NOON}


def test_an_event_whose_link_leads_elsewhere_is_refused_for_good_and_asked_of_nobody(
    serve: Serve, library: Library
) -> None:
    noted, elsewhere = Noted(Emulator()), Noted(Emulator())
    base = serve(noted)
    library.store(1, base=serve(elsewhere))
    assert library.send(base).sent == 0
    library.clock.now += 1e6
    assert library.send(base) == Sent(0, None)
    assert (noted.asked, elsewhere.asked) == ([], [])
    assert "leads away from the API" in library.refused()[ids(1)[0]]


@pytest.mark.parametrize("fault", ["api-401", "api-403", "api-quota"])
def test_trouble_that_every_event_would_meet_ends_the_sending_and_loses_none(
    serve: Serve, library: Library, fault: str
) -> None:
    noted = Noted(with_fault(Emulator(), fault))
    base = serve(noted)
    library.store(*range(20), base=base)
    assert library.send(base).sent == 0
    assert len(noted.asked) <= 2
    assert library.events.unsent() == 20
    noted.application = Emulator()
    library.clock.now += 600
    assert library.send(base).sent == 20


def test_an_api_that_answers_nothing_well_is_not_asked_for_every_event(
    serve: Serve, library: Library
) -> None:
    noted = Noted(with_fault(Emulator(), "api-500"))
    base = serve(noted)
    library.store(*range(20), base=base)
    assert library.send(base).sent == 0
    assert len(noted.asked) == 8


def test_one_failure_among_many_does_not_end_the_sending(serve: Serve, library: Library) -> None:
    base = serve(Refusing(1, "500 Internal Server Error"))
    library.store(*range(20), base=base)
    assert library.send(base).sent == 19
    assert library.events.unsent() == 1


@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_are_sent_at_the_same_time_as_is_said(
    serve: Serve, library: Library, concurrency: int
) -> None:
    together = Together(concurrency)
    base = serve(together)
    library.store(*range(5), base=base)
    assert library.send(base, concurrency=concurrency).sent == 5
    assert together.most == concurrency


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_an_interruption_leaves_no_event_that_was_sent_and_is_not_known_to_be(
    serve: Serve, library: Library
) -> None:
    main, once = threading.main_thread().ident, ["now"]
    assert main

    def interrupt(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(0.1)
        if once and len(noted.asked) == 2:  # both threads are at work, and this one waits
            once.clear()
            signal.pthread_kill(main, signal.SIGINT)
            time.sleep(0.1)
        return Emulator()(environ, start_response)

    noted = Noted(interrupt)
    base = serve(noted)
    library.store(*range(6), base=base)
    with pytest.raises(KeyboardInterrupt):
        library.send(base, concurrency=2)
    assert 2 <= len(noted.asked) <= 4
    assert sorted(library.sent()) == sorted(told(noted))
    library.clock.now += 600
    library.send(base)
    assert sorted(told(noted)) == sorted(ids(*range(6)))


def _sender(folder: Path, url: str, concurrency: int) -> "subprocess.Popen[str]":
    """Return a process that sends what is due once it is given a line."""
    return subprocess.Popen(
        [sys.executable, "-c", SENDS, str(folder), url, str(concurrency)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_several_processes_never_send_the_same_event(
    tmp_path: Path, serve: Serve, real_time: Library
) -> None:
    noted = Noted(Emulator(latency=0.01))
    base = serve(noted)
    real_time.store(*range(40), base=base)
    processes = [_sender(tmp_path / "library", base, concurrency=2) for _ in range(3)]
    for process in processes:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=30)[0]) for process in processes]
    assert sum(counts) == 40
    assert sorted(told(noted)) == sorted(ids(*range(40)))


def test_a_crash_loses_no_event_and_doubles_at_most_the_one_in_flight(
    tmp_path: Path, serve: Serve, real_time: Library
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
    children.append(_sender(tmp_path / "library", base, concurrency=1))
    children[0].communicate("now\n", timeout=30)
    wait_for("the answer that nobody reads", lambda: len(noted.asked) == 4, 10)
    assert told(noted) == ids(0, 1, 2, 3)
    assert sorted(real_time.sent()) == sorted(ids(0, 1, 2))
    assert real_time.due() == (0, 3)
    noted.application = Emulator()
    real_time.clock.now = time.time() + 600
    assert real_time.send(base) == Sent(3, None)
    assert sorted(told(noted)[4:]) == sorted(ids(3, 4, 5))
