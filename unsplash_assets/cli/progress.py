"""How far long work is, on standard error: a bar on a terminal, a line now and then elsewhere.

Both tell how much is done, how fast it goes, and how long the rest takes at that rate.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

_BETWEEN_LINES: Final = 5.0  # seconds
_MINUTE: Final = 60.0  # seconds
_FINE: Final = 10.0
"""Figures below it have a decimal."""
_UNITS: Final = (("s", 1, 100), ("min", 60, 6_000), ("h", 3_600, 172_800), ("days", 86_400, inf))
"""Words for a time, each with its seconds, and the seconds from which on the next one is used."""


@contextmanager
def of_files(did: str) -> Iterator[Callable[[int, int, int], None]]:
    """Show how far work on files is, such as "verified".

    What it gives is told, after each, how many files are done, of how many, and their bytes.
    """
    with _shown(did, "files") as tell:
        yield tell


@contextmanager
def of_fetch(topic: str, wanted: int) -> Iterator[Callable[[int, str | None], None]]:
    """Show how many photos of a topic are stored; a new trouble is a line, and so is the end.

    What it gives is told now and then how many are stored, and what the trouble is, if any.
    """
    done, last = 0, None
    try:
        with _shown(f"{topic}:", "photos") as show:

            def tell(stored: int, trouble: str | None) -> None:
                nonlocal done, last
                show(stored, wanted, 0)
                if trouble and trouble != last:
                    click.echo(f"{topic}: {trouble}", err=True)
                done, last = stored, trouble or last

            yield tell
    finally:
        if done:
            click.echo(f"{topic}: {done:,} of {wanted:,} stored", err=True)


def span(seconds: float) -> str:
    """Say how long a time is, roughly."""
    unit, length, _ = next(known for known in _UNITS if seconds < known[2])
    return f"{seconds / length:,.0f} {unit}"


@dataclass(frozen=True)
class _Pace:
    """How much work is done, after a time."""

    things: str
    done: int
    total: int
    size: int
    """Bytes of those done; 0 where it is their number that counts."""
    seconds: float

    @property
    def rate(self) -> str:
        """How fast it goes; nothing before the first is done."""
        megabytes, things = (n / max(self.seconds, 0.001) for n in (self.size / 1e6, self.done))
        if megabytes:
            return f"{_figure(megabytes)} MB/s"
        if things >= 1:
            return f"{_figure(things)} {self.things}/s"
        return f"{_figure(things * _MINUTE)} {self.things}/min" if things else ""

    @property
    def left(self) -> str:
        """How long the rest takes at that rate."""
        rest = self.total - self.done
        return f"{span(self.seconds / self.done * rest)} left" if self.done else ""


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= _FINE else f"{number:.1f}"


_Show = Callable[[_Pace], None]


@contextmanager
def _shown(did: str, things: str) -> Iterator[Callable[[int, int, int], None]]:
    begun = time.monotonic()
    console = _terminal()
    with _bar(console, did) if console else nullcontext(_lines(did)) as show:

        def tell(done: int, total: int, size: int) -> None:
            nonlocal begun
            now = time.monotonic()
            begun = begun if done else now  # what goes before the first is not its pace
            show(_Pace(things, done, total, size, now - begun))

        yield tell


def _terminal() -> "Console | None":
    """Return the terminal, if standard error is one that can draw a bar."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console  # noqa: PLC0415 - most output goes to no terminal

    console = Console(stderr=True)
    return console if console.is_interactive else None


@contextmanager
def _bar(console: "Console", did: str) -> Iterator[_Show]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    short = Column(no_wrap=True, overflow="ellipsis", max_width=console.width // 3)
    label, whole = TextColumn("{task.description}", table_column=short), BarColumn(bar_width=None)
    pace = TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[left]}")
    columns = label, whole, MofNCompleteColumn(), *pace
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(did, total=None, rate="", left="")
        yield lambda now: bar.update(
            task, completed=now.done, total=now.total, rate=now.rate, left=now.left
        )


def _lines(did: str) -> _Show:
    """Tell each step that matters; of the end, who does the work has more to say."""
    told_at, told = time.monotonic(), 0

    def show(pace: _Pace) -> None:
        nonlocal told_at, told
        now = time.monotonic()
        if pace.done in {told, pace.total} or now < told_at + _BETWEEN_LINES:
            return
        told_at, told = now, pace.done
        click.echo(
            f"{did} {pace.done:,} of {pace.total:,} {pace.things}, {pace.rate}, {pace.left}",
            err=True,
        )

    return show
