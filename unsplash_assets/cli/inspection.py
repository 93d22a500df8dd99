"""The commands that look at the library: status, list, verify, export, open."""

import time

import click

from unsplash_assets.catalogue.browsing.listing import Kind, listed
from unsplash_assets.cli import progress, terminal
from unsplash_assets.cli.base import load_settings
from unsplash_assets.cli.completion import complete_topic
from unsplash_assets.cli.output import data_output, say, text_output
from unsplash_assets.errors import LibraryError, UnsplashAssetsError
from unsplash_assets.library import health, verification
from unsplash_assets.library.export import FORMATS, rows
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.status import look
from unsplash_assets.model.text import printable
from unsplash_assets.settings import environment
from unsplash_assets.storage.names import PAGE


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
@click.option("--check", is_flag=True, help="Fail if photos do not arrive as they should.")
def status(as_json: bool, check: bool) -> None:  # noqa: FBT001 - flags, as click passes them
    """Show topics, photos, disk use, quota and the last run.

    With --check the exit code is 1 if photos do not arrive as schedule and budget allow.
    """
    settings = load_settings()
    with open_library(settings, create=False, needs_files=False) as library:
        seen = look(library)
        trouble = health.trouble(library) if check else None
    for warning in seen.warnings:
        say(f"warning: {warning}")
    if as_json:
        with data_output() as output:
            output.write(f"{terminal.status_as_json(seen, settings)}\n")
    else:
        with text_output() as output:
            terminal.print_status(seen, settings, time.time(), output)
    if trouble:
        raise UnsplashAssetsError(trouble)


@click.command(name="list")
@click.option("--favourites", "kind", flag_value="favourites", help="Only favourites.")
@click.option("--banned", "kind", flag_value="banned", help="Photos that never come again.")
@click.option("--damaged", "kind", flag_value="damaged", help="Files that are missing or altered.")
@click.option("--topic", shell_complete=complete_topic, help="Only photos of this topic.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def list_photos(kind: Kind | None, topic: str | None, as_json: bool) -> None:  # noqa: FBT001
    """List photos, one a line: id, topic, photographer, path.

    Without an option: all photos that have a file, the oldest first.
    """
    with (
        open_library(load_settings(), create=False, needs_files=False) as library,
        listed(library.database, kind or "all", topic) as photos,
        data_output() as output,
    ):
        line = terminal.photo_as_json if as_json else terminal.photo_as_line
        output.writelines(f"{line(photo)}\n" for photo in photos)


@click.command()
@click.option("--repair", is_flag=True, help="Download missing and damaged files again.")
@click.option(
    "--rebuild", is_flag=True, help="First make a catalogue from the files, if it is unusable."
)
@click.option("--quick", is_flag=True, help="Read only what looks changed.")
def verify(repair: bool, rebuild: bool, quick: bool) -> None:  # noqa: FBT001 - flags, as click passes them
    """Re-read every file against its hash, and name what is bad.

    Each finding is a line on standard output: `missing PATH`, `damaged PATH`, or `unknown PATH`
    for a file that no photo has, which is left alone. The exit code is 1 if a file is bad and not
    repaired. --quick compares sizes and times, and reads only what differs. --rebuild needs
    everything else that uses the library to be stopped.
    """
    if rebuild:
        _rebuild()
    with open_library(load_settings(), create=False) as library:
        with progress.file_progress("verified") as on_progress:
            seen = verification.verify(library, on_progress, quick=quick)
        with data_output() as output:
            output.writelines(f"{printable(str(found))}\n" for found in seen.findings)
        terminal.print_verification(seen, hint=bool(seen.bad) and not repair)
        left = _repair(library, seen) if repair and seen.bad else len(seen.bad)
    if seen.trouble:
        raise LibraryError(f"{seen.unread:,} files could not be read: {seen.trouble}")
    if left:
        raise click.exceptions.Exit(1)


def _rebuild() -> None:
    """Make another catalogue, and print what it has, and what is lost."""
    from unsplash_assets.library.offline import rebuild as rebuilding  # noqa: PLC0415 - loads Pillow

    with progress.file_progress("read") as on_progress:
        done = rebuilding.rebuild(load_settings(), lambda done, total: on_progress(done, total, 0))
    terminal.print_rebuilt(done)


def _repair(library: Library, seen: verification.Verification) -> int:
    """Download again what is bad; return how many files are still bad."""
    from unsplash_assets.library import repair as repairs_of  # noqa: PLC0415 - loads the downloader

    environment.enter_project(library.settings.project)
    ids = [found.photo_id for found in seen.bad if found.photo_id]
    with progress.file_progress("repaired") as on_progress:
        repairs = repairs_of.repair(library, ids, lambda done: on_progress(done, len(ids), 0))
    terminal.print_repairs(repairs.repaired, repairs.failed)
    return len(repairs.failed)


@click.command()
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True
)
def export(form: str) -> None:
    """Write a row for each stored photo, with its credit.

    The rows go to standard output.
    """
    settings = load_settings()
    with (
        open_library(settings, create=False, needs_files=False) as library,
        library.photos.all_stored() as photos,
        data_output() as output,
    ):
        FORMATS[form](rows(photos, settings.mode, settings.app_name), output)


@click.command(name="open")
def open_gallery() -> None:
    """Open the gallery, the page of the newest photos.

    The page is written anew, and opens in the desktop's browser, or in that of BROWSER. Where it
    cannot be written, the page that is there opens.
    """
    from unsplash_assets.gallery.page import write_gallery  # noqa: PLC0415 - loads Pillow, Jinja
    from unsplash_assets.viewer.programs import Viewer  # noqa: PLC0415

    settings = load_settings()
    with open_library(settings) as library:
        store = library.store
        try:
            written = write_gallery(library.photos, store, settings)
        except LibraryError as error:
            if store.stamp(PAGE) is None:
                raise
            say(f"warning: the page is that of an earlier run: {error}")
        else:
            if written.warnings:
                raise LibraryError(written.warnings[0])
    with data_output() as output:
        output.write(f"{store.shown(PAGE)}\n")
    Viewer.from_settings(settings).open_page(store.address(PAGE))
