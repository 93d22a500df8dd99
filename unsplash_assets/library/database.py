"""The catalogue's tables and transactions, on SQLite or Postgres, through SQLAlchemy Core.

Demo and live photos never mix, even in one database: every row has its mode, and a `Database`
sees one mode. No SQL here is SQLite's alone; what is, is in `_tune_sqlite`. What the rows
mean is said by `catalogue` (photos), `runs` and `requests`.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy.pool import StaticPool

from unsplash_assets.errors import LibraryError, SettingsError
from unsplash_assets.library import migration
from unsplash_assets.settings import Mode

CATALOGUE_FILE: Final = "catalogue.db"
SQLITE_ENDINGS: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of its file for those that go with it."""
_BUSY: Final = 30.0  # seconds to wait for another process's transaction
_HINTS: Final = {
    "disk is full": " (make room)",
    "disk I/O error": " (make room if the disk is full)",
}
"""The second is what SQLite says where a full disk has no room for the memory that it shares."""

PRUNABLE: Final = "state IN ('stored', 'damaged', 'lost') AND NOT favourite"
"""The photos that UNSPLASH_KEEP counts, and may remove."""
COUNTING: Final = f"CASE WHEN {PRUNABLE} THEN bytes ELSE 0 END"
"""What a photo should be in the library's totals."""
MISCOUNTED: Final = f"counted_bytes <> {COUNTING}"
"""The photos that have changed since the totals were made; see `retention`."""

metadata = sa.MetaData()


def _partial_index(name: str, *columns: str, where: str) -> sa.Index:
    """Index some rows alone; a query uses it if it has `where`, word for word."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


libraries = sa.Table(
    "libraries",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("identity", sa.String(36), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("tick", sa.Float, nullable=False),
    sa.Column("tick_process", sa.String(300)),
    sa.Column("kept_photos", sa.Integer, nullable=False, server_default="0"),
    sa.Column("kept_bytes", sa.BigInteger, nullable=False, server_default="0"),
)

photos = sa.Table(
    "photos",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("arrival", sa.Integer, nullable=False),
    sa.Column("postponed", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("run_id", sa.String(64)),
    sa.Column("fetched_at", sa.Float, nullable=False),
    sa.Column("photographer", sa.Text, nullable=False),
    sa.Column("photographer_url", sa.Text, nullable=False),
    sa.Column("page_url", sa.Text, nullable=False),
    sa.Column("download_location", sa.Text),
    sa.Column("urls", sa.JSON, nullable=False),
    sa.Column("original_width", sa.Integer),
    sa.Column("original_height", sa.Integer),
    sa.Column("color", sa.String(7)),
    sa.Column("blur_hash", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("alt_description", sa.Text),
    sa.Column("rendition", sa.String(10)),
    sa.Column("url", sa.Text),
    sa.Column("path", sa.Text),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("sha256", sa.String(64)),
    sa.Column("stored_at", sa.Float),
    sa.Column("stored_sequence", sa.Integer),
    sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("event_due_at", sa.Float),
    sa.Column("event_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("event_sent_at", sa.Float),
    sa.Column("event_error", sa.Text),
    sa.Column("counted_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("repair_due_at", sa.Float),
    sa.Index("photos_by_state", "mode", "topic", "state", "postponed", "arrival"),
    sa.Index("photos_by_size", "mode", "state", "topic", "bytes"),
    sa.Index("photos_by_run", "mode", "run_id"),
    sa.Index("photos_by_event", "mode", "event_due_at"),
    sa.Index("photos_by_sequence", "mode", "stored_sequence", unique=True),
    _partial_index("photos_prunable", "mode", "stored_at", "stored_sequence", where=PRUNABLE),
    _partial_index("photos_miscounted", "mode", where=MISCOUNTED),
)

runs = sa.Table(
    "library_runs",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(100)),
    sa.Column("process", sa.String(300), nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("outcome", sa.String(10)),
    sa.Column("error", sa.Text),
    sa.Index("runs_by_end", "mode", "ended_at"),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("request_limit", sa.Integer),
    sa.Column("request_id", sa.Integer),
    sa.Column("asked_at", sa.Float),
    sa.Column("told_at", sa.Float),
    sa.Column("remaining", sa.Integer),
    sa.Column("reset_by", sa.Float),
    sa.Column("refused_at", sa.Float),
    sa.Column("key_refused_at", sa.Float),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("key", sa.String(16), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("ours", sa.Boolean, nullable=False),
    sa.Column("reserved_at", sa.Float, nullable=False),
    sa.Column("settled_at", sa.Float),
    sa.Index("requests_by_time", "mode", "key", "reserved_at"),
)


class Database:
    """One mode's part of a catalogue. Safe to use from several threads and processes."""

    def __init__(self, engine: sa.Engine, mode: Mode) -> None:
        """Use `open_database` instead, which makes sure that the tables are there."""
        self._engine = engine
        self.mode = mode

    @property
    def file(self) -> Path | None:
        """Where SQLite keeps it; None if it is in memory, or not SQLite's."""
        url = self._engine.url
        is_file = url.get_backend_name() == "sqlite" and url.database
        return Path(str(url.database)) if is_file else None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the catalogue and changes nothing."""
        with self._begun("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is alone in writing; it is kept whole or not at all."""
        with self._begun("BEGIN IMMEDIATE") as connection:
            yield connection
            connection.commit()

    def identity(self) -> str:
        """Return what tells this catalogue from any other, before or after it."""
        with self.reading() as connection:
            query = sa.select(libraries.c.identity).where(libraries.c.mode == self.mode)
            return str(connection.scalar(query))

    def advance(self, connection: sa.Connection, count: int) -> int:
        """Take `count` numbers of the catalogue's sequence; return the one before the first.

        The row stays locked until the transaction ends, so that numbers appear in order.
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
        """Connect; SQLite's driver is told how to begin, others begin by themselves."""
        with _plain_errors(), self._engine.connect() as connection:
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
                "see to its rights, or choose another with UNSPLASH_LIBRARY"
            ) from error
    return database


def read_database(folder: Path, url: str | None, mode: Mode) -> Database:
    """Open the catalogue to look at it: where there is none yet, an empty one in memory."""
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
    """Whether the tables are there, in the form of this program, with a row for the mode."""
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
def _plain_errors() -> Iterator[None]:
    """Turn the database's errors into one line."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        hint = next((said for known, said in _HINTS.items() if known in reason), "")
        raise LibraryError(f"the catalogue cannot be used: {reason}{hint}") from error
