"""A gallery behind a port of this machine, as `unsplash-assets serve` runs it, in a thread."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from unsplash_assets.catalogue.browsing.pages import Browsing
from unsplash_assets.gallery.server.application import application
from unsplash_assets.gallery.server.feed import Feed
from unsplash_assets.gallery.server.page import page_of
from unsplash_assets.gallery.server.running import Server
from unsplash_assets.gallery.server.served import Served
from unsplash_assets.library import removal
from unsplash_assets_tests.support.gallery_library import APP_NAME, GalleryLibrary
from unsplash_assets_tests.support.waiting import CEILING


@dataclass(frozen=True)
class Answer:
    """An answer of the server, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Its content."""
        return json.loads(self.body)


@dataclass
class ServedGallery:
    """A library, and how to ask the server that serves it."""

    library: GalleryLibrary
    served: Served
    port: int = 0
    session: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """Its URL."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Send one request; `_` in a header's name stands for `-`. The path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CEILING)
        with closing(connection):
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            given = {"skip_host": "Host" in names, "skip_accept_encoding": True}
            connection.putrequest(method, path, **given)
            for name, value in names.items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())

    def enter(self) -> dict[str, str]:
        """Return the headers with which the page of this server asks for a change."""
        answer = self.ask("/api/session")
        cookie = answer.headers["set-cookie"].partition(";")[0]
        return {"Origin": self.base, "X_Token": answer.json["token"], "Cookie": cookie}


class Decided:
    """What visitors decide, as the command lets them."""

    def __init__(self, library: GalleryLibrary) -> None:
        self._library = library.library
        self.favour = self._library.curation.favour
        self.unfavour = self._library.curation.unfavour
        self.unban = self._library.curation.unban

    def ban(self, photo_id: str) -> None:
        removal.ban(self._library, photo_id)


@contextmanager
def gallery_served(
    library: GalleryLibrary,
    *,
    may_change: bool = False,
    trouble: Callable[[], str | None] = lambda: None,
) -> Iterator[ServedGallery]:
    """Serve a library until the `with` ends."""
    served = Served(
        Browsing(library.database),
        library.library.store,
        APP_NAME,
        library.library.settings.mode,
        trouble,
        Decided(library) if may_change else None,
    )
    page = page_of(served.mode)
    feed = Feed(served, page.build, looks_every=0.05)
    is_ready = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        asgi = application(served, feed, page.answer, names=["my-wall"])
        server = Server(asgi, is_ready.set, feed.end)
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        assert is_ready.wait(CEILING)
        try:
            yield ServedGallery(library, served, port)
        finally:
            server.should_exit = True
            thread.join(CEILING)
            assert not thread.is_alive()
