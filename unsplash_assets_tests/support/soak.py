"""A thousand ticks against an Unsplash of whose answers one in ten fails, in some way.

    python -m unsplash_assets_tests.support.soak [TICKS] [SEED]

It prints the last table of docs/reference/faults.md.

Each tick runs the job `refresh` in this process, on a Dagster instance on disk, for a random
topic and without waiting for the minute. The server is a process of its own, has no quota, and
fails as `picture_faults` and `api_faults` know how. It takes some ten minutes, and is no test.
"""

import logging
import multiprocessing
import os
import random
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import copy
from statistics import mean
from typing import Any, Final

import dagster as dg
import psutil

from unsplash_assets.definitions import build_definitions
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.conftest import scripted
from unsplash_assets_tests.support.api_faults import API_FAULTS, Verdict
from unsplash_assets_tests.support.fault_server import Exchange, answer_of, target_and_host
from unsplash_assets_tests.support.invariant import look
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.picture_faults import PICTURE_FAULTS, Fate

FAILING: Final = 0.1
PATIENCE: Final = 1.0  # seconds
TOPICS: Final = ("history", "life", "wisdom", "art", "office", "nature")
LOOK_EVERY: Final = 100  # ticks
PHOTOS: Final = "/photos/random?count=3"
"""What is spoiled in place of the answer to a download event, for most kinds need photos."""

OF_PICTURES: Final = [kind.answer for kind in PICTURE_FAULTS if kind.fate is not Fate.STORED]
OF_THE_API: Final = [kind.answer for kind in API_FAULTS if kind.fate is Verdict.AGAIN]


class Unreliable:
    """A script for a raw server that answers well, but for one request in ten."""

    def __init__(self, seed: int) -> None:
        """Choose what fails, and how, by dice."""
        self.counted: Counter[str] = Counter()
        self._dice = random.Random(seed)  # noqa: S311 - chance, no secret
        self._emulator = Emulator(dice=self._dice)
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Answer one request, whose head has come."""
        target, host = target_and_host(head)
        what = _what(target)
        with self._lock:
            due = answer_of(self._emulator, target, host)
            spoiled = answer_of(self._emulator, PHOTOS, host) if what == "event" else due
            spoil = self._dice.choice(OF_PICTURES if what == "picture" else OF_THE_API)
            fails = self._dice.random() < FAILING
            self.counted[f"{what} {'failed' if fails else 'answered'}"] += 1
        if fails:
            body = spoiled.partition(b"\r\n\r\n")[2]
            spoil(Exchange(connection, target, f"http://{host}", body))
        else:
            connection.sendall(due)


def _what(target: str) -> str:
    if target.startswith("/photo-"):
        return "picture"
    return "event" if "/download" in target else "random"


def serve(seed: int, pipe: Connection) -> None:
    """Serve until told to stop; say the URL first, and last what was asked."""
    unreliable = Unreliable(seed)
    with scripted(unreliable) as url:
        pipe.send(url)
        pipe.recv()
    pipe.send(unreliable.counted)


@contextmanager
def server(seed: int, counted: Counter[str]) -> Iterator[str]:
    """Let a process serve; gives its URL, and after the `with` what it was asked."""
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(seed, theirs))
    process.start()
    try:
        yield mine.recv()
        mine.send("stop")
        counted.update(mine.recv())
    finally:
        process.terminate()
        process.join()


@dataclass
class Soak:
    """What came of it."""

    ticks: int
    seed: int
    outcomes: Counter[str] = field(default_factory=Counter)
    tries: int = 0
    """Steps that were tried again."""
    memory: list[int] = field(default_factory=list)
    """Bytes of this process after each tick."""
    broken: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    photos: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """Yield the figures, a line each."""
        asked, failed = self.asked.total(), sum(v for k, v in self.asked.items() if "failed" in k)
        yield f"| ticks | {self.ticks:,}, seed {self.seed}, {self.seconds / 60:.0f} minutes |"
        yield f"| requests | {asked:,}, of which {failed:,} failed ({failed / asked:.1%}) |"
        yield f"| steps retried | {self.tries} |"
        for outcome, count in self.outcomes.most_common():
            yield f"| runs: {outcome} | {count:,} |"
        yield f"| photos | {_listed(self.photos)} |"
        yield f"| download events of stored photos | {_listed(self.events)} |"
        yield f"| rows and files that break the invariant | {len(self.broken)} |"
        yield f"| memory in each fifth | {', '.join(self._memory_of_fifths())} MB |"

    def _memory_of_fifths(self) -> Iterator[str]:
        fifth = self.ticks // 5
        for begin in range(0, 5 * fifth, fifth):
            yield f"{mean(self.memory[begin : begin + fifth]) / 1e6:.0f}"


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items()))


def soak(ticks: int, seed: int) -> Soak:
    """Let the ticks pass, in a temporary folder."""
    found, began = Soak(ticks, seed), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, server(seed, found.asked) as url:
        settings = _project(Path(folder), url)
        with dg.DagsterInstance.get() as instance:
            _tick_all(found, settings, instance)
        _look_at_all(found, settings)
    found.seconds = time.monotonic() - began
    return found


def _project(folder: Path, url: str) -> Settings:
    """Make a project folder, and let this process work there."""
    copy(PROJECT / "dagster.yaml", folder)
    environ = {"API_KEY": "k", "API_URL": url, "RENDITION": "small", "RETRY_DELAY": "0"}
    os.environ.update({f"UNSPLASH_{name}": value for name, value in environ.items()})
    environment.enter_project(folder)
    return environment.load()


def _tick_all(found: Soak, settings: Settings, instance: dg.DagsterInstance) -> None:
    dice = random.Random(found.seed)  # noqa: S311 - chance, no secret
    job = build_definitions(settings).resolve_job_def("refresh")
    config = {
        "resources": {
            "unsplash": {"config": {"total_timeout": PATIENCE}},
            "library": {"config": {"timeout": PATIENCE, "max_size": 200_000}},
        },
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    for number in range(1, found.ticks + 1):
        result = job.execute_in_process(
            instance=instance,
            partition_key=dice.choice(TOPICS),
            run_config=config,
            raise_on_error=False,
        )
        found.outcomes[_outcome(result)] += 1
        found.tries += sum(e.event_type_value == "STEP_RESTARTED" for e in result.all_events)
        found.memory.append(psutil.Process().memory_info().rss)
        if number % LOOK_EVERY == 0:
            found.broken += _looked_at_elsewhere(settings.library)
            sys.stderr.write(f"{number} ticks, {dict(found.outcomes)}\n")


def _looked_at_elsewhere(library: Path) -> list[str]:
    """Return what breaks the invariant; to look takes memory, which is not to be measured here."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_broken, (library,))


def _broken(library: Path) -> list[str]:
    seen = look(library)
    return seen.broken + seen.unclaimed + seen.temporary + seen.twice


def _outcome(result: Any) -> str:
    """Say how a run ended, without what differs from one photo to another."""
    if result.success:
        return "success"
    (failed,) = (event.step_failure_data for event in result.get_step_failure_events())
    said = failed.user_failure_data
    words = said.description if said else failed.error.message
    return "no photo available, reported" if "the next run takes another" in words else words


def _look_at_all(found: Soak, settings: Settings) -> None:
    rows = look(settings.library).rows
    found.photos.update(row.state for row in rows)
    for row in rows:
        if row.state == "stored":
            state = "sent" if row.event_sent_at else "refused" if row.event_error else "due later"
            found.events[state] += 1


def main(ticks: str = "1000", seed: str = "1") -> None:
    """Print the figures."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    found = soak(int(ticks), int(seed))
    sys.stdout.write("\n".join(["| what | figure |", "|---|---|", *found.lines()]) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
