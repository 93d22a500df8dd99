"""The download events: Unsplash is told of each stored photo, once (docs/unsplash.md).

An event is due from the moment that its photo is stored, in the same transaction, and is
remembered until it is sent, so that a crash loses none. Whoever sends one takes it first, so
that no two send it; after a crash in between it is due again once the taking has expired. A
failing event never spoils its photo: it is sent later.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.errors import (
    AccessDenied,
    KeyRefused,
    PermanentError,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.unsplash.budget import Reservation
from unsplash_assets.unsplash.client import UnsplashClient

_TAKEN_FOR: Final = 600.0  # seconds: longer than sending what is taken at once can last
_PER_THREAD: Final = 8  # events that are taken at once for each thread: 30 s each at the most
_FIRST_WAIT: Final = 60.0  # seconds until a failed event is tried again; doubled each time
_LONGEST_WAIT: Final = 86_400.0
_MEETS_ALL: Final = (AccessDenied, KeyRefused, QuotaSpent)
"""Trouble of the key or its quota: every other event would have the same."""


@dataclass(frozen=True)
class DownloadEvent:
    """What is to be told of one photo: the photo's id, and the link that tells it."""

    photo_id: str
    location: str
    failures: int = 0


@dataclass(frozen=True)
class Sent:
    """What became of events that were due."""

    sent: int = 0
    trouble: str | None = None
    """Why another was not sent, if so."""


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
        with self._db.reading() as connection:
            return int(connection.scalar(query) or 0)

    def unsent(self) -> int:
        """Count the events that are due now or later."""
        query = sa.select(sa.func.count()).where(self._mine, db.photos.c.event_due_at.is_not(None))
        with self._db.reading() as connection:
            return int(connection.scalar(query) or 0)

    def take(self, count: int) -> list[DownloadEvent]:
        """Take up to `count` events that are due, the oldest first, for this process alone."""
        photos = db.photos.c
        query = sa.select(photos.id, photos.download_location, photos.event_failures)
        oldest = query.where(self._mine, self._is_due()).order_by(photos.event_due_at)
        with self._db.writing() as connection:
            rows = connection.execute(oldest.limit(count).with_for_update()).all()
            taken = sa.update(db.photos).where(self._mine, photos.id.in_([row.id for row in rows]))
            connection.execute(taken.values(event_due_at=self._clock() + _TAKEN_FOR))
        return [DownloadEvent(*row) for row in rows]

    def mark_sent(self, event: DownloadEvent) -> None:
        """Write down that an event was sent."""
        self._update(event, event_sent_at=self._clock(), event_due_at=None)

    def mark_refused(self, event: DownloadEvent, reason: str) -> None:
        """Write down that an event will never be accepted."""
        self._update(event, event_error=reason, event_due_at=None)

    def postpone(self, event: DownloadEvent) -> None:
        """Try an event again later, each time after twice as long."""
        wait = min(_FIRST_WAIT * 2**event.failures, _LONGEST_WAIT)
        due_at, failures = self._clock() + wait, event.failures + 1
        self._update(event, event_due_at=due_at, event_failures=failures)

    def _is_due(self) -> sa.ColumnElement[bool]:
        return db.photos.c.event_due_at <= self._clock()

    def _update(self, event: DownloadEvent, **values: object) -> None:
        with self._db.writing() as connection:
            mine = sa.update(db.photos).where(self._mine, db.photos.c.id == event.photo_id)
            connection.execute(mine.values(**values))


def send(
    events: DownloadEvents, client: UnsplashClient, reservation: Reservation, concurrency: int
) -> Sent:
    """Send events that are due, the oldest first, as many as the reservation has requests left.

    Trouble is told, not raised: the photos are none the worse for it. It ends the sending where
    another event would only meet it too, and cost the quota one more request.
    """
    left, sender = reservation.left, _Sender(events, client, reservation)
    while left > 0 and (taken := events.take(min(left, _PER_THREAD * concurrency))):
        left -= len(taken)
        sent_before = sender.sent
        _side_by_side(sender, taken, concurrency)
        if sender.hopeless.is_set() or sender.sent == sent_before:
            break
    return Sent(sender.sent, sender.trouble)


class _Sender:
    """Sends events, and writes each down before its thread takes another."""

    def __init__(
        self, events: DownloadEvents, client: UnsplashClient, reservation: Reservation
    ) -> None:
        self.sent = 0
        self.trouble: str | None = None
        self.hopeless = threading.Event()
        """Set once an event met what every other would; the rest is due again later."""
        self._events = events
        self._client = client
        self._reservation = reservation
        self._lock = threading.Lock()

    def __call__(self, event: DownloadEvent) -> None:
        if self.hopeless.is_set():
            return
        try:
            self._client.report_download(event.location, self._reservation)
        except UnsplashAssetsError as error:
            self._write_down_trouble(event, error)
            return
        self._events.mark_sent(event)
        with self._lock:
            self.sent += 1

    def _write_down_trouble(self, event: DownloadEvent, error: UnsplashAssetsError) -> None:
        self.trouble = str(error)
        if isinstance(error, _MEETS_ALL):
            self.hopeless.set()
        if isinstance(error, PermanentError) and not isinstance(error, _MEETS_ALL):
            self._events.mark_refused(event, str(error))
        else:
            self._events.postpone(event)


def _side_by_side(sender: _Sender, taken: Sequence[DownloadEvent], concurrency: int) -> None:
    """Send in threads; an interruption waits for those under way, and leaves out the rest."""
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="event")
    try:
        for _ in pool.map(sender, taken):
            pass
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
