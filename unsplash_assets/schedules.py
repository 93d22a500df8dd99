"""The schedules: `every_minute` takes up a random topic or says why not, `every_day` verifies.

What the request budget allows is decided in `library.ticks`. Each tick deletes a few old runs too
(`history`): whatever adds a run each minute takes some away.

It never starts a run while its previous one is going, and no two `dagster dev` on one
library start a run for the same minute. A run whose process was killed is closed here, for
Dagster would wait until it exceeds the longest honest run.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

import dagster as dg

from unsplash_assets import settings
from unsplash_assets.history import History
from unsplash_assets.jobs import Job
from unsplash_assets.library.catalogue import Catalogue
from unsplash_assets.library.database import Database, open_database
from unsplash_assets.library.events import DownloadEvents
from unsplash_assets.library.processes import ProcessName
from unsplash_assets.library.requests import RequestBudget
from unsplash_assets.library.runs import Runs
from unsplash_assets.library.ticks import Skipped, Ticks
from unsplash_assets.partitions import PARTITION_TAG
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
        description="Every minute a random topic, if the request budget allows and no run is on.",
    )
    def every_minute(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        tick = context.scheduled_execution_time.timestamp()
        with closing(open_database(given.library, given.catalogue, given.mode)) as database:
            reason = _taken(Runs(database), tick) or _busy(context.instance)
            topic = (
                Skipped(reason)
                if reason
                else _ticks(given, database).next_topic(given.topics, pick)
            )
        History(context.instance, given.keep_runs, given.topics).prune()
        if isinstance(topic, Skipped):
            return dg.SkipReason(topic.reason)
        return dg.RunRequest(partition_key=topic)

    return every_minute


def build_every_day(job: Job) -> dg.ScheduleDefinition:
    """Return the schedule of the proof, at a time when few look at the screen."""
    return dg.ScheduleDefinition(
        name="every_day",
        job=job,
        cron_schedule="17 4 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every day all files are read again; what is damaged, later runs repair.",
    )


def _ticks(given: Settings, database: Database) -> Ticks:
    """Judge by the key of this moment, as a run will use it: a new one in .env needs no restart."""
    key = (given.api_key and settings.secret("UNSPLASH_API_KEY")) or given.api_key
    budget = RequestBudget(database, replace(given, api_key=key).key_fingerprint)
    return Ticks(Catalogue(database), DownloadEvents(database), budget)


def _taken(runs: Runs, tick: float) -> str | None:
    """Claim the minute, or say who has it; who was first here goes first."""
    if runs.has_rival(tick):
        time.sleep(_PRECEDENCE)
    holder = runs.claim_tick(tick)
    if holder is None:
        return None
    return (
        f"another `dagster dev` on this library has this minute (its process {holder.pid} on "
        f"{holder.host}): stop one of the two"
    )


def _busy(instance: dg.DagsterInstance) -> str | None:
    """Say which run of the schedule is still going; close any run whose process is gone."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED)):
        run = record.dagster_run
        process = run.tags.get(PROCESS_TAG)
        if process and ProcessName.parse(process).is_gone():
            why = f"The run's process ({process}) is gone: it was killed."
            instance.report_run_failed(run, why)
        elif run.tags.get(_SCHEDULE_TAG) == NAME:
            topic = run.tags.get(PARTITION_TAG)
            return f"the previous run is still going ({topic}, run {run.run_id[:8]})"
    return None
