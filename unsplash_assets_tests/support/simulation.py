"""A day of ticks against the emulator's exact quota, on a chosen clock.

    python -m unsplash_assets_tests.support.simulation

It prints the table of docs/explanation/budget.md.

Real are the schedule's decision, the client, the budget, the catalogue in SQLite, and the
emulator behind the transport. The clock is moved by the ticks, by the start of a run, by each
answer's way there and back, and by the budget's patience. Pictures are not downloaded, but the time
that this takes passes while requests are reserved.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol
from wsgiref.types import StartResponse, WSGIEnvironment

import sqlalchemy as sa

from unsplash_assets.catalogue.database import Database
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.quota import HOUR, Count, HourlyQuota, Window
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.ticks import Skipped, next_topic
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.settings.settings import DEMO_URL, parse
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.transport.wsgi import WsgiPool
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets_tests.conftest import NOON, Clock
from unsplash_assets_tests.support.events import send_events
from unsplash_assets_tests.support.stored import record_stored

LIMIT: Final = 50
REQUESTS_PER_PHOTO: Final = 31 / 30
_TOPICS: Final = ("history", "life", "wisdom", "art", "office", "nature")
_START_OF_A_RUN: Final = 2.0  # seconds from the tick to the first request
_WAY: Final = 0.5  # seconds to the server, and as many back
_DOWNLOAD: Final = (0.2, 3.0)  # seconds, at least and at most


@dataclass(frozen=True)
class Scenario:
    """One day: which hour the server counts, and what makes it hard."""

    window: Window
    others: int = 0
    """Requests an hour that another program makes with the same key, at random moments."""
    begins: float = 0.0
    """Minutes into the server's hour."""
    skew: float = 2.0
    """Seconds that the server's clock is ahead."""
    killed_every: int = 0
    """Of so many requests, one with which the program is killed: in turn after the server has
    counted it, and before."""
    with_budget: bool = True
    hours: int = 24
    seed: int = 1

    def __str__(self) -> str:
        """Name it for the table."""
        words = [f"{self.window} hour"]
        words += [f"begun at minute {self.begins:g}"] * bool(self.begins)
        words += [f"killed at every {self.killed_every}th request"] * bool(self.killed_every)
        words += [f"another program takes {self.others} an hour"] * bool(self.others)
        words += ["without a budget"] * (not self.with_budget)
        return ", ".join(words)


@dataclass
class Day:
    """What came of it."""

    photos: int = 0
    """Stored, and Unsplash was told of them."""
    requests: int = 0
    """Ours that the server granted."""
    refusals: list[float] = field(default_factory=list)
    """When ours were refused, seconds since 1970."""
    others: Counter[int] = field(default_factory=Counter)
    """What the server granted the other program, by its hour."""
    deaths: int = 0
    allowed: float = 0.0
    """Photos that the quota allowed, and the ticks."""

    @property
    def share(self) -> float:
        """Of the photos that the quota allowed, how many came."""
        return self.photos / self.allowed

    @property
    def refusals_in_an_hour(self) -> int:
        """The most in any hour."""
        return max(
            (sum(at <= other < at + HOUR for other in self.refusals) for at in self.refusals),
            default=0,
        )


def _dice(scenario: Scenario) -> random.Random:
    return random.Random(scenario.seed)  # noqa: S311 - chance, no secret


class Killed(BaseException):
    """The program ends here."""


class _Server:
    """The emulator, its quota, the other program, and whoever kills ours."""

    def __init__(self, scenario: Scenario, clock: Clock, day: Day) -> None:
        self.has_killed = False
        self._killed_every = scenario.killed_every
        self._asked = 0
        self._clock = clock
        self._day = day
        self._skew = scenario.skew
        self._quota = HourlyQuota(LIMIT, self.now, scenario.window)
        self._emulator = Emulator(self, dice=_dice(scenario))
        dice, begin = _dice(scenario), clock.now
        length, number = scenario.hours * HOUR, scenario.others * scenario.hours
        self._others = sorted((begin + dice.random() * length for _ in range(number)), reverse=True)

    def now(self) -> float:
        return self._clock.now + self._skew

    def take(self, requests: int = 1, /) -> Count:
        count = self._quota.take(requests)
        if count.granted:
            self._day.requests += requests
        else:
            self._day.refusals.append(self._clock.now)
        return count

    def advance(self, seconds: float) -> None:
        """Let time pass, in which the other program asks too."""
        end = self._clock.now + seconds
        while self._others and self._others[-1] <= end:
            self._clock.now = max(self._clock.now, self._others.pop())
            if self._quota.take().granted:
                self._day.others[int(self.now() // HOUR)] += 1
        self._clock.now = end

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._asked += 1
        self._kill(odd=False)
        self.advance(_WAY)
        answer = self._emulator(environ, start_response)
        self.advance(_WAY)
        self._kill(odd=True)
        return answer

    def _kill(self, *, odd: bool) -> None:
        """Kill the program, if its time has come."""
        lives, rest = divmod(self._asked, self._killed_every) if self._killed_every else (0, 1)
        if not rest and lives % 2 == odd:
            self._day.deaths += 1
            self.has_killed = True
            raise Killed


class Deadly(Protocol):
    """What may kill a program, and knows whether it has."""

    has_killed: bool


class Mortal(Database):
    """The catalogue of a program that may be killed: then it writes nothing more.

    Here `finally` is still run then, to no effect.
    """

    def __init__(self, folder: Path, server: Deadly) -> None:
        settings = parse({"UNSPLASH_API_KEY": "key", "UNSPLASH_LIBRARY": str(folder)}, folder)
        self._door = open_library(settings)
        self._opened = self._door.__enter__().database
        self._server = server
        self.mode = self._opened.mode

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self._opened.reading() as connection:
            yield connection

    @contextmanager
    def noting(self) -> Iterator[sa.Connection]:
        if self._server.has_killed:
            raise Killed
        with self._opened.noting() as connection:
            yield connection

    def close(self) -> None:
        self._door.__exit__(None, None, None)


class _Program:
    """The program from one start to the next; its catalogue is in a file."""

    def __init__(self, folder: Path, server: _Server, clock: Clock, scenario: Scenario) -> None:
        settings = parse({"UNSPLASH_API_KEY": "key", "UNSPLASH_TOPICS": ",".join(_TOPICS)}, folder)
        transport = HttpTransport({DEMO_URL: WsgiPool(server)})
        self.database = Mortal(folder, server)
        self._library = Library(
            settings=replace(settings, api_url=DEMO_URL, concurrency=1),
            database=self.database,
            timeouts=Timeouts(),
            clock=clock,
            sleep=server.advance,
            given_transport=transport,
        )
        self._server = server
        self._clock = clock
        self._dice = _dice(scenario)
        self._with_budget = scenario.with_budget

    def tick(self, pick: Callable[[Sequence[str]], str]) -> None:
        """Take up a topic, if the budget allows."""
        topic = next_topic(self._library, pick) if self._with_budget else pick(_TOPICS)
        if isinstance(topic, Skipped):
            return
        self._server.advance(_START_OF_A_RUN)
        with suppress(QuotaSpent):
            self._run(topic) if self._with_budget else self._run_without_budget(topic)

    def _run(self, topic: str) -> None:
        """Do what a run does, but for the picture (see `library.bringing`)."""
        library, run_id = self._library, f"run at {self._clock.now}"
        top_up(library, topic)
        chosen = choose(library, topic, run_id).photos
        wanted = len(chosen) + min(1, library.events.due())
        with library.budget.reserve(wanted) as grant:
            grant.require()
            self._server.advance(self._dice.uniform(*_DOWNLOAD))
            record_stored(library.photos, {p.id: StoredFile(p.id, 1, 1, 1, "") for p in chosen})
            send_events(library, grant)

    def _run_without_budget(self, topic: str) -> None:
        """Do the same, and ask nobody whether the quota allows it."""
        library, run_id = self._library, f"run at {self._clock.now}"
        if not library.photos.waiting(topic):
            library.photos.add(topic, library.client.random_photos(topic).photos)
        chosen = choose(library, topic, run_id).photos
        self._server.advance(self._dice.uniform(*_DOWNLOAD))
        record_stored(library.photos, {p.id: StoredFile(p.id, 1, 1, 1, "") for p in chosen})
        send_events(library, Grant.unlimited())

    def told(self) -> int:
        """Count the photos whose download event was sent."""
        stored = sum(topic.stored for topic in self._library.photos.counts().values())
        return stored - self._library.events.unsent()

    def close(self) -> None:
        self.database.close()


def simulate(scenario: Scenario) -> Day:
    """Let a day pass."""
    begin = NOON + 60 * scenario.begins - scenario.skew
    clock, day = Clock(begin), Day()
    server, dice = _Server(scenario, clock, day), _dice(scenario)
    with tempfile.TemporaryDirectory() as folder:
        program = _Program(Path(folder), server, clock, scenario)
        for minute in range(scenario.hours * 60):
            server.advance(max(0.0, begin + 60 * minute - clock.now))
            try:
                program.tick(dice.choice)
            except Killed:
                program.close()
                server.has_killed = False
                program = _Program(Path(folder), server, clock, scenario)
        day.photos = program.told()
        program.close()
    day.allowed = sum(_allowed(scenario, day)) / REQUESTS_PER_PHOTO
    return day


def _allowed(scenario: Scenario, day: Day) -> Iterable[float]:
    """Give the requests of each hour that the quota, the other program and the ticks left.

    A fixed hour that the day only touches has fewer ticks than the quota would allow: each may
    bring a photo, and besides, what waits of each topic may just have come to its end.
    """
    if scenario.window == "rolling":
        yield LIMIT * scenario.hours - day.others.total()
        return
    first = int(NOON // HOUR)
    minutes = [60.0 - scenario.begins, *[60.0] * (scenario.hours - 1), scenario.begins]
    for hour, length in enumerate(filter(None, minutes), start=first):
        yield min(LIMIT - day.others[hour], length * REQUESTS_PER_PHOTO + len(_TOPICS))


ALONE: Final = (
    Scenario("fixed"),
    Scenario("rolling"),
    Scenario("fixed", begins=29.5, skew=-2.0),
    Scenario("rolling", begins=29.5, skew=-2.0),
)
KILLED: Final = (
    Scenario("fixed", killed_every=80),
    Scenario("rolling", killed_every=80),
)
SHARED: Final = (
    Scenario("fixed", others=10, begins=41, seed=3),
    Scenario("rolling", others=10),
    Scenario("rolling", others=10, begins=41, seed=3),
)
NAIVE: Final = Scenario("rolling", with_budget=False, hours=3)


def row(scenario: Scenario, day: Day) -> str:
    """Return the scenario's line of the table."""
    numbers = f"{day.photos:,} of {day.allowed:,.0f} | {day.share:.1%}"
    refusals = f"{len(day.refusals)} | {day.refusals_in_an_hour}"
    return f"| {scenario} | {day.requests:,} | {numbers} | {refusals} |"


def main() -> None:
    """Print the table."""
    head = "| hour | requests | photos | of what the quota allows | refusals | most in an hour |"
    lines = [head, "|---|---|---|---|---|---|"]
    lines += [row(scenario, simulate(scenario)) for scenario in (*ALONE, *KILLED, *SHARED)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
