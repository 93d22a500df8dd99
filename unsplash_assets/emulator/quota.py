"""Counts requests as Unsplash does: exactly, an hour at a time, fixed or rolling.

Unsplash does not say which of the two it uses, so both are here. What a refusal looks like is
decided in `application`.
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
    """What the quota says of one request."""

    granted: bool
    limit: int
    remaining: int


class Quota(Protocol):
    """Decides whether one more request is within the quota, and counts it."""

    def take(self) -> Count:
        """Count one request."""

    def look(self) -> Count:
        """Tell how things stand, and count nothing."""


class NoQuota:
    """Grants everything: the demo in process must never refuse."""

    def take(self) -> Count:
        """Grant the request; the numbers are those of a key without a limit."""
        return self.look()

    def look(self) -> Count:
        """Tell that there is no limit."""
        return Count(granted=True, limit=UNLIMITED, remaining=UNLIMITED)


class HourlyQuota:
    """Grants `limit` requests an hour. Safe to use from several threads."""

    def __init__(self, limit: int, clock: Callable[[], float], window: Window = "rolling") -> None:
        """Count hours by `clock`, seconds; a fixed window begins at each full hour of it."""
        self._limit = limit
        self._clock = clock
        self._window = window
        self._granted: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self) -> Count:
        """Count one request; a refused one does not count further."""
        with self._lock:
            now = self._clock()
            self._forget(now)
            granted = len(self._granted) < self._limit
            if granted:
                self._granted.append(now)
            return Count(granted, self._limit, self._limit - len(self._granted))

    def look(self) -> Count:
        """Tell how many requests remain."""
        with self._lock:
            self._forget(self._clock())
            remaining = self._limit - len(self._granted)
            return Count(remaining > 0, self._limit, remaining)

    def _forget(self, now: float) -> None:
        begin = now - HOUR if self._window == "rolling" else now - now % HOUR
        while self._granted and self._has_left(self._granted[0], begin):
            self._granted.popleft()

    def _has_left(self, moment: float, begin: float) -> bool:
        return moment <= begin if self._window == "rolling" else moment < begin
