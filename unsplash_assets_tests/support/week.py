"""A week of a computer whose clock is set, and that sleeps, boots, is renamed, and is killed.

    python -m unsplash_assets_tests.support.week

It prints what happened. Real are the ticks, the runs with their files, the budget, the catalogue in
SQLite, and the emulator with its exact quota, which counts by the true time. All pictures are the
same one, for it would take long to draw them. Between two happenings nobody is at work, so that the
week has some hundreds of minutes with ticks rather than ten thousand.
"""

import random
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.quota import HOUR, Count, HourlyQuota
from unsplash_assets.errors import LeaseLost, UnsplashAssetsError
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.ticks import Skipped, claim, next_topic
from unsplash_assets.settings.settings import DEMO_URL, parse
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.transport.wsgi import WsgiPool
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.invariant import Seen, look
from unsplash_assets_tests.support.machines import Computer, Inside
from unsplash_assets_tests.support.simulation import Killed, Mortal

LIMIT: Final = 20
MINUTE: Final = 60.0
DAY: Final = 24 * HOUR
_TOPICS: Final = "art,sea"
_WAY: Final = 0.5  # seconds to the server, and as many back


@dataclass
class Week:
    """What came of it."""

    refusals: list[float] = field(default_factory=list)
    waits: dict[str, int] = field(default_factory=dict)
    """By what has happened: after how many minutes a tick was nobody else's again."""
    photos: dict[str, int] = field(default_factory=dict)
    """By what has happened: how many photos were stored in the hour after."""
    runs: int = 0
    failures: list[str] = field(default_factory=list)
    overwritten: int = 0
    """Photos that a run brought after another had taken them over."""
    seen: Seen = field(default_factory=lambda: Seen([], {}))
    days: float = 0.0


class World:
    """The true time, the computer, its clock, and the server that counts requests."""

    def __init__(self) -> None:
        self.now = NOON
        self.ahead = 0.0
        """Seconds that the computer's clock is ahead of the true time."""
        self.computer = Computer(1)
        self.computer.boot()
        self.week = Week()
        self.has_killed = False
        self.kills_at: int | None = None
        """The request, of those to come, with which the program is killed."""
        self._quota = HourlyQuota(LIMIT, lambda: self.now)
        self._emulator = Emulator(self, dice=random.Random(1))  # noqa: S311 - chance, no secret
        self._picture = b""

    def clock(self) -> float:
        """What the computer's clock shows."""
        return self.now + self.ahead

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.computer.seconds += seconds

    def take(self, requests: int = 1, /) -> Count:
        count = self._quota.take(requests)
        if not count.granted:
            self.week.refusals.append(self.now)
        return count

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.advance(_WAY)
        if environ["PATH_INFO"].startswith("/photo-"):
            self._picture = self._picture or b"".join(self._emulator(environ, lambda *_: print))
            length = str(len(self._picture))
            start_response("200 OK", [("Content-Type", "image/jpeg"), ("Content-Length", length)])
            return [self._picture]
        answer = self._emulator(environ, start_response)
        self.advance(_WAY)
        if self.kills_at is not None:
            self.kills_at -= 1
            if self.kills_at < 0:
                self.kills_at, self.has_killed = None, True
                raise Killed
        return answer


class Program:
    """A `dagster dev` on the library, from its start to its end."""

    def __init__(self, folder: Path, world: World, machine: Inside | None = None) -> None:
        environ = {
            "UNSPLASH_API_KEY": "k",
            "UNSPLASH_TOPICS": _TOPICS,
            "UNSPLASH_RENDITION": "thumb",
        }
        settings = parse(environ, folder.parent)
        self.machine = machine or world.computer.start()
        self.database = Mortal(folder, world)
        self.library = Library(
            settings=replace(settings, library=folder, api_url=DEMO_URL, concurrency=1),
            database=self.database,
            timeouts=Timeouts(),
            clock=world.clock,
            sleep=world.advance,
            given_transport=HttpTransport({DEMO_URL: WsgiPool(world)}),
            machine=self.machine,
        )
        self._world = world
        self._dice = random.Random(2)  # noqa: S311 - chance, no secret

    def tick(self) -> bool:
        """Do what a tick and its run do; return whether the minute was not another's."""
        minute = self._world.clock() // MINUTE * MINUTE
        if claim(self.library, minute):
            return False
        topic = next_topic(self.library, self._dice.choice)
        if not isinstance(topic, Skipped):
            self._world.advance(2)
            self._run(topic)
        return True

    def _run(self, topic: str) -> None:
        run_id, library, week = (
            str(uuid.UUID(int=self._dice.getrandbits(128))),
            self.library,
            self._world.week,
        )
        week.runs += 1
        try:
            with working_on(library, run_id, topic) as library:
                top_up(library, topic)
                choose(library, topic, run_id)
                error = bring(library, topic, run_id, last_try=True).error
        except UnsplashAssetsError as trouble:
            error = trouble
        if error:
            week.failures.append(str(error))

    def begin(self, topic: str) -> str:
        """Begin a run that gets as far as its choice."""
        run_id = str(uuid.uuid4())
        self.library.runs.begin(run_id, topic)
        top_up(self.library, topic)
        assert choose(self.library, topic, run_id).photos
        return run_id

    def of_run(self, run_id: str) -> Library:
        """Return the library as a run uses it."""
        return replace(self.library, database=self.database.of_run(run_id))

    def end(self) -> None:
        """End it, as by a kill: what it was at stays as it was."""
        self._world.computer.kill(self.machine)
        self.database.close()


class Life:
    """The programs of the week, and what happens to them."""

    def __init__(self, folder: Path) -> None:
        self.world = World()
        self._folder = folder
        self._program = Program(folder, self.world)

    def minutes(self, count: int, happened: str = "") -> None:
        """Let ticks come; note after what happened how long one was not possible."""
        world, before = self.world, self._stored()
        for number in range(count):
            begin = world.now
            if self._tick() and happened:
                world.week.waits.setdefault(happened, number + 1)
            world.advance(max(0.0, begin + MINUTE - world.now))
        if happened:
            world.week.photos[happened] = self._stored() - before

    def _tick(self) -> bool:
        try:
            return self._program.tick()
        except Killed:
            self.restart()
            return False

    def _stored(self) -> int:
        return sum(topic.stored for topic in self._program.library.photos.counts().values())

    def restart(self, machine: Callable[[], Inside] | None = None) -> None:
        """Kill the program where it is, and start it again."""
        self._program.end()
        self.world.has_killed = False
        self._program = Program(self._folder, self.world, machine and machine())

    def reboot(self, ahead: float = 0.0) -> None:
        """Start the computer again, with a clock that is so much ahead."""
        self._program.end()
        self.world.advance(MINUTE)
        self.world.computer.boot()
        self.world.ahead = ahead
        self._program = Program(self._folder, self.world)

    def set_clock(self, ahead: float = 0.0) -> None:
        """Set the clock while programs run."""
        self.world.ahead = ahead

    def quiet(self, hours: float) -> None:
        """Let the computer sleep."""
        self.world.advance(hours * HOUR)

    def begin(self, topic: str) -> None:
        """Begin a run, and do no more."""
        self._program.begin(topic)

    def container(self) -> Inside:
        """Start a process in another container, which none of the others can see."""
        inside = self.world.computer.start()
        return replace(inside, name=replace(inside.name, place=f"{inside.name.place}:container"))

    def finish(self) -> Week:
        """End the last program, and look at what is left."""
        self._program.end()
        self.world.week.seen = look(self._folder)
        self.world.week.days = (self.world.now - NOON) / DAY
        return self.world.week


def live(folder: Path) -> Week:
    """Live through the week."""
    life = Life(folder)
    life.minutes(64, "the first start")
    life.world.kills_at = 1
    life.minutes(64, "a kill at a request")

    life.set_clock(ahead=DAY)
    life.minutes(30)
    life.set_clock()
    life.minutes(64, "a day ahead")
    life.set_clock(ahead=-HOUR)
    life.minutes(30)
    life.set_clock()
    life.minutes(64, "an hour back")
    life.quiet(9)
    life.minutes(64, "nine hours of sleep")

    life.quiet(20)
    life.reboot(ahead=HOUR)  # as after another system has set the clock to summer time
    life.minutes(20)
    life.set_clock()
    life.minutes(64, "a start in daylight saving time")
    life.reboot(ahead=-3 * DAY)  # without a battery
    life.minutes(10)
    life.set_clock()
    life.minutes(64, "a start with a clock three days late")
    life.quiet(20)
    life.reboot(ahead=30 * DAY)
    life.minutes(20)
    life.reboot()
    life.minutes(64, "a reboot after a month's error")

    life.restart(life.container)
    life.quiet(20)
    life.begin("art")
    life.restart(life.container)
    life.minutes(64, "a container killed in its run, with another host name")
    _let_another_sleep_in_its_run(life, folder)
    life.quiet(24 * 7 - (life.world.now - NOON) / HOUR)
    life.minutes(10, "a week")
    return life.finish()


def _let_another_sleep_in_its_run(life: Life, folder: Path) -> None:
    """Let a container stop in its run for nine hours, while others go on, and then wake."""
    sleeper = Program(folder, life.world, life.container())
    run_id = sleeper.begin("sea")
    mine = {photo.id for photo in sleeper.library.photos.take_over("sea", run_id)}
    life.minutes(64, "another container that stopped in its run")
    life.quiet(8)
    before = {row.id: (row.sha256, row.stored_sequence) for row in look(folder).stored}
    assert mine & set(before), "another run was to take them over"
    with suppress(LeaseLost):
        brought = bring(sleeper.of_run(run_id), "sea", run_id, last_try=True)
        life.world.week.overwritten += len(brought.outcome.stored)
    after = {row.id: (row.sha256, row.stored_sequence) for row in look(folder).stored}
    life.world.week.overwritten += sum(after[photo] != before[photo] for photo in before)
    sleeper.end()


def lines(week: Week) -> Iterable[str]:
    """Give the table."""
    yield "| after | minutes until a tick | photos in the time after |"
    yield "|---|---|---|"
    for happened, wait in week.waits.items():
        yield f"| {happened} | {wait} | {week.photos[happened]} |"


def main() -> None:
    """Print what happened."""
    with tempfile.TemporaryDirectory() as folder:
        week = live(Path(folder) / "library")
    sys.stdout.write("\n".join(lines(week)) + "\n")
    stored, lost = len(week.seen.stored), week.seen.broken + week.seen.unclaimed
    sys.stdout.write(
        f"{week.days:.1f} days, {week.runs} runs, {stored} photos, {len(week.refusals)} refusals, "
        f"{len(lost)} files lost, {week.overwritten} overwritten, failures {week.failures}\n"
    )


if __name__ == "__main__":
    main()
