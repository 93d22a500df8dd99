"""The command line, `unsplash-assets`: thin commands over the same use cases as Dagster's assets.

Data goes to standard output, words to standard error. Imports that cost time are made where they
are needed, so that `status` answers at once.
"""

import click

from unsplash_assets.cli import progress, terminal
from unsplash_assets.cli.base import Commands, load_settings, photo_id, warn_of_unknown
from unsplash_assets.cli.completion import complete_topic
from unsplash_assets.cli.curation import ban, favourite, move
from unsplash_assets.cli.doctor import doctor
from unsplash_assets.cli.inspection import export, list_photos, open_gallery, status, verify
from unsplash_assets.cli.output import data_output, say
from unsplash_assets.cli.servers.commands import emulator, serve_gallery
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import DEMO_HINT, Settings


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="unsplash_assets", message="unsplash-assets %(version)s")
@click.option("--project", metavar="FOLDER", help="The project folder, if not that around you.")
def main(project: str | None) -> None:  # `load_settings` reads it
    """Photos from Unsplash, by topic. The demo needs no key."""


@main.command()
@click.argument("topic", required=False, shell_complete=complete_topic)
@click.option(
    "--count",
    type=click.IntRange(1, 1000),
    show_default="UNSPLASH_PHOTOS_PER_RUN",
    help="How many photos to bring.",
)
@click.option("--photo", metavar="ID", callback=photo_id, help="Bring this one: its id or page.")
@click.option("--topic", "under", shell_complete=complete_topic, help="The topic for --photo.")
@click.option("--dry-run", is_flag=True, help="Say what would come, and its cost; do nothing.")
def fetch(
    topic: str | None,
    count: int | None,
    photo: str | None,
    under: str | None,
    dry_run: bool,  # noqa: FBT001 - a flag, as click passes it
) -> None:
    """Bring photos of TOPIC into the library, now; or one photo with --photo and --topic.

    TOPIC is one of UNSPLASH_TOPICS. A photo is named by its id or by the URL of its page.
    """
    if (topic is None) is (photo is None) or (photo is None) is not (under is None):
        raise click.UsageError("name a TOPIC, or one photo with --photo and --topic")
    if photo and count:
        raise click.UsageError("--photo brings one photo: leave out --count")
    settings = load_settings()
    name = _known_topic(settings, topic or under or "")
    warn_of_unknown(settings)
    wanted = 1 if photo else count or settings.photos_per_run
    if dry_run:
        _print_plan(settings, name, wanted, photo)
    else:
        _fetch(settings, name, wanted, photo)


def _fetch(settings: Settings, topic: str, wanted: int, photo: str | None) -> None:
    environment.enter_project(settings.project)
    if settings.mode == "demo":
        say(f"Demo: {DEMO_HINT}.")

    from unsplash_assets.cli import fetch as job  # noqa: PLC0415 - Dagster takes most of a second

    with progress.fetch_progress(topic, wanted) as on_progress:
        if photo:
            fetched = job.fetch_photo(settings, topic, photo, on_progress)
        else:
            fetched = job.fetch(settings, topic, wanted, on_progress)
    with data_output() as output:
        output.writelines(f"{file}\n" for file in fetched.files)
    if fetched.known:
        say(f"photo {photo} is here already, in {fetched.known.topic}")
        wanted = 0
    if fetched.owed:
        say(f"{fetched.owed} download events are still due: later runs send them")
    if fetched.error:
        raise UnsplashAssetsError(fetched.error)
    if len(fetched.stored) < wanted:
        count_of = f"{len(fetched.stored)} of {wanted} photos of {topic!r}"
        raise UnsplashAssetsError(f"{count_of} could be brought: {fetched.shortage}")


def _print_plan(settings: Settings, topic: str, wanted: int, photo: str | None) -> None:
    from unsplash_assets.library.asking import plan  # noqa: PLC0415 - loads the client

    with open_library(settings, create=False, needs_files=False) as library:
        planned = plan.plan_photo(library, photo) if photo else plan.plan(library, topic, wanted)
    with data_output() as output:
        output.writelines(f"{terminal.upcoming_as_line(known)}\n" for known in planned.photos)
    terminal.print_plan(planned)


def _known_topic(settings: Settings, topic: str) -> str:
    """Return the topic as the settings spell it."""
    known = {name.casefold(): name for name in settings.topic_names}
    if topic.casefold() not in known:
        raise click.UsageError(
            f"{topic!r} is not a topic: use one of {', '.join(settings.topic_names)}, "
            "or add it to UNSPLASH_TOPICS"
        )
    return known[topic.casefold()]


_COMMANDS = (
    *(status, doctor, list_photos, verify, export, open_gallery, serve_gallery),
    *(ban, favourite, move, emulator),
)
for command in _COMMANDS:
    main.add_command(command)
