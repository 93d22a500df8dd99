"""Postgres: one writer at a time by an advisory lock, and the server's clock for all.

The lock belongs to the transaction, so it ends with it, or with its connection, whatever becomes of
the process. What is waited for is bounded: a machine that vanishes inside a transaction holds up
the others for a minute at most, and then it is the server that ends it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, Self
from zlib import crc32

import sqlalchemy as sa

from unsplash_assets.catalogue.engines.base import Backend, first_line
from unsplash_assets.errors import CatalogueUnavailable, LibraryError

_DRIVER: Final = "postgresql+psycopg2"
"""What `postgresql://` means here, whatever SQLAlchemy takes it for: dagster-postgres needs it."""
_PATIENCE: Final = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds; the others are seconds
}
"""A server that does not answer is noticed within half a minute; the URL may say otherwise."""
_LOCK: Final = 0x756E_7370_6C61_7368
"""The number of the lock: "unsplash". Locks are per database, and shared with no other program."""
_LOCK_OF_WORK: Final = 0x756E_7370
"""The first number of the locks that have two: "unsp"."""
_WAIT_FOR: Final = "SET lock_timeout = '30s'; SELECT pg_advisory_lock({}, {})"
_NOW: Final = "SELECT extract(epoch FROM clock_timestamp())::float8"
_ALONE: Final = f"""
    SET LOCAL lock_timeout = '30s';
    SET LOCAL idle_in_transaction_session_timeout = '60s';
    SELECT pg_advisory_xact_lock({_LOCK});
    {_NOW}
"""
"""One message to the server: the time that it answers is one that the transaction has alone."""
_ONE_STATE: Final[dict[str, Any]] = {
    "isolation_level": "REPEATABLE READ",
    "postgresql_readonly": True,
}
_TEMPORARY: Final = ("08", "40001", "40P01", "53", "55P03", "57P", "25P03")
"""How the codes of errors begin after which the same work may succeed: a lost connection, a
serialization failure, a deadlock, a server that is full or stops, a lock that was not had."""
_FRESH: Final = 10.0
"""Seconds for which the server's time is reckoned from its last answer."""


class ServerClock:
    """The server's clock, as this process has seen it last, and the time since then.

    This machine's own clock has no part in it, so it may be as wrong as it likes.
    """

    def __init__(self, ask: Callable[[], object], elapsed: Callable[[], float]) -> None:
        """`ask` makes the server tell its time, by `set`; `elapsed` passes in sleep too."""
        self._ask = ask
        self._elapsed = elapsed
        self._seen: tuple[float, float] | None = None

    def set(self, now: float) -> None:
        """Note the server's time."""
        self._seen = now, self._elapsed()

    def __call__(self) -> float:
        """Return seconds since 1970."""
        if self._seen is None or self._elapsed() > self._seen[1] + _FRESH:
            self._ask()
        now, then = self._seen or (0.0, 0.0)
        return now + self._elapsed() - then


class PostgresBackend(Backend):
    """A catalogue on a server."""

    remedy = 'install its driver with `pip install "unsplash_assets[postgres]"`, or use SQLite'

    def __init__(self, engine: sa.Engine) -> None:
        """Connect through `engine`."""
        super().__init__(engine)
        self._of_one_state = engine.execution_options(**_ONE_STATE)
        self._server_clock = ServerClock(self._look, _elapsed)
        self.clock = self._server_clock

    @classmethod
    def of(cls, address: sa.URL) -> Self:
        """Return the database of an address, which may name another driver."""
        if address.drivername == "postgresql":
            address = address.set(drivername=_DRIVER)
        options: dict[str, Any] = {"pool_pre_ping": True}
        if address.drivername == _DRIVER:
            address = address.set(query={**_PATIENCE, **address.query})
            options["executemany_mode"] = "values_plus_batch"  # many rows are one message
        return cls(sa.create_engine(address, **options))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """See one state, as of the first statement."""
        with self._of_one_state.connect() as connection:
            self._begin(connection, _NOW)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Wait for the lock first: what is read then is what the writer before has left."""
        with self.engine.connect() as connection:
            self._begin(connection, _ALONE)
            yield connection

    @contextmanager
    def making_tables(self, folder: Path) -> Iterator[None]:  # noqa: ARG002 - it is SQLite's
        """Do nothing: whoever writes is alone."""
        yield

    @contextmanager
    def alone(self, work: str, folder: Path) -> Iterator[None]:  # noqa: ARG002 - it is SQLite's
        """Hold a lock of the server's, on a connection of its own: both end together."""
        with ExitStack() as stack:
            with self.translated():
                connection = stack.enter_context(self.engine.connect())
                connection.execution_options(isolation_level="AUTOCOMMIT").detach()
                connection.exec_driver_sql(
                    _WAIT_FOR.format(_LOCK_OF_WORK, crc32(work.encode()) >> 1)
                )
            yield

    def error_of(self, error: sa.exc.DBAPIError) -> LibraryError:
        """Tell what may succeed later from what will not; without a connection there is no code."""
        code = getattr(error.orig, "pgcode", None) or getattr(error.orig, "sqlstate", None)
        is_lost = error.connection_invalidated or (
            code is None and isinstance(error, sa.exc.OperationalError)
        )
        if is_lost or (code and code.startswith(_TEMPORARY)):
            return CatalogueUnavailable(first_line(error))
        return LibraryError(f"the catalogue cannot be used: {first_line(error)}")

    def _begin(self, connection: sa.Connection, statement: str) -> None:
        self._server_clock.set(connection.exec_driver_sql(statement).scalar_one())

    def _look(self) -> None:
        with self.translated(), self.reading():
            pass


def _elapsed() -> float:
    """Return seconds since some moment, by a clock that nobody sets."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()
