"""Runs `dagster dev` of several projects side by side, and says what each minute costs them.

Side by side, because the machine's speed changes from one minute to the next: all have the same
minutes, so their ratios hold, whatever else the machine does.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import psutil

from benchmarks.measure import figure

_MINUTE: Final = 60
_LOOK_AT: Final = 50
"""The second of a minute by which all is done."""
_PATIENCE: Final = 300.0
"""Seconds in which `dagster dev` has come to its first picture, on a busy machine."""
_END: Final = 20.0
"""Seconds in which `dagster dev` may end by itself."""
_PARTS: Final = {
    "dagster_webserver": "webserver",
    "dagster._daemon": "daemon",
    "code-server": "code server",
    "api grpc": "code server",
    "dagster dev": "itself",
}
"""The parts of `dagster dev`, by what stands in their commands."""


@dataclass(frozen=True)
class Look:
    """A process tree at one moment."""

    cpu: Mapping[str, float]
    """Seconds of each part, all that have ended included: those are the runs."""
    memory: Mapping[str, float]
    """MB of each part, what processes share counted once."""


@dataclass
class Tree:
    """`dagster dev` of a project, and what it wrote and cost minute by minute."""

    name: str
    module: str
    pictures: str
    """The pattern of its picture files."""
    folder: Path
    env: Mapping[str, str]
    delays: list[float | None] = field(default_factory=list)
    """Seconds from each minute to its file; None where there was none."""
    looks: list[Look] = field(default_factory=list)
    """One after the first minute, which is not counted, and one after each that is."""

    def start(self) -> None:
        """Start it in a session of its own."""
        command = [sys.executable, "-m", "dagster", "dev", "--port", str(_free_port())]
        with (self.folder / "dev.log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "-m", self.module],
                cwd=self.folder,
                env={**os.environ, **self.env},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def end(self) -> None:
        """Interrupt it, as Ctrl-C does, and kill what is left after a while."""
        for number, patience in ((signal.SIGINT, _END), (signal.SIGKILL, _END)):
            for process in self._processes():
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(number)
            deadline = time.monotonic() + patience
            while self._processes() and time.monotonic() < deadline:
                time.sleep(0.2)
        self._process.wait()

    def newest(self) -> float:
        """Return when the newest picture got its name, in seconds since 1970, or 0."""
        times = (path.stat().st_ctime for path in self.folder.glob(self.pictures))
        return max(times, default=0.0)

    def note(self, minute: float) -> None:
        """Note what a minute has brought, and what all has cost so far."""
        newest = self.newest()
        self.delays.append(newest - minute if newest >= minute else None)
        self.looks.append(self._look())

    def cpu_by_minute(self) -> list[float]:
        """Return the seconds of all parts in each minute."""
        sums = [sum(look.cpu.values()) for look in self.looks]
        return [after - before for before, after in pairwise(sums)]

    def cpu_of(self, part: str) -> float:
        """Return the seconds of a part in the mean minute."""
        first, *_, last = (look.cpu.get(part, 0.0) for look in self.looks)
        return (last - first) / len(self.delays)

    def memory(self, look: int) -> float:
        """Return the MB of all parts at a look."""
        return sum(self.looks[look].memory.values())

    def log(self) -> str:
        """Return the last words of `dagster dev`."""
        return (self.folder / "dev.log").read_text(errors="replace")[-2000:]

    def _look(self) -> Look:
        cpu: defaultdict[str, float] = defaultdict(float)
        memory: defaultdict[str, float] = defaultdict(float)
        for process in self._processes():
            with suppress(psutil.NoSuchProcess), process.oneshot():
                times, part = process.cpu_times(), _part(process.cmdline())
                cpu[part] += times.user + times.system
                cpu["runs"] += times.children_user + times.children_system
                taken = process.memory_full_info()
                memory[part] += getattr(taken, "pss", taken.uss) / 1e6
        return Look(cpu, memory)

    def _processes(self) -> list[psutil.Process]:
        self._process.poll()  # or it would stay a zombie
        return [one for one in psutil.process_iter() if _session(one) == self._process.pid]


def watch(trees: Sequence[Tree], ticks: int) -> None:
    """Run all of them for so many minutes, after a first one, and note each minute in them."""
    with ExitStack() as stack:
        for tree in trees:
            stack.enter_context(_running(tree))
        _wait_for_pictures(trees)
        first = time.time() + (_LOOK_AT - time.time()) % _MINUTE
        for number in range(ticks + 1):
            at = first + number * _MINUTE
            time.sleep(max(0.0, at - time.time()))
            for tree in trees:
                tree.note(at - _LOOK_AT)
            print(".", end="", flush=True, file=sys.stderr)
    for tree in trees:
        del tree.delays[0]


@contextmanager
def _running(tree: Tree) -> Iterator[None]:
    tree.start()
    try:
        yield
    finally:
        tree.end()


def _wait_for_pictures(trees: Sequence[Tree]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while late := [tree for tree in trees if not tree.newest()]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{late[0].name} has no picture: {late[0].log()}")
        time.sleep(1)


def report(ours: Tree, other: Tree) -> None:
    """Print what both have cost, and the ratios."""
    print(f"\n`dagster dev` for {len(ours.delays)} minutes, side by side\n")
    print("| what | minute to file, s | no file | CPU a minute, s | memory, MB, first to last |")
    print("|---|---|---|---|---|")
    for tree in (ours, other):
        came = [delay for delay in tree.delays if delay is not None]
        print(
            f"| {tree.name} | {_said(came)} | {len(tree.delays) - len(came)} | "
            f"{figure(tree.cpu_by_minute())} | "
            f"{tree.memory(0):,.0f} to {tree.memory(-1):,.0f} |"
        )
    pairs = zip(ours.delays, other.delays, strict=True)
    delay = _said([one / another for one, another in pairs if one and another])
    cpu = sum(ours.cpu_by_minute()) / sum(other.cpu_by_minute())
    memory = ours.memory(-1) / other.memory(-1)
    print(f"| ratio | {delay} | | {cpu:.3f} | {memory:.3f} |")
    parts = sorted({*ours.looks[-1].cpu, *other.looks[-1].cpu})
    print("\n| CPU a minute, s | " + " | ".join(parts) + " |\n|---|" + "---|" * len(parts))
    for tree in (ours, other):
        print(f"| {tree.name} | " + " | ".join(f"{tree.cpu_of(part):.2f}" for part in parts) + " |")
    print("\n| memory, MB | " + " | ".join(parts) + " |\n|---|" + "---|" * len(parts))
    for tree in (ours, other):
        grown = ((tree.looks[n].memory.get(part, 0) for n in (0, -1)) for part in parts)
        print(f"| {tree.name} | " + " | ".join("{:.0f} to {:.0f}".format(*g) for g in grown) + " |")


def _said(values: Sequence[float]) -> str:
    return str(figure(values)) if values else "none"


def _part(command: Sequence[str]) -> str:
    words = " ".join(command[1:])
    return next((part for mark, part in _PARTS.items() if mark in words), "helpers")


def _session(process: psutil.Process) -> int | None:
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else os.getsid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
