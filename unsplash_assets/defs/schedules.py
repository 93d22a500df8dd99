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

from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.defs.history import History
from unsplash_assets.defs.jobs import Job
from unsplash_assets.defs.partitions import PARTITION_TAG
from unsplash_assets.defs.resources import PROCESS_TAG
from unsplash_assets.library.ticks import Skipped, Ticks
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.processes import ProcessName

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
    settings: Settings,
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
        with closing(
            open_database(settings.library, settings.catalogue, settings.mode)
        ) as database:
            reason = _taken(Runs(database), tick) or _busy(context.instance)
            topic = (
                Skipped(reason)
                if reason
                else _ticks(settings, database).next_topic(settings.topics, pick)
            )
        History(context.instance, settings.keep_runs, settings.topics).prune()
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


def _ticks(settings: Settings, database: Database) -> Ticks:
    """Judge by the key of this moment, as a run will use it: a new one in .env needs no restart."""
    key = (settings.api_key and environment.secret("UNSPLASH_API_KEY")) or settings.api_key
    budget = RequestBudget(database, replace(settings, api_key=key).key_fingerprint)
    return Ticks(Photos(database), DownloadEvents(database), budget)


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
