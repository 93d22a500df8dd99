"""The schedules: `every_minute` takes up a random topic or says why not, `every_day` verifies.

UNSPLASH_SCHEDULE says when the first ticks, every minute unless a person wants otherwise; the name
stays, for Dagster keeps its history and its switch under it.

Where a tick can bring nothing but repair something, its run has the last two assets alone. What the
request budget allows is decided in `library.ticks`. Each tick also deletes a few old runs
(`history`), because each adds one.

`every_minute` never starts a run while its previous one is going, and no two `dagster dev` on one
library start a run for the same tick. It closes a run whose process was killed, because Dagster
would wait until it exceeds the longest honest run.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import dagster as dg

from unsplash_assets.defs.history import History
from unsplash_assets.defs.jobs import Job
from unsplash_assets.defs.logs.problems import Told
from unsplash_assets.defs.naming import Names
from unsplash_assets.defs.runs import KILLED, LIBRARY_TAG, PARTITION_TAG, SCHEDULE_TAG, runs_on
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.ticks import Skipped, claim, next_work
from unsplash_assets.settings.loaded import LoadedSettings

RunConfig = Mapping[str, Any]
NAME: Final = "every_minute"
_UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def build_every_minute(
    loaded: LoadedSettings,
    names: Names,
    job: Job,
    pick: Callable[[Sequence[str]], str],
    run_config: RunConfig,
) -> dg.ScheduleDefinition:
    """Return the schedule; `pick` chooses the topic of a tick, `run_config` is for its runs."""
    told = Told()

    @dg.schedule(
        name=names.of(NAME),
        job=job,
        cron_schedule=str(loaded.settings.schedule),
        execution_timezone=str(loaded.settings.timezone),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="At each tick a random topic, if the request budget allows and no run is on.",
    )
    def every_minute(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        tick = context.scheduled_execution_time.timestamp()
        try:
            with open_library(loaded.current()) as library:
                identity = library.photos.identity()
                skipped = claim(library, tick) or _busy(context.instance, library, names.of(NAME))
                work = skipped or next_work(library, pick)
        except UnsplashAssetsError as error:
            told.tell(str(error))
            return dg.SkipReason(str(error))
        told.tell(work.reason if isinstance(work, Skipped) and work.is_trouble else None)
        History.of(context.instance, loaded.settings, identity, names).prune()
        if isinstance(work, Skipped):
            return dg.SkipReason(work.reason)
        return dg.RunRequest(
            partition_key=work.topic,
            run_config=run_config,
            tags={LIBRARY_TAG: identity},
            asset_selection=names.repairing if work.only_repairs else None,
        )

    return every_minute


def build_every_day(
    loaded: LoadedSettings, names: Names, job: Job, run_config: RunConfig
) -> dg.ScheduleDefinition:
    """Return the schedule of the verification, at a time when few look at the screen."""

    @dg.schedule(
        name=names.of("every_day"),
        job=job,
        cron_schedule="17 4 * * *",
        execution_timezone=str(loaded.settings.timezone),
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads all files again every day; later runs repair what is damaged.",
    )
    def every_day() -> dg.RunRequest | dg.SkipReason:
        try:
            loaded.current()
        except UnsplashAssetsError as error:
            return dg.SkipReason(str(error))
        return dg.RunRequest(run_config=run_config)

    return every_day


def _busy(instance: dg.DagsterInstance, library: Library, schedule: str) -> Skipped | None:
    """Return which run of `schedule` is still going; close any run whose process is gone.

    Runs on other libraries, as of another project on this instance, are left alone.
    """
    ours = map(instance.get_run_records, runs_on([library.photos.identity()], statuses=_UNFINISHED))
    for record in chain.from_iterable(ours):
        run = record.dagster_run
        if library.runs.was_killed(run.run_id):
            instance.report_run_failed(run, KILLED)
            library.runs.close(run.run_id, KILLED)
        elif run.tags.get(SCHEDULE_TAG) == schedule:
            topic = run.tags.get(PARTITION_TAG)
            return Skipped(f"the previous run is still going ({topic}, run {run.run_id[:8]})")
    return None
