"""Notices that the clock was set, and moves what was recorded by as much.

While a machine is up, its uptime tells by how much the clock was set: a request of ten minutes ago
stays one of ten minutes ago. Where that cannot be told, as after a reboot, times in the future
count as now. Whoever writes `watch`es first, each tick and each run `settle`s.
"""

import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.clock.future import PAST, SETTLING
from unsplash_assets.catalogue.database import Database
from unsplash_assets.storage.processes import HERE, Machine

_STEP: Final = 2.0  # seconds: less is the time between two looks at two clocks
_OTHERS: Final[dict[sa.Table, tuple[str, ...]]] = {
    db.quotas: ("reset_by",),
    db.photos: ("event_due_at", "repair_due_at"),
    db.libraries: ("tick",),
}
_BOOT: Final = (
    sa.select(db.libraries.c.boot, db.libraries.c.booted_at)
    .where(db.libraries.c.mode == sa.bindparam("of_mode"))
    .with_for_update()
)


class CatalogueClock:
    """The clock of one mode's part of a catalogue."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        machine: Machine = HERE,
    ) -> None:
        """Read `clock`, in seconds since 1970; the uptime of `machine` tells when it was set."""
        self._mode = database.mode
        self._clock = clock
        self._machine = machine

    def watch(self, connection: sa.Connection) -> None:
        """If the clock was set since the last look, move what was recorded by as much."""
        uptime = self._machine.uptime()
        if uptime is None:
            return
        booted_at = self._clock() - uptime.seconds
        before = connection.execute(_BOOT, {"of_mode": self._mode}).one()
        if before.boot == uptime.boot:
            step = booted_at - before.booted_at
            if abs(step) < _STEP:
                return
            self._move(connection, before.booted_at, step)
        seen = self._mine(db.libraries).values(boot=uptime.boot, booted_at=booted_at)
        connection.execute(seen)

    def settle(self, connection: sa.Connection) -> None:
        """Watch, and let times in the future, if there are any still, be now."""
        self.watch(connection)
        values = {"now": self._clock(), "of_mode": self._mode}
        for change in SETTLING:
            connection.execute(change, values)

    def _move(self, connection: sa.Connection, since: float, step: float) -> None:
        """Move what was recorded since the boot; what was before is by another clock."""
        for times in (PAST, _OTHERS):
            for table, names in times.items():
                columns = [table.c[name] for name in names]
                ours = sa.or_(*(column >= since for column in columns))
                values = {c.name: sa.case((c >= since, c + step), else_=c) for c in columns}
                connection.execute(self._mine(table).where(ours).values(**values))

    def _mine(self, table: sa.Table) -> sa.Update:
        return sa.update(table).where(table.c.mode == self._mode)
