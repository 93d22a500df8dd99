"""What a person decides of single photos: to ban one for ever, or to keep one for good.

A ban holds against runs that work at the same time: the catalogue takes nothing of a banned
photo any more, and `storing` removes what it had published of it. What a favourite is spared
is decided where files are removed to make room.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import WITH_FILE
from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.names import photo_id_of

_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")  # docs/unsplash.md


@dataclass(frozen=True)
class Ban:
    """What a ban came to."""

    was_known: bool
    """Whether the catalogue knew the photo; one that it did not is banned in advance."""
    removed: list[str]
    """The files that are gone, relative to the library."""


class Curation:
    """A person's decisions on the photos of one library."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Keep the decisions in `database`; `clock` gives seconds since 1970."""
        self._db = database
        self._clock = clock
        self._mine = db.photos.c.mode == database.mode

    def ban(self, photo_id: str, folder: Folder) -> Ban:
        """Never bring a photo again, and remove its file; whatever its state, and once more.

        The row comes first. A crash in between leaves a file that no row claims, and banning the
        photo again removes it. Raises LibraryError where the file cannot be removed.
        """
        was_known = self._forbid(photo_id)
        others = self._paths_of_other_modes(photo_id)
        removed = [path for path in folder.files_of(photo_id) if path not in others]
        for path in removed:
            folder.delete(path)
        return Ban(was_known, removed)

    def unban(self, photo_id: str) -> None:
        """Let a banned photo come again. Raises UnknownPhoto if it is not banned."""
        banned = (*self._is(photo_id), db.photos.c.state == "banned")
        with self._db.writing() as connection:
            urls = connection.scalar(sa.select(db.photos.c.urls).where(*banned))
            if urls is None:
                raise UnknownPhoto(f"photo {photo_id} is not banned")
            if urls:
                again = sa.update(db.photos).where(*banned)
                connection.execute(again.values(state="waiting", postponed=0))
            else:  # banned in advance: nothing is known that could be downloaded
                connection.execute(sa.delete(db.photos).where(*banned))

    def favour(self, photo_id: str) -> None:
        """Make a photo a favourite. Raises UnknownPhoto if it is not in the library."""
        here = sa.update(db.photos).where(*self._is(photo_id), db.photos.c.state.in_(WITH_FILE))
        if not self._does(here.values(favourite=True)):
            raise UnknownPhoto(f"photo {photo_id} is not in the library: nothing is there to keep")

    def unfavour(self, photo_id: str) -> None:
        """Make a favourite a photo like any other. Raises UnknownPhoto if it is none."""
        kept = sa.update(db.photos).where(*self._is(photo_id), db.photos.c.favourite)
        if not self._does(kept.values(favourite=False)):
            raise UnknownPhoto(f"photo {photo_id} is no favourite")

    def _forbid(self, photo_id: str) -> bool:
        """Write the ban down; say whether the photo was known."""
        with self._db.writing() as connection:
            known = sa.update(db.photos).where(*self._is(photo_id))
            if connection.execute(known.values(state="banned", favourite=False)).rowcount:
                return True
            connection.execute(sa.insert(db.photos), self._row(photo_id))
            return False

    def _paths_of_other_modes(self, photo_id: str) -> set[str]:
        """Return what is not this mode's to remove, for demo and live may share a folder."""
        theirs = (~self._mine, db.photos.c.id == photo_id, db.photos.c.state.in_(WITH_FILE))
        with self._db.reading() as connection:
            return set(connection.scalars(sa.select(db.photos.c.path).where(*theirs)))

    def _does(self, change: sa.Update) -> bool:
        """Make a change; say whether there was a photo to change."""
        with self._db.writing() as connection:
            return connection.execute(change).rowcount > 0

    def _row(self, photo_id: str) -> dict[str, Any]:
        """Return the row of a photo of which nothing is known but that it is banned."""
        return {
            "mode": self._db.mode,
            "id": photo_id,
            "topic": "",
            "state": "banned",
            "arrival": 0,
            "postponed": 0,
            "fetched_at": self._clock(),
            "photographer": "",
            "photographer_url": "",
            "page_url": "",
            "urls": {},
        }

    def _is(self, photo_id: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return self._mine, db.photos.c.id == photo_id


def read_photo_id(text: str) -> str:
    """Return the id in a person's words for a photo: the id itself, or the path of its file.

    Raises ValueError, with the words that say what is allowed.
    """
    photo_id = text if _ID.fullmatch(text) else photo_id_of(PurePath(text).name)
    if photo_id is None or not _ID.fullmatch(photo_id):
        raise ValueError("give a photo's id, 11 characters, or the path of its file")
    return photo_id
