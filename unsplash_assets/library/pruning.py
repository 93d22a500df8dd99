"""Removes the files of photos beyond UNSPLASH_KEEP.

Which photos go is decided in `catalogue.retention`. Only files that a row in state `pruning` names
are removed.
"""

import sys
from dataclasses import dataclass
from typing import Final

from unsplash_assets.catalogue.retention import AT_ONCE
from unsplash_assets.errors import LibraryError
from unsplash_assets.library.opening import Library

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
            library.folder.delete(photo.path, photo.bytes)
            gone.append(photo)
        except LibraryError as trouble:
            error = str(trouble)
    if gone:
        library.retention.forget([photo.id for photo in gone])
    return Pruned(len(gone), sum(photo.bytes for photo in gone), error)
