"""Opens a library: the one door to its photos, its files, its budget, and the API.

Everything that works on a library calls `open_library` and passes the `Library` on to the use cases
of this room. Add a part here when a use case needs it; keep out what is done with the parts.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import (
    Database,
    file_of,
    open_database,
    read_database,
)
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.integrity import Integrity
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.retention import Retention
from unsplash_assets.catalogue.runs import RENEWED_EVERY, Runs
from unsplash_assets.catalogue.topics import Exhaustion
from unsplash_assets.errors import LibraryError
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.disks import network_warning
from unsplash_assets.storage.marker import check_marker, check_new_library, check_not_emptied
from unsplash_assets.storage.names import CATALOGUE_FILE
from unsplash_assets.storage.processes import HERE, Machine
from unsplash_assets.storage.records import remember_library
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.choice import store_of
from unsplash_assets.transport.base import Timeouts

if TYPE_CHECKING:
    from unsplash_assets.library.downloads.pictures import Downloader
    from unsplash_assets.transport.http import HttpTransport
    from unsplash_assets.unsplash.client import UnsplashClient

_PATHS_CHECKED: Final = 20
"""Stored photos of which one at least must be there for a folder without a marker to get one."""

Progress = Callable[[int, str | None], None]
"""Told of a run's work: how many more photos are stored, and what went wrong for now."""


def nobody(stored: int, trouble: str | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Library:
    """An open library: its settings, and the parts that use cases work with."""

    settings: Settings
    database: Database
    timeouts: Timeouts
    """Bounds of one exchange with the API."""
    clock: Callable[[], float]
    """Seconds since 1970."""
    sleep: Callable[[float], None]
    given_transport: "HttpTransport | None" = None
    machine: Machine = HERE
    """Where this process runs; with a clock of one's own, one without an uptime."""
    on_progress: Progress = nobody
    given_store: Store | None = None

    @cached_property
    def transport(self) -> "HttpTransport":
        """The way to the API and its pictures."""
        from unsplash_assets.transport.modes import transport_of  # noqa: PLC0415 - loads requests

        return self.given_transport or transport_of(self.settings.mode)

    @cached_property
    def client(self) -> "UnsplashClient":
        """The API."""
        from unsplash_assets.unsplash.client import UnsplashClient  # noqa: PLC0415 - loads pydantic

        key, url = self.settings.access_key, self.settings.api_url
        return UnsplashClient(self.transport, key, url, timeouts=self.timeouts)

    @cached_property
    def downloader(self) -> "Downloader":
        """Downloads pictures into the store."""
        from unsplash_assets.library.downloads.bodies import picture_limits  # noqa: PLC0415
        from unsplash_assets.library.downloads.pictures import Downloader  # noqa: PLC0415 - Pillow

        settings = self.settings
        limits = picture_limits(settings.api_url, settings.timeout, settings.max_size)
        return Downloader(self.transport, self.store, limits, settings.app_name, settings.mode)

    @cached_property
    def store(self) -> Store:
        """The files."""
        return self.given_store or store_of(self.settings)

    @cached_property
    def photos(self) -> Photos:
        """The photos."""
        return Photos(self.database, self.clock, self.settings.api_url, self.machine)

    @cached_property
    def exhaustion(self) -> Exhaustion:
        """The topics that gave no new photos."""
        settings = self.settings
        return Exhaustion(self.database, settings.api_url, settings.asked_for, self.clock)

    @cached_property
    def runs(self) -> Runs:
        """The runs that work, or worked, on the library."""
        return Runs(self.database, self.clock, self.machine)

    @cached_property
    def budget(self) -> RequestBudget:
        """The requests that may be sent."""
        key = self.settings.key_fingerprint
        return RequestBudget(self.database, key, self.clock, self.sleep, self.machine)

    @cached_property
    def events(self) -> DownloadEvents:
        """The download events."""
        return DownloadEvents(self.database, self.clock)

    @cached_property
    def integrity(self) -> Integrity:
        """Which files are whole."""
        return Integrity(self.database, self.store, self.clock)

    @cached_property
    def curation(self) -> Curation:
        """A person's decisions."""
        return Curation(self.database)

    @cached_property
    def retention(self) -> Retention:
        """The bound that UNSPLASH_KEEP sets."""
        return Retention(self.database, self.settings.keep, self.clock, self.machine)

    @property
    def warning(self) -> str | None:
        """What may go wrong with the catalogue where it is; None if nothing is known."""
        return network_warning(self.database.file)


@contextmanager
def open_library(  # noqa: PLR0913 - what differs in tests comes in by name
    settings: Settings,
    *,
    create: bool = True,
    needs_files: bool = True,
    timeouts: Timeouts | None = None,
    transport: "HttpTransport | None" = None,
    clock: Callable[[], float] | None = None,
    sleep: Callable[[float], None] = time.sleep,
    machine: Machine | None = None,
    on_progress: Progress = nobody,
) -> Iterator[Library]:
    """Open the library of the settings until the `with` ends.

    Where there is none yet it is made; without `create`, an empty one in memory is given instead.
    `transport` replaces the network, `clock` the time that all who use the catalogue share, in
    seconds since 1970. Raises LibraryError where store or catalogue cannot be used;
    LibraryMissing, unless the files are not needed, where the store is not the catalogue's; and
    SettingsError where UNSPLASH_LIBRARY or UNSPLASH_CATALOGUE is wrong.
    """
    store = store_of(settings)
    if settings.catalogue is None and needs_files:
        check_new_library(store, settings.mode, settings.project)
    check_not_emptied(store, file_of(settings.library, settings.catalogue, settings.project))
    opened, mode = open_database if create else read_database, settings.mode
    found = opened(settings.library, settings.catalogue, mode, settings.project)
    with closing(found) as database:
        shared = database.backend.clock
        library = Library(
            settings,
            database,
            timeouts or Timeouts(),
            clock or shared or time.time,
            sleep,
            transport,
            machine or Machine(has_uptime=clock is None and shared is None),
            on_progress,
            store,
        )
        if needs_files and database.is_kept:
            check_place(library)
        yield library


def check_place(library: Library) -> None:
    """Raise LibraryMissing unless the store is the one that the catalogue belongs to."""
    identity, mode = library.database.identity(), library.settings.mode
    file = library.database.file
    is_inside = file is not None and library.store.is_at(CATALOGUE_FILE, file)
    stored = [] if is_inside else library.photos.newest_paths(_PATHS_CHECKED)
    check_marker(library.store, mode, identity, stored)
    remember_library(library.settings.project, library.store.place, mode, identity)


@contextmanager
def working_on(
    library: Library,
    run_id: str,
    topic: str | None,
    has_failed: Callable[[], bool | None] = lambda: None,
) -> Iterator[Library]:
    """Record that this process works on a run until the `with` ends; clean up what others left.

    Gives the library as the run uses it: it writes no more once the run's lease is lost.
    `has_failed` is asked at the end, where somebody knows better than the run's own reports.
    """
    library.store.clean(library.runs.processes())
    library.runs.begin(run_id, topic)
    try:
        with _signs_of_life(library, run_id):
            yield replace(library, database=library.database.of_run(run_id))
    finally:
        with suppress(LibraryError):  # the run ends with its process in any case
            library.runs.end(run_id, failed=has_failed())


@contextmanager
def _signs_of_life(library: Library, run_id: str) -> Iterator[None]:
    """Renew the run's lease, for those who cannot see this process, until the `with` ends."""
    is_over = threading.Event()

    def renew() -> None:
        while not is_over.wait(RENEWED_EVERY):
            with suppress(LibraryError):  # the next one may be written again
                library.runs.renew(run_id)

    thread = threading.Thread(target=renew, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
