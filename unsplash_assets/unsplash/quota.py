"""The hourly quota, as far as it can be known from here: what is spent, and what is free.

Unsplash tells its limit and what remains, and not whether its hour is a fixed or a rolling one
(docs/unsplash.md). So a request counts here for an hour from its answer, which holds for both,
and each fresh answer corrects the picture: it shows what other programs spend with the same
key, and when a fixed hour has begun. Everything here is a function of an `Account` and a time;
the record itself is kept by `library.requests`, and asked for through `budget`.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
class Numbers:
    """What an answer's headers tell; None where it tells nothing, or something stale."""

    limit: int | None = None
    remaining: int | None = None


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


@dataclass(frozen=True)
class LastHour:
    """What was asked of the API in the last hour, for those who doubt."""

    limit: int
    made: int
    """Requests of ours, those under way among them."""
    was_refused: bool
    """Whether Unsplash refused one for its quota, ours or another program's doing."""


def last_hour(account: Account, now: float) -> LastHour:
    """Return what was asked in the hour before `now`."""
    made = sum(r.count for r in account.requests if r.ours and r.ends_at > now + MARGIN)
    refused_at = account.refused_at
    was_refused = refused_at is not None and refused_at > now - HOUR
    return LastHour(account.allowed, made, was_refused)


def usage(account: Account, now: float) -> Usage:
    """Return what is used and what is free."""
    others = _count(account, now, ours=False)
    used = max(_count(account, now, ours=True) + others, account.allowed - _as_told(account, now))
    used = min(used, account.allowed)
    remaining = free(account, now)
    next_at = None if remaining else next_free_at(account, now, 1)
    return Usage(account.allowed, used, min(others, used), remaining, next_at)


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


def told(
    account: Account, request: Request, numbers: Numbers, now: float, *, refused: bool = False
) -> Account:
    """Return the account after the answer to `request`, which is among its requests.

    A refusal tells that nothing remains, whatever its headers say.
    """
    account = replace(account, limit=numbers.limit or account.limit)
    remaining = 0 if refused else numbers.remaining
    if remaining is None:
        return account
    spent = max(0, account.allowed - remaining)
    certain = _certain(account, request, now)
    at_least = sum(r.told for r in certain) + min(1, request.told)
    at_most = _count(account, now, ours=True)
    others = _count(account, now, ours=False)
    others = min(max(others, spent - at_most), max(0, spent - at_least))
    return replace(
        account,
        requests=_with_others(account, others, now),
        seen=Seen(request.id, request.reserved_at, now, remaining),
        reset_by=_reset_by(account, certain, spent, at_least, now),
        refused_at=now if refused else account.refused_at,
    )


def _without_probe(account: Account, now: float) -> int:
    ours, others = _count(account, now, ours=True), _count(account, now, ours=False)
    possible = min(account.allowed - ours - others, _as_told(account, now))
    return possible - room_for_others(account, others, now)


def _count(account: Account, now: float, *, ours: bool) -> int:
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
    if not others or _count(account, now, ours=True) >= account.allowed:
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


def _certain(account: Account, request: Request, now: float) -> list[Request]:
    """Return our requests that Unsplash counted before this one and within its last hour."""
    return [
        r
        for r in account.requests
        if r.ours
        and r.id != request.id
        and r.told
        and r.settled_at is not None
        and r.settled_at <= request.reserved_at
        and r.reserved_at + HOUR > now + MARGIN
    ]


def _reset_by(
    account: Account, certain: list[Request], spent: int, at_least: int, now: float
) -> float | None:
    """Return by when a fixed hour had begun, if the answer counts less than the last hour had.

    A rolling hour would count at least ours, up to the limit; a lag of one is forgiven.
    """
    if spent + 1 >= min(at_least, account.allowed):
        return account.reset_by
    began_after, counted = 0.0, 1
    for request in sorted(certain, key=lambda r: r.reserved_at, reverse=True):
        began_after, counted = request.reserved_at, counted + request.told
        if counted > spent:
            break
    known = account.reset_by
    if known is not None:
        known += math.floor((now - known) / HOUR) * HOUR
    return known if known is not None and known > began_after else now


def _with_others(account: Account, others: int, now: float) -> tuple[Request, ...]:
    """Return the requests with `others` of another program that still count, the newest kept."""
    ended = [r for r in account.requests if r.ours or r.ends_at <= now]
    live = [r for r in account.requests if not r.ours and r.ends_at > now]
    kept: list[Request] = []
    for request in sorted(live, key=lambda r: r.ends_at, reverse=True):
        count = min(request.count, others)
        others -= count
        if count:
            kept.append(replace(request, count=count))
    if others:
        hour_ago = now - HOUR
        since = max(hour_ago, account.seen.asked_at) if account.seen else hour_ago
        kept.append(Request(0, others, 0, ours=False, reserved_at=since, settled_at=now))
    return (*ended, *kept)
