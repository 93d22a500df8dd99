"""Runs the job `refresh` in this process, recorded in Dagster like any other run.

It needs no daemon. The run tells of its progress itself, and has no time limit, because a person is
watching it.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg

from unsplash_assets.catalogue.browsing.listing import ListedPhoto
from unsplash_assets.cli.record import open_record
from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.failures import INTERRUPTED
from unsplash_assets.defs.history import History
from unsplash_assets.defs.jobs import MAX_RUNTIME_TAG
from unsplash_assets.defs.naming import Names
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.asking.single import claim_photo
from unsplash_assets.library.opening import Library, Progress, open_library
from unsplash_assets.library.selection import TAKEN
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings


@dataclass(frozen=True)
class Fetched:
    """What a run brought, and why it failed or brought too little."""

    stored: list[StoredPhoto]
    files: list[str]
    """Where they are."""
    error: str | None
    shortage: str | None
    """Why it brought fewer photos than asked for; None if it did not."""
    owed: int = 0
    """How many download events are still due; later runs send them."""
    known: ListedPhoto | None = None
    """The one photo that was asked for, where it is stored already: there was no run."""


@dataclass(frozen=True)
class _Order:
    """What a run is to do."""

    topic: str
    count: int
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    assets: Sequence[dg.AssetKey] | None = None
    """Those to materialize; None for all."""


def fetch(settings: Settings, topic: str, count: int, on_progress: Progress) -> Fetched:
    """Run `refresh` for a topic; `on_progress` is told of its work."""
    with open_library(settings) as library:
        return _run(library, _Order(topic, count), on_progress)


def fetch_photo(settings: Settings, topic: str, photo_id: str, on_progress: Progress) -> Fetched:
    """Bring one photo for a topic, in a run like any other that asks for no further photos.

    One that is stored already is returned as it is.
    """
    order = _Order(topic, 1, assets=Names().repairing)
    with open_library(settings) as library:
        if known := claim_photo(library, photo_id, topic, order.run_id):
            return Fetched([], [library.store.shown(known.path or "")], None, None, known=known)
        return _run(library, order, on_progress)


def _run(library: Library, order: _Order, on_progress: Progress) -> Fetched:
    with _interruptible():
        result = _execute(library, order, on_progress)
    run_id = order.run_id
    stored = library.photos.stored_by(run_id)
    error = library.runs.error(run_id) or _failure(result)
    is_short = len(stored) < order.count
    shortage = _shortage(library, order.topic, run_id) if is_short else None
    failed = None if result.success else error or "the run failed: see Dagster's UI"
    files = [library.store.shown(photo.path) for photo in stored]
    return Fetched(stored, files, failed, shortage, library.events.unsent())


def _shortage(library: Library, topic: str, run_id: str) -> str:
    """Return why a run has brought fewer photos than it might have, as the library tells."""
    waiting = library.photos.waiting(topic)
    asking = library.settings.topic(topic).source.cost
    cost = 1 if waiting else 1 + asking  # of one photo more: its event, and its metadata
    if library.budget.free() < cost:
        return library.budget.shortage(cost).reason
    if not_stored := library.photos.not_stored(run_id):
        photo_id, reason = next(iter(not_stored.items()))
        return f"photo {photo_id}: {reason}"
    if waiting:
        return f"{waiting} more are waiting for the next run"
    exhausted = library.exhaustion.topics().get(topic)
    return exhausted.reason if exhausted else TAKEN


def _failure(result: dg.ExecuteInProcessResult) -> str | None:
    """Return why a run failed, from Dagster: a catalogue on a full disk has not kept it."""
    for event in result.all_events:
        if event.is_step_failure and (failure := event.step_failure_data.user_failure_data):
            return failure.description
        if event.is_resource_init_failure and (error := event.engine_event_data.error):
            return error.message.partition(": ")[2].partition("\n")[0]
    return None


def _execute(library: Library, order: _Order, on_progress: Progress) -> dg.ExecuteInProcessResult:
    settings = library.settings
    definitions = build_definitions(settings, on_progress=on_progress)
    job = definitions.resolve_job_def("refresh")
    with open_record(settings.project) as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=order.topic,
            run_id=order.run_id,
            asset_selection=order.assets,
            tags={MAX_RUNTIME_TAG: "0"},
            run_config={
                "resources": {"library": {"config": {"photos_per_run": order.count}}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
        History.of(instance, settings, library.photos.identity()).prune()
    return result


@contextmanager
def _interruptible() -> Iterator[None]:
    """Give an interruption between two steps or tries the same message as one within them."""
    try:
        yield
    except (dg.DagsterExecutionInterruptedError, KeyboardInterrupt) as interruption:
        raise UnsplashAssetsError(INTERRUPTED) from interruption
