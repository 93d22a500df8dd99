"""The schedule `every_minute`: picks a topic at random, or says why it skips.

It never starts a run while its previous one is going, and no two `dagster dev` on one
library start a run for the same minute. A run whose process was killed is closed here, for
Dagster would wait until it exceeds the longest honest run.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import dagster as dg

from unsplash_assets.jobs import Job
from unsplash_assets.library.database import open_database
from unsplash_assets.library.processes import ProcessName
from unsplash_assets.library.runs import Runs
from unsplash_assets.resources import PROCESS_TAG
from unsplash_assets.settings import Settings

NAME: Final = "every_minute"
_PRECEDENCE: Final = 1.5  # seconds that a second `dagster dev` leaves to the first
_SCHEDULE_TAG: Final = "dagster/schedule_name"
_UNFINISHED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def build_every_minute(
    given: Settings,
    job: Job,
    pick: Callable[[Sequence[str]], str],
) -> dg.ScheduleDefinition:
    """Return the schedule; `pick` chooses the topic of a tick."""

    @dg.schedule(
        name=NAME,
        job=job,
        cron_schedule="* * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every minute a random topic, unless the previous run is still going.",
    )
    def every_minute(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        reason = _taken(given, context) or _busy(context.instance)
        return dg.SkipReason(reason) if reason else dg.RunRequest(partition_key=pick(given.topics))

    return every_minute


def _taken(given: Settings, context: dg.ScheduleEvaluationContext) -> str | None:
    """Claim the minute, or say who has it; who was first here goes first."""
    database = open_database(given.library, given.catalogue, given.mode)
    tick = context.scheduled_execution_time.timestamp()
    try:
        runs = Runs(database)
        if runs.has_rival(tick):
            time.sleep(_PRECEDENCE)
        holder = runs.claim_tick(tick)
    finally:
        database.close()
    if holder is None:
        return None
    return (
        f"another `dagster dev` on this library has this minute (its process {holder.pid} on "
        f"{holder.host}): stop one of the two"
    )


def _busy(instance: dg.DagsterInstance) -> str | None:
    """Say which run is still going; close those whose process is gone."""
    mine = dg.RunsFilter(tags={_SCHEDULE_TAG: NAME}, statuses=_UNFINISHED)
    for record in instance.get_run_records(mine):
        run = record.dagster_run
        process = run.tags.get(PROCESS_TAG)
        if process is None or not ProcessName.parse(process).is_gone():
            topic = run.tags.get("dagster/partition")
            return f"the previous run is still going ({topic}, run {run.run_id[:8]})"
        instance.report_run_failed(run, f"The run's process ({process}) is gone: it was killed.")
    return None
