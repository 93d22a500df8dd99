"""The request budget's record, kept in the catalogue for all who share its key.

Every process that asks Unsplash reserves here first, in a transaction of its own, so that
none takes what another has. What the numbers mean is decided in `unsplash.quota`.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.unsplash import quota
from unsplash_assets.unsplash.budget import (
    Answered,
    Reservation,
    key_refused_words,
    refused_words,
    spent_words,
)
from unsplash_assets.unsplash.quota import Account, LastHour, Request, Seen, Usage

PATIENCE: Final = 10.0
"""Seconds that a reservation waits for a request that is about to be free.

A request of an hour ago was made a moment after its tick, and counts a moment longer here than
at Unsplash: without patience each hour would lose a minute.
"""
_REMEMBERED: Final = 2 * quota.HOUR + 2 * quota.MARGIN  # seconds


class RequestBudget:
    """Implements `unsplash.budget.Budget` on a catalogue, for one key."""

    def __init__(
        self,
        database: Database,
        key: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the record of the key with this fingerprint; `clock` gives seconds since 1970."""
        self._db = database
        self._key = key
        self._clock = clock
        self._sleep = sleep
        self._my_quota = (db.quotas.c.mode == database.mode, db.quotas.c.key == key)
        self._my_requests = (db.requests.c.mode == database.mode, db.requests.c.key == key)

    @contextmanager
    def reserve(self, count: int) -> Iterator[Reservation]:
        """Reserve requests until the `with` ends; see `unsplash.budget.Budget`."""
        block = self._take(count) or self._take_after_a_moment(count) if count else _Block(0, 0)
        if block is None:
            raise QuotaSpent(self.spent_words())
        try:
            yield block
        finally:
            self._settle(block)

    def usage(self) -> Usage:
        """Return what is used and left of the hourly quota."""
        return quota.usage(self._read(), self._clock())

    def last_hour(self) -> LastHour:
        """Return what was asked in the last hour, of what was allowed."""
        return quota.last_hour(self._read(), self._clock())

    def free(self) -> int:
        """Return how many requests would be granted now; see `unsplash.budget.Budget`."""
        return quota.free(self._read(), self._clock() + PATIENCE)

    def is_probe(self) -> bool:
        """Whether what is free is only one careful request; see `unsplash.quota.is_probe`."""
        return quota.is_probe(self._read(), self._clock() + PATIENCE)

    def spent_words(self, needed: int = 1) -> str:
        """Say that the budget has not what is needed, and from when on it will."""
        account, now = self._read(), self._clock()
        next_at = quota.next_free_at(account, now, needed)
        if account.is_refused:
            return refused_words(next_at)
        return spent_words(quota.usage(account, now), needed, next_at)

    def key_refused_words(self) -> str | None:
        """Say that Unsplash refused the key, if that was its newest answer."""
        with self._db.reading() as connection:
            query = sa.select(db.quotas.c.key_refused_at).where(*self._my_quota)
            refused_at = connection.scalar(query)
        return None if refused_at is None else key_refused_words(refused_at)

    def _take_after_a_moment(self, count: int) -> "_Block | None":
        wait = quota.next_free_at(self._read(), self._clock(), 1) - self._clock()
        if wait > PATIENCE:
            return None
        self._sleep(max(0.0, wait))
        return self._take(count)

    def _take(self, count: int) -> "_Block | None":
        with self._db.writing() as connection:
            self._lock(connection)
            now = self._clock()
            granted = min(count, quota.free(self._load(connection), now))
            if granted < min(1, count):
                return None
            row = {**self._names(), "count": granted, "told": 0, "ours": True, "reserved_at": now}
            made = connection.execute(sa.insert(db.requests).values(**row))
            return _Block(int((made.inserted_primary_key or [0])[0]), granted)

    def _settle(self, block: "_Block") -> None:
        """Write down what became of a block, give back the rest, and learn from its answers."""
        with self._db.writing() as connection:
            self._lock(connection)
            now = self._clock()
            mine = db.requests.c.id == block.id
            if not block.made:
                connection.execute(sa.delete(db.requests).where(mine))
                return
            values = {"count": block.made, "told": block.told, "settled_at": now}
            connection.execute(sa.update(db.requests).where(mine).values(**values))
            if block.newest is not None:
                self._learn(connection, block.id, block.newest, now)
            columns = db.requests.c
            old = (columns.mode == self._db.mode, columns.reserved_at < now - _REMEMBERED)
            connection.execute(sa.delete(db.requests).where(*old))

    def _learn(
        self, connection: sa.Connection, request_id: int, answered: Answered, now: float
    ) -> None:
        before = self._load(connection)
        request = next((r for r in before.requests if r.id == request_id), None)
        if request is None:
            return  # it took longer than is remembered: the machine was asleep
        after = quota.told(before, request, answered.numbers, now, refused=answered.quota_spent)
        self._save(connection, after)
        if answered.says_something:
            refused = now if answered.key_refused else None
            known = sa.update(db.quotas).where(*self._my_quota)
            connection.execute(known.values(key_refused_at=refused))
        if after.requests != before.requests:
            theirs = (*self._my_requests, sa.not_(db.requests.c.ours))
            connection.execute(sa.delete(db.requests).where(*theirs))
            rows = [self._row(request) for request in after.requests if not request.ours]
            if rows:
                connection.execute(sa.insert(db.requests), rows)

    def _read(self) -> Account:
        with self._db.reading() as connection:
            return self._load(connection)

    def _lock(self, connection: sa.Connection) -> None:
        """Let no other process decide at the same time; on SQLite none writes anyway."""
        query = sa.select(db.libraries.c.mode).where(db.libraries.c.mode == self._db.mode)
        connection.execute(query.with_for_update())

    def _load(self, connection: sa.Connection) -> Account:
        row = connection.execute(sa.select(db.quotas).where(*self._my_quota)).first()
        columns = db.requests.c
        query = sa.select(
            columns.id,
            columns.count,
            columns.told,
            columns.ours,
            columns.reserved_at,
            columns.settled_at,
        ).where(*self._my_requests, columns.reserved_at >= self._clock() - _REMEMBERED)
        requests = tuple(Request(*values) for values in connection.execute(query))
        if row is None:
            return Account(requests=requests)
        seen = (
            None
            if row.told_at is None
            else Seen(row.request_id, row.asked_at, row.told_at, row.remaining)
        )
        return Account(row.request_limit, requests, seen, row.reset_by, row.refused_at)

    def _save(self, connection: sa.Connection, account: Account) -> None:
        seen = account.seen
        values: dict[str, Any] = {
            "request_limit": account.limit,
            "request_id": seen and seen.request_id,
            "asked_at": seen and seen.asked_at,
            "told_at": seen and seen.told_at,
            "remaining": seen and seen.remaining,
            "reset_by": account.reset_by,
            "refused_at": account.refused_at,
        }
        known = sa.update(db.quotas).where(*self._my_quota).values(**values)
        if not connection.execute(known).rowcount:
            connection.execute(sa.insert(db.quotas), {**self._names(), **values})

    def _names(self) -> dict[str, str]:
        return {"mode": self._db.mode, "key": self._key}

    def _row(self, request: Request) -> dict[str, Any]:
        return {
            **self._names(),
            "count": request.count,
            "told": request.told,
            "ours": request.ours,
            "reserved_at": request.reserved_at,
            "settled_at": request.settled_at,
        }


class _Block:
    """Implements `unsplash.budget.Reservation`: what became of it is kept until it is settled."""

    def __init__(self, block_id: int, count: int) -> None:
        self.id = block_id
        self.count = count
        self.made = 0
        self.told = 0
        self.newest: Answered | None = None
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """How many may still be made."""
        return self.count - self.made

    def settle(self, answered: Answered | None) -> None:
        """Write down one request; see `unsplash.budget.Reservation`."""
        with self._lock:
            self.made += 1
            if answered is None:
                return
            counted = answered.numbers.remaining is not None and not answered.quota_spent
            self.told += counted
            if self.newest is None or _leaves(answered) <= _leaves(self.newest):
                self.newest = answered


def _leaves(answered: Answered) -> float:
    """Return how many requests an answer leaves.

    The answers of a block come in any order: the one that leaves least was counted last.
    """
    if answered.quota_spent or answered.key_refused:
        return -1
    remaining = answered.numbers.remaining
    return math.inf if remaining is None else remaining
