"""Counts requests against an hourly quota, as Unsplash does.

Unsplash does not document whether its hour is fixed or rolling, so both kinds are here. How a
refusal looks over HTTP is in `application`.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

HOUR: Final = 3600.0  # seconds
UNLIMITED: Final = 1_000_000

Window = Literal["rolling", "fixed"]


@dataclass(frozen=True)
class Count:
    """Whether a request is granted, and how many remain."""

    granted: bool
    limit: int
    remaining: int


class Quota(Protocol):
    """Decides whether one more request is within the quota."""

    def take(self, requests: int = 1, /) -> Count:
        """Count a request unless it is refused; with 0 requests, count none."""


class NoQuota:
    """Grants every request: the demo in process must never refuse one."""

    def take(self, _: int = 1, /) -> Count:
        """Return the counts of a key without a limit, which never change."""
        return Count(granted=True, limit=UNLIMITED, remaining=UNLIMITED)


class HourlyQuota:
    """Grants `limit` requests an hour. Safe to use from several threads."""

    def __init__(self, limit: int, clock: Callable[[], float], window: Window = "rolling") -> None:
        """Take the seconds from `clock`; a fixed window begins at each of its full hours."""
        self._limit = limit
        self._clock = clock
        self._window = window
        self._granted: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, requests: int = 1, /) -> Count:
        """Count a request unless it is refused; with 0 requests, count none."""
        with self._lock:
            now = self._clock()
            while self._granted and not self._counts(self._granted[0], now):
                self._granted.popleft()
            granted = len(self._granted) < self._limit
            if granted:
                self._granted += [now] * requests
            return Count(granted, self._limit, self._limit - len(self._granted))

    def _counts(self, moment: float, now: float) -> bool:
        if self._window == "rolling":
            return moment > now - HOUR
        return moment // HOUR >= now // HOUR
