"""The ways to a database: SQLite in a file, read-only or in memory, and every other by its URL.

What is special to SQLite stands in `_tune_sqlite`. `database` uses the engines.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from unsplash_assets.errors import CatalogueDamaged, LibraryError, SettingsError
from unsplash_assets.storage.sqlite_files import has_log

_BUSY: Final = 30.0  # seconds to wait for another process's transaction
_NO_LOCKS: Final = (
    " (another program has held it for long; or its file system has no locks: keep the catalogue "
    "on a local disk, with UNSPLASH_CATALOGUE)"
)
_HINTS: Final = {
    "database is locked": _NO_LOCKS,
    "locking protocol": _NO_LOCKS,
    "disk is full": " (free some space)",
    "disk I/O error": (
        " (free some space if the disk is full; or its file system lacks the shared memory that "
        "SQLite needs: keep the catalogue on a local disk, with UNSPLASH_CATALOGUE)"
    ),
}
"""SQLite reports the last one where a full disk has no room for its shared memory."""


def reading_engine(file: Path) -> sa.Engine:
    """Return an engine that needs no file beside SQLite's own, unless one with changes is there."""
    how = "mode=ro" if has_log(file) else "mode=ro&immutable=1"
    uri = _uri(file, how)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(file)),
        creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False),
    )
    _tune_sqlite(engine, is_read_only=True)
    return engine


def memory_engine() -> sa.Engine:
    """Return an engine whose database is in memory, for all threads."""
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    _tune_sqlite(engine)
    return engine


def address_of(url: str, project: Path) -> sa.URL:
    """Read a URL; the path of a SQLite file becomes absolute, and may then hold any character.

    Raises SettingsError where it cannot be read.
    """
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise _unreadable() from None
    path = address.database or ""
    if address.get_backend_name() != "sqlite" or path.startswith(("file:", ":memory:")):
        return address
    return address.set(database=str(project / path))


def engine_of(url: str | sa.URL) -> sa.Engine:
    """Return the engine of an SQLAlchemy URL. Raises SettingsError where it cannot be used."""
    try:
        engine = sa.create_engine(url)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            "UNSPLASH_CATALOGUE", f"not usable ({error})", "install its driver, or use SQLite"
        ) from None
    except (sa.exc.ArgumentError, ValueError):
        raise _unreadable() from None
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    return engine


def _unreadable() -> SettingsError:
    """Return an error without the original one, which quotes what it took for port or option."""
    return SettingsError(
        "UNSPLASH_CATALOGUE",
        "not usable (a part of it cannot be read)",
        "check port and options, and write @ : / in a password as %40 %3A %2F",
    )


def _tune_sqlite(engine: sa.Engine, *, is_read_only: bool = False) -> None:
    """Let SQLite wait for others, read beside a writer, and leave transactions to `writing`."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:  # noqa: ANN401 - an sqlite3.Connection
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(_BUSY * 1000)}")
        if not is_read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")


def damage(file: Path) -> str | None:
    """Return what is damaged in a file of SQLite, or None. Raises LibraryError if it is in use."""
    try:
        with closing(sqlite3.connect(_uri(file, "mode=ro"), uri=True)) as connection:
            (result,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise LibraryError(f"{file} cannot be examined: {error}") from error
    return None if result == "ok" else str(result)


def knows_files(file: Path) -> bool:
    """Whether a catalogue that is not damaged has any photo with a file."""
    try:
        with closing(sqlite3.connect(_uri(file, "mode=ro"), uri=True)) as connection:
            query = "SELECT 1 FROM photos WHERE path IS NOT NULL LIMIT 1"
            return connection.execute(query).fetchone() is not None
    except sqlite3.OperationalError:  # it has no such table
        return False


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite's file itself is damaged, or none of SQLite's."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest tells the case
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def translate_errors(file: Path | None) -> Iterator[None]:
    """Turn the database's errors into LibraryError, one line each; `file` is SQLite's."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        if file and is_damage(error.orig):
            raise CatalogueDamaged(f"the catalogue {file} is damaged ({reason})") from error
        hint = next((said for known, said in _HINTS.items() if known in reason), "")
        raise LibraryError(f"the catalogue cannot be used: {reason}{hint}") from error


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file.absolute()))}?{how}"
