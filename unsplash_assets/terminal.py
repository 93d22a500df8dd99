"""What the command line shows in a terminal: progress, the status for people, data for programs.

The commands themselves are in `cli`.
"""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

import click

from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.status import Status
from unsplash_assets.settings import Settings
from unsplash_assets.unsplash.budget import clock_time

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
