"""Findings about the library's folder and the catalogue."""

from pathlib import Path
from typing import Final

from unsplash_assets.catalogue.database import file_of
from unsplash_assets.catalogue.engines.sqlite import damage
from unsplash_assets.catalogue.migrations.forms import CURRENT
from unsplash_assets.errors import LibraryError, UnsplashAssetsError
from unsplash_assets.library.doctor.findings import Finding, bad, ok, warning
from unsplash_assets.library.opening import Library
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.disks import free_bytes
from unsplash_assets.storage.stores.base import Store

_LITTLE: Final = 1_000_000_000
"""Bytes of free space that a year of small photos, or a week of large ones, takes."""


def catalogue_file(settings: Settings) -> Finding | None:
    """Say if SQLite's file is damaged; None if it is not, or there is none."""
    try:
        file = file_of(settings.library, settings.catalogue, settings.project)
        found = damage(file) if file and file.is_file() else None
    except UnsplashAssetsError as error:
        return bad("catalogue", str(error))
    if not found:
        return None
    return bad(
        "catalogue",
        f"{file} is damaged ({found})",
        "put it back from a backup, or run `unsplash-assets verify --rebuild`",
    )


def catalogue(library: Library) -> Finding:
    """Say which catalogue is in use, and whether it can be written."""
    database = library.database
    if not database.is_kept:
        return ok("catalogue", "none yet: the first run makes it")
    if database.is_read_only:
        return bad(
            "catalogue",
            f"{database.file} can only be read",
            "check its permissions, and whether its disk is mounted read-only",
        )
    if library.warning:
        return warning("catalogue", library.warning)
    where = f"{database.file}, quick_check ok" if database.file else "on Postgres"
    stored = sum(counts.stored for counts in library.photos.counts().values())
    return ok("catalogue", f"{where}, form {CURRENT}, {stored:,} photos stored")


def place(library: Library) -> Finding:
    """Say whether files can be kept, and how their place behaves."""
    store = library.store
    try:
        return ok("library", f"{store.place} {store.trial()}")
    except LibraryError as error:
        return bad("library", str(error))


def room(library: Library) -> Finding:
    """Say how much room is left on the disk of the library, or of its temporary files."""
    place = _nearest(library.store)
    free = free_bytes(place)
    if free is None:
        return warning("room", f"how much is free in {place} cannot be told")
    said = f"{free / 1e9:,.1f} GB free in {place}"
    if free < library.settings.max_size:
        return bad("room", said, "free some space, or set UNSPLASH_KEEP")
    if free < _LITTLE:
        return warning("room", said, "UNSPLASH_KEEP bounds what the photos take")
    return ok("room", said)


def _nearest(store: Store) -> Path:
    """Return the store's folder, or the nearest one upwards that is there."""
    return next(place for place in (store.root, *store.root.parents) if place.exists())
