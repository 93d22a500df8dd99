"""Makes a catalogue from the files, where the one that there was cannot be used any more.

Each file that carries our credit becomes a stored photo again; files without it stay as they are,
unknown. What was never in a file is lost: favourites, bans, what was refused or pruned, and URLs.
The old catalogue is set aside, never deleted.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from unsplash_assets.catalogue.adoption import adopt
from unsplash_assets.catalogue.database import file_of, new_database
from unsplash_assets.catalogue.engines.sqlite import damage, knows_files
from unsplash_assets.errors import BadPicture, LibraryError, PhotoRefused
from unsplash_assets.images.crediting import read_credit
from unsplash_assets.images.validation import validate
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.marker import read_marker
from unsplash_assets.storage.names import folder_name, photo_id_of, photo_path
from unsplash_assets.storage.refusals import translate_errors
from unsplash_assets.storage.sqlite_files import remove, set_aside
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.choice import store_of

_UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Rebuilt:
    """What a catalogue that was made from the files has, and what became of the old one."""

    file: Path
    photos: int
    set_aside: Path | None
    """The old one's new name; None if there was none."""


def rebuild(
    settings: Settings,
    on_progress: Callable[[int, int], None] = lambda *_: None,
    clock: Callable[[], float] = time.time,
) -> Rebuilt:
    """Make a catalogue from the photos in the folder, in place of one that cannot be used.

    Nothing else may work on the library. `on_progress` is called with the files done, and all.
    Raises LibraryError where the catalogue can be used, or no file tells what should be in it.
    """
    file = file_of(settings.library, settings.catalogue, settings.project)
    if file is None:
        raise LibraryError("only a catalogue on SQLite can be made from the files")
    if file.exists() and damage(file) is None and knows_files(file):
        raise LibraryError(
            f"the catalogue {file} can be used, so it stays; to make another from the files "
            "nevertheless, move it elsewhere first"
        )
    store = store_of(settings)
    found = _find_photos(store, settings.topic_names, on_progress)
    if not found:
        raise LibraryError(
            f"no file in {store.place} carries our credit, so no catalogue can be made from them: "
            f"{store.absence}"
        )
    with translate_errors(settings.library):
        new = file.with_name(f".{file.name}.new")
        remove(new)
        for mode, photos in found.items():
            with closing(new_database(new, mode)) as database:
                adopt(database, photos, read_marker(store).get(mode), clock)
        aside = set_aside(file, datetime.fromtimestamp(clock(), UTC))
        new.replace(file)
    return Rebuilt(file, sum(map(len, found.values())), aside)


def _find_photos(
    store: Store, topics: Sequence[str], on_progress: Callable[[int, int], None]
) -> dict[Mode, list[StoredPhoto]]:
    """Return the photos whose files are here, by mode, the oldest first.

    Of several copies of a photo, that in a topic's folder and under its usual name counts.
    """
    topic_of = {folder_name(topic): topic for topic in topics}
    paths = [path for path in store.walk(topics_only=True) if photo_id_of(Path(path).name)]
    found: dict[tuple[Mode, str], StoredPhoto] = {}
    with ThreadPoolExecutor(store.readers, thread_name_prefix="rebuild") as pool:
        each = pool.map(lambda path: _read_photo(store, path, topic_of), paths)
        for done, seen in enumerate(each, start=1):
            on_progress(done, len(paths))
            if seen is None:
                continue
            photo, mode = seen
            known = found.get((mode, photo.id))
            if known is None or _rank(photo, topics) > _rank(known, topics):
                found[mode, photo.id] = photo
    by_mode: dict[Mode, list[StoredPhoto]] = {}
    for (mode, _), photo in sorted(found.items(), key=lambda item: item[1].stored_at):
        by_mode.setdefault(mode, []).append(photo)
    return by_mode


def _read_photo(
    store: Store, path: str, topic_of: Mapping[str, str]
) -> tuple[StoredPhoto, Mode] | None:
    """Return the photo of a whole file with our credit, and its mode; None for any other file."""
    place = PurePosixPath(path)
    try:
        with store.local(path) as file:
            with file.open("rb") as picture:
                credit = read_credit(picture)
            if credit is None:
                return None
            valid = validate(file)
        modified_at = store.modified_at(path)
    except (OSError, BadPicture, PhotoRefused):
        return None
    photo = StoredPhoto(
        id=photo_id_of(place.name) or "",
        topic=topic_of.get(place.parent.name, place.parent.name),
        rendition=_UNKNOWN,
        url="",
        photographer=credit.photographer,
        photographer_url=credit.photographer_url,
        page_url=credit.page_url,
        description=credit.description or None,
        color=None,
        path=path,
        bytes=valid.bytes,
        width=valid.width,
        height=valid.height,
        sha256=valid.sha256,
        stored_at=modified_at,
        stored_sequence=0,
    )
    return photo, credit.mode


def _rank(photo: StoredPhoto, topics: Sequence[str]) -> tuple[bool, bool]:
    """Return how likely a file is the library's own, by its folder and its name."""
    _, _, extension = photo.path.rpartition(".")
    usual = photo_path(photo.topic, photo.description, photo.id, extension)
    return photo.topic in topics, photo.path == usual
