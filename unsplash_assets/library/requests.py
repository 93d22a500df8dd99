"""The record of requests to the API, kept in the catalogue for all who share its key.

What the numbers mean for the next request is decided in `unsplash.budget`.
"""

import time
from collections.abc import Callable

import sqlalchemy as sa

from unsplash_assets.library import database as db
from unsplash_assets.unsplash.budget import HOUR, Usage, usage


class RequestRecord:
    """Implements `unsplash.budget.Ledger` on a catalogue."""

    def __init__(self, database: db.Database, clock: Callable[[], float] = time.time) -> None:
        """Keep the record in `database`; `clock` gives seconds since 1970."""
        self._db = database
        self._clock = clock

    def record(self, limit: int | None) -> None:
        """Write down one request, and the limit its answer told; forget those past the hour."""
        now = self._clock()
        mine = db.requests.c.mode == self._db.mode
        with self._db.writing() as connection:
            connection.execute(sa.insert(db.requests), {"mode": self._db.mode, "sent_at": now})
            connection.execute(
                sa.delete(db.requests).where(mine, db.requests.c.sent_at <= now - HOUR)
            )
            if limit is not None:
                known = sa.update(db.libraries).where(db.libraries.c.mode == self._db.mode)
                connection.execute(known.values(request_limit=limit))

    def usage(self) -> Usage:
        """Return what is used and left of the hourly quota."""
        mine = db.requests.c.mode == self._db.mode
        sent = sa.select(db.requests.c.sent_at).where(mine).order_by(db.requests.c.sent_at)
        limit = sa.select(db.libraries.c.request_limit).where(db.libraries.c.mode == self._db.mode)
        with self._db.reading() as connection:
            return usage(connection.scalar(limit), list(connection.scalars(sent)), self._clock())
