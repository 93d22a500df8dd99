"""Asks for photos of a topic's source, within the request budget."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from unsplash_assets.errors import NoPhotos, QuotaSpent
from unsplash_assets.library.opening import Library
from unsplash_assets.model.topics import Topic
from unsplash_assets.unsplash.client import PHOTOS_PER_REQUEST, RandomPhotos
from unsplash_assets.unsplash.sources import Wanted

_OF_THE_DEMO: Final = (
    "the demo has its own, such as user:ana_almeida, topic:wallpapers and collection:1065976"
)
_AT_ONCE: Final = 4
"""Requests for photos that are under way at the same time."""


@dataclass
class Asking:
    """Asks for photos of one topic, whose source is looked up before the first request."""

    library: Library
    topic: Topic
    requests: int = 0
    wanted: Wanted | None = None

    def ask(self, count: int) -> list[RandomPhotos]:
        """Ask for random photos, with several requests at once where many are wanted.

        Raises an error only if no answer came: what the others brought is not lost.
        """
        with _own_of_the_demo(self.library, self.topic):
            return self._ask(count)

    def _ask(self, count: int) -> list[RandomPhotos]:
        library, at_once = self.library, max(1, min(_AT_ONCE, count // PHOTOS_PER_REQUEST))
        lookups = 0 if self.wanted else self.topic.source.lookups
        filters = self.topic.filters(library.settings.filters)
        is_probe = library.budget.is_probe()
        with (
            library.budget.reserve(lookups + at_once) as grant,
            ThreadPoolExecutor(at_once) as pool,
        ):
            if grant.shortage and grant.count <= lookups and not is_probe:
                raise QuotaSpent(grant.shortage.reason)  # what is looked up would be asked in vain
            self.wanted = self.wanted or library.client.look_up(self.topic.source, grant)
            ask = partial(library.client.random_photos, self.wanted, filters=filters, grant=grant)
            asked = [pool.submit(ask) for _ in range(max(1, grant.left))]
            wait(asked)
        answers = [future.result() for future in asked if future.exception() is None]
        self.requests += lookups + len(answers)
        return answers or [asked[0].result()]


@contextmanager
def _own_of_the_demo(library: Library, topic: Topic) -> Iterator[None]:
    """Say what the demo has, where it has not the user, collection or topic that is meant."""
    try:
        yield
    except NoPhotos as error:
        if library.settings.mode == "demo" and topic.source.kind != "query":
            raise NoPhotos(f"{error}; {_OF_THE_DEMO}") from error
        raise
