"""A cluster: Postgres, Redis, an emulated Unsplash, one library, and hosts that share them."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

import psutil
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.settings.settings import Settings, parse
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.distributed.hosts import Host, RedisServer
from unsplash_assets_tests.support.postgres import Server

CODE: Final = ("-m", "unsplash_assets.definitions")
"""Where Dagster's programs find the definitions."""
WORKER: Final = ("python", "-m", "unsplash_assets.defs.celery.worker")
_DAGSTER: Final = "dagster"
_CATALOGUE: Final = "catalogue"


class Api:
    """An emulated Unsplash that counts the download events of each photo."""

    def __init__(self) -> None:
        self.delay = 0.0
        """Seconds that each answer takes."""
        self.events = Counter[str]()
        self._emulator = Emulator()
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(self.delay)
        parts = environ["PATH_INFO"].split("/")
        if parts[-1] == "download":
            with self._lock:
                self.events[parts[-2]] += 1
        return self._emulator(environ, start_response)

    @property
    def repeated(self) -> list[str]:
        """The photos that had more than one event."""
        return [photo for photo, count in self.events.items() if count > 1]


@dataclass
class Cluster:
    """What the hosts share, and the hosts by their names."""

    folder: Path
    postgres: Server
    redis: RedisServer
    api_url: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """More settings, the same on all hosts."""
    hosts: dict[str, Host] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of every host."""
        dagster = self.postgres.of(Path(_DAGSTER)).replace("postgresql:", "postgresql+psycopg2:")
        return {
            "UNSPLASH_API_KEY": "key",
            "UNSPLASH_API_URL": self.api_url,
            "UNSPLASH_CATALOGUE": self.postgres.of(Path(_CATALOGUE)),
            "UNSPLASH_LIBRARY": str(self.folder / "library"),
            "UNSPLASH_RENDITION": "small",
            "UNSPLASH_RETRY_DELAY": "2",
            "UNSPLASH_VIEWER": "off",
            "DAGSTER_STORAGE_URL": dagster,
            "DAGSTER_BROKER_URL": self.redis.url,
            **self.variables,
        }

    @property
    def settings(self) -> Settings:
        """The settings of every host."""
        return parse(self.environ, self.folder)

    def host(self, name: str) -> Host:
        """Add a host, or one in the place of one that was killed."""
        self.hosts[name] = Host(name, self.folder / name, self.environ)
        return self.hosts[name]

    def worker(self, name: str) -> Host:
        """Add a host with a worker."""
        host = self.host(name)
        host.start(*WORKER)
        return host

    @contextmanager
    def library(self) -> Iterator[Library]:
        """Open the library."""
        with open_library(self.settings) as library:
            yield library

    def at_work(self, run_id: str) -> tuple[Host, psutil.Process] | None:
        """Return the host and the process that work on a run, once the run says so."""
        query = sa.select(db.runs.c.process).where(db.runs.c.run_id == run_id)
        with self.library() as library, library.database.reading() as connection:
            name = connection.scalar(query)
        if name is None:
            return None
        process = ProcessName.parse(name)
        seen = ((host, each) for host in self.hosts.values() for each in host.processes())
        return next((found for found in seen if _is(found[1], process)), None)

    def held(self, run_id: str) -> int:
        """Count the photos that a run holds: chosen by it, while it counts as living."""
        with self.library() as library, library.database.reading() as connection:
            is_live = run_id in library.runs.live(connection)
        return self.chosen_by(run_id) if is_live else 0

    def stored_by(self, run_id: str) -> int:
        """Count the photos that a run has stored."""
        with self.library() as library:
            return len(library.photos.stored_by(run_id))

    def chosen_by(self, run_id: str) -> int:
        """Count the photos that nobody has taken over from a run."""
        photos = db.photos.c
        query = sa.select(sa.func.count()).where(photos.run_id == run_id, photos.state == "chosen")
        with self.library() as library:
            return library.database.number(query)

    def places(self) -> int:
        """Count the hosts that have worked on runs."""
        with self.library() as library, library.database.reading() as connection:
            names = connection.scalars(sa.select(db.runs.c.process)).all()
        return len({ProcessName.parse(name).place for name in names})

    def traces(self, *run_ids: str) -> dict[tuple[str, str], str]:
        """Return what the catalogue knows of runs and of their photos, and these photos' files.

        By row and column. Not the download events, which others may send meanwhile.
        """
        found: dict[tuple[str, str], str] = {}
        with self.library() as library, library.database.reading() as connection:
            for table, key in ((db.photos, "id"), (db.runs, "run_id")):
                rows = connection.execute(sa.select(table).where(table.c.run_id.in_(run_ids)))
                for row in rows.mappings():
                    found |= {(row[key], name): str(value) for name, value in row.items()}
            paths = {key[0]: path for key, path in found.items() if key[1] == "path"}
            for photo_id, path in paths.items():
                found[photo_id, "file"] = str(library.store.stamp(path))
        return {key: value for key, value in found.items() if not key[1].startswith("event_")}

    def kill(self) -> None:
        """End all hosts."""
        for host in self.hosts.values():
            host.kill()


def _is(process: psutil.Process, name: ProcessName) -> bool:
    """Whether a process, seen from outside of its namespace, has this name inside."""
    try:
        namespace = Path(f"/proc/{process.pid}/ns/pid").readlink().name
        started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return False
    return name.place.endswith(f":{namespace}") and int(started) == name.started
