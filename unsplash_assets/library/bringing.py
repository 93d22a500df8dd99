"""Brings a topic's chosen photos into the library: repair, reserve, download, store, notify, prune.

Downloads and download events go on side by side. What was done meanwhile is recorded a few times a
second, so a thousand photos cost few transactions. One photo's error never costs its neighbours:
the good ones are stored as they arrive, the others get their reason. No more photos are downloaded
than the request budget has download events for, but a person's run may owe a few of these.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from unsplash_assets.errors import (
    BadPicture,
    NoPhotos,
    PhotoRefused,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.library.downloads.batches import Batches
from unsplash_assets.library.downloads.outcomes import Outcome
from unsplash_assets.library.events import OWED_AT_MOST, may_owe, to_pay
from unsplash_assets.library.opening import Library
from unsplash_assets.library.removal import Pruned, prune
from unsplash_assets.library.repair import Repairs, repair_due
from unsplash_assets.model.photos import ChosenPhoto, StoredPhoto
from unsplash_assets.storage.stores.base import Store

_BOUND: Final = f"; no more than {OWED_AT_MOST} download events may be owed"
_NOTHING_CHOSEN: Final = "no photo of {topic!r} is chosen: materialize image_url first"


@dataclass(frozen=True)
class Brought:
    """What one try of a run brought into the library."""

    topic: str
    photos: tuple[StoredPhoto, ...]
    """Those that the run has stored, or the topic's newest, if any, where it had none to store."""
    outcome: Outcome
    repairs: Repairs
    pruned: Pruned
    not_stored: dict[str, str]
    """The photos that the run could not store in any of its tries: by id, the reason."""
    unsent_events: int
    waiting: int
    error: UnsplashAssetsError | None
    """Why the try failed; None if it did not."""
    store: Store = field(repr=False)
    """Where the files are."""

    @property
    def summary(self) -> str:
        """One line for the log."""
        newest = f", newest {self.photos[-1].path}" if self.photos else ""
        pruned = (
            f"; pruned {self.pruned.photos} of the oldest, {self.pruned.bytes:,} bytes"
            if self.pruned.photos
            else ""
        )
        owed = self.unsent_events
        events = f"; {owed} download events still due" if owed else ""
        return f"{self.topic}: stored {len(self.outcome.stored)}{newest}{events}{pruned}"

    @property
    def warnings(self) -> list[str]:
        """One line for each photo that was not stored or not repaired in this try."""
        reasons = self.repairs.failed | self.outcome.unavailable | self.outcome.failed
        lines = [f"photo {photo}: {reason}" for photo, reason in reasons.items()]
        return [*lines, self.pruned.error] if self.pruned.error else lines


def bring(
    library: Library, topic: str, run_id: str, *, last_try: bool, for_person: bool = False
) -> Brought:
    """Bring the run's chosen photos into the library, and repair a few damaged ones.

    Photos that failed stay chosen for another try; after the last one they go to the end of the
    waiting list, as do those that their server denies. Photos that the budget leaves for later go
    back to its front; `for_person` brings a few all the same, and owes their events. The result's
    `error` says why the try failed; nothing is pruned then. Raises LibraryError, after which the
    rest is left undone.
    """
    repairs = repair_due(library, topic)
    chosen = library.photos.take_over(topic, run_id, library.settings.photos_per_run)
    outcome = store(library, chosen, last_try=last_try, run_id=run_id, for_person=for_person)
    photos = library.photos.stored_by(run_id)
    error = _verdict(topic, photos, outcome, last_try=last_try)
    if not photos and not error:
        newest = library.photos.newest_stored(topic)
        photos = [newest] if newest else []
        if not (newest or repairs.tried or library.photos.is_worked_on(topic)):
            error = NoPhotos(_NOTHING_CHOSEN.format(topic=topic))
    return Brought(
        topic=topic,
        photos=tuple(photos),
        outcome=outcome,
        repairs=repairs,
        pruned=Pruned() if error else prune(library, run_id),
        not_stored=library.photos.not_stored(run_id),
        unsent_events=library.events.unsent(),
        waiting=library.photos.waiting(topic),
        error=error,
        store=library.store,
    )


def store(
    library: Library,
    photos: Sequence[ChosenPhoto],
    *,
    last_try: bool,
    run_id: str | None = None,
    for_person: bool = False,
) -> Outcome:
    """Download photos, record what became of each, and send the download events that are due.

    The answers to the events may tell of a larger budget, and photos that did not come need none:
    so those that were left for later are taken up as long as there is one. With a `run_id`, photos
    that another run has taken over meanwhile are left to that.
    """
    total, later = Outcome(), photos
    debts = may_owe(library) if for_person else None
    while True:
        outcome, count = _store_some(library, later, run_id, debts, last_try=last_try)
        total.add(outcome)
        later = later[count:]
        debts = may_owe(library) if for_person else None
        if not later or not count or not (debts or library.budget.usage().remaining):
            break
    library.photos.release((photo.id for photo in later), run_id)
    return total


def _store_some(
    library: Library,
    photos: Sequence[ChosenPhoto],
    run_id: str | None,
    debts: int | None,
    *,
    last_try: bool,
) -> tuple[Outcome, int]:
    """Store the first photos, and return how many.

    They are as many as the budget grants events for, beyond those of earlier photos, or where
    there may be debts as many more as there may be.
    """
    earlier = to_pay(library)
    wanted = len(photos) + earlier if photos else min(earlier, library.budget.free())
    with library.budget.reserve(wanted) as grant:
        paid = max(grant.count - earlier, min(1, grant.count))
        count = min(len(photos), grant.count + debts if debts else paid)
        outcome = Batches(library, grant, run_id, last_try=last_try).bring(photos[:count])
        outcome.postponed = len(photos) - count
        if outcome.postponed and grant.shortage:
            outcome.shortage = grant.shortage.reason + (_BOUND if debts is not None else "")
    return outcome, count


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
