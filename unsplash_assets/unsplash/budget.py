"""The hourly quota: what has been used of it, what is left, and when the next is free.

Every request to the API counts, errors too; Unsplash tells the limit in each answer and
nothing else (docs/unsplash.md). Where the record of requests is kept is the caller's: see
`library.requests`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

HOUR: Final = 3600.0  # seconds
LIMIT_UNTIL_KNOWN: Final = 50
"""Requests an hour of a free key, assumed until an answer tells."""


class Ledger(Protocol):
    """Where each request to the API is written down."""

    def record(self, limit: int | None) -> None:
        """Write down one request just made, and the limit that its answer told, if it did."""


class NoLedger:
    """Writes nothing down."""

    def record(self, limit: int | None) -> None:
        """Ignore the request."""


@dataclass(frozen=True)
class Usage:
    """The state of the budget. Times are seconds since 1970."""

    limit: int
    used: int
    remaining: int
    next_free_at: float | None
    """When a spent budget has one request free again; None if it is not spent."""


def usage(limit: int | None, sent: Sequence[float], now: float) -> Usage:
    """Count the requests of the last hour among `sent`, oldest first, against the limit."""
    allowed = limit or LIMIT_UNTIL_KNOWN
    recent = [moment for moment in sent if moment > now - HOUR]
    remaining = max(0, allowed - len(recent))
    free = recent[len(recent) - allowed] + HOUR if not remaining else None
    return Usage(allowed, len(recent), remaining, free)
