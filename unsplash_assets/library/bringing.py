"""Brings a topic's chosen photos into the library, several at a time, each for itself.

One photo's trouble never costs its neighbours: the good ones are stored as they arrive, the
others get their reason. No more are downloaded than the request budget has download events
for. What one download does is in `download`, what an event is in `events`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field

from unsplash_assets.catalogue import events
from unsplash_assets.catalogue.events import DownloadEvents, Sent
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import (
    BadPicture,
    NoPhotos,
    PermanentError,
    PhotoDenied,
    PhotoRefused,
    QuotaSpent,
    TemporaryError,
)
from unsplash_assets.library.downloads import Source, download
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto, StoredFile, StoredPhoto
from unsplash_assets.storage.folder import Folder
from unsplash_assets.transport.base import Limits, Transport
from unsplash_assets.unsplash.client import UnsplashClient


@dataclass(frozen=True)
class Shelf:
    """Where pictures come from and go to, within what bounds, who is told and who credits."""

    catalogue: Photos
    events: DownloadEvents
    client: UnsplashClient
    folder: Folder
    transport: Transport
    limits: Limits
    concurrency: int
    app_name: str
    mode: Mode

    @property
    def source(self) -> Source:
        """What is needed of it to download."""
        return Source(self.transport, self.folder, self.limits, self.app_name, self.mode)

    def download(self, photo: ChosenPhoto) -> StoredFile:
        """Bring one photo's picture here, credited."""
        credit = self.source.packet(photo)
        return download(photo, self.transport, self.folder, self.limits, credit)


@dataclass
class Outcome:
    """What became of the photos: by id, files stored, and reasons why others were not."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    postponed: int = 0
    """How many the request budget left for later."""
    shortage: str | None = None
    """Why, in words, if so."""
    sent: Sent = field(default_factory=Sent)

    @property
    def not_to_be_had(self) -> dict[str, str]:
        """Those that no other try of this run would bring."""
        return self.refused | self.denied


def store(shelf: Shelf, photos: Sequence[ChosenPhoto], *, last_try: bool) -> Outcome:
    """Download the photos, tell Unsplash, and write down what became of each.

    Those that failed for now stay chosen for another try, or after the last one go back to
    the end of the waiting list, as do those that are denied, at once; those that the budget
    leaves for later go back to its front.
    Raises LibraryError, after which the rest is left undone.
    """
    overdue = min(1, shelf.events.due())
    wanted = len(photos) + overdue if photos else min(overdue, shelf.client.budget.free())
    try:
        with shelf.client.budget.reserve(wanted) as reservation:
            now, later = photos[: reservation.count], photos[reservation.count :]
            shelf.catalogue.release(photo.id for photo in later)
            shortage = shelf.client.budget.spent_words() if later else None
            outcome = _download_all(shelf, now, last_try=last_try)
            outcome.postponed, outcome.shortage = len(later), shortage
            outcome.sent = events.send(shelf.events, shelf.client, reservation, shelf.concurrency)
    except QuotaSpent as error:
        shelf.catalogue.release(photo.id for photo in photos)
        return Outcome(postponed=len(photos), shortage=str(error))
    return outcome


def _download_all(shelf: Shelf, photos: Sequence[ChosenPhoto], *, last_try: bool) -> Outcome:
    total = Outcome()
    with _downloads(shelf, photos) as pending:
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            some = _collect({pending.pop(future): future for future in done})
            for photo_id in shelf.catalogue.store(some.stored):
                shelf.folder.delete(some.stored.pop(photo_id).path)
                some.refused[photo_id] = "it was banned meanwhile"
            shelf.catalogue.refuse(some.refused)
            shelf.catalogue.postpone(some.denied | (some.failed if last_try else {}))
            total.stored |= some.stored
            total.refused |= some.refused
            total.denied |= some.denied
            total.failed |= some.failed
    return total


def verdict(
    shelf: Shelf, topic: str, run_id: str, outcome: Outcome, *, last_try: bool
) -> list[StoredPhoto]:
    """Return what the run has stored, or the topic's newest photo where nothing was to be done.

    Raises BadPicture where a photo is worth another try, PhotoRefused where none was to be had,
    QuotaSpent where the budget had nothing for any, and NoPhotos where the step before has left
    nothing. After the last try, photos that failed fail the run only if it has stored none.
    """
    stored = shelf.catalogue.stored_by(run_id)
    if outcome.failed and not (last_try and stored):
        reason = next(iter(outcome.failed.values()))
        raise BadPicture(f"{len(outcome.failed)} of {topic!r} not stored yet: {reason}")
    if stored:
        return stored
    if outcome.postponed and outcome.shortage:
        raise QuotaSpent(outcome.shortage)
    if outcome.not_to_be_had:
        photo_id, reason = next(iter(outcome.not_to_be_had.items()))
        raise PhotoRefused(f"photo {photo_id} of {topic!r}: {reason}; the next run takes another")
    newest = shelf.catalogue.newest_stored(topic)
    if newest is None:
        raise NoPhotos(f"no photo of {topic!r} is chosen: materialize image_url first")
    return [newest]


@contextmanager
def _downloads(
    shelf: Shelf, photos: Sequence[ChosenPhoto]
) -> Iterator[dict[Future[StoredFile], str]]:
    with ThreadPoolExecutor(shelf.concurrency, thread_name_prefix="download") as pool:
        try:
            yield {pool.submit(shelf.download, photo): photo.id for photo in photos}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _collect(done: dict[str, Future[StoredFile]]) -> Outcome:
    outcome = Outcome()
    for photo_id, future in done.items():
        try:
            outcome.stored[photo_id] = future.result()
        except PhotoDenied as error:
            outcome.denied[photo_id] = str(error)
        except PermanentError as error:
            outcome.refused[photo_id] = str(error)
        except TemporaryError as error:
            outcome.failed[photo_id] = str(error)
    return outcome
