"""A library of made-up photos, its files real and small, for the tests of what shows them."""

import dataclasses
import io
import os
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.gallery.page import Gallery, write_gallery
from unsplash_assets.library.opening import open_library
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import Photo, StoredFile, StoredPhoto
from unsplash_assets.settings.settings import parse
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.names import PAGE, THUMBNAILS, photo_path
from unsplash_assets.unsplash.models import PICTURES, read_photo
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.stored import record_stored

APP_NAME = "my wall"


class GalleryLibrary:
    """A library with as many photos as are hung up in it, and its gallery."""

    def __init__(self, root: Path, mode: Mode = "live") -> None:
        self.clock = Clock()
        self._numbers = count()
        self._opened = ExitStack()
        environ = {"UNSPLASH_LIBRARY": str(root), "UNSPLASH_APP_NAME": APP_NAME}
        environ |= {"UNSPLASH_API_KEY": "key"} if mode == "live" else {}
        settings = parse(environ, root.parent)
        self.library = self._opened.enter_context(open_library(settings, clock=self.clock))
        self.folder = folder_of(self.library)
        self.database = self.library.database
        self.catalogue = self.library.photos

    def close(self) -> None:
        """Close the library."""
        self._opened.close()

    def hang(
        self, photos: int = 1, topic: str = "sea", size: tuple[int, int] = (60, 40), **said: Any
    ) -> list[StoredPhoto]:
        """Store photos of a topic, a minute after the last; `said` is what Unsplash says."""
        self.clock.now += 60
        new = [dataclasses.replace(_photo(next(self._numbers)), **said) for _ in range(photos)]
        self.catalogue.add(topic, new)
        chosen = self.catalogue.choose(topic, photos, "run", "full", lambda urls: urls["full"])
        files = {photo.id: self._file(photo.id, topic, photo.description, size) for photo in chosen}
        before = self.catalogue.newest_sequence()
        record_stored(self.catalogue, files)
        return self.catalogue.stored_after(before, newest=photos)

    def write(self) -> Gallery:
        """Write the gallery, at the library's time: a browser asks a server for what is newer."""
        written = write_gallery(self.catalogue, self.folder, self.library.settings)
        os.utime(self.page, (self.clock.now, self.clock.now))
        return written

    @property
    def page(self) -> Path:
        """The file of the page."""
        return self.folder.path(PAGE)

    def thumbnails(self) -> set[str]:
        """Return the names of the files in the folder for thumbnails."""
        return {path.name for path in self.folder.path(THUMBNAILS).glob("*")}

    def _file(
        self, photo_id: str, topic: str, description: str | None, size: tuple[int, int]
    ) -> StoredFile:
        name = photo_path(topic, description, photo_id, "jpg")
        with self.folder.temporary() as temporary:
            self.folder.write(temporary, picture(photo_id, size))
            self.folder.publish(temporary, name)
        path = self.folder.path(name)
        return StoredFile(name, path.stat().st_size, *size, sha256(path))


def picture(seed: str, size: tuple[int, int]) -> bytes:
    """Return a JPEG of one colour, that only this seed has."""
    colour = tuple(hash_byte % 256 for hash_byte in seed.encode()[-3:])
    out = io.BytesIO()
    image = Image.new("RGB", size, colour)
    image.save(out, "JPEG", comment=seed.encode())
    return out.getvalue()


def _photo(number: int) -> Photo:
    content = answers.full(EmulatedPhoto(7, number), PICTURES, "sea")
    read = read_photo(content, frozenset({PICTURES}))
    assert isinstance(read, Photo)
    return read
