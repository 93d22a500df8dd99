"""The commands with which a person decides what is kept, and where: ban, favourite, move."""

import click

from unsplash_assets.cli import progress
from unsplash_assets.cli.base import PhotoCommand, load_settings, photo_id
from unsplash_assets.cli.output import data_output, say
from unsplash_assets.errors import LibraryError
from unsplash_assets.library import removal
from unsplash_assets.library.opening import open_library
from unsplash_assets.model.text import printable


@click.command(cls=PhotoCommand)
@click.argument("photo", metavar="ID", callback=photo_id)
@click.option("--undo", is_flag=True, help="Let it come again.")
def ban(photo: str, undo: bool) -> None:  # noqa: FBT001 - a flag, as click passes it
    """Remove a photo's file, and never bring the photo again.

    ID is the photo's id, the URL of its page, or the path of its file. The library need not know
    the photo.
    """
    settings = load_settings()
    with open_library(settings, create=not undo) as library:
        if undo:
            library.curation.unban(photo)
            say(f"{photo} is no longer banned: it may come again")
            return
        done = removal.ban(library, photo)
        say(f"{photo} {_describe(done)}")
        if done.removed:
            from unsplash_assets.gallery.page import write_gallery  # noqa: PLC0415 - loads Pillow

            write_gallery(library.photos, library.store, settings)


def _describe(done: removal.Ban) -> str:
    removed = f", {' and '.join(done.removed)} removed" if done.removed else ""
    if done.was_known:
        return f"is banned{removed}: it will not be brought again"
    return (
        f"is banned in advance{removed}: this library does not know it, check that the id is right"
    )


@click.command(cls=PhotoCommand)
@click.argument("photo", metavar="ID", callback=photo_id)
@click.option("--remove", is_flag=True, help="Make it an ordinary photo.")
def favourite(photo: str, remove: bool) -> None:  # noqa: FBT001 - a flag, as click passes it
    """Keep a stored photo whatever UNSPLASH_KEEP says.

    ID is the photo's id, the URL of its page, or the path of its file.
    """
    with open_library(load_settings(), create=False) as library:
        if remove:
            library.curation.unfavour(photo)
        else:
            library.curation.favour(photo)
    message = "is no longer a favourite" if remove else "is a favourite: UNSPLASH_KEEP spares it"
    say(f"{photo} {message}")


@click.command()
@click.argument("place", metavar="TO")
def move(place: str) -> None:
    """Carry the library to another folder or bucket.

    TO is what UNSPLASH_LIBRARY is to be afterwards. Each file is read once more where it arrives;
    what is there already is not sent again, so a move that was interrupted goes on. The files here
    stay, and the catalogue stays where it is. Nothing else should add photos meanwhile.
    """
    from unsplash_assets.library.offline.moving import move as carry  # noqa: PLC0415 - loads Pillow
    from unsplash_assets.library.offline.moving import settings_after  # noqa: PLC0415

    settings = load_settings()
    with open_library(settings, create=False) as library:
        with progress.file_progress("moved") as on_progress:
            done = carry(library, place, on_progress)
        file = library.database.file
        after = settings_after(settings, place, str(file) if file else None)
    for path, reason in sorted(done.left.items()):
        say(printable(f"not moved {path}: {reason}"))
    say(f"{done.files:,} photos are in {done.place}, {done.sent:,} of them sent now; set in .env:")
    with data_output() as output:
        output.writelines(f"{name}={value}\n" for name, value in after.items())
    if done.left:
        raise LibraryError(
            f"{len(done.left)} photos were not moved: `unsplash-assets verify --repair` mends "
            "them; then move again"
        )
