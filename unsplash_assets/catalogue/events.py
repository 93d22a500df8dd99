"""The download events: Unsplash is notified of each stored photo, once.

An event becomes due in the transaction that stores its photo, and stays due until it is sent, so a
crash loses none. A process takes an event before it sends it, so no two processes send it; after a
crash in between, the event is due again once the taking expires. Sending is in `library.events`,
what Unsplash asks for in docs/reference/unsplash.md.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.clock.future import TAKEN_FOR
from unsplash_assets.catalogue.database import Database
from unsplash_assets.model.backoff import backoff


@dataclass(frozen=True)
class DownloadEvent:
    """The notice that one photo was downloaded: the photo's id, and the link to call."""

    photo_id: str
    location: str
    failures: int = 0


class DownloadEvents:
    """The events of one library's photos."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Keep the events in `database`; `clock` gives seconds since 1970."""
        self._db = database
        self._clock = clock
        self._mine = db.photos.c.mode == database.mode

    def due(self) -> int:
        """Count the events that are due now."""
        query = sa.select(sa.func.count()).where(self._mine, self._is_due())
        return self._db.number(query)

    def owed(self) -> int:
        """Count the events that are due now and were never tried."""
        is_owed = self._is_due(), db.photos.c.event_failures == 0
        return self._db.number(sa.select(sa.func.count()).where(self._mine, *is_owed))

    def unsent(self) -> int:
        """Count the events that are due now or later."""
        query = sa.select(sa.func.count()).where(self._mine, db.photos.c.event_due_at.is_not(None))
        return self._db.number(query)

    def take(self, count: int, run_id: str | None = None) -> list[DownloadEvent]:
        """Take up to `count` events that are due, the oldest first, for this process alone.

        With a `run_id`, only those of its photos.
        """
        photos = db.photos.c
        query = sa.select(photos.id, photos.download_location, photos.event_failures)
        oldest = query.where(self._mine, self._is_due()).order_by(photos.event_due_at)
        if run_id is not None:
            oldest = oldest.where(photos.run_id == run_id)
        with self._db.writing() as connection:
            rows = connection.execute(oldest.limit(count).with_for_update()).all()
            taken = sa.update(db.photos).where(self._mine, photos.id.in_([row.id for row in rows]))
            if rows:
                connection.execute(taken.values(event_due_at=self._clock() + TAKEN_FOR))
        return [DownloadEvent(*row) for row in rows]

    def mark_sent(self, events: Sequence[DownloadEvent]) -> None:
        """Record that events were sent."""
        if not events:
            return
        ids = [event.photo_id for event in events]
        sent = sa.update(db.photos).where(self._mine, db.photos.c.id.in_(ids))
        with self._db.noting() as connection:
            connection.execute(sent.values(event_sent_at=self._clock(), event_due_at=None))

    def mark_refused(self, event: DownloadEvent, reason: str) -> None:
        """Record that Unsplash will never accept an event."""
        self._update(event, event_error=reason, event_due_at=None)

    def postpone(self, event: DownloadEvent) -> None:
        """Try an event again later, each time after twice the wait."""
        due_at, failures = self._clock() + backoff(event.failures), event.failures + 1
        self._update(event, event_due_at=due_at, event_failures=failures)

    def _is_due(self) -> sa.ColumnElement[bool]:
        return db.photos.c.event_due_at <= self._clock()

    def _update(self, event: DownloadEvent, **values: object) -> None:
        with self._db.writing() as connection:
            photos = db.photos.c
            unsent = self._mine, photos.id == event.photo_id, photos.event_sent_at.is_(None)
            connection.execute(sa.update(db.photos).where(*unsent).values(**values))


def due_once_stored(now: float) -> sa.ColumnElement[float | None]:
    """Return when the event of a photo that is stored now is due; not if it was sent or refused."""
    photos = db.photos.c
    settled = photos.event_sent_at.is_not(None) | photos.event_error.is_not(None)
    is_none = settled | photos.download_location.is_(None)
    return sa.case((is_none, sa.null()), else_=sa.func.coalesce(photos.event_due_at, now))
