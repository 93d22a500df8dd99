"""Which photos UNSPLASH_KEEP removes: the oldest beyond the bound; they are not brought again.

A pruned photo stays known, because Unsplash returns photos at random and may return it again; its
row keeps little more than the id. The row changes first: it is `pruning` until the file is gone, so
a file that outlives a crash, or is open on Windows, goes the next time. `library.removal` removes
the files.

The cost does not grow with the number of photos. The library's totals are brought up to date from
the photos that have changed since: each row records what the totals contain of it, and an index
holds only the rows where that is no longer right. No statement has a list of ids beside a state of
many photos: SQLite would read through all of those.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.runs import CLOCK_DISTRUST, Runs
from unsplash_assets.catalogue.tables import change_to
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.storage.processes import HERE, Machine

AT_ONCE: Final = 500
"""Photos that are marked and removed before more are looked at."""
_FORGOTTEN: Final[dict[str, Any]] = {
    "urls": {},
    **dict.fromkeys(("photographer", "photographer_url", "page_url"), ""),
    **dict.fromkeys(
        ("url", "path", "sha256", "description", "alt_description", "blur_hash", "seen")
    ),
    **dict.fromkeys(("search_text", "tone")),
}


@dataclass(frozen=True)
class MarkedPhoto:
    """A photo whose file is to be removed."""

    id: str
    path: str
    bytes: int
    sha256: str


@dataclass
class _Totals:
    photos: int
    bytes: int


class Retention:
    """The bound of one library. Favourites are kept in addition, and do not count."""

    def __init__(
        self,
        database: Database,
        keep: Keep,
        clock: Callable[[], float] = time.time,
        machine: Machine = HERE,
    ) -> None:
        """Apply the bound `keep`; `clock` gives seconds since 1970."""
        self._db = database
        self._keep = keep
        self._clock = clock
        self._runs = Runs(database, clock, machine)
        self._mine = db.photos.c.mode == database.mode

    def pause(self) -> str | None:
        """Return why no photo is removed for its age now; None if the clock is trusted."""
        if self._keep.age is None:
            return None
        query = sa.select(db.libraries.c.clock_jumped_at).where(
            db.libraries.c.mode == self._db.mode
        )
        with self._db.reading() as connection:
            jumped_at = connection.scalar(query)
        if jumped_at is None:
            return None
        until = datetime.fromtimestamp(jumped_at + CLOCK_DISTRUST).astimezone()
        return (
            "the clock is more than a day ahead of the run before: if it is right, UNSPLASH_KEEP "
            f"removes photos again from {until:%Y-%m-%d %H:%M} on; if not, set it right"
        )

    def mark(self, run_id: str, at_most: int = AT_ONCE) -> int:
        """Mark the oldest photos beyond the bound, `at_most` of them; return how many.

        Photos that this run, or another run at work, has stored stay: a later run removes them.
        """
        if self._keep == Keep() or self.pause():
            return 0
        with self._db.writing() as connection:
            totals, marked = self._count(connection), []
            for row in self._oldest(connection, run_id)[:at_most]:
                if not self._is_beyond(totals, row.stored_at):
                    break
                marked.append(row.id)
                totals.photos -= 1
                totals.bytes -= row.bytes
            for photo_id in marked:
                this = (self._mine, db.photos.c.id == photo_id)
                connection.execute(change_to(PhotoState.PRUNING, *this))
        return len(marked)

    def marked(self) -> list[MarkedPhoto]:
        """Return the photos whose files are still to be removed."""
        photos = db.photos.c
        query = sa.select(photos.id, photos.path, photos.bytes, photos.sha256)
        with self._db.reading() as connection:
            rows = connection.execute(query.where(self._mine, photos.state == PhotoState.PRUNING))
            return [MarkedPhoto(*row) for row in rows]

    def forget(self, photo_ids: Sequence[str]) -> None:
        """Record that photos are pruned, in new rows: SQLite frees pages, not parts of them."""
        these = (self._mine, db.photos.c.id.in_(photo_ids))
        with self._db.writing() as connection:
            connection.execute(change_to(PhotoState.PRUNED, *these).values(**_FORGOTTEN))
            rows = connection.execute(sa.select(db.photos).where(*these)).mappings()
            short = [dict(row) for row in rows if row["state"] == PhotoState.PRUNED]
            if short:
                again = db.photos.c.id.in_([row["id"] for row in short])
                connection.execute(sa.delete(db.photos).where(self._mine, again))
                connection.execute(sa.insert(db.photos), short)

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
        oldest = some.order_by(photos.stored_at, photos.stored_sequence).limit(AT_ONCE)
        return connection.execute(oldest.with_for_update()).all()

    def _is_beyond(self, totals: _Totals, stored_at: float) -> bool:
        """Whether the bound asks for the oldest photo to go, which was stored then."""
        if self._keep.photos is not None:
            return totals.photos > self._keep.photos
        if self._keep.size is not None:
            return totals.bytes > self._keep.size
        age = self._clock() - stored_at
        return self._keep.age is not None and age > self._keep.age.total_seconds()
