"""The command line, `unsplash-assets`: thin commands over the same code as Dagster's assets.

Data goes to standard output, words to standard error. Exit codes: 0 done, 1 the work failed,
2 wrong usage or settings. Imports that cost time are made where they are needed, so that
`status` answers at once.
"""

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import IO, Any

import click

from unsplash_assets.catalogue.curation import Curation, read_photo_id
from unsplash_assets.catalogue.database import Database, open_database, read_database
from unsplash_assets.catalogue.integrity import Integrity
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.cli import progress, terminal
from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.library import verification
from unsplash_assets.library.export import FORMATS, rows
from unsplash_assets.library.status import look
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import DEMO_HINT, Settings
from unsplash_assets.storage.folder import Folder


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


class _OfPhoto(click.Command):
    """A command on one photo, whose id may begin with `-`: what is no option here is an id."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        flags = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        end = args.index("--") if "--" in args else len(args)
        options = [word for word in args[:end] if word in flags]
        others = [word for word in args[:end] if word not in flags]
        return super().parse_args(ctx, [*options, "--", *others, *args[end + 1 :]])


def _photo_id(_: click.Context, __: click.Parameter, text: str) -> str:
    try:
        return read_photo_id(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}") from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Photos from Unsplash, by topic. The pictures of the demo need no key."""


@main.command()
@click.argument("topic")
@click.option("--count", type=click.IntRange(1, 1000), help="How many photos to bring.")
def fetch(topic: str, count: int | None) -> None:
    """Bring photos of TOPIC into the library, now.

    TOPIC is one of UNSPLASH_TOPICS.
    """
    settings = environment.load()
    known = {word.casefold(): word for word in settings.topics}
    if topic.casefold() not in known:
        raise click.UsageError(
            f"{topic!r} is not a topic: use one of {', '.join(settings.topics)}, "
            "or add it to UNSPLASH_TOPICS"
        )
    environment.enter_project(settings.project)
    wanted = count or settings.photos_per_run
    _say_mode(settings)

    from unsplash_assets.cli import fetch as fetching  # noqa: PLC0415 - Dagster takes most of a second

    with progress.of_fetch(topic, wanted) as told:
        fetched = fetching.fetch(settings, known[topic.casefold()], wanted, told)
    for photo in fetched.stored:
        click.echo(str(settings.library / photo.path))
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
    """Show topics, photos, disk use, quota and the last run."""
    settings = environment.load()
    with closing(read_database(settings.library, settings.catalogue, settings.mode)) as database:
        seen = look(database, settings.topics, settings.key_fingerprint)
    if seen.warning:
        click.echo(f"warning: {seen.warning}", err=True)
    if as_json:
        click.echo(terminal.status_as_json(seen))
    else:
        terminal.print_status(seen, settings, time.time())


@main.command()
@click.option("--repair", is_flag=True, help="Download missing and damaged files again.")
def verify(repair: bool) -> None:  # noqa: FBT001 - as click has it
    """Re-read every file against its hash, and name what is bad.

    Each finding is a line on standard output: `missing PATH`, `damaged PATH`, or `unknown PATH`
    for a file that no photo has, which is left alone. It ends with 1 if a file is bad and not
    repaired.
    """
    settings = environment.load()
    folder = Folder(settings.library)
    with closing(read_database(settings.library, settings.catalogue, settings.mode)) as database:
        integrity = Integrity(database, folder)
        with progress.of_files("verified") as told:
            seen = verification.verify(integrity, folder, told)
        with terminal.data_output() as output:
            output.writelines(f"{terminal.on_one_line(str(found))}\n" for found in seen.findings)
        terminal.print_verification(seen, hint=bool(seen.bad) and not repair)
        left = _repair(settings, integrity, seen) if repair and seen.bad else len(seen.bad)
    if left:
        raise click.exceptions.Exit(1)


def _repair(settings: Settings, integrity: Integrity, seen: verification.Verification) -> int:
    """Download again what is bad; return how many files are bad still."""
    from unsplash_assets.library import repair as repairing  # noqa: PLC0415 - with all that downloads
    from unsplash_assets.library.downloads import Source  # noqa: PLC0415

    environment.enter_project(settings.project)
    ids = [found.photo_id for found in seen.bad if found.photo_id]
    with progress.of_files("repaired") as told:
        repairs = repairing.repair(
            integrity,
            Source.of(settings),
            ids,
            settings.concurrency,
            lambda done: told(done, len(ids), 0),
        )
    terminal.print_repairs(repairs.repaired, repairs.failed)
    return len(repairs.failed)


@main.command()
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True
)
def export(form: str) -> None:
    """Write a row for each stored photo, with its credit.

    The rows go to standard output.
    """
    settings = environment.load()
    with (
        closing(read_database(settings.library, settings.catalogue, settings.mode)) as database,
        Photos(database).all_stored() as photos,
        terminal.data_output() as output,
    ):
        FORMATS[form](rows(photos, settings.mode, settings.app_name), output)


@main.command(name="open")
def open_gallery() -> None:
    """Open the gallery, the page of the newest photos.

    It is written anew, and opened in the desktop's browser, or that of BROWSER.
    """
    from unsplash_assets.viewer.programs import Viewer  # noqa: PLC0415

    settings = environment.load()
    with closing(open_database(settings.library, settings.catalogue, settings.mode)) as database:
        page = _write_gallery(settings, database)
    click.echo(str(page))
    Viewer.of(settings).open_page(page)


def _write_gallery(settings: Settings, database: Database) -> Path:
    from unsplash_assets.gallery.page import write_gallery  # noqa: PLC0415 - with Pillow, Jinja

    return write_gallery(database, Folder(settings.library), settings.app_name).path


@main.command(cls=_OfPhoto)
@click.argument("photo", metavar="ID", callback=_photo_id)
@click.option("--undo", is_flag=True, help="Let it come again.")
def ban(photo: str, undo: bool) -> None:  # noqa: FBT001 - as click has it
    """Remove a photo's file, and never bring the photo again.

    ID is the photo's id, or the path of its file. The library need not know the photo.
    """
    settings = environment.load()
    opened = read_database if undo else open_database
    with closing(opened(settings.library, settings.catalogue, settings.mode)) as database:
        if undo:
            Curation(database).unban(photo)
            click.echo(f"{photo} is not banned any more: it may come again", err=True)
            return
        done = Curation(database).ban(photo, Folder(settings.library))
        removed = f", {' and '.join(done.removed)} removed" if done.removed else ""
        said = (
            f"is banned{removed}: it will not be brought again"
            if done.was_known
            else f"is banned in advance{removed}: "
            "this library has not met it, see that the id is right"
        )
        click.echo(f"{photo} {said}", err=True)
        if done.removed:
            _write_gallery(settings, database)


@main.command(cls=_OfPhoto)
@click.argument("photo", metavar="ID", callback=_photo_id)
@click.option("--remove", is_flag=True, help="Make it a photo like any other.")
def favourite(photo: str, remove: bool) -> None:  # noqa: FBT001 - as click has it
    """Keep a stored photo whatever UNSPLASH_KEEP says.

    ID is the photo's id, or the path of its file.
    """
    settings = environment.load()
    with closing(read_database(settings.library, settings.catalogue, settings.mode)) as database:
        if remove:
            Curation(database).unfavour(photo)
        else:
            Curation(database).favour(photo)
    said = "is no favourite any more" if remove else "is a favourite: UNSPLASH_KEEP spares it"
    click.echo(f"{photo} {said}", err=True)


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


def _say_mode(settings: Settings) -> None:
    if settings.mode == "demo":
        click.echo(f"Demo: {DEMO_HINT}.", err=True)
