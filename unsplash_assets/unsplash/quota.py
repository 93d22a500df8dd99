"""The hourly quota, as far as it can be known from here: what is spent, and what is free.

Unsplash tells its limit and what remains, and not whether its hour is a fixed or a rolling one
(docs/reference/unsplash.md). So a request counts here for an hour from its answer, which holds for
both, and each fresh answer corrects the picture: it shows what other programs spend with the same
key, and when a fixed hour has begun. Everything here is a function of an `Account` and a time; the
record itself is kept by `catalogue.ledger`, and worded by `budget`.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HOUR: Final = 3600.0  # seconds
MARGIN: Final = 3.0
"""Seconds by which the clocks of those who share a key, and Unsplash's, may differ."""
PROBE_AFTER: Final = 600.0
"""Seconds of silence after which one request may find out whether there is hope again."""
LIMIT_UNTIL_KNOWN: Final = 50
"""Requests an hour of a free key, assumed until an answer tells."""

_LONG: Final = 1800.0  # seconds
_BELIEVED_FOR: Final = 3 * HOUR
"""How long an hour is taken for a fixed one after the last sign of it."""


@dataclass(frozen=True)
class QuotaReport:
    """What one answer of the API says about the quota; the default says nothing."""

    limit: int | None = None
    remaining: int | None = None
    """None where the answer has no number, or a stale one."""
    quota_spent: bool = False
    """The request was refused because of the quota."""
    key_refused: bool = False
    """The request was refused because of the key."""
    date: float | None = None
    """When the server sent it by its own clock, in seconds since 1970."""

    @property
    def is_fresh(self) -> bool:
        """Whether the answer is the API's own and fresh, not that of a cache or proxy."""
        return self.remaining is not None or self.quota_spent or self.key_refused


@dataclass(frozen=True)
class Request:
    """One request, or a block of them, reserved together. Times are seconds since 1970."""

    id: int
    count: int
    told: int
    """How many of them certainly count: their answers told fresh numbers."""
    ours: bool
    """False for what another program was seen to spend."""
    reserved_at: float
    """Before they were made; for another program's, since when they may have been made."""
    settled_at: float | None
    """When the last of them was answered; None while they are under way, or after a crash."""

    @property
    def ends_at(self) -> float:
        """When it counts no more, whichever hour Unsplash counts."""
        return (self.settled_at or self.reserved_at) + HOUR + MARGIN


@dataclass(frozen=True)
class Seen:
    """What the newest fresh answer told."""

    request_id: int
    asked_at: float
    told_at: float
    remaining: int


@dataclass(frozen=True)
class Account:
    """All that is known of one key's quota."""

    limit: int | None = None
    requests: tuple[Request, ...] = ()
    """Of the last two hours."""
    seen: Seen | None = None
    reset_by: float | None = None
    """A moment by which a fixed hour had begun; None as long as nothing speaks for one."""
    refused_at: float | None = None
    """When Unsplash last refused a request for its quota."""

    @property
    def allowed(self) -> int:
        """Requests an hour."""
        return self.limit or LIMIT_UNTIL_KNOWN

    @property
    def is_refused(self) -> bool:
        """Whether the newest answer was a refusal."""
        return self.seen is not None and self.seen.told_at == self.refused_at


@dataclass(frozen=True)
class Usage:
    """The state of a quota. Times are seconds since 1970."""

    limit: int
    used: int
    others: int
    """Of those used, how many another program took."""
    remaining: int
    """How many may be asked now; fewer than are left where another program needs room."""
    next_free_at: float | None
    """When a spent quota has one request free again; None if it is not spent."""
    made: int
    """Our own requests of the last hour, those under way among them."""
    was_refused: bool
    """Whether Unsplash refused a request of the last hour because of the quota."""


def usage(account: Account, now: float) -> Usage:
    """Return what is used and what is free."""
    others = count(account, now, ours=False)
    used = max(count(account, now, ours=True) + others, account.allowed - _as_told(account, now))
    used = min(used, account.allowed)
    remaining = free(account, now)
    refused_at = account.refused_at
    return Usage(
        limit=account.allowed,
        used=used,
        others=min(others, used),
        remaining=remaining,
        next_free_at=None if remaining else next_free_at(account, now, 1),
        made=sum(r.count for r in account.requests if r.ours and r.ends_at > now + MARGIN),
        was_refused=refused_at is not None and refused_at > now - HOUR,
    )


def free(account: Account, now: float) -> int:
    """Return how many requests may be made now without a refusal."""
    return 1 if is_probe(account, now) else max(0, _without_probe(account, now))


def is_probe(account: Account, now: float) -> bool:
    """Whether what is free is only one careful request, to find out whether there is hope."""
    return _without_probe(account, now) < 1 and _may_probe(account, now)


def next_free_at(account: Account, now: float, count: int) -> float:
    """Return the first moment at which `count` requests are free, if none is made until then."""
    moments = sorted({now, *(m for m in _turning_points(account, now) if m > now)})
    wanted = min(count, account.allowed)
    index = bisect_left(moments, wanted, key=lambda moment: free(account, moment))
    return moments[min(index, len(moments) - 1)]


def room_for_others(account: Account, others: int, now: float) -> int:
    """Return how many requests to leave free for a program that took `others` in an hour.

    It takes them at random, between two of ours: as many as are likely then (three standard
    deviations of a Poisson process above the mean), and two more for an hour after a refusal,
    so that there is seldom one and hardly ever a second.
    """
    if not others:
        return 0
    mean = others / max(1, account.allowed - others)
    was_refused = account.refused_at is not None and now < account.refused_at + HOUR
    return math.ceil(mean + 3 * math.sqrt(mean)) + 2 * was_refused


def _without_probe(account: Account, now: float) -> int:
    ours, others = count(account, now, ours=True), count(account, now, ours=False)
    possible = min(account.allowed - ours - others, _as_told(account, now))
    return possible - room_for_others(account, others, now)


def count(account: Account, now: float, *, ours: bool) -> int:
    """Return how many requests, ours or another program's, still count."""
    return sum(r.count for r in account.requests if r.ours is ours and r.ends_at > now)


def _as_told(account: Account, now: float) -> int:
    """Return what the newest answer leaves, less what was asked and plus what ended since."""
    seen = account.seen
    if seen is None or now >= seen.told_at + HOUR + MARGIN:
        return account.allowed
    begun = _hour_began(account, now)
    if begun is not None and begun > seen.told_at:
        return account.allowed - sum(r.count for r in _since(account, begun, now))
    since = _since(account, seen.asked_at, seen.told_at)
    asked = sum(r.count for r in since if r.id != seen.request_id)
    if begun is not None:
        return seen.remaining - asked
    ended = sum(r.count for r in account.requests if seen.told_at < r.ends_at <= now)
    return min(account.allowed, seen.remaining - asked + ended)


def _since(account: Account, moment: float, live_at: float) -> Iterable[Request]:
    """Give our requests that Unsplash may have counted after a moment, and still counts later."""
    live = (r for r in account.requests if r.ours and r.ends_at > live_at)
    return (r for r in live if (r.settled_at or math.inf) > moment)


def _hour_began(account: Account, now: float) -> float | None:
    """Return by when the present fixed hour had begun; None if the hour seems to be rolling."""
    if account.reset_by is None or now >= account.reset_by + _BELIEVED_FOR:
        return None
    return account.reset_by + math.floor((now - MARGIN - account.reset_by) / HOUR) * HOUR


def _may_probe(account: Account, now: float) -> bool:
    """Whether one careful request may find out what another program has left by now.

    That is so where some of what it spent may be an hour old, or where nothing is known to end
    for long, and a fixed hour may begin sooner. Not where our own requests fill the hour. Where a
    fixed hour is known, at its end and not before.
    """
    others = [r for r in account.requests if not r.ours and r.ends_at > now]
    if not others or count(account, now, ours=True) >= account.allowed:
        return False
    last = max((r.settled_at or r.reserved_at for r in account.requests if r.ours), default=0.0)
    began = _hour_began(account, now)
    if began is not None:
        return last < began
    if now < last + PROBE_AFTER:
        return False
    next_end = min(r.ends_at for r in account.requests if r.ends_at > last)
    return next_end > last + _LONG or any(r.reserved_at + HOUR <= now for r in others)


def _turning_points(account: Account, now: float) -> Iterable[float]:
    """Give the moments at which more may become free."""
    for request in account.requests:
        yield request.ends_at
        ours = (request.settled_at or request.reserved_at) + PROBE_AFTER
        yield ours if request.ours else request.reserved_at + HOUR
    began = _hour_began(account, now)
    if began is not None:
        yield began + HOUR + MARGIN
    if account.reset_by is not None:
        yield account.reset_by + _BELIEVED_FOR
    if account.seen is not None:
        yield account.seen.told_at + HOUR + MARGIN
    if account.refused_at is not None:
        yield account.refused_at + HOUR
