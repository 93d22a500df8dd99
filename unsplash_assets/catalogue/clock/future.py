"""Times in the future count as now, for they were recorded by a clock that was ahead.

Readers may ask `not_after`; the statements of SETTLING write it down, for only so do spent requests
expire. A wait ends in the future by right, but not later than its failures explain.
"""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.model.backoff import backoff
from unsplash_assets.model.photos import PhotoState

TAKEN_FOR: Final = 600.0
"""Seconds for which an event is taken: longer than sending what is taken at once can last."""

_TICK_AHEAD: Final = 90.0  # seconds
PAST: Final[dict[sa.Table, tuple[str, ...]]] = {
    db.requests: ("reserved_at", "settled_at"),
    db.quotas: ("asked_at", "told_at", "refused_at", "key_refused_at"),
    db.exhausted: ("found_at",),
    db.runs: ("started_at", "alive_at", "ended_at"),
}
"""The columns that only have times in the past, if the clock is right."""


def _settling() -> Iterator[sa.Update]:
    """Give the statements that let times in the future be now, for a mode and a moment."""
    now: sa.ColumnElement[float] = sa.bindparam("now", type_=sa.Float)
    for table, names in PAST.items():
        columns = [table.c[name] for name in names]
        values = {c.name: sa.case((c > now, now), else_=c) for c in columns}
        yield sa.update(table).where(sa.or_(*(c > now for c in columns))).values(**values)
    quotas, library, photos = db.quotas.c, db.libraries.c, db.photos.c
    yield sa.update(db.quotas).where(quotas.reset_by > now).values(reset_by=None)
    yield sa.update(db.libraries).where(library.tick > now + _TICK_AHEAD).values(tick=now)
    is_late = photos.event_due_at > now + _longest_wait(photos.event_failures)
    events = sa.update(db.photos).where(photos.event_due_at > now + TAKEN_FOR, is_late)
    yield events.values(event_due_at=now)
    is_late = photos.repair_due_at > now + _longest_wait(photos.postponed)
    repairs = sa.update(db.photos).where(photos.state == PhotoState.DAMAGED, is_late)
    yield repairs.values(repair_due_at=now)


def _longest_wait(failures: sa.ColumnElement[int]) -> sa.ColumnElement[float]:
    """Return how long one waits at most after so many failures; see `model.backoff`."""
    waits = {number: backoff(number - 1) for number in range(1, 12)}
    return sa.case(waits, value=failures, else_=sa.case((failures < 1, 0.0), else_=backoff(12)))


SETTLING: Final = tuple(
    change.where(change.table.c.mode == sa.bindparam("of_mode")) for change in _settling()
)
"""With the parameters `now` and `of_mode`."""


def not_after(now: float, moment: Any) -> Any:  # noqa: ANN401 - a number, or None
    """Return a moment that was read, or now where it is in the future."""
    return None if moment is None else min(moment, now)
