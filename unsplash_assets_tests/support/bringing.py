"""A process that brings photos into a library as runs do, without Dagster.

    python -m unsplash_assets_tests.support.bringing URL LIBRARY RUNS COUNT CONCURRENCY KEEP [AT]

It says `ready`, brings COUNT photos in each of RUNS, and keeps KEEP of them (`all`, or a number).
At AT, such as `after Folder.publish`, it kills itself. For the tests of what a kill leaves
behind, and of several that work at once.
"""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, Final

from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.library.bringing import bring, store
from unsplash_assets.library.downloads.pictures import Downloader
from unsplash_assets.library.opening import open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.settings.settings import parse
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.unsplash.client import UnsplashClient

TOPIC: Final = "sea"
KEY: Final = "k"
_PLACES: Final = {
    kind.__name__: kind
    for kind in (Photos, DownloadEvents, Folder, RequestBudget, Downloader, UnsplashClient)
}


class Bringing:
    """One process's work on a library."""

    def __init__(
        self,
        url: str,
        folder: Path,
        concurrency: int,
        keep: str = "all",
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Work on a library, with the photos at `url`; `clock` gives seconds since 1970."""
        self.settings = parse(
            {
                "UNSPLASH_API_KEY": KEY,
                "UNSPLASH_API_URL": url,
                "UNSPLASH_LIBRARY": str(folder),
                "UNSPLASH_TOPICS": TOPIC,
                "UNSPLASH_RENDITION": "thumb",
                "UNSPLASH_CONCURRENCY": str(concurrency),
                "UNSPLASH_MAX_SIZE": "5MB",
                "UNSPLASH_KEEP": keep,
            },
            folder.parent,
        )
        self._clock = clock
        with open_library(self.settings):  # makes the catalogue before anything dies
            pass

    def run(self, count: int) -> None:
        """Do what a run does: clean, top up, choose, bring, prune."""
        run_id, settings = str(uuid.uuid4()), replace(self.settings, photos_per_run=count)
        with (
            open_library(settings, clock=self._clock) as library,
            working_on(library, run_id, TOPIC),
        ):
            top_up(library, TOPIC)
            choose(library, TOPIC, run_id)
            bring(library, TOPIC, run_id, last_try=True)

    def send_all(self) -> None:
        """Send the download events that are due, one or a few in each run."""
        with open_library(self.settings, clock=self._clock) as library:
            while library.events.due():
                store(library, [], last_try=True)


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
