"""Sends the download events that are due, several at a time, beside other work.

Which events are due, and what became of each, is recorded in `catalogue.events`. A person's run may
owe a few where the request budget has none left for them; later runs pay these first.
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Self

from unsplash_assets.catalogue.events import DownloadEvent
from unsplash_assets.errors import (
    AccessDenied,
    KeyRefused,
    PermanentError,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.library.opening import Library
from unsplash_assets.unsplash.budget import Grant

IN_FLIGHT: Final = 32
"""Events that are under way, or not yet recorded: after a crash, no more are sent twice."""
_PER_THREAD: Final = 8
"""With few threads there are fewer: so many each."""
LOOK_EVERY: Final = 0.1
"""Seconds from one look to the next: all that was done in between is recorded at once."""
OWED_AT_MOST: Final = 5
"""Events that runs of a person may leave for later, all of them together."""
_ITSELF: Final = 2
"""Requests that a tick's own photo takes: whatever the quota, that many are not spent on others."""
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


def to_pay(library: Library) -> int:
    """Return how many events of earlier photos a run sends first: those owed, else one overdue."""
    owed = min(OWED_AT_MOST, library.events.owed(), library.budget.usage().limit - _ITSELF)
    return max(owed, min(1, library.events.due()))


def may_owe(library: Library) -> int:
    """Return how many more events a person's run may leave for later."""
    return max(0, OWED_AT_MOST - library.events.unsent())


class Sending:
    """Sends events, as many as a grant has requests left, until the `with` ends.

    An error is kept, not raised, because the photos are whole without their events. Sending stops
    where another event would only meet the same error and cost one more request.
    """

    def __init__(self, library: Library, grant: Grant, run_id: str | None = None) -> None:
        self.pending: dict[Future[bool], DownloadEvent] = {}
        """What is being sent, or was sent since the last `look`."""
        self.sent = Sent()
        self._library = library
        self._grant = grant
        self._run_id = run_id
        self._is_stopped = threading.Event()
        """Set once an event met an error that every other would meet; the rest stays due."""
        self._fruitless = 0
        """Events in a row that were not sent."""
        threads = min(IN_FLIGHT, library.settings.concurrency)
        self._at_once = min(IN_FLIGHT, _PER_THREAD * threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="event")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for events under way, skip the rest, and record what was sent."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._record()

    def look(self, *, only_own: bool = False) -> None:
        """Record what was sent since the last look, and begin with events that are due.

        Those of the run's own photos come first, for it has a request for each. While more of them
        are to come, nothing is left for others.
        """
        self._record()
        at_once = self._at_once - self._fruitless
        wanted = min(at_once, self._grant.left) - len(self.pending)
        if wanted > 0 and not self._is_stopped.is_set():
            due = self._library.events.take(wanted, self._run_id) if self._run_id else []
            for event in due if due or only_own else self._library.events.take(wanted):
                self.pending[self._pool.submit(self._send, event)] = event

    def _send(self, event: DownloadEvent) -> bool:
        """Send an event; return whether that was done. Raises its error."""
        if self._is_stopped.is_set():
            return False
        try:
            self._library.client.report_download(event.location, self._grant)
        except _COMMON:
            self._is_stopped.set()
            raise
        return True

    def _record(self) -> None:
        sent: list[DownloadEvent] = []
        for future in [future for future in self.pending if future.done()]:
            event = self.pending.pop(future)
            if future.cancelled():
                continue
            match future.exception():
                case None:
                    sent += [event] if future.result() else []
                case UnsplashAssetsError() as error:
                    self._record_error(event, error)
                case error:
                    raise error
        self._fruitless = 0 if sent else self._fruitless
        self._library.events.mark_sent(sent)
        self.sent = Sent(self.sent.sent + len(sent), self.sent.error)

    def _record_error(self, event: DownloadEvent, error: UnsplashAssetsError) -> None:
        self.sent = Sent(self.sent.sent, str(error))
        self._fruitless += 1
        if isinstance(error, PermanentError) and not isinstance(error, _COMMON):
            self._library.events.mark_refused(event, str(error))
        else:
            self._library.events.postpone(event)
