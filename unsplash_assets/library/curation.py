"""Bans a photo: records the decision, then removes its file.

The decisions themselves are kept in `catalogue.curation`.
"""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from unsplash_assets.library.opening import Library
from unsplash_assets.storage.names import photo_id_of

_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")  # docs/reference/unsplash.md


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
    for path, size in library.curation.files_to_remove(photo_id):
        if library.folder.stamp(path) is not None:
            library.folder.delete(path, size)
            removed.append(path)
    return Ban(was_known, removed)


def read_photo_id(text: str) -> str:
    """Return the id that a person means: the id itself, or the path of the photo's file.

    Raises ValueError that says what is allowed.
    """
    photo_id = text if _ID.fullmatch(text) else photo_id_of(PurePath(text).name)
    if photo_id is None or not _ID.fullmatch(photo_id):
        raise ValueError("give a photo's id, 11 characters, or the path of its file")
    return photo_id
