"""A server of Postgres that belongs to the tests, and the catalogues of a test on it.

It has no port, a folder that ends with it, and no care for power failures. Each library of a test
has a schema there. Which tests use it is said in `databases`.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from unsplash_assets.catalogue.tables import metadata
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.support.waiting import eventually

_QUICK: Final = (
    "fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off",
    "shared_buffers=32MB", "max_connections=200", "listen_addresses=",
)  # fmt: skip


@dataclass
class Server:
    """A server of Postgres that belongs to the tests."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    """Variables that it has besides those of this process."""
    schemas: dict[str, str] = field(default_factory=dict)
    """The schemas of the libraries of one test, by the paths of their folders."""

    def start(self) -> None:
        """Start it in its folder, and wait until it answers."""
        options = [part for each in _QUICK for part in ("-c", each)]
        data, sockets = self.folder / "data", self.folder
        command = [
            *_as_another(),
            "env",
            *(f"{name}={value}" for name, value in self.environ.items()),
            _program("postgres"),
            "-D",
            str(data),
            "-k",
            str(sockets),
            *options,
        ]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._engine = sa.create_engine(
            _with_driver(self.url("public")), isolation_level="AUTOCOMMIT"
        )
        eventually(self._answers)

    def stop(self) -> None:
        """End it at once, with all connections; what was committed is kept."""
        self._engine.dispose()
        self._process.send_signal(signal.SIGINT)  # SIGQUIT would lose what is not yet flushed
        self._process.wait()

    def restart(self) -> None:
        """End it under the hands of those who use it, and start it again."""
        self.stop()
        self.start()

    def url(self, schema: str) -> str:
        """Return the URL of a schema, which need not be there yet."""
        options = f"options=-csearch_path%3D{schema}"
        return f"postgresql://postgres@/postgres?host={self.folder}&{options}"

    def of(self, library: Path) -> str:
        """Return the URL of a library's schema, which is made; the first of a test is empty."""
        key = str(library)
        if key not in self.schemas:
            self.schemas[key] = f"library_{len(self.schemas)}"
            self.execute(f"CREATE SCHEMA IF NOT EXISTS {self.schemas[key]}")
        return self.url(self.schemas[key])

    def clear(self) -> None:
        """Forget the libraries of a test; the tables of the first stay, which is quicker."""
        for schema in self.schemas.values():
            if schema != "library_0":
                self.execute(f"DROP SCHEMA {schema} CASCADE")
        if self.schemas:
            emptied = ";".join(f"TRUNCATE library_0.{table}" for table in metadata.tables)
            with suppress(sa.exc.ProgrammingError):  # nobody has made the tables yet
                self.execute(emptied)
        self.schemas.clear()

    def execute(self, statement: str) -> None:
        """Execute a statement by itself."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def disconnect_all(self) -> None:
        """End the connections of all others under their hands."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def copy(self, file: Path, url: str) -> None:
        """Copy a database of SQLite, with its indexes."""
        old, new = sa.create_engine(f"sqlite:///{file}"), sa.create_engine(_with_driver(url))
        tables = sa.MetaData()
        tables.reflect(old)
        for table in tables.tables.values():
            for index in table.indexes:
                where = index.dialect_options["sqlite"].get("where")
                index.dialect_options["postgresql"]["where"] = where
            for column in table.columns:
                if isinstance(column.type, sa.Boolean) and column.server_default:
                    column.server_default = sa.DefaultClause(sa.false())
        with old.connect() as source, new.begin() as target:
            tables.create_all(target)
            for table in tables.sorted_tables:
                rows = [dict(row) for row in source.execute(sa.select(table)).mappings()]
                if rows:
                    target.execute(sa.insert(table), rows)
        old.dispose()
        new.dispose()

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            self.execute("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True


@contextmanager
def started(**environ: str) -> Iterator[Server]:
    """Give a new server; it ends with the `with`, or with this process."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=Path(tempfile.gettempdir())))
    server = Server(folder, environ)
    try:
        if _is_root():
            shutil.chown(folder, "postgres", "postgres")
        subprocess.run(
            [*_as_another(), _program("initdb"), "-D", folder / "data", "-U", "postgres",
             "--no-sync", "--no-locale", "-E", "UTF8", "-A", "trust"],
            check=True, capture_output=True, cwd="/",
        )  # fmt: skip
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_driver(url: str) -> sa.URL:
    """Return a URL for SQLAlchemy, which takes the plain form for another driver."""
    return sa.make_url(url).set(drivername="postgresql+psycopg2")


def _as_another() -> list[str]:
    """Return how to start a server: never by root, and ending with this process."""
    as_user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", "--pdeathsig=QUIT", *(as_user if _is_root() else [])]


def _is_root() -> bool:
    return os.geteuid() == 0


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


current: Final[list[Server]] = []
"""The server that the test under way keeps its catalogues on; none on SQLite."""


def placed(settings: Settings) -> Settings:
    """Return settings whose catalogue is where the test wants it, unless they say where."""
    if settings.catalogue or not current:
        return settings
    return replace(settings, catalogue=current[0].of(settings.library))
