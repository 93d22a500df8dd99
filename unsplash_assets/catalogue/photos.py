"""What is known of every photo, and the moves from one state to the next.

    waiting ──choose──> chosen ──store──> stored <──────> damaged ──> lost
       ^                  │                      a later      Unsplash has
       └────postpone──────┴──refuse──> refused   proof        it no more

    stored, damaged or lost ──UNSPLASH_KEEP──> pruning ──its file is gone──> pruned
    any of these, or a photo that is not known yet ──ban──> banned, and no way back from here

A chosen photo belongs to the run that chose it for as long as that run lives; then any run of
the topic may take it over. Which URL a choice gets is `selection`'s, files are `files`',
what a person decides of single photos, such as a ban, is in `curation`, what becomes of files
that were stored once in `damage`, and what goes to make room in `retention`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.model.photos import ChosenPhoto, StoredFile, StoredPhoto
from unsplash_assets.unsplash.models import Photo

POSTPONED_AT_MOST: Final = 5
"""How often a photo may fail for a whole run before it is refused."""

WITH_FILE: Final = ("stored", "damaged", "lost")
"""The states of photos that have a path: a file, or one that should be there."""

_READ_AT_ONCE: Final = 500  # photos
_GIVEN_UP: Final = ("banned", "pruning", "pruned")

UrlOf = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Added:
    """What became of the photos of one answer."""

    new_ids: frozenset[str]
    known: int


@dataclass(frozen=True)
class TopicCounts:
    """How many photos of a topic are in which state, and the bytes of those stored.

    Those that are lost are among the damaged.
    """

    topic: str
    waiting: int = 0
    stored: int = 0
    damaged: int = 0
    bytes: int = 0


class Photos:
    """The photos of one library."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        """Keep the photos in `database`; `clock` gives seconds since 1970."""
        self._db = database
        self._clock = clock
        self._runs = Runs(database, clock)
        self._mine = db.photos.c.mode == database.mode

    def add(self, topic: str, photos: Sequence[Photo]) -> Added:
        """Put the photos not yet known, under any topic, on the topic's waiting list."""
        with self._db.writing() as connection:
            ids = [photo.id for photo in photos]
            query = sa.select(db.photos.c.id).where(self._mine, db.photos.c.id.in_(ids))
            known = set(connection.scalars(query))
            new = [photo for photo in photos if photo.id not in known]
            first = self._db.advance(connection, len(new)) + 1
            rows = [self._row(topic, photo, first + i) for i, photo in enumerate(new)]
            if rows:
                connection.execute(sa.insert(db.photos), rows)
        return Added(frozenset(photo.id for photo in new), known=len(photos) - len(new))

    def waiting(self, topic: str) -> int:
        """Count the photos on a topic's waiting list."""
        query = sa.select(sa.func.count()).where(self._mine, *_in_state(topic, "waiting"))
        with self._db.reading() as connection:
            return int(connection.scalar(query) or 0)

    def choose(
        self, topic: str, count: int, run_id: str, rendition: str, url_of: UrlOf
    ) -> list[ChosenPhoto]:
        """Make up to `count` photos of the topic the run's own, the longest waiting first.

        Those that the run has chosen already count, as do those that a run which is gone left
        behind. All get their rendition and URL anew.
        """
        with self._db.writing() as connection:
            taken = self._free_chosen(connection, topic, run_id)[:count]
            query = sa.select(db.photos).where(self._mine, *_in_state(topic, "waiting"))
            oldest = query.order_by(db.photos.c.postponed, db.photos.c.arrival)
            taken += connection.execute(oldest.limit(count - len(taken))).all()
            for row in taken:
                url = url_of(row.urls)
                values = {"state": "chosen", "run_id": run_id, "rendition": rendition, "url": url}
                connection.execute(self._update(row.id).values(**values))
            return self._chosen(connection, topic, run_id)

    def take_over(self, topic: str, run_id: str) -> list[ChosenPhoto]:
        """Return the topic's chosen photos that are the run's, or were left behind."""
        with self._db.writing() as connection:
            for row in self._free_chosen(connection, topic, run_id):
                connection.execute(self._update(row.id).values(run_id=run_id))
            return self._chosen(connection, topic, run_id)

    def store(self, files: Mapping[str, StoredFile]) -> list[str]:
        """Write down that photos, by their id, have their whole files.

        Returns the ids of those that were banned meanwhile: no row claims their files.
        """
        unclaimed: list[str] = []
        if not files:
            return unclaimed
        with self._db.writing() as connection:
            sequence = self._db.advance(connection, len(files))
            for number, (photo_id, file) in enumerate(files.items(), start=sequence + 1):
                now = self._clock()
                values = {**asdict(file), "stored_at": now, "stored_sequence": number}
                due = _event_due_at(now)
                stored = self._update(photo_id).values(state="stored", event_due_at=due, **values)
                if connection.execute(stored).rowcount == 0:
                    unclaimed.append(photo_id)
        return unclaimed

    def release(self, photo_ids: Iterable[str]) -> None:
        """Put chosen photos back on the waiting list, as if they had not been chosen."""
        with self._db.writing() as connection:
            for photo_id in photo_ids:
                released = self._update(photo_id).where(db.photos.c.state == "chosen")
                connection.execute(released.values(state="waiting", run_id=None))

    def postpone(self, reasons: Mapping[str, str]) -> None:
        """Put photos, by id with the reason, at the end of the waiting list; refuse the worn."""
        worn = db.photos.c.postponed + 1 >= POSTPONED_AT_MOST
        state = sa.case((worn, "refused"), else_="waiting")
        with self._db.writing() as connection:
            for photo_id, reason in reasons.items():
                later = self._update(photo_id).values(
                    state=state, postponed=db.photos.c.postponed + 1, reason=reason
                )
                connection.execute(later)

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Never ask for these photos again; by id, with the reason."""
        with self._db.writing() as connection:
            for photo_id, reason in reasons.items():
                connection.execute(self._update(photo_id).values(state="refused", reason=reason))

    def stored_by(self, run_id: str) -> list[StoredPhoto]:
        """Return the photos that a run has stored, in order."""
        return self._stored(db.photos.c.run_id == run_id)

    def stored_count(self, run_id: str) -> int:
        """Count the photos that a run has stored."""
        photos = db.photos.c
        query = sa.select(sa.func.count()).where(self._mine, photos.run_id == run_id)
        with self._db.reading() as connection:
            return int(connection.scalar(query.where(photos.state == "stored")) or 0)

    def newest_stored(self, topic: str) -> StoredPhoto | None:
        """Return the topic's newest stored photo."""
        found = self._stored(db.photos.c.topic == topic, newest=1)
        return found[0] if found else None

    def stored_after(self, sequence: int, newest: int) -> list[StoredPhoto]:
        """Return the newest stored photos beyond a sequence number, in order."""
        return self._stored(db.photos.c.stored_sequence > sequence, newest=newest)

    @contextmanager
    def all_stored(self) -> Iterator[Iterator[StoredPhoto]]:
        """Read every stored photo, in order, as they are at one moment; few are in memory at once.

        Photos may be stored meanwhile; they are not among these.
        """
        query = sa.select(db.photos).where(self._mine, db.photos.c.state == "stored")
        in_order = query.order_by(db.photos.c.stored_sequence)
        with self._db.reading() as connection:
            rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(in_order)
            yield (_stored_photo(row) for row in rows)

    def newest_sequence(self) -> int:
        """Return the sequence number of the newest stored photo, or 0."""
        query = sa.select(sa.func.max(db.photos.c.stored_sequence)).where(self._mine)
        with self._db.reading() as connection:
            return int(connection.scalar(query) or 0)

    def counts(self) -> dict[str, TopicCounts]:
        """Count the photos of every topic that has any; those that are banned do not count."""
        photos = db.photos.c
        counted = (self._mine, photos.state != "banned")
        size = sa.func.coalesce(sa.func.sum(photos.bytes), 0)
        query = sa.select(
            photos.topic, photos.state, sa.func.count().label("n"), size.label("size")
        )
        with self._db.reading() as connection:
            rows = connection.execute(
                query.where(*counted).group_by(photos.state, photos.topic)
            ).all()
        found: dict[str, dict[str, int]] = {}
        for row in rows:
            topic = found.setdefault(row.topic, {})
            state = "damaged" if row.state == "lost" else row.state
            if state in {"waiting", "stored", "damaged"}:
                topic[state] = topic.get(state, 0) + row.n
            if row.state == "stored":
                topic["bytes"] = row.size
        return {topic: TopicCounts(topic, **numbers) for topic, numbers in found.items()}

    def _row(self, topic: str, photo: Photo, arrival: int) -> dict[str, Any]:
        values = asdict(photo)
        width, height = values.pop("width"), values.pop("height")
        return {
            **values,
            "original_width": width,
            "original_height": height,
            "mode": self._db.mode,
            "topic": topic,
            "state": "waiting",
            "arrival": arrival,
            "postponed": 0,
            "fetched_at": self._clock(),
        }

    def _update(self, photo_id: str) -> sa.Update:
        photos = db.photos.c
        return sa.update(db.photos).where(
            self._mine, photos.id == photo_id, photos.state.not_in(_GIVEN_UP)
        )

    def _free_chosen(self, connection: sa.Connection, topic: str, run_id: str) -> list[sa.Row[Any]]:
        query = sa.select(db.photos).where(self._mine, *_in_state(topic, "chosen"))
        rows = connection.execute(query.order_by(db.photos.c.arrival)).all()
        others = self._runs.live(connection) - {run_id} if rows else frozenset()
        return [row for row in rows if row.run_id not in others]

    def _chosen(self, connection: sa.Connection, topic: str, run_id: str) -> list[ChosenPhoto]:
        owned = (*_in_state(topic, "chosen"), db.photos.c.run_id == run_id)
        query = sa.select(db.photos).where(self._mine, *owned).order_by(db.photos.c.arrival)
        return [ChosenPhoto(**chosen_values(row)) for row in connection.execute(query)]

    def _stored(
        self, *where: sa.ColumnElement[bool], newest: int | None = None
    ) -> list[StoredPhoto]:
        photos = db.photos.c
        query = sa.select(db.photos).where(self._mine, photos.state == "stored", *where)
        query = query.order_by(photos.stored_sequence.desc()).limit(newest)
        with self._db.reading() as connection:
            rows = connection.execute(query).all()
        return [_stored_photo(row) for row in reversed(rows)]


def _event_due_at(now: float) -> sa.ColumnElement[float | None]:
    """Make the download event of a stored photo due, unless it has one behind it."""
    photos = db.photos.c
    settled = photos.event_sent_at.is_not(None) | photos.event_error.is_not(None)
    is_none = settled | photos.download_location.is_(None)
    return sa.case((is_none, sa.null()), else_=sa.func.coalesce(photos.event_due_at, now))


def _in_state(topic: str, state: str) -> Iterable[sa.ColumnElement[bool]]:
    return db.photos.c.topic == topic, db.photos.c.state == state


def chosen_values(row: sa.Row[Any]) -> dict[str, Any]:
    """Return what a photo's row tells a `ChosenPhoto`."""
    names = (
        "id", "topic", "rendition", "url", "photographer", "photographer_url", "page_url", "color",
    )  # fmt: skip
    values = {name: getattr(row, name) for name in names}
    return {**values, "description": row.alt_description or row.description}


def _stored_photo(row: sa.Row[Any]) -> StoredPhoto:
    names = ("path", "bytes", "width", "height", "sha256", "stored_at", "stored_sequence")
    return StoredPhoto(**chosen_values(row), **{name: getattr(row, name) for name in names})
