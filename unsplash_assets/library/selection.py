"""Which photos come next: keeps a topic's waiting list stocked, and picks each one's URL.

Asking is `unsplash.client`'s, remembering is `catalogue`'s.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import NoPhotos, QuotaSpent
from unsplash_assets.model.photos import ChosenPhoto
from unsplash_assets.unsplash.client import Filters, UnsplashClient
from unsplash_assets.unsplash.models import Photo

FRUITLESS_REQUESTS: Final = 2
"""Answers in a row without a new photo after which a topic counts as exhausted."""


@dataclass(frozen=True)
class TopUp:
    """What stocking a topic's waiting list came to."""

    requests: int
    photos: tuple[Photo, ...]
    """Those that the answers had, without those that are not for us."""
    new_ids: frozenset[str]
    """Those of them that were not known yet."""
    skipped: Mapping[str, int]
    """Why photos of the answers were skipped, and how many each."""
    waiting: int
    shortage: str | None
    """Why fewer are waiting than were needed, if so."""

    @property
    def fetched(self) -> int:
        """How many photos the answers had, those that are not for us left out."""
        return len(self.photos)

    @property
    def new(self) -> int:
        """How many of them were not known yet."""
        return len(self.new_ids)


def top_up(
    client: UnsplashClient, catalogue: Photos, topic: str, needed: int, filters: Filters
) -> TopUp:
    """See to it that at least `needed` photos of the topic wait, with as few requests as may be.

    Where the budget has download events for fewer photos, only as many are asked for. Raises
    what the client raises, except QuotaSpent where some photos are waiting already: a part of
    the work can then be done.
    """
    affordable = max(1, client.budget.free() - 1)
    requests = fruitless = 0
    photos: list[Photo] = []
    new_ids: set[str] = set()
    skipped: Counter[str] = Counter()
    shortage = None
    while (waiting := catalogue.waiting(topic)) < min(needed, affordable):
        if fruitless == FRUITLESS_REQUESTS:
            shortage = f"Unsplash has given no new photos of {topic!r}, only known ones"
            break
        try:
            brought = client.random_photos(topic, filters=filters)
        except QuotaSpent as error:
            if not waiting:
                raise
            shortage = str(error)
            break
        requests += 1
        added = catalogue.add(topic, brought.photos)
        photos += brought.photos
        new_ids |= added.new_ids
        skipped.update(brought.skipped)
        fruitless = 0 if added.new_ids else fruitless + 1
    if waiting < needed and not shortage:
        shortage = f"the request budget has download events for {affordable} of {needed} photos"
    return TopUp(requests, tuple(photos), frozenset(new_ids), dict(skipped), waiting, shortage)


def choose(
    catalogue: Photos, topic: str, count: int, run_id: str, rendition: str
) -> list[ChosenPhoto]:
    """Choose the run's photos and their rendition.

    Raises NoPhotos where the topic has none at all, so that the step before is to be run.
    """
    chosen = catalogue.choose(
        topic, count, run_id, rendition, lambda urls: rendition_url(urls, rendition)
    )
    if not chosen and catalogue.newest_stored(topic) is None:
        raise NoPhotos(f"no photo of {topic!r} is waiting: materialize photo_metadata first")
    return chosen


def rendition_url(urls: Mapping[str, str], rendition: str) -> str:
    """Return the URL of a named rendition, or of a width in pixels.

    A width is asked of imgix on the base of `raw`, or of `full` where an old answer has no
    `raw`; the other parameters, `ixid` among them, are kept (docs/unsplash.md, URLs).
    """
    if not rendition.isdigit():
        return urls.get(rendition) or urls["full"]
    parts = urlsplit(urls.get("raw") or urls["full"])
    sized = {"w": rendition, "fit": "max", "fm": "jpg", "q": "80"}
    parameters = {**dict(parse_qsl(parts.query, keep_blank_values=True)), **sized}
    return urlunsplit(parts._replace(query=urlencode(parameters)))
