"""What a person decides about single photos: to ban one, keep one, or have one come again.

A ban also holds against runs at work: a banned photo is never published (`photos`).
`library.removal` removes the banned photo's file.
"""

from dataclasses import asdict

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.browsing.finding import found_by
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.tables import change_to
from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.model.photos import Photo, PhotoState
from unsplash_assets.model.states import ENDED, WITH_FILE


class Curation:
    """A person's decisions about the photos of one library."""

    def __init__(self, database: Database) -> None:
        """Keep the decisions in `database`."""
        self._db = database
        self._mine = db.photos.c.mode == database.mode

    def ban(self, photo_id: str) -> bool:
        """Never bring a photo again, whatever its state; return whether it was known."""
        known = change_to(PhotoState.BANNED, *self._is(photo_id)).values(favourite=False)
        with self._db.writing() as connection:
            if connection.execute(known).rowcount:
                return True
            connection.execute(sa.insert(db.photos), self._row(photo_id))
            return False

    def unban(self, photo_id: str) -> None:
        """Let a banned photo come again. Raises UnknownPhoto if it is not banned."""
        banned = (*self._is(photo_id), db.photos.c.state == PhotoState.BANNED)
        with self._db.writing() as connection:
            urls = connection.scalar(sa.select(db.photos.c.urls).where(*banned))
            if urls is None:
                raise UnknownPhoto(f"photo {photo_id} is not banned")
            if urls:
                again = change_to(PhotoState.WAITING, *banned)
                connection.execute(again.values(postponed=0))
            else:  # banned before it was known: there is no URL to download from
                connection.execute(sa.delete(db.photos).where(*banned))

    def readmit(self, topic: str, photo: Photo, api_url: str) -> None:
        """Let a photo that was refused or pruned wait for a topic, as an API describes it now."""
        described = asdict(photo)
        del described["width"], described["height"]  # the original's; the file has its own
        values = {"topic": topic, "api": api_url, "postponed": 0, "reason": None, "run_id": None}
        ended = (*self._is(photo.id), db.photos.c.state.in_(ENDED))
        again = change_to(PhotoState.WAITING, *ended)
        with self._db.writing() as connection:
            connection.execute(again.values(**described, **values, **found_by(topic, photo)))

    def favour(self, photo_id: str) -> None:
        """Make a photo a favourite. Raises UnknownPhoto if it is not in the library."""
        here = sa.update(db.photos).where(*self._is(photo_id), db.photos.c.state.in_(WITH_FILE))
        if not self._changes(here.values(favourite=True)):
            raise UnknownPhoto(f"photo {photo_id} is not in the library, so it cannot be kept")

    def unfavour(self, photo_id: str) -> None:
        """Make a favourite an ordinary photo. Raises UnknownPhoto if it is not a favourite."""
        kept = sa.update(db.photos).where(*self._is(photo_id), db.photos.c.favourite)
        if not self._changes(kept.values(favourite=False)):
            raise UnknownPhoto(f"photo {photo_id} is not a favourite")

    def files_to_remove(self, photo_id: str) -> list[tuple[str, int, str]]:
        """Return path, size and SHA-256 of a banned photo's file, unless the other mode has it too.

        Demo and live may share a folder.
        """
        photos = db.photos.c
        theirs = sa.select(photos.path).where(
            ~self._mine, photos.id == photo_id, photos.state.in_(WITH_FILE)
        )
        mine = sa.select(photos.path, photos.bytes, photos.sha256).where(*self._is(photo_id))
        query = mine.where(photos.path.is_not(None), photos.path.not_in(theirs))
        with self._db.reading() as connection:
            return [(row.path, row.bytes, row.sha256) for row in connection.execute(query)]

    def _changes(self, change: sa.Update) -> bool:
        """Make a change; return whether there was a photo to change."""
        with self._db.writing() as connection:
            return connection.execute(change).rowcount > 0

    def _row(self, photo_id: str) -> dict[str, object]:
        """Return the row of a photo that is banned before it is known."""
        return {
            "mode": self._db.mode,
            "id": photo_id,
            "topic": "",
            "state": PhotoState.BANNED,
            "arrival": 0,
            "postponed": 0,
            "photographer": "",
            "photographer_url": "",
            "page_url": "",
            "urls": {},
        }

    def _is(self, photo_id: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return self._mine, db.photos.c.id == photo_id
