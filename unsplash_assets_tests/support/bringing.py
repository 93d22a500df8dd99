"""A process that brings photos into a library as runs do, without Dagster.

    python -m unsplash_assets_tests.support.bringing URL LIBRARY RUNS COUNT CONCURRENCY KEEP [AT]

It says `ready`, brings COUNT photos in each of RUNS, and keeps KEEP of them (`all`, or a number).
At AT, such as `after Folder.publish`, it kills itself. For the tests of what a kill leaves
behind, and of several that work at once.
"""

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.retention import Retention
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.library import bringing as storing
from unsplash_assets.library import selection
from unsplash_assets.library.bringing import Shelf
from unsplash_assets.settings import values
from unsplash_assets.storage.folder import Folder
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.client import Filters, UnsplashClient

TOPIC: Final = "sea"
KEY: Final = "k"
_PLACES: Final = {
    kind.__name__: kind for kind in (Photos, DownloadEvents, Folder, RequestBudget, Shelf)
} | {"UnsplashClient": UnsplashClient}


class Bringing:
    """One process's work on a library."""

    def __init__(
        self,
        url: str,
        library: Path,
        concurrency: int,
        keep: str = "all",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Work on a library, with what `url` has; `clock` is that of the download events."""
        self.database = open_database(library, None, "live")
        self.catalogue = Photos(self.database)
        budget = RequestBudget(self.database, "of the key")
        transport = HttpTransport()
        self.client = UnsplashClient(transport, KEY, url, budget=budget)
        self.shelf = Shelf(
            catalogue=self.catalogue,
            events=DownloadEvents(self.database, clock),
            client=self.client,
            folder=Folder(library),
            transport=transport,
            limits=Limits(Timeouts(), size=5_000_000),
            concurrency=concurrency,
            app_name="tests",
            mode="live",
        )
        self.retention = Retention(self.database, self.shelf.folder, values.keep(keep))

    def run(self, count: int) -> None:
        """Do what a run does: clean, stock, choose, store, tell, prune."""
        with self._begun() as run_id:
            self.shelf.folder.clean()
            selection.top_up(self.client, self.catalogue, TOPIC, count, Filters())
            selection.choose(self.catalogue, TOPIC, count, run_id, "thumb")
            chosen = self.catalogue.take_over(TOPIC, run_id)
            storing.store(self.shelf, chosen, last_try=True)
            self.retention.prune(run_id)

    def send_all(self) -> None:
        """Send the download events that are due, one or a few in each run."""
        while self.shelf.events.due():
            storing.store(self.shelf, [], last_try=True)

    @contextmanager
    def _begun(self) -> Iterator[str]:
        runs, run_id = Runs(self.database), str(uuid.uuid4())
        runs.begin(run_id, TOPIC)
        try:
            yield run_id
        finally:
            runs.end(run_id)


def die_at(moment: str) -> None:
    """Let this process be killed at a moment: `before` or `after` a method, at its second call."""
    when, _, place = moment.partition(" ")
    kind, _, name = place.partition(".")
    method, calls = getattr(_PLACES[kind], name), list[int]()

    @wraps(method)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        result = None if when == "before" and len(calls) == 2 else method(*args, **kwargs)
        if len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(_PLACES[kind], name, deadly)


def main(url: str, library: str, *rest: str) -> None:
    """Bring photos."""
    runs, count, concurrency, keep, *moments = rest
    for moment in moments:
        die_at(moment)
    bringing = Bringing(url, Path(library), int(concurrency), keep)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in range(int(runs)):
        bringing.run(int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
