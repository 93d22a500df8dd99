"""Grants of requests, and all the wording about what may be asked, and when.

A request is granted before it is sent and settled after; several may be granted at once, and those
not used are given back. How the numbers are judged is in `quota`; who grants, and where the numbers
are kept, in `catalogue.ledger`.
"""

import math
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime

from unsplash_assets.errors import QuotaSpent
from unsplash_assets.unsplash.quota import QuotaReport, Usage


@dataclass(frozen=True)
class Shortage:
    """Why fewer requests than wanted are granted, or worth while, and until when."""

    reason: str
    """One line, with the time from which there are more."""
    until: float
    """Seconds since 1970."""


@dataclass(eq=False)
class Grant:
    """Requests that may be sent. Safe to use from several threads."""

    count: int
    shortage: Shortage | None = None
    """Why not all requests that were asked for are granted."""
    made: int = 0
    """Requests that were sent."""
    counted: int = 0
    """Requests that Unsplash certainly counted: their answers had fresh numbers."""
    newest: QuotaReport | None = None
    """The report of the answer that Unsplash counted last."""
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @classmethod
    def unlimited(cls) -> "Grant":
        """Grant every request, for a client that is used without a library."""
        return cls(sys.maxsize)

    @property
    def left(self) -> int:
        """How many requests may still be sent."""
        return self.count - self.made

    def require(self) -> None:
        """Raise QuotaSpent if no granted request is left."""
        if self.left < 1:
            reason = self.shortage.reason if self.shortage else "no granted request is left"
            raise QuotaSpent(reason)

    def settle(self, report: QuotaReport | None) -> None:
        """Record one request that was sent, and its answer, or None if none came."""
        with self._lock:
            self.made += 1
            if report is None:
                return
            self.counted += report.remaining is not None and not report.quota_spent
            if self.newest is None or _left_by(report) <= _left_by(self.newest):
                self.newest = report


def _left_by(report: QuotaReport) -> float:
    """Return how many requests an answer leaves.

    Answers arrive in any order: the one that leaves the fewest was counted last.
    """
    if report.quota_spent or report.key_refused:
        return -1
    return math.inf if report.remaining is None else report.remaining


def describe_shortage(usage: Usage, needed: int, next_at: float, now: float) -> str:
    """Return the line for a budget that does not have what is needed until `next_at`."""
    others = f", {usage.others} of them by another program" if usage.others else ""
    has_some = needed > 1 and usage.remaining
    state = f"too small for {needed} requests" if has_some else "spent"
    return (
        f"request budget {state}: {usage.used} of {usage.limit} in the last hour{others}, "
        f"next at {clock_time(next_at, now)}"
    )


def describe_refusal(next_at: float, now: float) -> str:
    """Return the line for a quota that Unsplash itself calls spent; next try at `next_at`."""
    return (
        "Unsplash's hourly quota is spent, it refuses requests: "
        f"next try at {clock_time(next_at, now)}"
    )


def describe_key_refusal(refused_at: float, until: float, now: float) -> str:
    """Return the line for a key that Unsplash did not accept, and what to do."""
    day = datetime.fromtimestamp(refused_at).astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"Unsplash did not accept the key in UNSPLASH_API_KEY ({day}): copy the application's "
        "Access Key there, or fetch a photo on demand to try this one again; "
        f"next try at {clock_time(until, now)}"
    )


def describe_exhaustion(reason: str, until: float, now: float) -> str:
    """Return the line for a topic that gives no new photos, and until when it is left alone."""
    return f"{reason}; the schedule asks again from {clock_time(until, now)}"


def describe_events_shortage(granted: int, needed: int) -> str:
    """Return the line for a budget with download events for only some of the photos."""
    return f"the request budget has download events for {granted} of {needed} photos"


def clock_time(moment: float, now: float) -> str:
    """Return the first full minute from a moment on, as this machine's clocks show it.

    With its date, unless that is the date of now.
    """
    shown = datetime.fromtimestamp(-(-moment // 60) * 60).astimezone()
    is_today = shown.date() == datetime.fromtimestamp(now).astimezone().date()
    return shown.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")
