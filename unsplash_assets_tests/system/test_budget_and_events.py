"""Budget and download events end to end: real runs and ticks against a real server that counts.

The server's hour is a clock's. Ours passes by making what the catalogue remembers older.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import dagster as dg
import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.quota import HourlyQuota, Window
from unsplash_assets.unsplash.quota import HOUR, MARGIN
from unsplash_assets_tests.conftest import Clock, MakeSettings, Noted, Serve
from unsplash_assets_tests.support.runs import (
    Project,
    failure,
    metadata,
    skipped_because,
    tick,
    tries,
)

pytestmark = [pytest.mark.long, pytest.mark.process, pytest.mark.usefixtures("processes")]

KEY = "a-key-of-the-tests"
CLOCK_TIME = r"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d"
"""With its date where it is not today's."""
SPENT = re.compile(rf"request budget spent: 5 of 5 in the last hour, next at {CLOCK_TIME}")
AN_HOUR = HOUR + MARGIN + 1
SECOND_LOOK, LATER_LOOKS = 600.0, 86_400.0
"""Seconds after a refusal of the key until it is tried again: once, and from then on."""


@dataclass
class World:
    """A project, the API that it asks, and the time that passes for both."""

    project: Project
    api: Noted
    database: Database
    clock: Clock = field(default_factory=Clock)

    def run(self, topic: str = "nature", count: int = 1) -> dg.ExecuteInProcessResult:
        """Materialize all assets on demand."""
        return self.project.run(topic, photos_per_run=count)

    def tick(self) -> dg.RunRequest | dg.SkipReason:
        """Evaluate the schedule, a minute later than the last time."""
        self.pass_time(60)
        return tick(self.project.settings, self.project.instance, self.clock.now)

    def ticks(self) -> str:
        """Do what the schedule asks for until it skips; return why."""
        while isinstance(asked := self.tick(), dg.RunRequest):
            assert self.run(str(asked.partition_key)).success
        return skipped_because(asked)

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the server, and make what budget and events go by older here."""
        self.clock.now += seconds
        times = {
            db.requests: ("reserved_at", "settled_at"),
            db.quotas: ("asked_at", "told_at", "reset_by", "refused_at", "key_refused_at"),
            db.photos: ("event_due_at",),
        }
        with self.database.writing() as connection:
            for table, names in times.items():
                earlier = {name: table.c[name] - seconds for name in names}
                connection.execute(sa.update(table).values(**earlier))

    def quota(self) -> tuple[int, int, int]:
        """Return what status shows: limit, used, remaining."""
        shown = self.project.status().quota
        return shown.limit, shown.used, shown.remaining

    def stored(self) -> list[str]:
        """Return the ids of the stored photos, sorted."""
        return self._ids(db.photos.c.state == "stored")

    def waiting(self) -> list[str]:
        """Return the ids of the waiting photos, those first that are chosen first."""
        return self._ids(db.photos.c.state == "waiting")

    def _ids(self, where: sa.ColumnElement[bool]) -> list[str]:
        query = sa.select(db.photos.c.id).where(where).order_by(db.photos.c.arrival)
        with self.database.reading() as connection:
            return list(connection.scalars(query))


Make = Callable[[WSGIApplication], World]


@pytest.fixture
def make(
    make_settings: MakeSettings,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    clock: Clock,
) -> Iterator[Make]:
    """Make the world in which a project asks an API."""
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    (tmp_path / "dagster").mkdir()
    instance = dg.DagsterInstance.local_temp(str(tmp_path / "dagster"))
    opened: list[Database] = []

    def make(application: WSGIApplication) -> World:
        api = Noted(application)
        settings = make_settings(
            api_key=KEY, api_url=serve(api), topics="nature,art", retry_delay="0", viewer="off"
        )
        opened.append(open_database(settings.library, settings.catalogue, settings.mode))
        return World(Project(settings, instance), api, opened[0], clock)

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def five(make: Make, clock: Clock) -> World:
    """The world of a key with five requests an hour."""
    return make(Emulator(HourlyQuota(5, clock)))


@pytest.mark.parametrize("window", ["rolling", "fixed"])
def test_ticks_end_with_the_budget_say_until_when_and_begin_again_by_themselves(
    make: Make, clock: Clock, window: Window
) -> None:
    world = make(Emulator(HourlyQuota(5, clock, window)))
    assert SPENT.fullmatch(world.ticks())
    assert world.api.statuses == [200] * 5
    assert sorted(asked.photo_id for asked in world.api.events) == sorted(world.stored())
    assert len(world.project.pictures()) == 4
    assert world.quota() == (5, 5, 0)
    assert SPENT.fullmatch(skipped_because(world.tick()))
    world.pass_time(AN_HOUR)
    assert SPENT.fullmatch(world.ticks())
    assert world.api.statuses == [200] * 10
    assert sorted(asked.photo_id for asked in world.api.events) == sorted(world.stored())
    assert len(world.project.pictures()) == 9


@pytest.mark.parametrize("window", ["rolling", "fixed"])
def test_hours_of_ticks_are_never_refused_and_waste_next_to_nothing(
    make: Make, clock: Clock, window: Window
) -> None:
    world = make(Emulator(HourlyQuota(5, clock, window)))
    for _ in range(3 * 6):
        world.pass_time(547)  # so that no request is awaited that is about to be free
        if isinstance(world.tick(), dg.RunRequest):
            assert world.run().success
    assert set(world.api.statuses) == {200}
    assert 14 <= len(world.api.asked) <= 15
    assert sorted(asked.photo_id for asked in world.api.events) == sorted(world.stored())


def test_a_run_on_demand_that_nothing_is_left_for_brings_what_waits_and_owes_its_events(
    five: World,
) -> None:
    five.ticks()
    result = five.run("art")
    failed, said = failure(result)
    assert failed == "photo_metadata"
    assert SPENT.fullmatch(said)
    assert tries(result, "photo_metadata") == 1
    shown = metadata(five.run("nature", count=3), "image_file")
    assert (shown["stored"], shown["download events due"]) == (3, 3)
    shown = metadata(five.run("nature", count=3), "image_file")
    assert (shown["stored"], shown["download events due"]) == (2, 5)
    failed, said = failure(five.run("nature"))
    assert failed == "image_file"
    assert re.fullmatch(f"{SPENT.pattern}; no more than 5 download events may be owed", said)
    assert len(five.api.asked) == 5
    five.pass_time(AN_HOUR)
    words = five.ticks()
    assert words.startswith("request budget too small for 3 requests: 4 of 5"), "two are owed yet"
    assert five.api.statuses == [200] * 9
    assert len(five.api.events) == len(five.stored()) - 2


def test_a_larger_run_keeps_what_it_did_and_leaves_the_rest_in_front(five: World) -> None:
    result = five.run(count=10)
    assert result.success
    top_up, files = (metadata(result, asset) for asset in ("photo_metadata", "image_file"))
    assert (top_up["budget limit"], top_up["budget used"], top_up["budget left"]) == (5, 1, 4)
    assert (files["stored"], files["waiting"]) == (9, 21)
    assert (files["download events sent"], files["download events due"]) == (4, 5)
    assert re.fullmatch(f"1: {SPENT.pattern}; no more than 5 .*", files["left for later"])
    assert five.api.statuses == [200] * 5
    left = five.waiting()[:6]
    five.pass_time(AN_HOUR)
    assert metadata(five.run(count=5), "image_file")["stored"] == 5
    assert five.waiting() == [*left[5:], *five.waiting()[1:]]


def test_a_step_whose_next_try_the_budget_refuses_fails_at_once(make: Make, clock: Clock) -> None:
    quota = HourlyQuota(3, clock)

    def sick(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        count = quota.take()
        status = "500 Internal Server Error" if count.granted else "403 Forbidden"
        numbers = [
            ("X-Ratelimit-Limit", str(count.limit)),
            ("X-Ratelimit-Remaining", str(count.remaining)),
        ]
        start_response(status, [*numbers, ("Content-Length", "0")])
        return []

    world = make(sick)
    result = world.run()
    step, said = failure(result)
    assert step == "photo_metadata"
    assert said.startswith("request budget spent: 3 of 3 in the last hour, next at ")
    assert world.api.statuses == [500] * 3
    assert tries(result, step) == 4
    assert world.quota() == (3, 3, 0)


def test_errors_count_as_any_request_does(make: Make) -> None:
    world = make(with_fault(Emulator(), "api-500"))
    world.run()
    assert len(world.api.asked) == 11
    assert world.quota() == (50, 11, 39)


REFUSED = rf"Unsplash's hourly quota is spent, it refuses requests: next try at {CLOCK_TIME}"


@pytest.mark.parametrize("code", ["403 Forbidden", "429 Too Many Requests"])
def test_a_request_that_is_refused_all_the_same_is_the_last_until_there_is_hope(
    make: Make, code: str
) -> None:
    def refusing(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(code, [("Content-Length", "19")])
        return [b"Rate Limit Exceeded"]

    world = make(refusing)
    result = world.run()
    step, said = failure(result)
    assert step == "photo_metadata"
    assert "Unsplash's hourly quota is spent" in said
    assert tries(result, step) == 1
    assert re.fullmatch(REFUSED, skipped_because(world.tick()))
    assert re.fullmatch(REFUSED, failure(world.run())[1])
    assert len(world.api.asked) == 1
    world.api.application = Emulator()
    world.pass_time(AN_HOUR)
    assert isinstance(world.tick(), dg.RunRequest)
    assert world.run().success


def test_a_quota_that_is_refused_at_an_event_costs_no_photo_and_stops_the_ticks(
    make: Make,
) -> None:
    world = make(Emulator())
    assert world.run().success
    world.api.application = with_fault(Emulator(), "api-quota")
    result = world.run()
    shown = metadata(result, "image_file")
    assert shown["stored"] == 1
    assert (shown["download events sent"], shown["download events due"]) == (0, 1)
    assert "Unsplash's hourly quota is spent" in shown["download event failed"]
    assert re.fullmatch(REFUSED, skipped_because(world.tick()))
    assert world.api.statuses == [200, 200, 403]


def test_a_refused_key_fails_the_run_and_skips_the_ticks_until_the_key_changes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make(with_fault(Emulator(), "api-401"))
    result = world.run()
    assert failure(result)[0] == "photo_metadata"
    assert tries(result, "photo_metadata") == 1
    for pause in (SECOND_LOOK, LATER_LOOKS):
        said = skipped_because(world.tick())
        assert said.startswith("Unsplash did not accept the key in UNSPLASH_API_KEY (")
        assert "copy the application's Access Key there" in said
        asked = len(world.api.asked)
        world.pass_time(pause - 180)
        skipped_because(world.tick())
        world.pass_time(61)
        assert isinstance(world.tick(), dg.RunRequest), "one careful look"
        assert failure(world.run())[0] == "photo_metadata"
        assert len(world.api.asked) == asked + 1
    monkeypatch.setenv("UNSPLASH_API_KEY", "another-key")
    assert isinstance(world.tick(), dg.RunRequest)
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    skipped_because(world.tick())


def test_a_key_that_the_env_file_changes_is_seen_by_the_next_tick(
    make: Make, tmp_path: Path
) -> None:
    world = make(with_fault(Emulator(), "api-401"))
    world.run()
    skipped_because(world.tick())
    (tmp_path / "dagster.yaml").write_text("# unsplash_assets\n")
    (tmp_path / ".env").write_text("UNSPLASH_API_KEY=another-key\n")
    assert isinstance(world.tick(), dg.RunRequest)


@pytest.mark.parametrize("at", ["photo_metadata", "image_file"])
def test_a_run_on_demand_that_succeeds_makes_a_refused_key_good_again(make: Make, at: str) -> None:
    world = make(Emulator())
    if at == "image_file":
        assert world.run().success
    world.api.application = with_fault(Emulator(), "api-401")
    assert world.run().success is (at == "image_file")
    assert "did not accept the key" in skipped_because(world.tick())
    world.api.application = Emulator()
    assert world.run().success
    assert isinstance(world.tick(), dg.RunRequest)


def test_a_key_that_is_refused_at_an_event_costs_no_photo(make: Make) -> None:
    world = make(Emulator())
    world.run()
    world.api.application = with_fault(Emulator(), "api-401")
    shown = metadata(world.run(), "image_file")
    assert (shown["stored"], shown["download events due"]) == (1, 1)
    assert "does not accept the key" in shown["download event failed"]


class EventsFail:
    """An API in which only download events fail."""

    def __init__(self, status: str, body: bytes = b"") -> None:
        self._status, self._body, self._well = status, body, Emulator()
        self.pictures = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.pictures += path.startswith("/photo-")
        if not path.endswith("/download"):
            return self._well(environ, start_response)
        start_response(self._status, [("Content-Length", str(len(self._body)))])
        return [self._body]


def test_each_stored_photo_is_told_of_once_by_its_own_link(make: Make) -> None:
    world = make(Emulator())
    world.run(count=3)
    world.run("art")
    links = {f"{asked.path}?{asked.query}" for asked in world.api.events}
    with world.database.reading() as connection:
        query = sa.select(db.photos.c.download_location).where(db.photos.c.state == "stored")
        locations = list(connection.scalars(query))
    assert len(locations) == len(world.api.events) == 4
    assert {location.partition("/photos/")[2] for location in locations} == {
        link.removeprefix("/photos/") for link in links
    }
    assert all("?ixid=" in link for link in links)
    assert {asked.authorization for asked in world.api.events} == {f"Client-ID {KEY}"}


def test_an_event_that_fails_is_sent_by_a_later_run_which_downloads_nothing_again(
    make: Make,
) -> None:
    failing = EventsFail("500 Internal Server Error")
    world = make(failing)
    result = world.run()
    assert result.success
    assert tries(result, "image_file") == 1
    shown = metadata(result, "image_file")
    assert (shown["stored"], shown["failed"]) == (1, 0)
    assert (shown["download events sent"], shown["download events due"]) == (0, 1)
    assert "the API is in trouble (500)" in shown["download event failed"]
    (first,) = world.stored()
    world.api.application = well = EventsFail("200 OK", b"{}")
    world.pass_time(60)
    shown = metadata(world.run(), "image_file")
    assert (shown["download events sent"], shown["download events due"]) == (2, 0)
    assert "download event failed" not in shown
    assert sorted(asked.photo_id for asked in world.api.events) == sorted([*world.stored(), first])
    assert (failing.pictures, well.pictures) == (1, 1)


def test_an_event_that_is_refused_for_its_photo_is_not_tried_again_and_stops_nothing(
    make: Make,
) -> None:
    world = make(EventsFail("401 Unauthorized", b'{"errors":["Unauthorized"]}'))
    shown = metadata(world.run(), "image_file")
    assert (shown["stored"], shown["download events due"]) == (1, 0)
    assert "(401: Unauthorized)" in shown["download event failed"]
    assert isinstance(world.tick(), dg.RunRequest)
    world.api.application = Emulator()
    world.pass_time(100_000)
    assert metadata(world.run(), "image_file")["download events sent"] == 1
    assert len(world.api.events) == 2
