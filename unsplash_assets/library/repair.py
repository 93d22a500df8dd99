"""Downloads photos again whose files are missing or damaged: the same photo, from its known URL.

It asks nothing of the API and tells it nothing, so it works on a spent budget, and no photo has
a second download event. What is bad is known from `verification`; the new file takes the old
one's place in `damage`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from unsplash_assets.catalogue.integrity import AT_ONCE, Integrity
from unsplash_assets.errors import LibraryError, PermanentError, PhotoGone, TemporaryError
from unsplash_assets.library.downloads import Source
from unsplash_assets.model.photos import BadPhoto

HEALED_AT_MOST: Final = 10
"""Photos that a run repairs besides its own work."""


@dataclass
class Repairs:
    """What became of bad photos, by the paths of their files."""

    repaired: list[str] = field(default_factory=list)
    """With those that others repaired meanwhile, or that are to have no file any more."""
    failed: dict[str, str] = field(default_factory=dict)
    """With the reason."""


def heal(integrity: Integrity, source: Source, topic: str, concurrency: int) -> Repairs:
    """Repair a few photos of a topic that are known to be damaged, as `repair` does.

    Those that are lost are not asked for, and after each failure one waits twice as long.
    """
    photos = integrity.due(topic, HEALED_AT_MOST)
    return _gathered(_repair_each(integrity, source, photos, concurrency))


def repair(
    integrity: Integrity,
    source: Source,
    photo_ids: Sequence[str],
    concurrency: int,
    progress: Callable[[int], None] = lambda _: None,
) -> Repairs:
    """Repair those of the photos that are damaged or lost, several at a time, each for itself.

    `progress` is told how many are done. A picture's trouble is told in the result; LibraryError
    is raised where the catalogue is the trouble.
    """
    some = (photo_ids[at : at + AT_ONCE] for at in range(0, len(photo_ids), AT_ONCE))
    each = (_repair_each(integrity, source, integrity.bad(ids), concurrency) for ids in some)
    return _gathered(chain.from_iterable(each), progress)


def _gathered(
    results: Iterable[tuple[BadPhoto, str | None]],
    progress: Callable[[int], None] = lambda _: None,
) -> Repairs:
    repairs = Repairs()
    for done, (photo, trouble) in enumerate(results, start=1):
        if trouble is None:
            repairs.repaired.append(photo.path)
        else:
            repairs.failed[photo.path] = trouble
        progress(done)
    return repairs


def _repair_each(
    integrity: Integrity, source: Source, photos: Sequence[BadPhoto], concurrency: int
) -> Iterator[tuple[BadPhoto, str | None]]:
    """Yield each photo as soon as it is done, and why its file is bad still, if it is."""
    with ThreadPoolExecutor(concurrency, thread_name_prefix="repair") as pool:
        try:
            pending = {
                pool.submit(_repair_one, integrity, source, photo): photo for photo in photos
            }
            for future in as_completed(pending):
                yield pending[future], _trouble(integrity, pending[future], future)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _repair_one(integrity: Integrity, source: Source, photo: BadPhoto) -> None:
    with source.fetched(photo) as new:
        integrity.replace(photo, new.temporary, new.name, new.file)


def _trouble(integrity: Integrity, photo: BadPhoto, future: Future[None]) -> str | None:
    """Say why a repair failed, if it did, and write down what that means for the next one."""
    try:
        future.result()
    except PhotoGone as error:
        integrity.lose(photo.id, str(error))
        return f"{error} (lost: runs ask for it no more)"
    except (TemporaryError, PermanentError, LibraryError) as error:
        integrity.postpone(photo.id, str(error))
        return str(error)
    return None
