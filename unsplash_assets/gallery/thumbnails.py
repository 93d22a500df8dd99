"""The thumbnails that the gallery's grid shows."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.images.preview import grid_thumbnail
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.names import (
    THUMBNAILS,
    THUMBNAILS_MADE,
    RelativePath,
    is_thumbnail,
    thumbnail_path,
)
from unsplash_assets.storage.stores.base import Store

_THREADS: Final = 4  # Pillow releases the GIL

_FORM: Final = 3
"""Changes when a picture's thumbnail is to look otherwise: all are then made again, once."""


@dataclass(frozen=True)
class Thumbnails:
    """The thumbnails of some photos."""

    available: set[RelativePath]
    made: int
    """How many of them are new."""


def update_thumbnails(store: Store, photos: Iterable[StoredPhoto]) -> Thumbnails:
    """Make the thumbnails that these photos lack, and remove all others that were made here.

    A photo whose file is missing or damaged gets none; one that could not be made of a whole file
    is not tried again. Raises LibraryError.
    """
    wanted = {thumbnail_path(photo.sha256): photo for photo in photos}
    before = _read(store)
    sizes = store.sizes(THUMBNAILS)  # an empty file is what a power failure may leave of one
    available = {path for path in wanted if sizes.get(path)} - before.outdated
    missing = sorted(wanted.keys() - available - before.failed)
    for path in before.made - wanted.keys():
        store.delete(path)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="thumbnail") as pool:
        made = pool.map(lambda path: _make(store, wanted[path], path), missing)
        outcome = dict(zip(missing, made, strict=True))
    new = {path for path, is_made in outcome.items() if is_made}
    failed = (before.failed & wanted.keys()) | {p for p, made in outcome.items() if made is False}
    after = _Record(frozenset(available | new), frozenset(failed))
    if after != before:
        store.write_file(THUMBNAILS_MADE, after.to_text().encode())
    return Thumbnails(available | new, len(new))


@dataclass(frozen=True)
class _Record:
    """The thumbnails that were made here, and those that could not be made."""

    made: frozenset[RelativePath] = frozenset()
    failed: frozenset[RelativePath] = frozenset()
    outdated: frozenset[RelativePath] = frozenset()
    """Those of the made ones that looked otherwise; never written."""

    def to_text(self) -> str:
        names = {"made": sorted(self.made), "failed": sorted(self.failed)}
        return json.dumps({"form": _FORM, **names})


def _read(store: Store) -> _Record:
    """Read the record; what it names is ours, and nothing else in the folder is."""
    try:
        content = json.loads(store.read_text(THUMBNAILS_MADE) or "{}")
        made, failed = (content.get(name, []) for name in ("made", "failed"))
        made, failed = (frozenset(filter(is_thumbnail, names)) for names in (made, failed))
        is_current = content.get("form") == _FORM
        return _Record(made, failed) if is_current else _Record(made, outdated=made)
    except (ValueError, AttributeError, TypeError):
        return _Record()


def _make(store: Store, photo: StoredPhoto, path: RelativePath) -> bool | None:
    """Make a thumbnail; return whether that worked, or None if the photo's file is not there."""
    try:
        with store.local(photo.path) as picture:
            content = grid_thumbnail(picture)
    except (OSError, SyntaxError, ValueError, BadPicture, PhotoRefused):
        # damaged, damaged in a way that validation misses, or stored before decoding had bounds
        state = store.inspect(photo.path)
        is_whole = state is not None and state.sha256 == photo.sha256
        return False if is_whole else None  # a damaged file is repaired, and tried again
    store.write_file(path, content)
    return True
