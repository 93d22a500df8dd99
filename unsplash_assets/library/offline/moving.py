"""Carries a library's files to another place: from a folder to a bucket, back, or to a second one.

Each file is compared with its hash as it is read here, and read once more where it arrives. What is
there already is not sent again, so a move that ends halfway goes on where it was. Nothing is
removed here, and the catalogue stays where it is.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from unsplash_assets.errors import LibraryError
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.opening import Library
from unsplash_assets.model.photos import FileRecord, PhotoState
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.marker import check_marker
from unsplash_assets.storage.names import THUMBNAILS, THUMBNAILS_MADE, RelativePath
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.choice import store_of

_CHUNK: Final = 1_000_000  # bytes

Progress = Callable[[int, int, int], None]
"""Called after each file: with files done, files in all, and bytes sent."""


@dataclass
class Moved:
    """What a move has done."""

    place: str
    files: int = 0
    """How many are whole in the new place by now."""
    sent: int = 0
    """How many of them were sent this time."""
    bytes: int = 0
    left: dict[str, str] = field(default_factory=dict)
    """The files that are not there, with the reason."""


def move(library: Library, place: str, on_progress: Progress = lambda *_: None) -> Moved:
    """Carry the files to a folder or a bucket, with the gallery.

    A file that is not whole is left and named. Raises LibraryError where the place belongs to
    another catalogue or cannot be used, and SettingsError where it is none.
    """
    settings = library.settings.placed(place)
    target = store_of(settings)
    if target.place == library.store.place:
        raise LibraryError(f"the library is in {target.place} already")
    check_marker(target, settings.mode, library.database.identity(), [])
    moved, total = Moved(target.place), library.integrity.count()
    at_once = max(library.store.readers, target.readers)
    with ThreadPoolExecutor(at_once, thread_name_prefix="move") as pool:
        for records in library.integrity.records():
            each = pool.map(partial(_carry, library.store, target), records)
            for record, sent in zip(records, each, strict=True):
                _note(moved, record, sent)
                done = moved.files + len(moved.left)
                on_progress(done, max(done, total), moved.bytes)
        _carry_thumbnails(library.store, target, pool)
    write_gallery(library.photos, target, settings)
    return moved


def settings_after(settings: Settings, place: str, catalogue: str | None) -> dict[str, str]:
    """Return the variables to set after a move, so that the library is found in its new place.

    `catalogue` is SQLite's file, if the catalogue is in one.
    """
    there = {"UNSPLASH_LIBRARY": settings.placed(place).place}
    if settings.catalogue is None and catalogue:
        there["UNSPLASH_CATALOGUE"] = f"sqlite:///{catalogue}"
    return there


def _note(moved: Moved, record: FileRecord, sent: int | str) -> None:
    if isinstance(sent, str):
        moved.left[record.path] = sent
        return
    moved.files += 1
    moved.sent += sent > 0
    moved.bytes += sent


def _carry(source: Store, target: Store, record: FileRecord) -> int | str:
    """Send a file unless it is there; return the bytes that were sent, or why it was not."""
    if record.state != PhotoState.STORED:
        return f"it is {record.state}"
    name = RelativePath(record.path)
    over = target.stamp(name)
    if over is not None and _is_whole(target, record):
        return 0
    with target.temporary() as copy:
        try:
            digest = _copied(source, record.path, lambda chunk: target.write(copy, chunk))
        except OSError:
            return "it is not there"
        if digest != record.sha256:
            return "it is not the file that was stored"
        target.complete(copy)
        target.publish(copy, name, digest, over)
    if not _is_whole(target, record):
        raise LibraryError(f"{target.shown(name)} is not the file that was sent: try again")
    return record.bytes


def _is_whole(store: Store, record: FileRecord) -> bool:
    state = store.inspect(record.path)
    return state is not None and state.sha256 == record.sha256


def _copied(store: Store, name: str, write: Callable[[bytes], None]) -> str:
    """Read a file in parts; return its SHA-256."""
    digest = hashlib.sha256()
    with store.open(name) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            write(chunk)
    return digest.hexdigest()


def _carry_thumbnails(source: Store, target: Store, pool: ThreadPoolExecutor) -> None:
    """Send the thumbnails that the gallery would have to make anew; their record comes last."""
    names = source.sizes(THUMBNAILS).keys() - target.sizes(THUMBNAILS).keys()
    for _ in pool.map(partial(_copy, source, target), sorted(names)):
        pass
    _copy(source, target, THUMBNAILS_MADE)


def _copy(source: Store, target: Store, name: str) -> None:
    content = source.start_of(name, _CHUNK)
    if content is not None:
        target.write_file(RelativePath(name), content)
