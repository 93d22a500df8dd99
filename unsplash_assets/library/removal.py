"""Removes photos' files: of one that a person bans, and of those beyond UNSPLASH_KEEP.

A person's decisions are kept in `catalogue.curation`, and `catalogue.retention` decides which
photos go to make room. Only the exact files that rows name are removed, never by a pattern.
"""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from unsplash_assets.catalogue.retention import AT_ONCE
from unsplash_assets.errors import LibraryError
from unsplash_assets.library.opening import Library
from unsplash_assets.model import ids
from unsplash_assets.storage.names import photo_id_of, thumbnail_path
from unsplash_assets.storage.stores.base import Store

_AGED_AT_MOST: Final = 50
"""Photos that one run removes for their age, besides two for each that it may bring."""


@dataclass(frozen=True)
class Pruned:
    """How many photos were pruned, and their size."""

    photos: int = 0
    bytes: int = 0
    error: str | None = None
    """Why a photo could not be removed; it is tried again the next time."""

    def __add__(self, more: "Pruned") -> "Pruned":
        """Return the sum of both."""
        error = more.error or self.error
        return Pruned(self.photos + more.photos, self.bytes + more.bytes, error)


def prune(library: Library, run_id: str) -> Pruned:
    """Remove the oldest photos beyond the bound, with their files.

    What this run has stored stays, even if it alone exceeds the bound; a later run removes it. By
    age, one run removes only some, because a wrong clock makes every photo old.
    """
    pruned = _remove_files(library) + Pruned(error=library.retention.pause())
    settings = library.settings
    left = _AGED_AT_MOST + 2 * settings.photos_per_run if settings.keep.age else sys.maxsize
    while left > 0:
        marked = library.retention.mark(run_id, min(left, AT_ONCE))
        left -= marked
        if marked:
            pruned += _remove_files(library)
        if marked < AT_ONCE:
            break
    return pruned


def _remove_files(library: Library) -> Pruned:
    gone, error = [], None
    for photo in library.retention.marked():
        try:
            library.store.delete(photo.path, photo.bytes)
            _remove_thumbnail(library.store, photo.sha256)
            gone.append(photo)
        except LibraryError as trouble:
            error = str(trouble)
    if gone:
        library.retention.forget([photo.id for photo in gone])
    return Pruned(len(gone), sum(photo.bytes for photo in gone), error)


def _remove_thumbnail(store: Store, sha256: str) -> None:
    with suppress(LibraryError):  # it is the photo that has to go
        store.delete(thumbnail_path(sha256))


@dataclass(frozen=True)
class Ban:
    """What a ban has done."""

    was_known: bool
    """Whether the catalogue knew the photo; one that it did not know is banned in advance."""
    removed: list[str]
    """The files that are gone, relative to the library."""


def ban(library: Library, photo_id: str) -> Ban:
    """Never bring a photo again, and remove its file; whatever its state, and repeatably.

    The row comes first, and keeps the path: after a crash in between, banning the photo again
    removes the file. Copies under other names are not touched. Raises LibraryError where the file
    cannot be removed.
    """
    was_known = library.curation.ban(photo_id)
    removed = []
    for path, size, sha256 in library.curation.files_to_remove(photo_id):
        if library.store.stamp(path) is not None:
            library.store.delete(path, size)
            removed.append(path)
        _remove_thumbnail(library.store, sha256)
    return Ban(was_known, removed)


def read_photo_id(text: str) -> str:
    """Return the id that a person means: the id itself, or that of a photo's page or file.

    Raises ValueError that says what is allowed.
    """
    photo_id = ids.photo_id_of(text) or photo_id_of(PurePath(text).name)
    if photo_id is None or ids.photo_id_of(photo_id) != photo_id:
        raise ValueError(
            "give a photo's id, 11 characters, the URL of its page, or the path of its file"
        )
    return photo_id
