"""What a fetch would bring, and at what cost, as far as it is known here: nothing is asked."""

import math
from dataclasses import dataclass

from unsplash_assets.catalogue.browsing.listing import ListedPhoto, upcoming
from unsplash_assets.library.asking.single import look_at
from unsplash_assets.library.events import to_pay
from unsplash_assets.library.opening import Library
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.unsplash.client import PHOTOS_PER_REQUEST


@dataclass(frozen=True)
class Plan:
    """What would come, and how many requests that would take."""

    wanted: int
    photos: tuple[ListedPhoto, ...]
    """Those that are known by now, in their order: they wait here."""
    asking: int
    """Requests for photos that are not known yet, if each answer brings new ones."""
    events: int
    """Download events of the photos."""
    earlier: int
    """Download events of earlier photos, which are sent first."""
    free: int
    """Requests that are free now."""
    reasons: tuple[str, ...] = ()
    """What would keep photos from coming; one line each."""

    @property
    def cost(self) -> int:
        """How many requests it would take in all."""
        return self.asking + self.events + self.earlier


def plan(library: Library, topic: str, count: int) -> Plan:
    """Return what a fetch of so many photos of a topic would bring."""
    of_api = library.database, library.runs, library.settings.api_url
    photos = tuple(upcoming(*of_api, topic, count))
    missing = count - len(photos)
    exhausted = library.exhaustion.topics().get(topic) if missing else None
    lookups = library.settings.topic(topic).source.lookups
    asking = lookups + math.ceil(missing / PHOTOS_PER_REQUEST) if missing else 0
    return _plan(library, photos, count, asking, [exhausted.reason] if exhausted else [])


def plan_photo(library: Library, photo_id: str) -> Plan:
    """Return what a fetch of one photo would bring. Raises UnknownPhoto as `look_at` does."""
    known = look_at(library, photo_id)
    if known and known.state == PhotoState.STORED:
        return _plan(library, (known,), 0, 0, [f"photo {photo_id} is here already: {known.path}"])
    return _plan(library, (known,) if known else (), 1, 0 if known else 1, [])


def _plan(
    library: Library, photos: tuple[ListedPhoto, ...], wanted: int, asking: int, reasons: list[str]
) -> Plan:
    free, earlier = library.budget.free(), to_pay(library) if wanted else 0
    cost = asking + wanted + earlier
    refused = library.budget.key_refusal()
    if refused:
        reasons.append(refused.reason)
    elif cost > free:
        reasons.append(library.budget.shortage(cost).reason)
    return Plan(wanted, photos, asking, wanted, earlier, free, tuple(reasons))
