"""Sends the download events that are due, several at a time.

Which events are due, and what became of each, is recorded in `catalogue.events`.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from unsplash_assets.catalogue.events import DownloadEvent, DownloadEvents
from unsplash_assets.errors import (
    AccessDenied,
    KeyRefused,
    PermanentError,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.library.opening import Library
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets.unsplash.client import UnsplashClient

_PER_THREAD: Final = 8
"""Events taken at once for each thread; sending one takes 30 seconds at most."""
_COMMON: Final = (AccessDenied, KeyRefused, QuotaSpent)
"""Errors of the key or its quota: every other event would meet them too."""


@dataclass(frozen=True)
class Sent:
    """What became of events that were due."""

    sent: int = 0
    error: str | None = None
    """Why another event was not sent; None if all were."""

    def and_then(self, later: "Sent") -> "Sent":
        """Return both together, with the newest error."""
        return Sent(self.sent + later.sent, later.error or self.error)


def send_due_events(library: Library, grant: Grant) -> Sent:
    """Send events that are due, the oldest first, as many as the grant has requests left.

    An error is returned, not raised, because the photos are whole without their events. Sending
    stops where another event would only meet the same error and cost one more request.
    """
    concurrency = library.settings.concurrency
    left, sender = grant.left, _Sender(library.events, library.client, grant)
    while left > 0 and (taken := library.events.take(min(left, _PER_THREAD * concurrency))):
        left -= len(taken)
        sent_before = sender.sent
        _send_side_by_side(sender, taken, concurrency)
        if sender.is_stopped.is_set() or sender.sent == sent_before:
            break
    return Sent(sender.sent, sender.error)


class _Sender:
    """Sends events, and records each before its thread takes another."""

    def __init__(self, events: DownloadEvents, client: UnsplashClient, grant: Grant) -> None:
        self.sent = 0
        self.error: str | None = None
        self.is_stopped = threading.Event()
        """Set once an event met an error that every other would meet; the rest stays due."""
        self._events = events
        self._client = client
        self._grant = grant
        self._lock = threading.Lock()

    def __call__(self, event: DownloadEvent) -> None:
        if self.is_stopped.is_set():
            return
        try:
            self._client.report_download(event.location, self._grant)
        except UnsplashAssetsError as error:
            self._record(event, error)
            return
        self._events.mark_sent(event)
        with self._lock:
            self.sent += 1

    def _record(self, event: DownloadEvent, error: UnsplashAssetsError) -> None:
        self.error = str(error)
        if isinstance(error, _COMMON):
            self.is_stopped.set()
        if isinstance(error, PermanentError) and not isinstance(error, _COMMON):
            self._events.mark_refused(event, str(error))
        else:
            self._events.postpone(event)


def _send_side_by_side(sender: _Sender, taken: Sequence[DownloadEvent], concurrency: int) -> None:
    """Send in threads; an interruption waits for events under way, and skips the rest."""
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="event")
    try:
        for _ in pool.map(sender, taken):
            pass
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
