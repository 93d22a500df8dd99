"""Keeps the library within UNSPLASH_KEEP: the oldest photos go, and are not brought again.

A pruned photo stays known, for Unsplash gives its photos at random, this one too; of its row
little more than the id is left. The row comes first: it is `pruning` until the file is gone, so
that a file which outlives a crash, or is open on Windows, goes the next time. Only files that
such a row names are removed.

It costs the same for any number of photos. The library's totals are made from the photos that
have changed since, whatever has changed them: each row tells what the totals have of it, and an
index holds those rows alone where that is no longer right.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.errors import LibraryError
from unsplash_assets.model.keep import Keep
from unsplash_assets.storage.folder import Folder

_AT_ONCE: Final = 500  # photos: what is marked and removed before the next are looked at
_FORGOTTEN: Final[dict[str, Any]] = {
    "urls": {},
    **dict.fromkeys(("photographer", "photographer_url", "page_url"), ""),
    **dict.fromkeys(("url", "path", "sha256", "description", "alt_description", "blur_hash")),
}


@dataclass(frozen=True)
class Pruned:
    """What pruning came to."""

    photos: int = 0
    bytes: int = 0
    trouble: str | None = None
    """Why a file could not be removed, if so; it is tried again the next time."""

    def __add__(self, more: "Pruned") -> "Pruned":
        """Return what both came to."""
        return Pruned(
            self.photos + more.photos, self.bytes + more.bytes, more.trouble or self.trouble
        )


@dataclass
class _Totals:
    photos: int
    bytes: int


class Retention:
    """The bound of one library; favourites are kept besides, and count for nothing."""

    def __init__(
        self,
        database: Database,
        folder: Folder,
        keep: Keep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep `folder` within `keep`; `clock` gives seconds since 1970."""
        self._db = database
        self._folder = folder
        self._keep = keep
        self._clock = clock
        self._runs = Runs(database, clock)
        self._mine = db.photos.c.mode == database.mode

    def prune(self, run_id: str) -> Pruned:
        """Remove the oldest photos beyond the bound, with their files.

        What this run has stored stays, even if it alone is beyond the bound, and so does what
        other runs have that are still going; a later run removes it.
        """
        pruned = self._remove_files()
        more = self._keep != Keep()
        while more:
            more = self._mark_some(run_id) == _AT_ONCE
            pruned += self._remove_files()
        return pruned

    def _mark_some(self, run_id: str) -> int:
        """Mark the oldest photos beyond the bound, up to a number; return how many."""
        with self._db.writing() as connection:
            totals, marked = self._count(connection), []
            for row in self._oldest(connection, run_id):
                if not self._is_beyond(totals, row.stored_at):
                    break
                marked.append(row.id)
                totals.photos -= 1
                totals.bytes -= row.bytes
            chosen = sa.update(db.photos).where(self._mine, db.photos.c.id.in_(marked))
            connection.execute(chosen.values(state="pruning"))
        return len(marked)

    def _count(self, connection: sa.Connection) -> _Totals:
        """Bring the totals up to date, and return them; only one process at a time can."""
        library, photos = db.libraries.c, db.photos.c
        mine = library.mode == self._db.mode
        query = sa.select(library.kept_photos, library.kept_bytes).where(mine).with_for_update()
        totals = _Totals(*connection.execute(query).one())
        changed = self._miscounted(connection)
        if changed:
            totals.photos += sum((row.now > 0) - (row.before > 0) for row in changed)
            totals.bytes += sum(row.now - row.before for row in changed)
            new = {"kept_photos": totals.photos, "kept_bytes": totals.bytes}
            connection.execute(sa.update(db.libraries).where(mine).values(**new))
            row_of = sa.update(db.photos).where(self._mine, photos.id == sa.bindparam("photo"))
            counted = [{"photo": row.id, "now": row.now} for row in changed]
            connection.execute(row_of.values(counted_bytes=sa.bindparam("now")), counted)
        return totals

    def _miscounted(self, connection: sa.Connection) -> Sequence[Any]:
        photos = db.photos.c
        now = sa.literal_column(db.COUNTING, sa.BigInteger).label("now")
        query = sa.select(photos.id, photos.counted_bytes.label("before"), now)
        wrong = query.where(self._mine, sa.text(db.MISCOUNTED))
        return connection.execute(wrong.with_for_update()).all()

    def _oldest(self, connection: sa.Connection, run_id: str) -> Sequence[Any]:
        photos = db.photos.c
        working = self._runs.live(connection) | {run_id}
        is_left = photos.run_id.is_(None) | photos.run_id.not_in(working)
        query = sa.select(photos.id, photos.bytes, photos.stored_at)
        some = query.where(self._mine, sa.text(db.PRUNABLE), is_left)
        oldest = some.order_by(photos.stored_at, photos.stored_sequence).limit(_AT_ONCE)
        return connection.execute(oldest.with_for_update()).all()

    def _is_beyond(self, totals: _Totals, stored_at: float) -> bool:
        """Whether the bound asks for the oldest photo to go, which was stored then."""
        if self._keep.photos is not None:
            return totals.photos > self._keep.photos
        if self._keep.size is not None:
            return totals.bytes > self._keep.size
        age = self._clock() - stored_at
        return self._keep.age is not None and age > self._keep.age.total_seconds()

    def _remove_files(self) -> Pruned:
        """Remove the files of the photos that are marked."""
        photos, trouble = db.photos.c, None
        query = sa.select(photos.id, photos.path, photos.bytes)
        with self._db.reading() as connection:
            rows = connection.execute(query.where(self._mine, photos.state == "pruning")).all()
        gone = []
        for row in rows:
            try:
                self._folder.delete(row.path)
                gone.append(row)
            except LibraryError as error:
                trouble = str(error)
        if gone:
            self._forget([row.id for row in gone])
        return Pruned(len(gone), sum(row.bytes for row in gone), trouble)

    def _forget(self, photo_ids: Sequence[str]) -> None:
        """Write down that photos are pruned, in rows anew: SQLite makes no room within a page."""
        photos = db.photos.c
        these = (self._mine, photos.state == "pruning", photos.id.in_(photo_ids))
        with self._db.writing() as connection:
            rows = connection.execute(sa.select(db.photos).where(*these).with_for_update())
            short = [{**row, **_FORGOTTEN, "state": "pruned"} for row in rows.mappings()]
            if short:
                connection.execute(sa.delete(db.photos).where(*these))
                connection.execute(sa.insert(db.photos), short)
