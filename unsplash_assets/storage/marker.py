"""The marker in a library's folder, which says to which catalogue the folder belongs.

A disk that is not mounted leaves an empty folder in its place. The marker tells that folder from
the library's own, so that nothing is written, marked as damaged, or pruned there.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from unsplash_assets.errors import CatalogueDamaged, LibraryError, LibraryMissing
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.names import CATALOGUE_FILE, MARKER, photo_id_of
from unsplash_assets.storage.records import known_libraries
from unsplash_assets.storage.sqlite_files import is_empty
from unsplash_assets.storage.stores.base import Store


def check_marker(store: Store, mode: Mode, identity: str, stored: Sequence[str]) -> None:
    """Raise LibraryMissing unless the folder belongs to the catalogue with this identity.

    `stored` are the paths of some of its stored photos. A folder without a marker gets one if it
    has any of these files, or if the catalogue has stored none.
    """
    marks = read_marker(store)
    if marks.get(mode) == identity:
        return
    if mode in marks:
        raise LibraryMissing(
            f"{store.place} belongs to another catalogue: mount the right disk there, or choose "
            "another folder or bucket with UNSPLASH_LIBRARY, or its own catalogue with "
            "UNSPLASH_CATALOGUE"
        )
    if stored and all(store.stamp(path) is None for path in stored):
        raise LibraryMissing(
            f"none of the stored photos is in {store.place}: {store.absence}; or, if the photos"
            f" are gone for good, create the file {MARKER} there with "
            f'the content {{"{mode}": "{identity}"}} and run `unsplash-assets verify --repair`'
        )
    with suppress(LibraryError):  # whoever needs to write there will say why not
        store.write_file(MARKER, json.dumps({**marks, mode: identity}).encode())


def check_not_emptied(store: Store, file: Path | None) -> None:
    """Raise CatalogueDamaged where SQLite's file is empty beside photos: it was not so before."""
    if file is None or not is_empty(file):
        return
    if any(photo_id_of(Path(path).name) for path in store.walk(topics_only=True)):
        raise CatalogueDamaged(f"the catalogue {file} is empty, but {store.place} has photos")


def check_new_library(store: Store, mode: Mode, project: Path) -> None:
    """Raise LibraryMissing where a new catalogue would begin in the place of a missing one."""
    root = store.root
    if (root / CATALOGUE_FILE).exists() or not root.is_dir():
        return
    if mode in read_marker(store):
        raise LibraryMissing(
            f"{root} has photos but no {CATALOGUE_FILE}: put it back from a backup; or run "
            "`unsplash-assets verify --rebuild`, which makes one from the photos; or, to begin a "
            f"new catalogue beside these photos, delete the file {MARKER} there"
        )
    if mode in known_libraries(project).get(str(root), {}):
        raise LibraryMissing(
            f"the library in {root} is not there: its disk seems not to be mounted. Mount it; or, "
            "to begin a new library, delete this folder"
        )


def read_marker(store: Store) -> dict[str, str]:
    """Return the identities of the catalogues that the folder belongs to, by mode."""
    try:
        content = json.loads(store.read_text(MARKER) or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
