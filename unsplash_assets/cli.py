"""The command line, `unsplash-assets`: thin commands over the same code as Dagster's assets.

Data goes to standard output, words to standard error. Exit codes: 0 done, 1 the work failed,
2 wrong usage or settings. Imports that cost time are made where they are needed, so that
`status` answers at once.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

import click

from unsplash_assets import settings
from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.library.status import Status
from unsplash_assets.settings import Settings


class _Failure(click.ClickException):
    exit_code = 1

    def __init__(self, error: UnsplashAssetsError) -> None:
        super().__init__(str(error))

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"unsplash-assets: {self.message}", file=file or sys.stderr)


class _WrongSettings(_Failure):
    exit_code = 2


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise _WrongSettings(error) from error
        except UnsplashAssetsError as error:
            raise _Failure(error) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Photos from Unsplash, by topic. The pictures of the demo need no key."""


@main.command()
@click.argument("topic")
@click.option("--count", type=click.IntRange(1, 1000), help="How many photos to bring.")
def fetch(topic: str, count: int | None) -> None:
    """Bring photos of TOPIC, one of UNSPLASH_TOPICS, into the library, now."""
    given = settings.load()
    known = {word.casefold(): word for word in given.topics}
    if topic.casefold() not in known:
        raise click.UsageError(
            f"{topic!r} is not a topic: use one of {', '.join(given.topics)}, "
            "or add it to UNSPLASH_TOPICS"
        )
    settings.enter_project(given.project)
    wanted = count or given.photos_per_run
    _say_mode(given)

    from unsplash_assets import fetching  # noqa: PLC0415 - Dagster takes most of a second

    with _progress(topic, wanted) as progress:
        fetched = fetching.fetch(given, known[topic.casefold()], wanted, progress)
    for photo in fetched.stored:
        click.echo(str(given.library / photo.path))
    if fetched.error:
        raise UnsplashAssetsError(fetched.error)
    if len(fetched.stored) < wanted:
        why = fetched.shortage or "the run's page in Dagster's UI says why"
        raise UnsplashAssetsError(
            f"{len(fetched.stored)} of {wanted} photos of {topic!r} were to be had: {why}"
        )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, for programs.")
def status(as_json: bool) -> None:  # noqa: FBT001 - as click has it
    """Show topics, photos, disk use, the API's quota and the last run."""
    from unsplash_assets.library.database import read_database  # noqa: PLC0415
    from unsplash_assets.library.status import look  # noqa: PLC0415

    given = settings.load()
    database = read_database(given.library, given.catalogue, given.mode)
    try:
        seen = look(database, given.topics, given.key_fingerprint)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps(_as_json(seen), ensure_ascii=False, indent=2))
    else:
        _print(seen, given)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--limit", type=click.IntRange(0), default=50, show_default=True, help="Requests an hour."
)
@click.option(
    "--latency", type=click.FloatRange(0, 60), default=0.0, help="Seconds before each answer."
)
@click.option("--faults", metavar="NAME", help="Misbehave in this way, such as api-500.")
def emulator(port: int, limit: int, latency: float, faults: str | None) -> None:
    """Run the built-in Unsplash as a server on this machine."""
    from unsplash_assets.emulator.application import Emulator  # noqa: PLC0415
    from unsplash_assets.emulator.faults import FAULTS, with_fault  # noqa: PLC0415
    from unsplash_assets.emulator.quota import HourlyQuota  # noqa: PLC0415
    from unsplash_assets.emulator.server import serve  # noqa: PLC0415

    if faults is not None and faults not in FAULTS:
        raise click.BadParameter(
            f"{faults!r}: use one of {', '.join(FAULTS)}", param_hint="--faults"
        )
    quota = HourlyQuota(limit, time.time)
    plain = Emulator(quota, latency)
    application = with_fault(plain, faults) if faults else plain

    def announce(url: str) -> None:
        click.echo(f"An emulated Unsplash answers at {url}, {limit} requests an hour.", err=True)
        click.echo(f"Use it: UNSPLASH_API_URL={url} UNSPLASH_API_KEY=any-key", err=True)

    serve(application, port, announce)


def _say_mode(given: Settings) -> None:
    if given.mode == "demo":
        click.echo("Demo: pictures are drawn here; for photos set UNSPLASH_API_KEY.", err=True)


@contextmanager
def _progress(topic: str, wanted: int) -> Iterator[Callable[[int, str | None], None]]:
    """Show a bar on a terminal, and lines elsewhere; a new trouble is a line in both."""
    if not sys.stderr.isatty():
        yield _Lines(topic, wanted).tell
        return
    from rich.console import Console  # noqa: PLC0415
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


def _as_json(seen: Status) -> dict[str, Any]:
    last = seen.last_run
    return {
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


def _print(seen: Status, given: Settings) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.filesize import decimal  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from unsplash_assets.unsplash.budget import clock_time  # noqa: PLC0415

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
