"""The request budget: what whoever talks to the API asks before each request, and tells after.

A request is reserved before it is sent and settled after; several may be reserved at once, and
what was not used of them is given back. How the numbers are judged is in `quota`, where they
are kept in `library.requests`.
"""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from unsplash_assets.unsplash.quota import Numbers, Usage


@dataclass(frozen=True)
class Answered:
    """What an answer of the API says of the budget."""

    numbers: Numbers = field(default_factory=Numbers)
    quota_spent: bool = False
    """It was refused for the quota."""
    key_refused: bool = False
    """It was refused for the key."""

    @property
    def says_something(self) -> bool:
        """Whether it is the API's own and fresh, not that of something in between."""
        return self.numbers.remaining is not None or self.quota_spent or self.key_refused


class Reservation(Protocol):
    """Requests that may be made. Safe to use from several threads."""

    @property
    def count(self) -> int:
        """How many may be made in all."""

    @property
    def left(self) -> int:
        """How many may still be made."""

    def settle(self, answered: Answered | None) -> None:
        """Write down one request that was made, and its answer, or None if there was none."""


class Budget(Protocol):
    """What grants requests."""

    def reserve(self, count: int) -> AbstractContextManager[Reservation]:
        """Reserve up to `count` requests until the `with` ends; unused ones are given back.

        Raises QuotaSpent, with words that say until when, if not even one is to be had.
        """

    def free(self) -> int:
        """Return how many requests would be granted now, after a moment's patience."""

    def spent_words(self, needed: int = 1) -> str:
        """Say that the budget has not what is needed, and from when on it will."""


class NoBudget:
    """Grants every request."""

    @contextmanager
    def reserve(self, count: int) -> Iterator[Reservation]:
        """Reserve `count` requests."""
        yield _Granted(count)

    def free(self) -> int:
        """Return what nobody will ask for."""
        return sys.maxsize

    def spent_words(self, needed: int = 1) -> str:
        """Say what is never the case."""
        return f"{needed} requests are always free"


@dataclass(frozen=True)
class _Granted:
    count: int

    @property
    def left(self) -> int:
        return self.count

    def settle(self, answered: Answered | None) -> None:
        """Nothing is kept."""


def spent_words(usage: Usage, needed: int, next_at: float) -> str:
    """Say that a budget has not what is needed, and from when on it will."""
    others = f", {usage.others} of them by another program" if usage.others else ""
    has_some = needed > 1 and usage.remaining
    state = f"too small for {needed} requests" if has_some else "spent"
    return (
        f"request budget {state}: {usage.used} of {usage.limit} in the last hour{others}, "
        f"next at {clock_time(next_at)}"
    )


def refused_words(next_at: float) -> str:
    """Say that Unsplash itself refuses, and from when on there is hope."""
    return (
        f"Unsplash's hourly quota is spent, it refuses requests: next try at {clock_time(next_at)}"
    )


def key_refused_words(refused_at: float) -> str:
    """Say that Unsplash does not accept the key, and what to do."""
    day = datetime.fromtimestamp(refused_at).astimezone().strftime("%Y-%m-%d %H:%M")
    return (
        f"Unsplash did not accept the key in UNSPLASH_API_KEY ({day}): copy the application's "
        "Access Key there, or fetch a photo on demand to try this one again"
    )


def clock_time(moment: float) -> str:
    """Return the first full minute from a moment on, as this machine's clocks show it."""
    minute = -(-moment // 60) * 60
    return datetime.fromtimestamp(minute).astimezone().strftime("%H:%M")
