"""Opens the catalogue and gives transactions on it, on SQLite or Postgres, through SQLAlchemy Core.

Demo and live photos never mix, even in one database: every row has its mode, and a `Database` sees
one mode. What is special to SQLite stands in `_tune_sqlite`; the tables are in `tables`. Only
`library.opening` opens a catalogue.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.pool import StaticPool

from unsplash_assets.catalogue import migration
from unsplash_assets.catalogue.tables import libraries, metadata
from unsplash_assets.errors import LibraryError, SettingsError
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.names import CATALOGUE_FILE

_BUSY: Final = 30.0  # seconds to wait for another process's transaction
_HINTS: Final = {
    "disk is full": " (free some space)",
    "disk I/O error": " (free some space if the disk is full)",
}
"""SQLite reports the second where a full disk has no room for its shared memory."""


class Database:
    """One mode's part of a catalogue. Safe to use from several threads and processes."""

    def __init__(self, engine: sa.Engine, mode: Mode) -> None:
        """Use `open_database` instead, which makes sure that the tables are there."""
        self._engine = engine
        self.mode = mode

    @property
    def file(self) -> Path | None:
        """SQLite's file; None if the catalogue is in memory, or on another database."""
        url = self._engine.url
        is_file = url.get_backend_name() == "sqlite" and url.database
        return Path(str(url.database)) if is_file else None

    @property
    def is_kept(self) -> bool:
        """Whether the catalogue outlives this process: it is not in memory."""
        return self.file is not None or self._engine.url.get_backend_name() != "sqlite"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the catalogue and changes nothing."""
        with self._begun("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """The only transaction that writes; it is kept whole or not at all."""
        with self._begun("BEGIN IMMEDIATE") as connection:
            yield connection
            connection.commit()

    def number(self, query: sa.Select[Any]) -> int:
        """Return the one number that a query finds, or 0 where it finds none."""
        with self.reading() as connection:
            return int(connection.scalar(query) or 0)

    def identity(self) -> str:
        """Return the identity that no other catalogue has."""
        with self.reading() as connection:
            query = sa.select(libraries.c.identity).where(libraries.c.mode == self.mode)
            return str(connection.scalar(query))

    def advance(self, connection: sa.Connection, count: int) -> int:
        """Take `count` numbers of the catalogue's sequence; return the one before the first.

        The row stays locked until the transaction ends, so numbers appear in order.
        """
        mine = libraries.c.mode == self.mode
        counted = sa.update(libraries).where(mine).values(sequence=libraries.c.sequence + count)
        connection.execute(counted)
        return int(connection.scalar(sa.select(libraries.c.sequence).where(mine)) or 0) - count

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    @contextmanager
    def _begun(self, on_sqlite: str) -> Iterator[sa.Connection]:
        """Connect and begin; only SQLite's driver does not begin by itself."""
        with translate_errors(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql(on_sqlite)
            yield connection


def open_database(folder: Path, url: str | None, mode: Mode) -> Database:
    """Open the catalogue of a library, making it if it is not there yet.

    `url` is an SQLAlchemy URL, or None for the file in the folder. Raises LibraryError, and
    SettingsError where the URL cannot be used.
    """
    if url is None:
        _make_folder(folder)
    file = sa.URL.create("sqlite", database=str(folder / CATALOGUE_FILE))
    database = Database(_engine(url or file), mode)
    if not _is_ready(database):
        _make_folder(folder)
        try:
            with FileLock(folder / ".catalogue.lock"):
                _prepare(database)
        except OSError as error:
            raise LibraryError(
                f"the library's folder {folder} cannot be written ({error.strerror}): "
                "check its permissions, or choose another with UNSPLASH_LIBRARY"
            ) from error
    return database


def read_database(folder: Path, url: str | None, mode: Mode) -> Database:
    """Open the catalogue to read it; where there is none yet, return an empty one in memory."""
    if url is not None or (folder / CATALOGUE_FILE).exists():
        return open_database(folder, url, mode)
    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    _tune_sqlite(engine)
    database = Database(engine, mode)
    _prepare(database)
    return database


def _engine(url: str | sa.URL) -> sa.Engine:
    try:
        engine = sa.create_engine(url)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise SettingsError(
            "UNSPLASH_CATALOGUE", f"not usable ({error})", "install its driver, or use SQLite"
        ) from None
    except (sa.exc.ArgumentError, ValueError):  # quotes what it took for port or option
        raise SettingsError(
            "UNSPLASH_CATALOGUE",
            "not usable (a part of it cannot be read)",
            "check port and options, and write @ : / in a password as %40 %3A %2F",
        ) from None
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    return engine


def _tune_sqlite(engine: sa.Engine) -> None:
    """Let SQLite wait for others, read beside a writer, and leave transactions to `writing`."""

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:  # noqa: ANN401 - an sqlite3.Connection
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {int(_BUSY * 1000)}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")


def _is_ready(database: Database) -> bool:
    """Whether the tables exist in this program's form, with a row for the mode."""
    query = sa.select(libraries.c.mode).where(libraries.c.mode == database.mode)
    try:
        with database.reading() as connection:
            return migration.is_current(connection) and connection.scalar(query) is not None
    except LibraryError as error:
        if isinstance(error.__cause__, sa.exc.OperationalError | sa.exc.ProgrammingError):
            return False
        raise


def _prepare(database: Database) -> None:
    with database.writing() as connection:
        migration.create_or_migrate(connection, metadata)
        known = sa.select(libraries.c.mode).where(libraries.c.mode == database.mode)
        if connection.scalar(known) is None:
            row = {"mode": database.mode, "identity": str(uuid.uuid4()), "sequence": 0, "tick": 0}
            connection.execute(sa.insert(libraries), row)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"the library's folder {folder} cannot be made ({error.strerror}): "
            "choose another with UNSPLASH_LIBRARY"
        ) from error


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn the database's errors into LibraryError, one line each."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        hint = next((said for known, said in _HINTS.items() if known in reason), "")
        raise LibraryError(f"the catalogue cannot be used: {reason}{hint}") from error
