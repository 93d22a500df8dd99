"""Looks up the photos whose files are in the library, and makes `model.photos` from their rows."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.model.photos import (
    BadPhoto,
    ChosenPhoto,
    PhotoState,
    StoredPhoto,
    TopicCounts,
)
from unsplash_assets.model.states import WITH_FILE

_READ_AT_ONCE: Final = 500  # photos

Row = sa.Row[Any]


class StoredPhotos:
    """The stored photos of one library, read only."""

    def __init__(self, database: Database) -> None:
        """Read `database`."""
        self._db = database
        self._mine = db.photos.c.mode == database.mode

    def check_lease(self) -> None:
        """Raise LeaseLost in a run that may write no more."""
        self._db.check_lease()

    def alone(self, work: str, folder: Path) -> AbstractContextManager[None]:
        """Let one process at a time be at some work on the library with this local folder."""
        return self._db.backend.alone(work, folder)

    def stored_by(self, run_id: str) -> list[StoredPhoto]:
        """Return the photos that a run has stored, in order.

        They are sorted and sifted here: asked for an order or a state, SQLite would go through all
        stored photos instead.
        """
        of_run = sa.select(db.photos).where(self._mine, db.photos.c.run_id == run_id)
        with self._db.reading() as connection:
            rows = connection.execute(of_run).all()
        stored = (stored_photo(row) for row in rows if row.state == PhotoState.STORED)
        return sorted(stored, key=attrgetter("stored_sequence"))

    def not_stored(self, run_id: str) -> dict[str, str]:
        """Return the photos that a run chose and could not store, by id, with the reason."""
        photos = db.photos.c
        failed = (PhotoState.WAITING, PhotoState.REFUSED)
        left = (photos.run_id == run_id, photos.state.in_(failed), photos.reason.is_not(None))
        query = sa.select(photos.id, photos.reason).where(self._mine, *left)
        with self._db.reading() as connection:
            return {row.id: row.reason for row in connection.execute(query)}

    def newest_stored(self, topic: str) -> StoredPhoto | None:
        """Return the topic's newest stored photo."""
        found = self._stored(db.photos.c.topic == topic, newest=1)
        return found[0] if found else None

    def is_worked_on(self, topic: str) -> bool:
        """Return whether photos of the topic have a file, should have one, or are chosen."""
        photos = db.photos.c
        states = photos.state.in_((PhotoState.CHOSEN, *WITH_FILE))
        query = sa.select(photos.id).where(self._mine, photos.topic == topic, states).limit(1)
        with self._db.reading() as connection:
            return connection.scalar(query) is not None

    def stored_after(self, sequence: int, newest: int) -> list[StoredPhoto]:
        """Return the newest stored photos beyond a sequence number, in order."""
        return self._stored(db.photos.c.stored_sequence > sequence, newest=newest)

    @contextmanager
    def all_stored(self) -> Iterator[Iterator[StoredPhoto]]:
        """Read every stored photo, in order, as of one moment; few are in memory at once."""
        query = sa.select(db.photos).where(self._mine, db.photos.c.state == PhotoState.STORED)
        in_order = query.order_by(db.photos.c.stored_sequence)
        with self._db.reading() as connection:
            rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(in_order)
            yield (stored_photo(row) for row in rows)

    def newest_paths(self, count: int) -> list[str]:
        """Return the paths of the newest photos that should have a file."""
        photos = db.photos.c
        query = sa.select(photos.path).where(self._mine, photos.state.in_(WITH_FILE))
        with self._db.reading() as connection:
            newest = query.order_by(photos.stored_sequence.desc()).limit(count)
            return list(connection.scalars(newest))

    def identity(self) -> str:
        """Return the identity that no other catalogue has."""
        return self._db.identity()

    def newest_sequence(self) -> int:
        """Return the sequence number of the newest stored photo, or 0."""
        query = sa.select(sa.func.max(db.photos.c.stored_sequence)).where(self._mine)
        return self._db.number(query)

    def counts(self) -> dict[str, TopicCounts]:
        """Count the photos of every topic that has any; banned photos do not count."""
        photos = db.photos.c
        size = sa.func.coalesce(sa.func.sum(photos.bytes), 0).label("size")
        query = sa.select(photos.topic, photos.state, sa.func.count().label("n"), size)
        query = query.where(self._mine, photos.state != PhotoState.BANNED)
        with self._db.reading() as connection:
            rows = connection.execute(query.group_by(photos.state, photos.topic)).all()
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            topic = found.setdefault(row.topic, {})
            state = PhotoState.DAMAGED if row.state == PhotoState.LOST else row.state
            if state in {PhotoState.WAITING, PhotoState.STORED, PhotoState.DAMAGED}:
                topic[state] = topic.get(state, 0) + row.n
            if state == PhotoState.STORED:
                topic["bytes"] = int(row.size)
        return {topic: TopicCounts(topic, **numbers) for topic, numbers in found.items()}

    def _stored(self, *where: sa.ColumnElement[bool], newest: int) -> list[StoredPhoto]:
        photos = db.photos.c
        query = sa.select(db.photos).where(self._mine, photos.state == PhotoState.STORED, *where)
        query = query.order_by(photos.stored_sequence.desc()).limit(newest)
        with self._db.reading() as connection:
            rows = connection.execute(query).all()
        return [stored_photo(row) for row in reversed(rows)]


def chosen_photo(row: Row) -> ChosenPhoto:
    """Return a photo to download."""
    return ChosenPhoto(**_chosen(row))


def bad_photo(row: Row) -> BadPhoto:
    """Return a photo to download again."""
    return BadPhoto(**_chosen(row), path=row.path)


def stored_photo(row: Row) -> StoredPhoto:
    """Return a photo whose file is in the library."""
    return StoredPhoto(
        **_chosen(row),
        path=row.path,
        bytes=row.bytes,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        stored_at=row.stored_at,
        stored_sequence=row.stored_sequence,
        blur_hash=row.blur_hash,
    )


def _chosen(row: Row) -> dict[str, Any]:
    names = ("id", "topic", "rendition", "url", "photographer", "photographer_url", "page_url")
    values = {name: getattr(row, name) for name in (*names, "color")}
    return {**values, "description": row.alt_description or row.description}
