"""The topics that have given no new photos, and until when they are left alone."""

import time
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.clock.future import not_after
from unsplash_assets.catalogue.database import Database
from unsplash_assets.model.backoff import backoff
from unsplash_assets.unsplash.budget import Shortage, describe_exhaustion

_FIRST_PAUSE: Final = 3600.0  # seconds


class Exhaustion:
    """The topics of one API that gave no new photos, each with what was asked for."""

    def __init__(
        self,
        database: Database,
        api_url: str,
        asked: Callable[[str], str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Remember them in `database`; `clock` gives seconds since 1970.

        `asked` says what a topic asks for by now: where that has changed, it is not exhausted.
        """
        self._db = database
        self._clock = clock
        self._asked = asked
        self._of_api = {"mode": database.mode, "api": api_url}

    def topics(self) -> dict[str, Shortage]:
        """Return the topics that gave no new photos last time, also those to ask again by now."""
        query = sa.select(db.exhausted).filter_by(**self._of_api)
        with self._db.reading() as connection:
            rows = connection.execute(query).all()
        return {row.topic: self._read(row) for row in rows if row.filters == self._asked(row.topic)}

    def left_alone(self) -> dict[str, Shortage]:
        """Return the topics that are not worth a request yet."""
        now = self._clock()
        return {name: found for name, found in self.topics().items() if now < found.until}

    def note(self, topic: str, reason: str) -> Shortage:
        """Record that a topic gave no new photos: ask again in an hour, then two, up to a day."""
        now, before = self._clock(), self.topics().get(topic)
        is_repeated = before is not None and now >= before.until
        mine = sa.update(db.exhausted).filter_by(**self._key(topic))
        with self._db.writing() as connection:
            times = db.exhausted.c.times + int(is_repeated)
            again = mine.values(times=times, found_at=now, reason=reason)
            if connection.execute(again).rowcount == 0:
                values = {"times": 1, "found_at": now, "reason": reason}
                connection.execute(sa.insert(db.exhausted), {**self._key(topic), **values})
        return self.topics()[topic]

    def forget(self, topic: str) -> None:
        """Record that a topic gave new photos."""
        with self._db.writing() as connection:
            connection.execute(sa.delete(db.exhausted).filter_by(**self._key(topic)))

    def _key(self, topic: str) -> dict[str, str]:
        return {**self._of_api, "topic": topic, "filters": self._asked(topic)}

    def _read(self, row: sa.Row[Any]) -> Shortage:
        now = self._clock()
        found_at = not_after(now, row.found_at)
        until = found_at + backoff(row.times - 1, first=_FIRST_PAUSE)
        return Shortage(describe_exhaustion(row.reason, until, now), until)
