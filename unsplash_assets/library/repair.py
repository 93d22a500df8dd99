"""Downloads photos again whose files are missing or damaged: the same photo, from its known URL.

It sends no download event, and a request to the API only for a photo whose URL is not known, so it
works on a spent budget. `verification` finds out which files are bad; the new file replaces the old
one in `catalogue.integrity`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from unsplash_assets.catalogue.integrity import AT_ONCE
from unsplash_assets.errors import PhotoGone
from unsplash_assets.library.downloads.outcomes import error_of
from unsplash_assets.library.opening import Library
from unsplash_assets.library.selection import rendition_url
from unsplash_assets.model.photos import BadPhoto

REPAIRED_AT_MOST: Final = 10
"""Photos that a run repairs besides its own work."""


@dataclass
class Repairs:
    """What became of bad photos, by the paths of their files."""

    repaired: list[str] = field(default_factory=list)
    """Also those that another process repaired meanwhile, or that need no file any more."""
    failed: dict[str, str] = field(default_factory=dict)
    """With the reason."""

    @property
    def tried(self) -> int:
        """How many there were."""
        return len(self.repaired) + len(self.failed)


def repair_due(library: Library, topic: str) -> Repairs:
    """Repair a few damaged photos, those of a topic first.

    Lost photos are not asked for, and each failure doubles the wait until the next try.
    """
    return _gather(_repair_each(library, library.integrity.due(topic, REPAIRED_AT_MOST)))


def repair(
    library: Library, photo_ids: Sequence[str], on_progress: Callable[[int], None] = lambda _: None
) -> Repairs:
    """Repair those of the photos that are damaged or lost, several at a time.

    `on_progress` is called with the number of photos done. A picture's error is in the result;
    LibraryError is raised where the catalogue cannot be used.
    """
    some = (photo_ids[at : at + AT_ONCE] for at in range(0, len(photo_ids), AT_ONCE))
    each = (_repair_each(library, library.integrity.bad(ids)) for ids in some)
    return _gather(chain.from_iterable(each), on_progress)


def _gather(
    results: Iterable[tuple[BadPhoto, str | None]],
    on_progress: Callable[[int], None] = lambda _: None,
) -> Repairs:
    repairs = Repairs()
    for done, (photo, error) in enumerate(results, start=1):
        if error is None:
            repairs.repaired.append(photo.path)
        else:
            repairs.failed[photo.path] = error
        on_progress(done)
    return repairs


def _repair_each(
    library: Library, photos: Sequence[BadPhoto]
) -> Iterator[tuple[BadPhoto, str | None]]:
    """Yield each photo as soon as it is done, with the reason if its file is still bad."""
    with ThreadPoolExecutor(library.settings.concurrency, thread_name_prefix="repair") as pool:
        try:
            pending = {pool.submit(_repair_one, library, photo): photo for photo in photos}
            for future in as_completed(pending):
                yield pending[future], _error(library, pending[future], future)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _repair_one(library: Library, photo: BadPhoto) -> None:
    found = photo if photo.url else _located(library, photo)
    with library.downloader.download(found, found.path) as download:
        library.integrity.replace(found, download.publish)


def _located(library: Library, photo: BadPhoto) -> BadPhoto:
    """Ask the API where a picture is that a catalogue made from the files knows no URL of."""
    with library.budget.reserve(1) as grant:
        urls = library.client.photo(photo.id, grant).urls
    rendition = library.settings.rendition
    return replace(photo, rendition=rendition, url=rendition_url(urls, rendition))


def _error(library: Library, photo: BadPhoto, future: Future[None]) -> str | None:
    """Return why a repair failed, if it did, and record what that means for the next one."""
    match error_of(future, library.store):
        case None:
            return None
        case PhotoGone() as error:
            library.integrity.lose(photo.id, str(error))
            return f"{error} (lost: runs no longer ask for it)"
        case error:
            library.integrity.postpone(photo.id, str(error))
            return str(error)
