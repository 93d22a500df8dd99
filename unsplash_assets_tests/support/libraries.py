"""A library of stored photos, and the Unsplash that it has them from, for tests of its health."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.integrity import Integrity
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.library.bringing import store
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.repair import Repairs, repair
from unsplash_assets.library.verification import Verification, verify
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import parse
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets_tests.conftest import served
from unsplash_assets_tests.support.postgres import placed


def folder_of(library: Library) -> Folder:
    """Return the folder that a library's files are in."""
    assert isinstance(library.store, Folder)
    return library.store


class Unsplash:
    """An emulated Unsplash that notes the paths it is asked for, and can be out of order."""

    def __init__(self, base: str = "") -> None:
        self.asked: list[str] = []
        self.base = base
        """Its URL once it is served."""
        self.status = ""
        """What it answers for pictures instead of them, such as "404 Not Found"."""
        self.emulator: WSGIApplication = Emulator()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        self.asked.append(path)
        if self.status and path.startswith("/photo-"):
            start_response(self.status, [("Content-Length", "0")])
            return []
        return self.emulator(environ, start_response)

    @property
    def requests(self) -> list[str]:
        """What was asked of the API; pictures are not."""
        return [path for path in self.asked if not path.startswith("/photo-")]


@dataclass
class StockedLibrary:
    """A library over real sockets; its parts, and what one does with them."""

    library: Library
    unsplash: Unsplash

    @property
    def database(self) -> Database:
        return self.library.database

    @property
    def folder(self) -> Folder:
        return folder_of(self.library)

    @property
    def catalogue(self) -> Photos:
        return self.library.photos

    @property
    def integrity(self) -> Integrity:
        return self.library.integrity

    @property
    def base(self) -> str:
        """The URL of its Unsplash, whatever its mode."""
        return self.unsplash.base

    @property
    def mode(self) -> Mode:
        return self.library.settings.mode

    def changed(self, folder: Folder | None = None, **settings: Any) -> "StockedLibrary":
        """Return the same library, with another object for its folder, or with other settings."""
        library = replace(self.library, settings=replace(self.library.settings, **settings))
        if folder:
            vars(library)["store"] = folder
        return StockedLibrary(library, self.unsplash)

    def bring(self, count: int, topic: str = "sea", run_id: str = "mine") -> list[StoredPhoto]:
        """Store photos of a topic, with their download events, in a run of this process."""
        self.library.runs.begin(run_id, topic)
        while self.catalogue.waiting(topic) < count:
            brought = UnsplashClient(HttpTransport(), "key", self.base).random_photos(topic, 30)
            self.catalogue.add(topic, brought.photos)
        chosen = self.catalogue.choose(topic, count, run_id, "thumb", lambda urls: urls["thumb"])
        store(self.library, chosen, last_try=True)
        return self.catalogue.stored_by(run_id)[-count:]

    def verify(self) -> Verification:
        return verify(self.library)

    def found(self) -> list[str]:
        """Verify; return the lines of what was found."""
        return [str(finding) for finding in self.verify().findings]

    def repair(self) -> Repairs:
        """Repair all that a verification finds."""
        ids = [finding.photo_id for finding in self.verify().bad if finding.photo_id]
        return repair(self.library, ids)

    def row(self, photo_id: str) -> dict[str, Any]:
        """Return a photo's row in this mode."""
        photos = db.photos.c
        mine = sa.select(db.photos).where(photos.id == photo_id, photos.mode == self.mode)
        with self.database.reading() as connection:
            return dict(connection.execute(mine).mappings().one())

    def set(self, photo_id: str, **values: object) -> None:
        """Change a photo's row."""
        with self.database.writing() as connection:
            row = sa.update(db.photos).where(db.photos.c.id == photo_id)
            connection.execute(row.values(**values))

    @property
    def store(self) -> Store:
        return self.library.store

    def files(self) -> dict[str, bytes]:
        """Return the contents of the files that photos may have, by their paths."""
        return {path: self.folder.path(path).read_bytes() for path in self.folder.walk()}


@contextmanager
def library(
    folder: Path, clock: Callable[[], float], mode: Mode = "live", bucket: str = ""
) -> Iterator[StockedLibrary]:
    """Open a library in a folder or a bucket, with an Unsplash of its own behind a port."""
    unsplash = Unsplash()
    with served(unsplash) as base:
        unsplash.base = base
        with opened(folder, unsplash, clock, mode, bucket=bucket) as mine:
            yield mine


@contextmanager
def opened(  # noqa: PLR0913 - what differs comes in by name
    folder: Path,
    unsplash: Unsplash,
    clock: Callable[[], float] | None = None,
    mode: Mode = "live",
    *,
    catalogue: str = "",
    bucket: str = "",
) -> Iterator[StockedLibrary]:
    """Open a library in a folder or a bucket, with an Unsplash that this or another process serves.

    The catalogue of one in a bucket is in a file beside the folder, unless another is named.
    """
    if bucket and not catalogue:
        catalogue = f"sqlite:///{folder.with_name('catalogue.db')}"
    environ = {
        "UNSPLASH_LIBRARY": bucket or str(folder),
        "UNSPLASH_CATALOGUE": catalogue,
        "UNSPLASH_TOPICS": "sea,sky",
        "UNSPLASH_APP_NAME": "my wall",
        "UNSPLASH_CONCURRENCY": "4",
        "UNSPLASH_MAX_SIZE": "1MB",
        "UNSPLASH_RENDITION": "thumb",
    }
    if mode == "live":
        environ |= {"UNSPLASH_API_KEY": "key", "UNSPLASH_API_URL": unsplash.base}
    settings = placed(parse(environ, folder.parent))
    if mode == "demo":  # its pictures come over the socket too
        settings = replace(settings, api_url=unsplash.base)
    with open_library(settings, clock=clock, transport=HttpTransport()) as found:
        yield StockedLibrary(found, unsplash)


def delete(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flip(path: Path) -> None:
    """Change one bit, and let the file be as old as it was."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def swap(one: Path, other: Path) -> None:
    between = one.with_suffix(".between")
    one.rename(between)
    other.rename(one)
    between.rename(other)
