"""Shows the progress of long work on standard error: a bar on a terminal, a few lines elsewhere.

Both show how much is done, how fast it goes, and how long the rest takes at that rate. Add a kind
of progress here when a command takes long; `terminal` prints results.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import inf
from typing import TYPE_CHECKING, Final

from unsplash_assets.cli.output import say

if TYPE_CHECKING:
    from rich.console import Console

_LINE_INTERVAL: Final = 5.0  # seconds
_UNITS: Final = (("s", 1, 100), ("min", 60, 6_000), ("h", 3_600, 172_800), ("days", 86_400, inf))
"""Units of time, each with its seconds, and the seconds from which the next unit is used."""


def file_progress(verb: str) -> AbstractContextManager[Callable[[int, int, int], None]]:
    """Show the progress of work on files; `verb` is a word such as "verified".

    Gives a function to call after each file with the files done, their total, and the bytes done.
    """
    return _display(verb, "files")


@contextmanager
def fetch_progress(topic: str, wanted: int) -> Iterator[Callable[[int, str | None], None]]:
    """Show how many photos of a topic are stored; print each new trouble, and the result.

    Gives a function to call now and then with the number of photos stored since, and any trouble.
    """
    done, last = 0, None
    try:
        with _display(f"{topic}:", "photos") as show:

            def on_progress(more: int, trouble: str | None) -> None:
                nonlocal done, last
                done += more
                show(done, wanted, 0)
                if trouble and trouble != last:
                    say(f"{topic}: {trouble}")
                last = trouble or last

            on_progress(0, None)
            yield on_progress
    finally:
        if done:
            say(f"{topic}: {done:,} of {wanted:,} stored")


def format_duration(seconds: float) -> str:
    """Return a rounded time with its unit."""
    unit, length, _ = next(known for known in _UNITS if seconds < known[2])
    return f"{seconds / length:,.0f} {unit}"


_Show = Callable[[int, int, str, str], None]
"""Shows how much is done, of how much, at what rate, and how long the rest takes."""


def _rate(done: int, unit: str, size: int, seconds: float) -> str:
    """Return the rate of things done, or of their bytes if `size` is not 0."""
    megabytes, count = (n / max(seconds, 0.001) for n in (size / 1e6, done))
    if megabytes:
        return f"{_figure(megabytes)} MB/s"
    if count >= 1:
        return f"{_figure(count)} {unit}/s"
    return f"{_figure(count * 60)} {unit}/min" if count else ""


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"  # noqa: PLR2004


@contextmanager
def _display(label: str, unit: str) -> Iterator[Callable[[int, int, int], None]]:
    started_at = time.monotonic()
    console = _terminal()
    with _bar(console, label) if console else nullcontext(_lines(label, unit)) as show:

        def on_progress(done: int, total: int, size: int) -> None:
            nonlocal started_at
            now = time.monotonic()
            started_at = started_at if done else now  # the rate counts from the first thing on
            seconds = now - started_at
            left = f"{format_duration(seconds / done * (total - done))} left" if done else ""
            show(done, total, _rate(done, unit, size, seconds), left)

        yield on_progress


def _terminal() -> "Console | None":
    """Return the terminal if standard error is one that can draw a bar."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console  # noqa: PLC0415 - most output is not on a terminal

    console = Console(stderr=True)
    return console if console.is_interactive else None


@contextmanager
def _bar(console: "Console", label: str) -> Iterator[_Show]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415

    short = Column(no_wrap=True, overflow="ellipsis", max_width=console.width // 3)
    columns = (
        TextColumn("{task.description}", table_column=short),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None, rate="", left="")
        yield lambda done, total, rate, left: bar.update(
            task, completed=done, total=total, rate=rate, left=left
        )


def _lines(label: str, unit: str) -> _Show:
    """Return a function that prints a line now and then; the command itself prints the end."""
    printed_at, printed = time.monotonic(), 0

    def show(done: int, total: int, rate: str, left: str) -> None:
        nonlocal printed_at, printed
        now = time.monotonic()
        if done in {printed, total} or now < printed_at + _LINE_INTERVAL:
            return
        printed_at, printed = now, done
        say(f"{label} {done:,} of {total:,} {unit}, {rate}, {left}")

    return show
