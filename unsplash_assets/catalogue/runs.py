"""Which runs work on the library, how they ended, and which process has which tick.

A run records the name of its process, so that its photos are free again once it was killed. What
cannot be told of a process from here, the run's lease tells: its process renews it as long as it
works. Whoever takes over a run's photos ends its lease, and a run without one writes no more.
Dagster's own record of runs is richer; this one can be read without Dagster, and decides whether a
photo that a run chose may be taken over.
"""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.clock.future import not_after
from unsplash_assets.catalogue.clock.steps import CatalogueClock
from unsplash_assets.catalogue.database import Database
from unsplash_assets.storage.processes import HERE, Machine, ProcessName

Outcome = Literal["success", "failure"]

CLOCK_DISTRUST: Final = 86_400.0
"""Seconds: a clock that is further ahead of the last run is not trusted to prune for as long."""
RENEWED_EVERY: Final = 10.0
"""Seconds between two signs of life of a run."""
LAPSES_AFTER: Final = 45.0
"""Seconds without a sign of life after which a run is over whose process cannot be seen."""
_LEFT_BEHIND: Final = 7 * 86_400.0  # seconds after which a run that never ended was killed
_UNEXPLAINED: Final = "its page in Dagster's UI says why"
_KEPT: Final = 500
"""Ended runs that are remembered."""


@dataclass(frozen=True)
class EndedRun:
    """How a run ended. Times are seconds since 1970."""

    topic: str | None
    outcome: str
    ended_at: float
    error: str | None


class Runs:
    """The runs on one library."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        machine: Machine = HERE,
    ) -> None:
        """Keep the runs in `database`; `clock` gives seconds since 1970."""
        self._db = database
        self._clock = clock
        self._machine = machine
        self._time = CatalogueClock(database, clock, self._machine)
        self._mine = db.runs.c.mode == database.mode
        self._is_open = db.runs.c.ended_at.is_(None)

    def begin(self, run_id: str, topic: str | None) -> None:
        """Record that this process works on a run; a later step may begin it again."""
        with self._db.noting() as connection:
            self._time.settle(connection)
            self._watch_clock(connection)
            me, now = str(self._machine.me()), self._clock()
            values = {"process": me, "topic": topic, "alive_at": now, "ended_at": None}
            known = self._update(run_id).values(**values)
            if connection.execute(known).rowcount == 0:
                row = {"run_id": run_id, "mode": self._db.mode, "started_at": now}
                connection.execute(sa.insert(db.runs), {**row, **values})

    def renew(self, run_id: str) -> None:
        """Give a sign of life of a run that this process works on, unless it has lost its lease."""
        is_held = db.runs.c.alive_at.is_not(None)
        mine = self._update(run_id).where(db.runs.c.process == str(self._machine.me()), is_held)
        with self._db.noting() as connection:
            self._time.watch(connection)
            connection.execute(mine.values(alive_at=self._clock()))

    def end_leases(self, connection: sa.Connection, run_ids: Collection[str]) -> None:
        """Let runs that are over for all we know write no more: another takes over their photos."""
        if run_ids:
            theirs = self._mine, db.runs.c.run_id.in_(run_ids), self._is_open
            connection.execute(sa.update(db.runs).where(*theirs).values(alive_at=None))

    def report(self, run_id: str, error: str | None, *, goes_on: bool = False) -> None:
        """Record how a step of the run went: its error, or None; `goes_on` if it is tried again.

        A run that has lost its lease has nothing to say any more.
        """
        outcome: Outcome | None = "failure" if error else "success"
        if goes_on:
            outcome = None
        held = self._update(run_id).where(db.runs.c.alive_at.is_not(None))
        with self._db.noting() as connection:
            connection.execute(held.values(outcome=outcome, error=error))

    def end(self, run_id: str, *, failed: bool | None = None) -> None:
        """Record that the run is over; its photos may be taken over.

        `failed` overrules what its steps have reported, for it may fail outside of them.
        """
        outcome = {} if failed is None else {"outcome": "failure" if failed else "success"}
        with self._db.noting() as connection:
            self._time.watch(connection)
            ended = self._update(run_id).where(self._is_open)
            connection.execute(ended.values(ended_at=self._clock(), **outcome))
            self._forget_old(connection)

    def close(self, run_id: str, error: str) -> None:
        """Record that a run has failed whose process is gone, for all that is known.

        If that wakes nevertheless, it writes nothing more.
        """
        values = {"outcome": "failure", "error": error, "alive_at": None}
        with self._db.noting() as connection:
            self._time.watch(connection)
            gone = self._update(run_id).where(self._is_open)
            connection.execute(gone.values(ended_at=self._clock(), **values))

    def last(self) -> EndedRun | None:
        """Return the run of a topic that ended last."""
        runs = db.runs.c
        ended = sa.select(db.runs).where(
            self._mine, runs.ended_at.is_not(None), runs.topic.is_not(None)
        )
        with self._db.reading() as connection:
            row = connection.execute(ended.order_by(runs.ended_at.desc()).limit(1)).first()
        if row is None:
            return None
        outcome = row.outcome or "failure"  # a run that says nothing did not come to its end
        unexplained = _UNEXPLAINED if outcome == "failure" else None
        ended_at = not_after(self._clock(), row.ended_at)
        return EndedRun(row.topic, outcome, ended_at, row.error or unexplained)

    def error(self, run_id: str) -> str | None:
        """Return what went wrong in a run, or None if nothing has so far."""
        query = sa.select(db.runs.c.error).where(self._mine, db.runs.c.run_id == run_id)
        with self._db.reading() as connection:
            return connection.scalar(query)

    def live(self, connection: sa.Connection) -> frozenset[str]:
        """Return the ids of the runs that may still be working."""
        return frozenset(row.run_id for row in self._live(connection))

    def processes(self) -> frozenset[str]:
        """Return the names of the processes that may still be working on a run."""
        with self._db.reading() as connection:
            return frozenset(row.process for row in self._live(connection))

    def was_killed(self, run_id: str) -> bool:
        """Whether a run's process is gone, or gives no sign of life; False for an unknown run."""
        query = sa.select(db.runs).where(self._mine, db.runs.c.run_id == run_id)
        with self._db.reading() as connection:
            row = connection.execute(query).first()
        return row is not None and not self._is_live(row)

    def claim_tick(self, tick: float) -> ProcessName | None:
        """Claim a tick for this process; return the process that already has it, if any.

        `tick` is the tick's scheduled time, seconds since 1970. A claim is void once its process
        is gone.
        """
        me, mine = self._machine.me(), db.libraries.c.mode == self._db.mode
        query = sa.select(db.libraries.c.tick, db.libraries.c.tick_process).where(mine)
        with self._db.noting() as connection:
            self._time.settle(connection)
            claimed, text = connection.execute(query.with_for_update()).one()
            holder = ProcessName.parse(text) if text else me
            is_free = claimed < tick or self._machine.fate(holder) == "gone"
            if not is_free and holder != me:
                return holder
            claim = sa.update(db.libraries).where(mine)
            connection.execute(claim.values(tick=max(claimed, tick), tick_process=str(me)))
        return None

    def last_tick(self) -> float | None:
        """Return when the last minute was that any process claimed; None if there was none."""
        mine = db.libraries.c.mode == self._db.mode
        with self._db.reading() as connection:
            tick = connection.scalar(sa.select(db.libraries.c.tick).where(mine))
        return not_after(self._clock(), tick) if tick else None

    def has_rival(self, tick: float, within: float) -> bool:
        """Whether another living process had a tick that many seconds before, or has this one."""
        mine = db.libraries.c.mode == self._db.mode
        query = sa.select(db.libraries.c.tick, db.libraries.c.tick_process).where(mine)
        with self._db.reading() as connection:
            row = connection.execute(query).one()
        if row.tick_process is None or abs(tick - row.tick) > within:
            return False
        holder = ProcessName.parse(row.tick_process)
        return holder != self._machine.me() and self._machine.fate(holder) != "gone"

    def _live(self, connection: sa.Connection) -> list[Any]:
        rows = connection.execute(sa.select(db.runs).where(self._mine, self._is_open))
        return [row for row in rows if self._is_live(row)]

    def _is_live(self, row: Any) -> bool:  # noqa: ANN401 - a row of the runs
        """Whether a run's process may still be working; one that lives may have others to do."""
        fate = self._machine.fate(ProcessName.parse(row.process))
        if fate == "unseen" or (fate == "alive" and row.ended_at is not None):
            newest_sign = max(row.alive_at or 0.0, row.ended_at or 0.0)
            return bool(newest_sign > self._clock() - LAPSES_AFTER)
        return fate == "alive"

    def _watch_clock(self, connection: sa.Connection) -> None:
        """Note when the clock is far beyond the last run, and for how long that has been so."""
        columns, now = db.libraries.c, self._clock()
        mine = columns.mode == self._db.mode
        query = sa.select(columns.clock_at, columns.clock_jumped_at).where(mine)
        row = connection.execute(query).one()
        jumped_at = row.clock_jumped_at
        if row.clock_at is not None and now > row.clock_at + CLOCK_DISTRUST:
            jumped_at = now
        elif jumped_at is not None and not jumped_at <= now < jumped_at + CLOCK_DISTRUST:
            jumped_at = None  # it was set right, or has been so for long enough
        seen = {"clock_at": now, "clock_jumped_at": jumped_at}
        connection.execute(sa.update(db.libraries).where(mine).values(**seen))

    def _update(self, run_id: str) -> sa.Update:
        return sa.update(db.runs).where(self._mine, db.runs.c.run_id == run_id)

    def _forget_old(self, connection: sa.Connection) -> None:
        left = self._is_open & (db.runs.c.started_at < self._clock() - _LEFT_BEHIND)
        at_work = db.runs.c.run_id.in_(self.live(connection))
        connection.execute(sa.delete(db.runs).where(self._mine, left, ~at_work))
        newest = sa.select(db.runs.c.ended_at).where(self._mine, db.runs.c.ended_at.is_not(None))
        oldest_kept = connection.scalar(
            newest.order_by(db.runs.c.ended_at.desc()).offset(_KEPT).limit(1)
        )
        if oldest_kept is not None:
            connection.execute(
                sa.delete(db.runs).where(self._mine, db.runs.c.ended_at <= oldest_kept)
            )
