"""The command `serve`: the gallery as a web page, live, for this machine or for the house.

It connects the page's server, which knows no use case, with what visitors may decide.
"""

import socket
from functools import partial

from unsplash_assets.catalogue.browsing.pages import Browsing
from unsplash_assets.cli.base import open_port, url_of
from unsplash_assets.cli.output import say
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.gallery.server.application import application
from unsplash_assets.gallery.server.feed import Feed
from unsplash_assets.gallery.server.page import page_of
from unsplash_assets.gallery.server.running import Server
from unsplash_assets.gallery.server.served import Served
from unsplash_assets.library import health, removal
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.settings.settings import DEMO_HINT, Settings
from unsplash_assets.settings.values import is_loopback

_ALL: frozenset[str] = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what a person may ask for


class Decided:
    """What visitors decide about photos."""

    def __init__(self, library: Library) -> None:
        """Decide about the photos of `library`."""
        self._library = library
        self.favour = library.curation.favour
        self.unfavour = library.curation.unfavour
        self.unban = library.curation.unban

    def ban(self, photo_id: str) -> None:
        """Remove a photo, from the page that is a file too."""
        library = self._library
        if removal.ban(library, photo_id).removed:
            write_gallery(library.photos, library.store, library.settings)


def serve(settings: Settings, host: str, port: int, *, allow_changes: bool) -> None:
    """Serve the library of the settings until a signal ends the process."""
    hint = "another program has it: choose another"
    with (
        open_port(host, port, ("--host", "--port"), hint) as opened,
        open_library(settings) as library,
    ):
        served = Served(
            Browsing(library.database),
            library.store,
            settings.app_name,
            settings.mode,
            partial(health.trouble, library),
            Decided(library) if allow_changes else None,
        )
        page = page_of(settings.mode)
        feed = Feed(served, page.build)
        asgi = application(served, feed, page.answer, _names(host))
        ready = partial(_announce, settings, host, opened.getsockname()[1], allow_changes)
        Server(asgi, ready, feed.end).run([opened])


def _names(host: str) -> set[str]:
    """Return the names by which this machine may be asked, besides its addresses."""
    name = socket.gethostname()
    short = name.partition(".")[0]
    return {host, name, short, f"{short}.local", f"{short}.lan", f"{short}.home.arpa"}


def _announce(settings: Settings, host: str, port: int, allow_changes: bool) -> None:  # noqa: FBT001
    shown = socket.gethostname() if host in _ALL else host
    demo = f" (demo: {DEMO_HINT})" if settings.mode == "demo" else ""
    say(f"The gallery is at {url_of(shown, port)}{demo}. Ctrl-C stops it.")
    if not is_loopback(host):
        may = "see the photos, ban them and make them favourites" if allow_changes else "see them"
        say(f"warning: whoever reaches that address may {may}: it asks nobody who they are")
