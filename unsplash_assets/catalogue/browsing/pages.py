"""The stored photos a page at a time, the newest first, as a served gallery asks for them.

A page begins beyond a photo's number in the catalogue's sequence, never after so many photos: it
costs the same wherever it is. Each filter has an index in that order; a search reads the texts of
the photos from another one, the newest first, until it has a page.
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.stored import stored_photo
from unsplash_assets.model.photos import ShownPhoto


@dataclass(frozen=True)
class Wanted:
    """Which photos are asked for: those that are all of this."""

    topic: str | None = None
    words: tuple[str, ...] = ()
    """Each is in what is said of the photo; see `model.search`."""
    tone: str | None = None
    """One of `model.tones.TONES`."""
    favourites: bool = False


@dataclass(frozen=True)
class Page:
    """Some photos, the newest first."""

    photos: tuple[ShownPhoto, ...]
    has_more: bool
    """Whether there are more of them in the direction that was asked for."""


class Browsing:
    """The stored photos of one library, for a person who looks through them; read only."""

    def __init__(self, database: Database) -> None:
        """Read `database`."""
        self._db = database
        self._mine = db.photos.c.mode == database.mode

    def page(self, wanted: Wanted, limit: int, before: int | None = None) -> Page:
        """Return the newest photos that are older than number `before`."""
        number = db.photos.c.stored_sequence
        older = () if before is None else (number < before,)
        photos = self._read(self._numbers(wanted, *older).order_by(number.desc()), limit + 1)
        return Page(photos[:limit], len(photos) > limit)

    def newer(self, wanted: Wanted, limit: int, after: int) -> Page:
        """Return the oldest photos that are newer than number `after`."""
        number = db.photos.c.stored_sequence
        newer = self._numbers(wanted, number > after).order_by(number)
        photos = self._read(newer, limit + 1)
        return Page(photos[-limit:], len(photos) > limit)

    def find(self, photo_id: str) -> ShownPhoto | None:
        """Return a stored photo by its id."""
        photos = db.photos.c
        query = sa.select(db.photos).where(self._mine, photos.id == photo_id, sa.text(db.SHOWN))
        with self._db.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else shown_photo(row)

    def topics(self) -> dict[str, int]:
        """Count the stored photos of every topic that has any."""
        photos = db.photos.c
        number = sa.func.count().label("n")
        query = sa.select(photos.topic, number).where(self._mine, sa.text(db.SHOWN))
        with self._db.reading() as connection:
            rows = connection.execute(query.group_by(photos.topic))
            return {row.topic: row.n for row in rows}

    def newest(self) -> ShownPhoto | None:
        """Return the newest stored photo."""
        found = self.page(Wanted(), 1).photos
        return found[0] if found else None

    def newest_number(self) -> int:
        """Return the number of the newest stored photo, or 0."""
        number = db.photos.c.stored_sequence
        return self._db.number(
            sa.select(number).where(self._mine, sa.text(db.SHOWN)).order_by(number.desc()).limit(1)
        )

    def _numbers(self, wanted: Wanted, *where: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """Return the query for the numbers of the photos; they are in an index by themselves."""
        photos = db.photos.c
        query = sa.select(photos.stored_sequence).where(self._mine, sa.text(db.SHOWN), *where)
        if wanted.topic is not None:
            query = query.where(photos.topic == wanted.topic)
        if wanted.tone is not None:
            query = query.where(photos.tone == wanted.tone)
        if wanted.favourites:
            query = query.where(sa.text("favourite"))
        for word in wanted.words:
            query = query.where(photos.search_text.contains(word, autoescape=True))
        return query

    def _read(self, numbers: sa.Select[Any], limit: int) -> tuple[ShownPhoto, ...]:
        number = db.photos.c.stored_sequence
        with self._db.reading() as connection:
            found = list(connection.scalars(numbers.limit(limit)))
            query = sa.select(db.photos).where(self._mine, number.in_(found))
            rows = connection.execute(query.order_by(number.desc())).all() if found else ()
        return tuple(shown_photo(row) for row in rows)


def shown_photo(row: sa.Row[Any]) -> ShownPhoto:
    """Return a photo as a person sees it."""
    return ShownPhoto(**vars(stored_photo(row)), favourite=bool(row.favourite))
