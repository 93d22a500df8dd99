"""Downloads photos and sends their events side by side, and records both in batches.

Whatever was done in a tenth of a second is recorded in one transaction, so a thousand photos cost
few. Which photos, and what follows from the outcome, is decided in `library.bringing`.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from unsplash_assets.errors import LibraryError, PhotoRefused, UnsplashAssetsError
from unsplash_assets.library.downloads.outcomes import Outcome, error_of, photos_error
from unsplash_assets.library.events import LOOK_EVERY, Sending
from unsplash_assets.library.opening import Library
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.unsplash.budget import Grant

if TYPE_CHECKING:
    from unsplash_assets.library.downloads.pictures import Download

_AHEAD: Final = 32
"""Downloads that wait for a thread, or for their record."""


class Batches:
    """Downloads photos and sends their events side by side, and records both in batches."""

    def __init__(
        self, library: Library, grant: Grant, run_id: str | None, *, last_try: bool
    ) -> None:
        self._library = library
        self._grant = grant
        self._run_id = run_id
        self._last_try = last_try
        self._outcome = Outcome()
        self._pending: dict[Future[Download], str] = {}

    def bring(self, photos: Sequence[ChosenPhoto]) -> Outcome:
        """Return what became of the photos. Raises LibraryError where nothing can be stored.

        Where the grant has fewer requests than there are photos, the oldest events are sent.
        """
        own_first = self._run_id if len(photos) <= self._grant.count else None
        sending = Sending(self._library, self._grant, own_first)
        with sending, self._pool() as pool:
            left = deque(photos)
            while True:
                self._begin(pool, left)
                sending.look(only_own=bool(self._pending))
                if not self._pending and not sending.pending:
                    break
                under_way: list[Future[Any]] = [*self._pending, *sending.pending]
                wait(under_way, timeout=LOOK_EVERY)
                self._record()
        self._outcome.sent = sending.sent
        return self._outcome

    @contextmanager
    def _pool(self) -> Iterator[ThreadPoolExecutor]:
        """Give threads; an interruption waits for downloads under way, and skips the rest."""
        concurrency = self._library.settings.concurrency
        with ThreadPoolExecutor(concurrency, thread_name_prefix="download") as pool:
            try:
                yield pool
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                self._close(future for future in self._pending if not future.cancelled())

    def _begin(self, pool: ThreadPoolExecutor, left: deque[ChosenPhoto]) -> None:
        """Begin with more downloads: some wait, so that no thread ever does."""
        while left and len(self._pending) < self._library.settings.concurrency + _AHEAD:
            photo = left.popleft()
            self._pending[pool.submit(self._library.downloader.download, photo)] = photo.id

    def _record(self) -> None:
        """Publish what was downloaded since the last time, and record what became of it."""
        done = [future for future in self._pending if future.done()]
        try:
            some = self._published({self._pending.pop(future): future for future in done})
        finally:
            self._close(done)
        if some.refused:
            self._library.photos.refuse(some.refused, self._run_id)
        if later := some.denied | (some.failed if self._last_try else {}):
            self._library.photos.postpone(later, self._run_id)
        self._outcome.add(some)
        self._library.on_progress(len(some.stored), None)
        if some.fault:
            raise some.fault

    def _published(self, done: "Mapping[str, Future[Download]]") -> Outcome:
        store = self._library.store
        errors = {photo_id: error_of(future, store) for photo_id, future in done.items()}
        whole = {
            photo_id: partial(self._publish, photo_id, future.result(), errors)
            for photo_id, future in done.items()
            if errors[photo_id] is None
        }
        outcome = Outcome(stored=self._library.photos.publish(whole, self._run_id, store.each))
        for photo_id in done.keys() - outcome.stored.keys():
            taken = PhotoRefused("it was banned or taken over meanwhile")
            outcome.note(photo_id, errors[photo_id] or taken)
        return outcome

    def _publish(
        self, photo_id: str, download: "Download", errors: dict[str, UnsplashAssetsError | None]
    ) -> StoredFile | None:
        """Publish one photo's file; its error costs no other photo, unless the disk is at fault."""
        errors[photo_id] = next((e for e in errors.values() if isinstance(e, LibraryError)), None)
        if errors[photo_id]:
            return None
        try:
            return download.publish()
        except (UnsplashAssetsError, OSError, ValueError) as error:
            errors[photo_id] = photos_error(error, self._library.store)
            return None

    def _close(self, futures: "Iterable[Future[Download]]") -> None:
        for future in futures:
            if future.exception() is None:
                future.result().close()
