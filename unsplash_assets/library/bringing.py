"""Brings a topic's chosen photos into the library: repair, reserve, download, store, notify, prune.

One photo's error never costs its neighbours: the good ones are stored as they arrive, the others
get their reason. No more photos are downloaded than the request budget has download events for.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from unsplash_assets.errors import (
    BadPicture,
    LibraryError,
    NoPhotos,
    PermanentError,
    PhotoPutOff,
    PhotoRefused,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.library.downloads import error_of
from unsplash_assets.library.events import Sent, send_due_events
from unsplash_assets.library.opening import Library
from unsplash_assets.library.removal import Pruned, prune
from unsplash_assets.library.repair import Repairs, repair_due
from unsplash_assets.model.photos import ChosenPhoto, StoredFile, StoredPhoto

_NOTHING_CHOSEN: Final = "no photo of {topic!r} is chosen: materialize image_url first"


@dataclass
class Outcome:
    """What became of the photos of one try: by id, files stored, and reasons why not."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    """Put off without another try, by their server or by the file system."""
    failed: dict[str, str] = field(default_factory=dict)
    fault: LibraryError | None = None
    """Why no photo can be stored at all."""
    postponed: int = 0
    """How many photos the request budget left for later."""
    shortage: str | None = None
    """Why it left them; None if it left none."""
    sent: Sent = field(default_factory=Sent)

    @property
    def unavailable(self) -> dict[str, str]:
        """The photos that no other try of this run would bring."""
        return self.refused | self.denied

    def add(self, later: "Outcome") -> None:
        """Add what became of more photos; what is left for later is as it was left last."""
        self.stored |= later.stored
        self.refused |= later.refused
        self.denied |= later.denied
        self.failed |= later.failed
        self.postponed, self.shortage = later.postponed, later.shortage
        self.sent = self.sent.and_then(later.sent)


@dataclass(frozen=True)
class Brought:
    """What one try of a run brought into the library."""

    topic: str
    photos: tuple[StoredPhoto, ...]
    """Those that the run has stored, or the topic's newest where nothing was left to do."""
    newest_file: Path
    """The file of the last of them; the library's folder if there is none."""
    outcome: Outcome
    repairs: Repairs
    pruned: Pruned
    not_stored: dict[str, str]
    """The photos that the run could not store in any of its tries: by id, the reason."""
    unsent_events: int
    waiting: int
    error: UnsplashAssetsError | None
    """Why the try failed; None if it did not."""

    @property
    def summary(self) -> str:
        """One line for the log."""
        newest = f", newest {self.photos[-1].path}" if self.photos else ""
        pruned = (
            f"; pruned {self.pruned.photos} of the oldest, {self.pruned.bytes:,} bytes"
            if self.pruned.photos
            else ""
        )
        return f"{self.topic}: stored {len(self.outcome.stored)}{newest}{pruned}"

    @property
    def warnings(self) -> list[str]:
        """One line for each photo that was not stored or not repaired in this try."""
        reasons = self.repairs.failed | self.outcome.unavailable | self.outcome.failed
        lines = [f"photo {photo}: {reason}" for photo, reason in reasons.items()]
        return [*lines, self.pruned.error] if self.pruned.error else lines


def bring(library: Library, topic: str, run_id: str, *, last_try: bool) -> Brought:
    """Bring the run's chosen photos into the library, and repair a few damaged ones.

    Photos that failed stay chosen for another try; after the last one they go to the end of the
    waiting list, as do those that their server denies. Photos that the budget leaves for later go
    back to its front. The result's `error` says why the try failed; nothing is pruned then. Raises
    LibraryError, after which the rest is left undone.
    """
    repairs = repair_due(library, topic)
    chosen = library.photos.take_over(topic, run_id)
    outcome = store(library, chosen, last_try=last_try, run_id=run_id)
    photos = library.photos.stored_by(run_id)
    error = _verdict(topic, photos, outcome, last_try=last_try)
    if not photos and not error:
        newest = library.photos.newest_stored(topic)
        photos = [newest] if newest else []
        error = None if newest else NoPhotos(_NOTHING_CHOSEN.format(topic=topic))
    return Brought(
        topic=topic,
        photos=tuple(photos),
        newest_file=library.folder.path(photos[-1].path if photos else ""),
        outcome=outcome,
        repairs=repairs,
        pruned=Pruned() if error else prune(library, run_id),
        not_stored=library.photos.not_stored(run_id),
        unsent_events=library.events.unsent(),
        waiting=library.photos.waiting(topic),
        error=error,
    )


def store(
    library: Library, photos: Sequence[ChosenPhoto], *, last_try: bool, run_id: str | None = None
) -> Outcome:
    """Download photos, record what became of each, and send the download events that are due.

    The answers to the events may tell of a larger budget, and photos that did not come need none:
    so those that were left for later are taken up as long as there is one. With a `run_id`, photos
    that another run has taken over meanwhile are left to that.
    """
    total, later = Outcome(), photos
    while True:
        outcome, granted = _store_some(library, later, run_id, last_try=last_try)
        total.add(outcome)
        later = later[granted:]
        if not later or not granted or not library.budget.usage().remaining:
            break
    library.photos.release((photo.id for photo in later), run_id)
    return total


def _store_some(
    library: Library, photos: Sequence[ChosenPhoto], run_id: str | None, *, last_try: bool
) -> tuple[Outcome, int]:
    """Store the first photos, as many as the budget grants events for; return how many."""
    overdue = min(1, library.events.due())
    wanted = len(photos) + overdue if photos else min(overdue, library.budget.free())
    with library.budget.reserve(wanted) as grant:
        now, later = photos[: grant.count], photos[grant.count :]
        outcome = _download_all(library, now, run_id, last_try=last_try)
        outcome.postponed = len(later)
        if later and grant.shortage:
            outcome.shortage = grant.shortage.reason
        outcome.sent = send_due_events(library, grant)
    return outcome, grant.count


def _download_all(
    library: Library, photos: Sequence[ChosenPhoto], run_id: str | None, *, last_try: bool
) -> Outcome:
    total = Outcome()
    with _downloads(library, photos, run_id) as pending:
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            some = _collect(library, {pending.pop(future): future for future in done})
            library.photos.refuse(some.refused, run_id)
            library.photos.postpone(some.denied | (some.failed if last_try else {}), run_id)
            total.add(some)
            if some.fault:
                raise some.fault
    return total


@contextmanager
def _downloads(
    library: Library, photos: Sequence[ChosenPhoto], run_id: str | None
) -> Iterator[dict[Future[StoredFile], str]]:
    concurrency = library.settings.concurrency
    with ThreadPoolExecutor(concurrency, thread_name_prefix="download") as pool:
        try:
            yield {pool.submit(_download, library, photo, run_id): photo.id for photo in photos}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _download(library: Library, photo: ChosenPhoto, run_id: str | None) -> StoredFile:
    """Download a photo and store it. Raises PhotoRefused where that is no longer wanted."""
    with library.downloader.download(photo) as download:
        file = library.photos.publish(photo.id, download.publish, run_id)
    if file is None:
        raise PhotoRefused("it was banned or taken over meanwhile")
    return file


def _collect(library: Library, done: dict[str, Future[StoredFile]]) -> Outcome:
    outcome = Outcome()
    for photo_id, future in done.items():
        match error_of(future, library.folder):
            case None:
                outcome.stored[photo_id] = future.result()
            case LibraryError() as error:
                outcome.fault = error
            case PhotoPutOff() as error:
                outcome.denied[photo_id] = str(error)
            case PermanentError() as error:
                outcome.refused[photo_id] = str(error)
            case error:
                outcome.failed[photo_id] = str(error)
    return outcome


def _verdict(
    topic: str, stored: Sequence[StoredPhoto], outcome: Outcome, *, last_try: bool
) -> UnsplashAssetsError | None:
    """Return why a try failed; after the last one, failed photos matter only if none was stored."""
    if outcome.failed and not (last_try and stored):
        reason = next(iter(outcome.failed.values()))
        return BadPicture(f"{len(outcome.failed)} of {topic!r} not stored yet: {reason}")
    if stored:
        return None
    if outcome.postponed and outcome.shortage:
        return QuotaSpent(outcome.shortage)
    if outcome.unavailable:
        photo_id, reason = next(iter(outcome.unavailable.items()))
        return PhotoRefused(f"photo {photo_id} of {topic!r}: {reason}; the next run takes another")
    return None
