"""Opens the catalogue and gives transactions on it, on SQLite or Postgres, through SQLAlchemy Core.

Demo and live photos never mix, even in one database: every row has its mode, and a `Database` sees
one mode. What differs between the two is in `engines`, the tables are in `tables`. Only
`library.opening` opens a catalogue.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from unsplash_assets.catalogue.engines.addresses import address_of, backend_of
from unsplash_assets.catalogue.engines.base import Backend
from unsplash_assets.catalogue.engines.sqlite import SQLiteBackend, sqlite_file
from unsplash_assets.catalogue.migrations import forms
from unsplash_assets.catalogue.tables import libraries, metadata, runs
from unsplash_assets.errors import CatalogueUnavailable, LeaseLost, LibraryError, SettingsError
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.names import CATALOGUE_FILE


class Database:
    """One mode's part of a catalogue. Safe to use from several threads and processes."""

    run_id: str | None = None
    """The run that uses it; None for whoever is none."""

    def __init__(self, backend: Backend, mode: Mode) -> None:
        """Use `open_database` instead, which makes sure that the tables are there."""
        self.backend = backend
        self.mode = mode

    def of_run(self, run_id: str) -> "Database":
        """Return it as a run uses it, which writes no more once its lease is lost."""
        ours = copy(self)
        ours.run_id = run_id
        return ours

    @property
    def file(self) -> Path | None:
        """SQLite's file; None if it has none, or one that a URI names, or on another database."""
        return self.backend.file

    @property
    def is_kept(self) -> bool:
        """Whether the catalogue outlives this process: it is not in memory."""
        return self.backend.is_kept

    @property
    def is_read_only(self) -> bool:
        """Whether the catalogue can only be read here."""
        return self.backend.is_read_only

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the catalogue and changes nothing."""
        with self.backend.translated(), self.backend.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """The only transaction that writes; it is kept whole or not at all.

        Raises LeaseLost in a run whose photos another has taken over, or that was closed.
        """
        with self.noting() as connection:
            if self._has_lost_lease(connection):
                raise LeaseLost
            yield connection

    def check_lease(self) -> None:
        """Raise LeaseLost in a run that may write no more."""
        with self.reading() as connection:
            if self._has_lost_lease(connection):
                raise LeaseLost

    @contextmanager
    def noting(self) -> Iterator[sa.Connection]:
        """Write what has happened already, whether or not the run still has its lease.

        For requests and events that were sent: whoever does not note them sends more.
        """
        if self.is_read_only:
            raise LibraryError(
                f"the catalogue {self.file} can only be read here: check its permissions, and "
                "whether its disk is mounted read-only"
            )
        with self.backend.translated(), self.backend.writing() as connection:
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
        self.backend.engine.dispose()

    def _has_lost_lease(self, connection: sa.Connection) -> bool:
        if self.run_id is None:
            return False
        mine = runs.c.mode == self.mode, runs.c.run_id == self.run_id
        lost = sa.select(runs.c.run_id).where(*mine, runs.c.alive_at.is_(None))
        return connection.scalar(lost) is not None


def file_of(folder: Path, url: str | None, project: Path | None = None) -> Path | None:
    """Return the file of a library's catalogue on SQLite, which need not be there; else None."""
    return sqlite_file(address_of(folder, url, project))


def new_database(file: Path, mode: Mode) -> Database:
    """Make a catalogue in a file of SQLite, or add another mode to it."""
    address = sa.URL.create("sqlite", database=str(file))
    return _made(Database(SQLiteBackend.of(address), mode), file.parent)


def open_database(
    folder: Path, url: str | None, mode: Mode, project: Path | None = None
) -> Database:
    """Open the catalogue of a library, making it if it is not there yet.

    `url` is an SQLAlchemy URL, or None for the file in the folder; the path of a SQLite file may be
    relative to the project. What can only be read is opened nevertheless, and nothing is written
    beside it. Raises LibraryError, and SettingsError where the URL or the folder cannot be used.
    """
    if url is None:
        _make_folder(folder)
    database = Database(backend_of(address_of(folder, url, project)), mode)
    return database if _is_ready(database) else _made(database, folder)


def read_database(
    folder: Path, url: str | None, mode: Mode, project: Path | None = None
) -> Database:
    """Open the catalogue to read it; where there is none yet, return an empty one in memory."""
    if url is not None or (folder / CATALOGUE_FILE).exists():
        database = Database(backend_of(address_of(folder, url, project)), mode)
        if _is_ready(database):
            return database
        if not database.is_read_only:
            return _made(database, folder)
        database.close()  # it has nothing of this mode
    database = Database(SQLiteBackend.in_memory(), mode)
    _prepare(database)
    return database


def _made(database: Database, folder: Path) -> Database:
    """Make the tables, in one process at a time."""
    if database.file is None or database.file.parent != folder:
        _check_connection(database)
    if database.file is None or database.file.parent == folder:
        _make_folder(folder)
    with database.backend.making_tables(folder):
        _prepare(database)
    return database


def _is_ready(database: Database) -> bool:
    """Whether the tables exist in this program's form, with a row for the mode.

    Raises LibraryError where they can only be read, and are not in this form.
    """
    query = sa.select(libraries.c.mode).where(libraries.c.mode == database.mode)
    no_tables = sa.exc.OperationalError | sa.exc.ProgrammingError
    try:
        with database.reading() as connection:
            if forms.is_current(connection):
                return connection.scalar(query) is not None
    except LibraryError as error:
        if database.is_read_only or not isinstance(error.__cause__, no_tables):
            raise
        return False
    if database.is_read_only:
        raise LibraryError(
            f"the catalogue {database.file} is of an earlier unsplash_assets, and can only be read "
            "here: open it once where it can be written"
        )
    return False


def _prepare(database: Database) -> None:
    with database.writing() as connection:
        forms.create_or_migrate(connection, metadata)
        known = sa.select(libraries.c.mode).where(libraries.c.mode == database.mode)
        if connection.scalar(known) is None:
            row = {"mode": database.mode, "identity": str(uuid.uuid4()), "sequence": 0, "tick": 0}
            connection.execute(sa.insert(libraries), row)


def _check_connection(database: Database) -> None:
    """Raise an error that names UNSPLASH_CATALOGUE if it leads to no database."""
    try:
        with database.reading():
            pass
    except CatalogueUnavailable:
        raise
    except LibraryError as error:
        if "unable to open database file" not in str(error):
            raise LibraryError(f"{error} (UNSPLASH_CATALOGUE says where it is)") from error
        raise SettingsError(
            "UNSPLASH_CATALOGUE",
            f"not usable ({database.file} cannot be opened)",
            "name a file in a folder that exists",
        ) from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            "UNSPLASH_LIBRARY",
            repr(str(folder)),
            f"that folder cannot be made ({error.strerror}): choose another, or mount its disk",
        ) from error
