"""Runs the job `refresh` in this process, recorded in Dagster like any other run.

It belongs to the terminal: no daemon is needed, progress is read from the catalogue, and the
run carries no time limit, for the person in front of it is one.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg
import sqlalchemy.exc
from filelock import FileLock

from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.failures import INTERRUPTED
from unsplash_assets.defs.history import History
from unsplash_assets.defs.jobs import MAX_RUNTIME_TAG
from unsplash_assets.errors import LibraryError, UnsplashAssetsError
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings

_LOOK_EVERY: Final = 0.2  # seconds
_TRIES: Final = 20
_BETWEEN_TRIES: Final = 0.5  # seconds

Progress = Callable[[int, str | None], None]


@dataclass(frozen=True)
class Fetched:
    """What a run brought, and what went wrong in it, if anything did."""

    stored: list[StoredPhoto]
    error: str | None
    shortage: str | None = None
    """Why it brought fewer photos than asked for: the request budget, or one photo's trouble."""


def fetch(settings: Settings, topic: str, count: int, progress: Progress) -> Fetched:
    """Run `refresh` for a topic.

    `progress` is told now and then how many photos are stored, and what the trouble is, if any.
    """
    run_id = str(uuid.uuid4())
    with closing(open_database(settings.library, settings.catalogue, settings.mode)) as database:
        with _watched(database, run_id, progress), _interruptible():
            result = _execute(settings, topic, count, run_id)
        stored = Photos(database).stored_by(run_id)
        error = Runs(database).error(run_id) or _said(result)
        shortage = _shortage(database, settings, topic) or _trouble(database, run_id)
    failed = None if result.success else error or "the run failed: see Dagster's UI"
    return Fetched(stored, failed, shortage if len(stored) < count else None)


def _shortage(database: Database, settings: Settings, topic: str) -> str | None:
    """Say that the budget has nothing for one photo more, if so: its event, and its metadata."""
    budget = RequestBudget(database, settings.key_fingerprint)
    cost = 1 if Photos(database).waiting(topic) else 2
    return budget.spent_words(cost) if budget.free() < cost else None


def _trouble(database: Database, run_id: str) -> str | None:
    """Say why a photo of the run was not stored, if that is known of one."""
    troubles = Runs(database).not_stored(run_id).items()
    return next((f"photo {photo_id}: {reason}" for photo_id, reason in troubles), None)


def _said(result: dg.ExecuteInProcessResult) -> str | None:
    """Return what a failed run said to Dagster; a catalogue whose disk is full has not kept it."""
    for event in result.all_events:
        if event.is_step_failure and (told := event.step_failure_data.user_failure_data):
            return told.description
        if event.is_resource_init_failure and (error := event.engine_event_data.error):
            return error.message.partition(": ")[2].partition("\n")[0]
    return None


def _execute(settings: Settings, topic: str, count: int, run_id: str) -> dg.ExecuteInProcessResult:
    job = build_definitions(settings).resolve_job_def("refresh")
    with _instance(settings) as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=topic,
            run_id=run_id,
            tags={MAX_RUNTIME_TAG: "0"},
            run_config={
                "resources": {"library": {"config": {"photos_per_run": count}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
        History(instance, settings.keep_runs, settings.topics).prune()
    return result


@contextmanager
def _interruptible() -> Iterator[None]:
    """Give an interruption between two steps, or two tries, the words of one within them."""
    try:
        yield
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt) as interruption:
        raise UnsplashAssetsError(INTERRUPTED) from interruption


@contextmanager
def _instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's record. Raises LibraryError where it cannot be written, at once or later."""
    folder = settings.project / ".dagster"
    try:
        with _opened(folder) as instance:
            yield instance
    except (sqlalchemy.exc.DBAPIError, OSError) as error:
        raise _unusable(folder) from error


def _opened(folder: Path) -> dg.DagsterInstance:
    """Open Dagster's record, alone: where several make it at once, all but one fail.

    `dagster dev` knows nothing of the lock, so a failure may be its doing, and passes.
    """
    folder.mkdir(exist_ok=True)
    for left in reversed(range(_TRIES)):
        try:
            with FileLock(folder / "create.lock"):
                instance = dg.DagsterInstance.get()
                instance.get_run_records(limit=1)
            break
        except (sqlalchemy.exc.OperationalError, dg.DagsterError) as error:
            if not left:
                raise _unusable(folder) from error
            time.sleep(_BETWEEN_TRIES)
    return instance


def _unusable(folder: Path) -> LibraryError:
    return LibraryError(
        f"Dagster's record in {folder} cannot be used: see to its disk and its rights"
    )


@contextmanager
def _watched(database: Database, run_id: str, progress: Progress) -> Iterator[None]:
    catalogue, runs, ended = Photos(database), Runs(database), threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_EVERY):
            with suppress(LibraryError):  # the run itself will say it
                progress(catalogue.stored_count(run_id), runs.error(run_id))

    watcher = threading.Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        progress(catalogue.stored_count(run_id), None)
