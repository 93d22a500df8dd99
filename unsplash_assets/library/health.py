"""Whether photos arrive as they should: as the schedule, the budget and the topics allow.

A spent budget is no trouble, nor is a topic that has no more photos: nothing is wrong then, and the
next photo comes by itself.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from unsplash_assets.errors import LibraryError
from unsplash_assets.library.opening import Library, check_place
from unsplash_assets.library.ticks import Skipped, next_topic
from unsplash_assets.storage.disks import free_bytes

TICK_WITHIN: Final = 300.0
"""Seconds that the schedule may be late: five minutes, for a run that takes long."""
FAILURE_FOR: Final = 1_800.0
"""Seconds without a photo after which a run that failed is more than a moment's trouble."""
PHOTO_WITHIN: Final = 10_800.0
"""Seconds without a photo, though the budget allows some, after which something is wrong; where the
schedule comes round less often, three of its longest gaps."""
_ROOM: Final = 20_000_000
"""Bytes of a disk that is as good as full: a photo, its thumbnail and the catalogue need some."""


def trouble(library: Library) -> str | None:
    """Return why photos do not arrive as they should, in one line; None if they do."""
    try:
        return (
            _place(library)
            or _key(library)
            or schedule_trouble(library)
            or arrival_trouble(library)
        )
    except LibraryError as error:
        return str(error)


def _place(library: Library) -> str | None:
    if library.database.is_kept:
        check_place(library)
    if library.database.is_read_only:
        return f"the catalogue {library.database.file} can only be read: no photo can be stored"
    file = library.database.file
    for place in {library.store.root, file.parent if file else library.store.root}:
        if _is_full(place):
            return f"the disk of {place} is full: free some space"
    return None


def _is_full(place: Path) -> bool:
    free = free_bytes(place)
    return free is not None and free < _ROOM


def _key(library: Library) -> str | None:
    refused = library.budget.key_refusal()
    return refused.reason if refused else None


def schedule_trouble(library: Library) -> str | None:
    """Return why the schedule does not tick, or None."""
    tick = library.runs.last_tick()
    if tick is None:
        return "the schedule has never come round: start it with `make run`"
    if library.clock() > library.settings.next_tick(tick) + TICK_WITHIN:
        return f"no tick since {_moment(tick)}: is `make run` running, and its schedule on?"
    return None


def arrival_trouble(library: Library) -> str | None:
    """Return why no photo has come although it might have, or None."""
    newest = library.photos.stored_after(0, newest=1)
    last, now = library.runs.last(), library.clock()
    since = newest[0].stored_at if newest else None
    gap = library.settings.schedule.longest_gap.total_seconds()
    if (
        last
        and last.outcome == "failure"
        and (since is None or now - since > max(FAILURE_FOR, gap))
    ):
        return f"the last run, {_moment(last.ended_at)}, failed: {last.error}"
    if since is None or now - since <= max(PHOTO_WITHIN, 3 * gap):
        return None
    if isinstance(next_topic(library, lambda topics: topics[0]), Skipped):
        return None  # there is nothing to bring, or no request to bring it with
    return f"no photo since {_moment(since)}, though the budget allows some: see Dagster's UI"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
