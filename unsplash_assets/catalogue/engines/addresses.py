"""Reads UNSPLASH_CATALOGUE: an SQLAlchemy URL, and the kind of database that it leads to."""

from pathlib import Path

import sqlalchemy as sa

from unsplash_assets.catalogue.engines.base import Backend
from unsplash_assets.catalogue.engines.postgres import PostgresBackend
from unsplash_assets.catalogue.engines.sqlite import SQLiteBackend, sqlite_file
from unsplash_assets.errors import SettingsError
from unsplash_assets.storage.names import CATALOGUE_FILE
from unsplash_assets.storage.sqlite_files import is_read_only


def address_of(folder: Path, url: str | None, project: Path | None) -> sa.URL:
    """Read a URL; without one, the catalogue is a file in the library's folder.

    The path of a SQLite file becomes absolute, and may then hold any character. Raises
    SettingsError where the URL cannot be read.
    """
    if not url:
        return sa.URL.create("sqlite", database=str(folder / CATALOGUE_FILE))
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise _unreadable() from None
    path = address.database or ""
    if address.get_backend_name() != "sqlite" or path.startswith(("file:", ":memory:")):
        return address
    return address.set(database=str((project or Path()) / path))


def backend_of(address: sa.URL) -> Backend:
    """Return the database of an address. Raises SettingsError where it cannot be used."""
    file = sqlite_file(address)
    if file and is_read_only(file):
        return SQLiteBackend.that_only_reads(file)
    kind = SQLiteBackend if address.get_backend_name() == "sqlite" else PostgresBackend
    try:
        return kind.of(address)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise SettingsError("UNSPLASH_CATALOGUE", f"not usable ({error})", kind.remedy) from None
    except (sa.exc.ArgumentError, ValueError):
        raise _unreadable() from None


def _unreadable() -> SettingsError:
    """Return an error without the original one, which quotes what it took for port or option."""
    return SettingsError(
        "UNSPLASH_CATALOGUE",
        "not usable (a part of it cannot be read)",
        "check port and options, and write @ : / in a password as %40 %3A %2F",
    )
