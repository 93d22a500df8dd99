"""Accounts of a key's quota with a past, for the tests of what is free and what answers teach."""

from dataclasses import replace

from unsplash_assets.unsplash.quota import Account, QuotaReport, Request
from unsplash_assets.unsplash.quota_answers import after_answer
from unsplash_assets_tests.conftest import NOON


def asked(
    number: int, at: float, *, count: int = 1, ours: bool = True, answered: bool = True
) -> Request:
    """Return a request, or a block, that was answered one second after it was reserved."""
    told = count if ours and answered else 0
    return Request(number, count, told, ours, at, at + 1 if answered else None)


def spent(*moments: float, limit: int | None = 50) -> Account:
    """Return an account with one request of ours at each moment."""
    return Account(limit, tuple(asked(n, at) for n, at in enumerate(moments, start=1)))


def answer(
    account: Account, at: float, remaining: int, *, refused: bool = False, limit: int | None = None
) -> Account:
    """Make one request at a moment, answered a second later; return what is known then."""
    number = max((r.id for r in account.requests), default=0) + 1
    request = replace(asked(number, at), told=0 if refused else 1)
    account = replace(account, requests=(*account.requests, request))
    report = QuotaReport(limit, remaining, quota_spent=refused)
    return after_answer(account, request, report, at + 1)


def fixed_hour_seen() -> Account:
    """An account of which 40 requests were answered before 12:30, and one after: 1 counts."""
    account = spent(*(NOON + 30 * number for number in range(40)))
    return answer(account, NOON + 1800, remaining=49)
