"""What an answer of the API teaches about the quota: the limit, another program, a fixed hour."""

import math
from dataclasses import replace

from unsplash_assets.unsplash.quota import HOUR, MARGIN, Account, QuotaReport, Request, Seen, count


def after_answer(account: Account, request: Request, report: QuotaReport, now: float) -> Account:
    """Return the account after the answer to `request`, which is among its requests.

    A refusal means that nothing remains, whatever its headers say.
    """
    account = replace(account, limit=report.limit or account.limit)
    remaining = 0 if report.quota_spent else report.remaining
    if remaining is None:
        return account
    spent = max(0, account.allowed - remaining)
    certain = _certain(account, request, now)
    at_least = sum(r.told for r in certain) + min(1, request.told)
    at_most = count(account, now, ours=True)
    others = count(account, now, ours=False)
    others = min(max(others, spent - at_most), max(0, spent - at_least))
    return replace(
        account,
        requests=_with_others(account, others, now),
        seen=Seen(request.id, request.reserved_at, now, remaining),
        reset_by=_reset_by(account, certain, spent, at_least, now),
        refused_at=now if report.quota_spent else account.refused_at,
    )


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
