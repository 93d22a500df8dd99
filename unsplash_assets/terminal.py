"""What the command line shows in a terminal: progress, the status for people, data for programs.

The commands themselves are in `cli`.
"""

import errno
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

import click

from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.status import Status
from unsplash_assets.library.verification import FINDINGS, Verification
from unsplash_assets.settings import Settings
from unsplash_assets.unsplash.budget import clock_time

_BETWEEN_LINES = 5.0  # seconds
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_READER_GONE = frozenset({errno.EPIPE, errno.EINVAL})
"""What a pipe says whose reader has left; EINVAL is Windows's word for it."""


@contextmanager
def data_output() -> Iterator[TextIO]:
    """Standard output for data: UTF-8 on every system, line ends just as they are written.

    A reader that has had enough, such as `head`, ends the writing without a word. Raises
    UnsplashAssetsError where there is another reason for it to end, such as a full disk.
    """
    output: TextIO | None = sys.stdout
    if output is None:  # as Python has it where file descriptor 1 is closed
        raise UnsplashAssetsError("standard output is closed: send it to a file, or to a program")
    if isinstance(output, io.TextIOWrapper):
        output.reconfigure(encoding="utf-8", newline="")
    try:
        yield output
        output.flush()
    except OSError as error:
        # What is still in the buffer would be tried again, and complained of, at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())
        if error.errno not in _READER_GONE:
            raise UnsplashAssetsError(
                f"standard output cannot be written ({error.strerror}): choose another place"
            ) from error


@contextmanager
def progress(topic: str, wanted: int) -> Iterator[Callable[[int, str | None], None]]:
    """Show a bar on a terminal, and lines elsewhere; a new trouble is a line in both."""
    if not sys.stderr.isatty():
        yield _Lines(topic, wanted).tell
        return
    from rich.console import Console  # noqa: PLC0415 - `export` and others need none of it
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True)) as bar:
        task, lines = bar.add_task(topic, total=wanted), _Lines(topic, wanted)

        def tell(stored: int, trouble: str | None) -> None:
            bar.update(task, completed=stored)
            lines.tell_trouble(trouble)

        yield tell


@contextmanager
def work(done_to_files: str) -> Iterator[Callable[[int, int, int], None]]:
    """Show how far work on files is, such as "verified": a bar on a terminal, else lines.

    What it gives is told, after each, how many files are done, of how many, and their bytes.
    """
    if not sys.stderr.isatty():
        yield _Paced(done_to_files).tell
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415
    from rich.progress import TimeRemainingColumn as TimeLeft  # noqa: PLC0415

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeLeft()
    label = TextColumn("{task.description}")
    with Progress(label, *columns, console=Console(stderr=True), transient=True) as bar:
        task, begun = bar.add_task(done_to_files, total=None, rate=""), time.monotonic()

        def tell(done: int, total: int, size: int) -> None:
            bar.update(task, completed=done, total=total, rate=_rate(size, begun))

        yield tell


class _Paced:
    """Tells on standard error how far work is, seldom."""

    def __init__(self, done_to_files: str) -> None:
        self._did = done_to_files
        self._begun = self._told = time.monotonic()

    def tell(self, done: int, total: int, size: int) -> None:
        now = time.monotonic()
        if now < self._told + _BETWEEN_LINES:
            return
        self._told = now
        left = (now - self._begun) / done * (total - done)
        parts = f"{done:,} of {total:,} files", _rate(size, self._begun), f"{left:.0f} s left"
        click.echo(f"{self._did} {', '.join(filter(None, parts))}", err=True)


def _rate(size: int, begun: float) -> str:
    return f"{size / max(time.monotonic() - begun, 0.001) / 1e6:,.0f} MB/s" if size else ""


def print_verification(seen: Verification, *, hint: bool) -> None:
    """Say in a line what the proof of a library came to, and what can be done about it."""
    counts = {kind: seen.count(kind) for kind in FINDINGS}
    found = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    said = found or ("all of them whole" if seen.files else "nothing to verify")
    todo = "; unsplash-assets verify --repair downloads what is bad again" if hint else ""
    click.echo(f"{seen.files:,} files, {seen.bytes / 1e6:,.1f} MB: {said}{todo}", err=True)


def print_repairs(repaired: Sequence[str], failed: Mapping[str, str]) -> None:
    """Say which files were repaired, and why others were not."""
    for path in sorted(repaired):
        click.echo(on_one_line(f"repaired {path}"), err=True)
    for path, reason in sorted(failed.items()):
        click.echo(on_one_line(f"not repaired {path}: {reason}"), err=True)


def on_one_line(text: str) -> str:
    """Return text that others made, such as a file's name, with nothing in it that acts."""
    return _ACTING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class _Lines:
    """Tells on standard error what has changed."""

    def __init__(self, topic: str, wanted: int) -> None:
        self._topic = topic
        self._wanted = wanted
        self._stored = 0
        self._trouble: str | None = None

    def tell(self, stored: int, trouble: str | None) -> None:
        if stored != self._stored:
            click.echo(f"{self._topic}: {stored} of {self._wanted} stored", err=True)
            self._stored = stored
        self.tell_trouble(trouble)

    def tell_trouble(self, trouble: str | None) -> None:
        if trouble and trouble != self._trouble:
            click.echo(f"{self._topic}: {trouble}", err=True)
            self._trouble = trouble


def status_as_json(seen: Status) -> str:
    """Return the status for programs."""
    last = seen.last_run
    content = {
        "mode": seen.mode,
        "topics": [
            {
                "topic": topic.topic,
                "waiting": topic.waiting,
                "stored": topic.stored,
                "damaged": topic.damaged,
            }
            for topic in seen.topics
        ],
        "bytes": seen.bytes,
        "quota": {
            "limit": seen.quota.limit,
            "used": seen.quota.used,
            "remaining": seen.quota.remaining,
            "next_free_at": _iso(seen.quota.next_free_at),
        },
        "last_run": last
        and {"topic": last.topic, "outcome": last.outcome, "ended_at": _iso(last.ended_at)},
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def print_status(seen: Status, given: Settings) -> None:
    """Show the status to a person."""
    from rich.console import Console  # noqa: PLC0415
    from rich.filesize import decimal  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table("topic", box=None)
    for column in ("waiting", "stored", "damaged", "size"):
        table.add_column(column, justify="right")
    for topic in seen.topics:
        numbers = (str(topic.waiting), str(topic.stored), str(topic.damaged))
        table.add_row(topic.topic, *numbers, decimal(topic.bytes))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    quota, last = seen.quota, seen.last_run
    free = f", next at {clock_time(quota.next_free_at)}" if quota.next_free_at else ""
    demo = " (no UNSPLASH_API_KEY: pictures are drawn here)" if seen.mode == "demo" else ""
    console.print()
    console.print(f"mode      {seen.mode}{demo}")
    console.print(f"library   {given.library}, {decimal(seen.bytes)}", markup=False)
    console.print(f"quota     {quota.used} of {quota.limit} requests in the last hour{free}")
    if last is None:
        console.print("last run  none yet")
        return
    console.print(
        f"last run  {last.topic}, {last.outcome}, ended {_iso(last.ended_at)}", markup=False
    )
    if last.error:
        console.print(f"          {last.error}", markup=False)


def _iso(moment: float | None) -> str | None:
    return (
        None
        if moment is None
        else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    )
