"""The request budget's ledger, shared by all processes that use the same key.

Every process asks for a grant here before it calls the API, in a transaction of its own, so that no
two processes take the same request. What the numbers mean is decided in `unsplash.quota`, how a
shortage is worded in `unsplash.budget`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.clock.future import not_after
from unsplash_assets.catalogue.clock.steps import CatalogueClock
from unsplash_assets.catalogue.database import Database
from unsplash_assets.storage.processes import HERE, Machine
from unsplash_assets.unsplash import budget, quota
from unsplash_assets.unsplash.budget import Grant, Shortage
from unsplash_assets.unsplash.quota import Account, QuotaReport, Request, Seen, Usage
from unsplash_assets.unsplash.quota_answers import after_answer

PATIENCE: Final = 10.0
"""Seconds to wait for a request that is about to be free.

A request of an hour ago was sent a moment after its tick, and counts a moment longer here than at
Unsplash: without patience each hour would lose a minute.
"""
_SECOND_LOOK: Final = 600.0  # seconds
_LATER_LOOKS: Final = 86_400.0  # seconds
_REMEMBERED: Final = 2 * quota.HOUR + 2 * quota.MARGIN  # seconds


class RequestBudget:
    """Grants requests of one key."""

    def __init__(
        self,
        database: Database,
        key: str,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        machine: Machine = HERE,
    ) -> None:
        """Keep the ledger of the key with this fingerprint; `clock` gives seconds since 1970."""
        self._db = database
        self._key = key
        self._clock = clock
        self._sleep = sleep
        self._time = CatalogueClock(database, clock, machine)
        self._my_quota = (db.quotas.c.mode == database.mode, db.quotas.c.key == key)
        self._my_requests = (db.requests.c.mode == database.mode, db.requests.c.key == key)

    @contextmanager
    def reserve(self, count: int) -> Iterator[Grant]:
        """Grant up to `count` requests until the `with` ends, then take back those not sent.

        A grant of fewer has a shortage: why, and until when.
        """
        granted, row_id = self._take(count)
        if count and not granted and self._waits_a_moment():
            granted, row_id = self._take(count)
        grant = Grant(granted, self.shortage() if granted < count else None)
        try:
            yield grant
        finally:
            if row_id is not None:
                self._settle(row_id, grant)

    def usage(self) -> Usage:
        """Return what is used and left of the hourly quota."""
        return quota.usage(self._read(), self._clock())

    def free(self) -> int:
        """Return how many requests would be granted now, after a moment's patience."""
        return quota.free(self._read(), self._clock() + PATIENCE)

    def is_probe(self) -> bool:
        """Whether what is free is only one careful request; see `unsplash.quota.is_probe`."""
        return quota.is_probe(self._read(), self._clock() + PATIENCE)

    def shortage(self, needed: int = 1) -> Shortage:
        """Return why `needed` requests are not free, and until when."""
        account, now = self._read(), self._clock()
        next_at = quota.next_free_at(account, now, needed)
        if account.is_refused:
            return Shortage(budget.describe_refusal(next_at, now), next_at)
        usage = quota.usage(account, now)
        return Shortage(budget.describe_shortage(usage, needed, next_at, now), next_at)

    def key_refusal(self) -> Shortage | None:
        """Return that Unsplash refused the key, and when to look again; None if it did not.

        One refusal may be a mistake of Unsplash's: the first is looked at again soon, later ones
        daily.
        """
        columns = db.quotas.c
        query = sa.select(columns.key_refused_at, columns.key_refusals).where(*self._my_quota)
        with self._db.reading() as connection:
            row = connection.execute(query).first()
        if row is None or row.key_refused_at is None:
            return None
        now = self._clock()
        refused_at = not_after(now, row.key_refused_at)
        until = refused_at + (_SECOND_LOOK if row.key_refusals <= 1 else _LATER_LOOKS)
        return Shortage(budget.describe_key_refusal(refused_at, until, now), until)

    def _waits_a_moment(self) -> bool:
        """Wait for a request that is about to be free; return whether there is one."""
        wait = quota.next_free_at(self._read(), self._clock(), 1) - self._clock()
        if wait > PATIENCE:
            return False
        self._sleep(max(0.0, wait))
        return True

    def _take(self, count: int) -> tuple[int, int | None]:
        """Enter requests in the ledger; return how many were granted, and the row's id."""
        if not count:
            return 0, None
        with self._db.writing() as connection:
            self._lock(connection)
            now = self._clock()
            granted = min(count, quota.free(self._load(connection), now))
            if granted < 1:
                return 0, None
            row = {**self._names(), "count": granted, "told": 0, "ours": True, "reserved_at": now}
            made = connection.execute(sa.insert(db.requests).values(**row))
            return granted, int((made.inserted_primary_key or [0])[0])

    def _settle(self, row_id: int, grant: Grant) -> None:
        """Record what became of a grant, take back the rest, and learn from the newest answer."""
        with self._db.noting() as connection:
            self._lock(connection)
            now = self._clock()
            mine = db.requests.c.id == row_id
            if not grant.made:
                connection.execute(sa.delete(db.requests).where(mine))
                return
            values = {"count": grant.made, "told": grant.counted, "settled_at": now}
            connection.execute(sa.update(db.requests).where(mine).values(**values))
            if grant.newest is not None:
                self._learn(connection, row_id, grant.newest, now)
            columns = db.requests.c
            old = (columns.mode == self._db.mode, columns.reserved_at < now - _REMEMBERED)
            connection.execute(sa.delete(db.requests).where(*old))

    def _learn(
        self, connection: sa.Connection, row_id: int, report: QuotaReport, now: float
    ) -> None:
        before = self._load(connection)
        request = next((r for r in before.requests if r.id == row_id), None)
        if request is None:
            return  # the answer took longer than is remembered: the machine was asleep
        after = after_answer(before, request, report, now)
        self._save(connection, after)
        if report.is_fresh:
            refused = now if report.key_refused else None
            refusals = db.quotas.c.key_refusals + 1 if report.key_refused else 0
            known = sa.update(db.quotas).where(*self._my_quota)
            connection.execute(known.values(key_refused_at=refused, key_refusals=refusals))
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
        self._time.watch(connection)

    def _load(self, connection: sa.Connection) -> Account:
        """Read the account; times in the future count as now."""
        columns, now = db.requests.c, self._clock()
        query = sa.select(
            columns.id,
            columns.count,
            columns.told,
            columns.ours,
            columns.reserved_at,
            columns.settled_at,
        ).where(*self._my_requests, columns.reserved_at >= now - _REMEMBERED)
        requests = tuple(
            Request(*row[:4], *(not_after(now, moment) for moment in row[4:]))
            for row in connection.execute(query)
        )
        row = connection.execute(sa.select(db.quotas).where(*self._my_quota)).first()
        if row is None:
            return Account(requests=requests)
        asked_at, told_at, refused_at = (
            not_after(now, moment) for moment in (row.asked_at, row.told_at, row.refused_at)
        )
        seen = None if told_at is None else Seen(row.request_id, asked_at, told_at, row.remaining)
        reset_by = None if row.reset_by is None or row.reset_by > now else row.reset_by
        return Account(row.request_limit, requests, seen, reset_by, refused_at)

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
