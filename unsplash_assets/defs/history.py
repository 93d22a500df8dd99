"""Bounds Dagster's history: finished runs go after UNSPLASH_KEEP_RUNS, with all that they left.

Dagster has no retention of runs, and its `delete_run` alone makes no room: on SQLite every run
has a file of its own for its events. A few are deleted at a time, so that a tick stays quick.
Ticks have their retention in dagster.yaml.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Final
from zlib import crc32

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from unsplash_assets.defs.naming import UNPREFIXED, Names
from unsplash_assets.defs.runs import PARTITION_TAG, runs_on
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.records import known_libraries
from unsplash_assets.storage.sqlite_files import remove

AT_ONCE: Final = 10
"""Runs that are deleted at a time; a tick adds one."""
FAILED_KEPT_LONGER: Final = 7
"""How many times as long as others failed runs are kept."""
SLICES: Final = 256
"""Parts in which the files of all runs are looked through, one at each tick."""

_TROUBLE: Final = (OSError, SQLAlchemyError, dg.DagsterError)
_YOUNG: Final = 3600.0  # seconds: a younger file may be of a run that is just being made
_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def part_of(now: float) -> int:
    """Return which part is looked through in this minute: any of them, whenever the ticks come."""
    return crc32(b"%d" % (now // 60)) % SLICES


@dataclass(frozen=True)
class History:
    """The runs of this project on a Dagster instance; those of other projects are left alone."""

    instance: dg.DagsterInstance
    keep: timedelta
    topics: Collection[str]
    libraries: Collection[str]
    """The identities of the catalogues that this project has used: its runs bear one as a tag."""
    clock: Callable[[], float] = time.time
    """Seconds since 1970."""
    within: float = 0.5
    """Seconds after which no further run is deleted at a time."""
    names: Names = UNPREFIXED

    @classmethod
    def of(
        cls,
        instance: dg.DagsterInstance,
        settings: Settings,
        identity: str,
        names: Names = UNPREFIXED,
    ) -> "History":
        """Return the history of the settings' project; `identity` is that of its library now."""
        known = known_libraries(settings.project).values()
        identities = {identity, *(each for modes in known for each in modes.values())}
        return cls(
            instance, settings.keep_runs, settings.topic_names, sorted(identities), names=names
        )

    def prune(self) -> int:
        """Delete some of the runs that have had their time; return how many.

        Unfinished ones stay, and the newest of each asset and topic, for the UI tells from them
        what there is. Where something cannot be deleted, the rest is left for the next time.
        """
        begun, count = time.monotonic(), 0
        with suppress(*_TROUBLE):
            for run_id in islice(chain(self._outdated(), self._orphans()), AT_ONCE):
                with suppress(*_TROUBLE):
                    self._delete(run_id)
                    count += 1
                if time.monotonic() - begun >= self.within:
                    break
        return count

    def _outdated(self) -> Iterator[str]:
        status = dg.DagsterRunStatus
        yield from self._ended_before(self.keep, status.SUCCESS, status.CANCELED)
        yield from self._ended_before(self.keep * FAILED_KEPT_LONGER, status.FAILURE)

    def _ended_before(self, age: timedelta, *statuses: dg.DagsterRunStatus) -> list[str]:
        """Return some runs that ended that long ago, the oldest first."""
        if not self.libraries:
            return []
        before = datetime.fromtimestamp(self.clock(), UTC) - age
        some = (
            len(self.names.assets) * (len(self.topics) + 1) + AT_ONCE
        )  # more than those that are kept
        records = [
            record
            for old in runs_on(self.libraries, statuses=statuses, updated_before=before)
            for record in self.instance.get_run_records(old, limit=some, ascending=True)
        ]
        topics = {r.dagster_run.run_id: r.dagster_run.tags.get(PARTITION_TAG) for r in records}
        kept = self._newest(set(self.topics).intersection(topics.values())) if topics else ()
        return [run_id for run_id in topics if run_id not in kept]

    def _newest(self, topics: Iterable[str]) -> set[str]:
        """Return the runs of each asset's newest materialization, and of that in each topic."""
        found: set[str] = set()
        for asset in self.names.assets:
            for partitions in (None, *([topic] for topic in topics)):
                only = dg.AssetRecordsFilter(asset_key=asset, asset_partitions=partitions)
                newest = self.instance.fetch_materializations(only, limit=1).records
                found.update(record.run_id for record in newest)
        return found

    def _orphans(self) -> set[str]:
        """Return runs that are known no more and have files still, as after a crash; a part."""
        any_file = self._event_file("any")
        if any_file is None:
            return set()
        now = self.clock()
        part = any_file.parent.glob(f"{part_of(now):02x}*.db*")
        old = {path.name.partition(".")[0] for path in part if path.stat().st_mtime < now - _YOUNG}
        found = {name for name in old if _RUN_ID.fullmatch(name)}
        if not found:
            return set()
        known = self.instance.get_run_records(dg.RunsFilter(run_ids=list(found)))
        return found - {record.dagster_run.run_id for record in known}

    def _delete(self, run_id: str) -> None:
        """Delete a run with its logs and its events."""
        self.instance.compute_log_manager.delete_logs(prefix=[run_id])
        self.instance.delete_run(run_id)
        file = self._event_file(run_id)
        if file is not None:  # after the run, for Dagster makes it anew to delete its events
            remove(file)

    def _event_file(self, run_id: str) -> Path | None:
        """Return the file of a run's events, where Dagster has one for each run: on SQLite."""
        place_of = getattr(self.instance.event_log_storage, "path_for_shard", None)
        return Path(place_of(run_id)) if place_of else None
