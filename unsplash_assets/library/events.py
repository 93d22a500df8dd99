"""The download events: Unsplash is told of each stored photo, once (docs/unsplash.md).

An event is due from the moment that its photo is stored, in the same transaction, and is
remembered until it is sent, so that a crash loses none. Whoever sends one takes it first, so
that no two send it; after a crash in between it is due again once the taking has expired. A
failing event never spoils its photo: it is sent later.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Final

import sqlalchemy as sa

from unsplash_assets.errors import (
    AccessDenied,
    KeyRefused,
    PermanentError,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.library import database as db
from unsplash_assets.unsplash.budget import Reservation
from unsplash_assets.unsplash.client import UnsplashClient

_TAKEN_FOR: Final = 600.0  # seconds: longer than sending what is taken at once can last
_PER_THREAD: Final = 8  # events that are taken at once for each thread: 30 s each at the most
_FIRST_WAIT: Final = 60.0  # seconds until a failed event is tried again; doubled each time
_LONGEST_WAIT: Final = 86_400.0
_MEETS_ALL: Final = (AccessDenied, KeyRefused, QuotaSpent)
"""Trouble of the key or its quota: every other event would have the same."""

Result = UnsplashAssetsError | None
"""What became of one event: its trouble, or None if it was sent."""


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

    def __init__(self, database: db.Database, clock: Callable[[], float] = time.time) -> None:
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
    sent, trouble, left = 0, None, reservation.left
    report = partial(_report, client, reservation)
    while left > 0 and (taken := events.take(min(left, _PER_THREAD * concurrency))):
        left -= len(taken)
        results = _send_all(events, taken, report, concurrency)
        sent += results.count(None)
        trouble = next((str(error) for error in results if error), trouble)
        if None not in results or any(isinstance(error, _MEETS_ALL) for error in results):
            break
    return Sent(sent, trouble)


def _send_all(
    events: DownloadEvents,
    taken: Sequence[DownloadEvent],
    report: Callable[[DownloadEvent], Result],
    concurrency: int,
) -> list[Result]:
    """Send events side by side, and write down each that was sent, an interruption or not.

    Those that are left out are due again once the taking expires.
    """
    results: list[Result] = []
    pending: dict[Future[Result], DownloadEvent] = {}
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="event")

    def write_down(future: Future[Result]) -> None:
        _write_down(events, pending[future], future.result())
        del pending[future]
        results.append(future.result())

    try:
        for event in taken:
            pending[pool.submit(report, event)] = event
        for future in as_completed(pending):
            write_down(future)
            if isinstance(future.result(), _MEETS_ALL):
                break
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for future in [future for future in pending if not future.cancelled()]:
            write_down(future)
    return results


def _report(client: UnsplashClient, reservation: Reservation, event: DownloadEvent) -> Result:
    try:
        client.report_download(event.location, reservation)
    except UnsplashAssetsError as error:
        return error
    return None


def _write_down(events: DownloadEvents, event: DownloadEvent, result: Result) -> None:
    if result is None:
        events.mark_sent(event)
    elif isinstance(result, PermanentError) and not isinstance(result, _MEETS_ALL):
        events.mark_refused(event, str(result))
    else:
        events.postpone(event)
