"""All photos of a kind, one by one, for a list; those that come next; and one by its id."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import BAD, WITH_FILE

Kind = Literal["all", "favourites", "banned", "damaged"]

_READ_AT_ONCE: Final = 500  # photos
_STATES: Final[dict[Kind, tuple[PhotoState, ...]]] = {
    "all": WITH_FILE,
    "favourites": WITH_FILE,
    "damaged": BAD,
    "banned": (PhotoState.BANNED,),
}


@dataclass(frozen=True)
class ListedPhoto:
    """A photo of a list. One that was banned before it was known has little more than an id."""

    id: str
    topic: str
    state: PhotoState
    favourite: bool
    path: str | None
    photographer: str
    description: str | None
    page_url: str
    stored_at: float | None
    """Seconds since 1970."""


@contextmanager
def listed(
    database: Database, kind: Kind = "all", topic: str | None = None
) -> Iterator[Iterator[ListedPhoto]]:
    """Read the photos of a kind, the oldest first; few are in memory at once."""
    photos = db.photos.c
    query = sa.select(db.photos).where(
        photos.mode == database.mode, photos.state.in_(_STATES[kind])
    )
    if kind == "favourites":
        query = query.where(photos.favourite)
    if topic is not None:
        query = query.where(photos.topic == topic)
    in_order = query.order_by(photos.stored_sequence, photos.id)
    with database.reading() as connection:
        rows = connection.execution_options(yield_per=_READ_AT_ONCE).execute(in_order)
        yield (_listed(row) for row in rows)


def find(database: Database, photo_id: str, api_url: str) -> ListedPhoto | None:
    """Return what is known of a photo; one that waits for another API counts as not known."""
    photos = db.photos.c
    is_elsewhere = (photos.state == PhotoState.WAITING) & photos.api.is_distinct_from(api_url)
    query = sa.select(db.photos).where(photos.mode == database.mode, photos.id == photo_id)
    with database.reading() as connection:
        row = connection.execute(query.where(~is_elsewhere)).first()
    return _listed(row) if row else None


def upcoming(
    database: Database, runs: Runs, api_url: str, topic: str, count: int
) -> list[ListedPhoto]:
    """Return the photos that the topic's next run would choose; it has them without a request.

    Those that runs have left behind come first, as they do then.
    """
    photos = db.photos.c
    of_topic = photos.mode == database.mode, photos.topic == topic, photos.api == api_url
    in_order = sa.select(db.photos).order_by(photos.postponed, photos.arrival)
    with database.reading() as connection:
        chosen = in_order.where(*of_topic, photos.state == PhotoState.CHOSEN)
        live = runs.live(connection)
        rows = [row for row in connection.execute(chosen) if row.run_id not in live][:count]
        waiting = in_order.where(*of_topic, photos.state == PhotoState.WAITING)
        rows += connection.execute(waiting.limit(count - len(rows))).all()
    return [_listed(row) for row in rows]


def _listed(row: sa.Row[Any]) -> ListedPhoto:
    return ListedPhoto(
        id=row.id,
        topic=row.topic,
        state=PhotoState(row.state),
        favourite=bool(row.favourite),
        path=None if row.state == PhotoState.BANNED else row.path,
        photographer=row.photographer,
        description=row.alt_description or row.description,
        page_url=row.page_url,
        stored_at=row.stored_at,
    )
