"""The commands with which a person decides about single photos: ban, favourite."""

import click

from unsplash_assets.cli.base import PhotoCommand, load_settings, photo_id
from unsplash_assets.cli.output import say
from unsplash_assets.library import removal
from unsplash_assets.library.opening import open_library


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
