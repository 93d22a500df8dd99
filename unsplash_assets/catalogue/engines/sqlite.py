"""SQLite: in a file, read-only, or in memory; waits for others, and reads beside a writer."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from unsplash_assets.catalogue.engines.base import Backend, first_line
from unsplash_assets.errors import CatalogueDamaged, LibraryError
from unsplash_assets.storage.locks import alone, exclusive
from unsplash_assets.storage.sqlite_files import has_log

_IN_MEMORY: Final = ":memory:"
_BUSY: Final = 30.0  # seconds to wait for another process
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


class SQLiteBackend(Backend):
    """A catalogue in a file of SQLite, or in memory."""

    remedy = "check how it is written"

    def __init__(self, engine: sa.Engine, *, is_read_only: bool = False) -> None:
        """Connect through `engine`."""
        super().__init__(engine)
        self.file = sqlite_file(engine.url)
        self.is_kept = engine.url.database not in {None, "", _IN_MEMORY}
        self.is_read_only = is_read_only
        _tune(engine, is_read_only=is_read_only)

    @classmethod
    def of(cls, address: sa.URL) -> Self:
        """Return the database of an address."""
        return cls(sa.create_engine(address))

    @classmethod
    def that_only_reads(cls, file: Path) -> Self:
        """Return one that needs no file beside SQLite's own, unless one with changes is there."""
        uri = _uri(file, "mode=ro" if has_log(file) else "mode=ro&immutable=1")
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(file)),
            creator=lambda: sqlite3.connect(uri, uri=True, check_same_thread=False),
        )
        return cls(engine, is_read_only=True)

    @classmethod
    def in_memory(cls) -> Self:
        """Return one that is in memory, for all threads."""
        engine = sa.create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        return cls(engine)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Begin here: the driver does not do so by itself."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Wait for other writers at the beginning, not in the middle."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def making_tables(self, folder: Path) -> Iterator[None]:
        """Hold a lock where SQLite has its own files: setting the journal's mode is no transaction.

        Raises LibraryError where it cannot be had.
        """
        place = self.file.parent if self.file else folder
        try:
            with exclusive(place / ".catalogue.lock", _BUSY):
                yield
        except OSError as error:
            raise LibraryError(
                f"the catalogue's folder {place} cannot be written ({error.strerror}): check its "
                "permissions, or choose another with UNSPLASH_LIBRARY or UNSPLASH_CATALOGUE"
            ) from error

    def alone(self, work: str, folder: Path) -> AbstractContextManager[None]:
        """Hold a lock of the library's folder: all that use SQLite are on one machine."""
        return alone(work, folder)

    def error_of(self, error: sa.exc.DBAPIError) -> LibraryError:
        """Tell a damaged file from others, and give hints."""
        reason = first_line(error)
        if self.file and is_damage(error.orig):
            return CatalogueDamaged(f"the catalogue {self.file} is damaged ({reason})")
        hint = next((said for known, said in _HINTS.items() if known in reason), "")
        return LibraryError(f"the catalogue cannot be used: {reason}{hint}")


def sqlite_file(address: sa.URL) -> Path | None:
    """Return the file of an address; None if it has none, or one that a URI names."""
    name = address.database or _IN_MEMORY
    is_path = name != _IN_MEMORY and not name.startswith("file:")
    return Path(name) if is_path and address.get_backend_name() == "sqlite" else None


def _tune(engine: sa.Engine, *, is_read_only: bool) -> None:
    """Let SQLite wait for others, read beside a writer, and leave transactions to us."""

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


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file.absolute()))}?{how}"
