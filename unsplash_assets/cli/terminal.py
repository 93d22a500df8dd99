"""What the command line says: findings and status for people, data for programs.

The commands themselves are in `cli`, how far they are in `progress`.
"""

import errno
import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Final, TextIO

import click

from unsplash_assets.catalogue.runs import EndedRun
from unsplash_assets.cli.progress import span
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.status import Status
from unsplash_assets.library.verification import FINDINGS, Verification
from unsplash_assets.settings.settings import DEMO_HINT, Settings
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets.unsplash.quota import Usage

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_LABELS: Final = len("last run  ")
_ONE_LINE: Final = 10_000
"""A width, in columns, that all that is said fits into."""
_BAD: Final = "bold red"
_ACTING: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_READER_GONE: Final = frozenset({errno.EPIPE, errno.EINVAL})
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


def print_status(seen: Status, settings: Settings, now: float) -> None:
    """Show the status to a person; `now` is in seconds since 1970."""
    from rich.console import Console  # noqa: PLC0415 - most commands need none of it
    from rich.filesize import decimal  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _ONE_LINE
    console.print(_table_of_topics(seen))
    console.print()
    _say(console, "mode", seen.mode + (f": {DEMO_HINT}" if seen.mode == "demo" else ""))
    _say(console, "library", str(settings.library))
    _say(console, "pictures", f"{seen.stored:,} stored, {decimal(seen.bytes)}")
    if seen.damaged:
        hint = "unsplash-assets verify --repair downloads them again"
        _say(console, "damaged", f"{seen.damaged:,}: {hint}", _BAD)
    _say(console, "budget", _budget(seen.quota))
    _say(console, "last run", _last_run(seen.last_run, now))
    if seen.last_run and seen.last_run.error:
        _say(console, "", seen.last_run.error, _BAD)


def _table_of_topics(seen: Status) -> "Table":
    from rich.filesize import decimal  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column("topic", overflow="fold")
    for column in ("waiting", "stored", "damaged", "size"):
        table.add_column(column, justify="right")
    for topic in seen.topics:
        damaged = Text(f"{topic.damaged:,}", _BAD if topic.damaged else "")
        counts = f"{topic.waiting:,}", f"{topic.stored:,}", damaged
        table.add_row(topic.topic, *counts, decimal(topic.bytes))
    return table


def _say(console: "Console", label: str, words: str, style: str = "") -> None:
    """Write words beside their label, in lines that fit; a path, however long, stays whole."""
    room = max(console.width - _LABELS, _LABELS)
    for line in wrap(words, room, break_long_words=False, break_on_hyphens=False):
        console.print(label.ljust(_LABELS), end="")
        console.print(line, style=style, soft_wrap=True)
        label = ""


def _budget(quota: Usage) -> str:
    others = f", {quota.others:,} of them by another program" if quota.others else ""
    free = (
        f"next at {clock_time(quota.next_free_at)}"
        if quota.next_free_at
        else f"{quota.remaining:,} free"
    )
    return f"{quota.used:,} of {quota.limit:,} requests in the last hour{others}, {free}"


def _last_run(last: EndedRun | None, now: float) -> str:
    if last is None:
        return "none yet"
    outcome = "succeeded" if last.outcome == "success" else "failed"
    moment = datetime.fromtimestamp(last.ended_at).astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{last.topic}, {outcome} {span(max(0.0, now - last.ended_at))} ago ({moment})"


def _iso(moment: float | None) -> str | None:
    return (
        None
        if moment is None
        else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    )
