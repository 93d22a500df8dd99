"""Which photos come next: tops up a topic's waiting list, and picks each photo's URL.

The API is asked in `unsplash.client`; the waiting list is in `catalogue.photos`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unsplash_assets.errors import NoPhotos, QuotaSpent
from unsplash_assets.library.asking.sources import Asking
from unsplash_assets.library.opening import Library
from unsplash_assets.model.photos import ChosenPhoto, Photo
from unsplash_assets.settings.values import NAMED_RENDITIONS
from unsplash_assets.unsplash.budget import describe_events_shortage
from unsplash_assets.unsplash.quota import Usage

FRUITLESS_REQUESTS: Final = 2
"""Answers in a row without a new photo after which a topic counts as exhausted; then, one."""

TAKEN: Final = "no more were waiting: other runs may have taken some, the next one asks for more"
"""Why there are fewer photos than wanted, where Unsplash has more."""

_WIDTHS: Final = {"regular": "1080", "small": "400", "thumb": "200"}
"""The renditions that have a width, in pixels."""
_SIZES: Final = frozenset({"w", "h", "fit", "dpr"})
"""Parameters of imgix that make a picture smaller."""


@dataclass(frozen=True)
class TopUp:
    """What topping up a topic's waiting list brought."""

    topic: str
    requests: int
    photos: tuple[Photo, ...]
    """Those of the answers, without the skipped ones."""
    new_ids: frozenset[str]
    """Those of them that were not known yet."""
    skipped: Mapping[str, int]
    """Why photos of the answers were skipped, and how many each."""
    waiting: int
    shortage: str | None
    """Why fewer photos wait than the run needs; None if enough do."""
    usage: Usage
    """The request budget afterwards."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Collections or topics of the source that are unknown or empty, each with the reason."""

    @property
    def fetched(self) -> int:
        """How many photos the answers had, without the skipped ones."""
        return len(self.photos)

    @property
    def new(self) -> int:
        """How many of them were not known yet."""
        return len(self.new_ids)

    @property
    def summary(self) -> str:
        """One line for the log."""
        return f"{self.topic}: {self.new} new of {self.fetched}, {self.waiting} waiting"

    @property
    def warnings(self) -> list[str]:
        """One line for each thing that went wrong."""
        unusable = [f"{self.topic}: {reason}" for reason in self.unusable.values()]
        return [*unusable, self.shortage] if self.shortage else unusable


@dataclass(frozen=True)
class Choice:
    """The photos that a run has chosen."""

    topic: str
    photos: tuple[ChosenPhoto, ...]
    wanted: int
    exhausted: str | None = None
    """Why the topic has no more photos; None if it has."""

    @property
    def summary(self) -> str:
        """One line for the log."""
        return f"{self.topic}: chose {', '.join(photo.id for photo in self.photos) or 'nothing'}"

    @property
    def shortage(self) -> str | None:
        """Why there are fewer than wanted; None if there are enough."""
        if len(self.photos) >= self.wanted:
            return None
        return self.exhausted or f"{self.topic}: {TAKEN}"

    @property
    def warnings(self) -> list[str]:
        """One line for each thing that went wrong."""
        return [self.shortage] if self.shortage else []


def top_up(library: Library, topic: str) -> TopUp:
    """Make enough photos of the topic wait for one run, with as few requests as possible.

    Where the budget has download events for fewer photos, only as many are asked for; each answer
    may tell of another budget. A topic that gives nothing new is remembered as exhausted. Raises
    what the client raises, except QuotaSpent and NoPhotos where some photos are waiting already:
    then a part of the work can be done.
    """
    needed = library.settings.photos_per_run
    was_exhausted = topic in library.exhaustion.topics()
    patience = 1 if was_exhausted else FRUITLESS_REQUESTS
    asking = Asking(library, library.settings.topic(topic))
    fruitless = 0
    photos: list[Photo] = []
    new_ids: set[str] = set()
    skipped: Counter[str] = Counter()
    shortage = None
    while (waiting := library.photos.waiting(topic)) < (
        enough := min(needed, _affordable(library))
    ):
        if fruitless == patience:
            shortage = _note_exhaustion(library, topic, skipped)
            break
        try:
            answers = asking.ask(enough - waiting)
        except (QuotaSpent, NoPhotos) as error:
            if isinstance(error, NoPhotos):
                library.exhaustion.note(topic, str(error))
            if not waiting:
                raise
            shortage = str(error)
            break
        brought = {photo.id: photo for answer in answers for photo in answer.photos}
        new = library.photos.add(topic, list(brought.values()))
        if new and was_exhausted:
            library.exhaustion.forget(topic)
        photos += brought.values()
        new_ids |= new
        skipped += sum((Counter(answer.skipped) for answer in answers), Counter())
        fruitless = 0 if new else fruitless + 1
    if waiting < needed and not shortage:
        shortage = _events_shortage(library, waiting, needed)
    return TopUp(
        topic=topic,
        requests=asking.requests,
        photos=tuple(photos),
        new_ids=frozenset(new_ids),
        skipped=dict(skipped),
        waiting=waiting,
        shortage=shortage,
        usage=library.budget.usage(),
        unusable=asking.wanted.unusable if asking.wanted else {},
    )


def _note_exhaustion(library: Library, topic: str, skipped: Mapping[str, int]) -> str:
    others = "".join(f", and {count} skipped ({why})" for why, count in skipped.items())
    reason = f"Unsplash has given no new photos of {topic!r}, only known ones{others}"
    return library.exhaustion.note(topic, reason).reason


def _affordable(library: Library) -> int:
    """Return how many photos have a download event left after one request more; at least one."""
    return max(1, library.budget.free() - 1)


def _events_shortage(library: Library, waiting: int, needed: int) -> str:
    """Return why the budget has no download events for as many photos as the run needs."""
    events = min(waiting, library.budget.free())
    return describe_events_shortage(events, needed) if events else library.budget.shortage().reason


def choose(library: Library, topic: str, run_id: str) -> Choice:
    """Choose the run's photos and their rendition; none where other runs have taken all.

    Raises NoPhotos where the topic has none at all: it is exhausted, or the step before has to run
    first.
    """
    count, rendition = library.settings.photos_per_run, library.settings.rendition
    chosen = library.photos.choose(
        topic, count, run_id, rendition, lambda urls: rendition_url(urls, rendition)
    )
    known = library.exhaustion.topics().get(topic)
    if not chosen and not library.photos.is_worked_on(topic):
        waits = f"no photo of {topic!r} is waiting: materialize photo_metadata first"
        raise NoPhotos(known.reason if known else waits)
    return Choice(topic, tuple(chosen), count, known.reason if known else None)


def rendition_url(urls: Mapping[str, str], rendition: str) -> str:
    """Return the URL of a named rendition, or of a width in pixels.

    A rendition that the answer has not, and every width, is asked of imgix on the largest that it
    has (docs/reference/unsplash.md, URLs).
    """
    if rendition in urls:
        return urls[rendition]
    base = next(urls[name] for name in NAMED_RENDITIONS if name in urls)
    if rendition == "raw" and "full" in urls:
        return base
    width = _WIDTHS.get(rendition, rendition)
    sized = {"w": width, "fit": "max"} if width.isdigit() else {}
    return _resized(base, {**sized, "fm": "jpg", "q": "80"})


def _resized(url: str, imgix: Mapping[str, str]) -> str:
    """Return a picture's URL with another size and quality; `ixid` and the like are kept."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    kept = {name: value for name, value in given.items() if name not in _SIZES}
    return urlunsplit(parts._replace(query=urlencode({**kept, **imgix})))
