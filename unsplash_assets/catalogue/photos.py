"""The photos of a library on their way: added from answers, chosen by runs, and stored.

Stored photos are looked up in `stored`; the allowed changes of state stand in `model.states`. What
a person decides about single photos is in `curation`, what becomes of stored files in `integrity`,
and what goes to make room in `retention`.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.browsing.finding import found_by
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.events import due_once_stored
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.catalogue.stored import StoredPhotos, chosen_photo
from unsplash_assets.catalogue.tables import change_to
from unsplash_assets.model.photos import ChosenPhoto, Photo, PhotoState, StoredFile
from unsplash_assets.model.states import before
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets.storage.processes import HERE, Machine

POSTPONED_AT_MOST: Final = 5
"""How many runs a photo may fail before it is refused."""

_OF_FILE: Final[dict[str, Any]] = {
    name: sa.bindparam(f"new_{name}")
    for name in ("stored_sequence", "path", "bytes", "width", "height", "sha256")
}

Each = Callable[[Callable[[str], StoredFile | None], Iterable[str]], Iterable[StoredFile | None]]
"""Does something with each of some photos, and returns the results in order."""

UrlOf = Callable[[Mapping[str, str]], str]
"""Picks the URL of a rendition from a photo's URLs."""


class Photos(StoredPhotos):
    """The photos of one library; those that wait or are chosen, of one API."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        api_url: str = UNSPLASH_API_URL,
        machine: Machine = HERE,
    ) -> None:
        """Keep the photos in `database`; `clock` gives seconds since 1970.

        What waits belongs to the API that gave it: another API's pictures are elsewhere.
        """
        super().__init__(database)
        self._clock = clock
        self._api = api_url
        self._runs = Runs(database, clock, machine)

    def add(self, topic: str, photos: Sequence[Photo]) -> frozenset[str]:
        """Put photos not known under any topic on the topic's waiting list; return their ids."""
        with self._db.writing() as connection:
            ids = [photo.id for photo in photos]
            connection.execute(sa.delete(db.photos).where(self._mine, *self._left_behind(ids)))
            query = sa.select(db.photos.c.id).where(self._mine, db.photos.c.id.in_(ids))
            known = set(connection.scalars(query))
            new = [photo for photo in photos if photo.id not in known]
            first = self._db.advance(connection, len(new)) + 1
            rows = [self._row(topic, photo, first + i) for i, photo in enumerate(new)]
            if rows:
                connection.execute(sa.insert(db.photos), rows)
        return frozenset(photo.id for photo in new)

    def waiting(self, topic: str) -> int:
        """Count the photos on a topic's waiting list."""
        query = sa.select(sa.func.count()).where(*self._in_state(topic, PhotoState.WAITING))
        return self._db.number(query)

    def choose(
        self, topic: str, count: int, run_id: str, rendition: str, url_of: UrlOf
    ) -> list[ChosenPhoto]:
        """Give up to `count` photos of the topic to the run, the longest waiting first.

        The count includes photos that the run chose before, and photos left behind by a run that
        has ended. All get their rendition and URL anew.
        """
        with self._db.writing() as connection:
            taken = self._own_and_left(connection, topic, run_id, count)[:count]
            query = sa.select(db.photos).where(*self._in_state(topic, PhotoState.WAITING))
            oldest = query.order_by(db.photos.c.postponed, db.photos.c.arrival)
            taken += connection.execute(oldest.limit(count - len(taken))).all()
            if taken:
                chosen = self._to(PhotoState.CHOSEN, sa.bindparam("of_id"))
                chosen = chosen.values(run_id=run_id, rendition=rendition, url=sa.bindparam("at"))
                rows = [{"of_id": row.id, "at": url_of(row.urls)} for row in taken]
                connection.execute(chosen, rows)
            return self._chosen(connection, topic, run_id)

    def claim(self, photo_id: str, topic: str, run_id: str, rendition: str, url_of: UrlOf) -> bool:
        """Give a photo that waits, or was left behind, to the run, for a topic; return whether."""
        with self._db.writing() as connection:
            known = self._mine, db.photos.c.id == photo_id, db.photos.c.api == self._api
            row = connection.execute(sa.select(db.photos).where(*known)).first()
            others = {row.run_id} - {run_id} if row and row.state == PhotoState.CHOSEN else set()
            if row is None or others & self._runs.live(connection):
                return False
            self._runs.end_leases(connection, others)
            chosen = self._to(PhotoState.CHOSEN, photo_id).values(run_id=run_id, topic=topic)
            chosen = chosen.values(rendition=rendition, url=url_of(row.urls))
            return bool(connection.execute(chosen).rowcount)

    def take_over(self, topic: str, run_id: str, at_most: int = sys.maxsize) -> list[ChosenPhoto]:
        """Return the topic's chosen photos that belong to the run, or that were left behind.

        Of the latter it takes only as many as it has room for, with `at_most` in all.
        """
        with self._db.writing() as connection:
            for row in self._own_and_left(connection, topic, run_id, at_most):
                connection.execute(self._to(PhotoState.CHOSEN, row.id).values(run_id=run_id))
            return self._chosen(connection, topic, run_id)

    def publish(
        self,
        files: Mapping[str, Callable[[], StoredFile | None]],
        run_id: str | None = None,
        each: Each = map,
    ) -> dict[str, StoredFile]:
        """Publish the whole files of photos, by id, and record them, in one transaction.

        Each function gives one file its name; None if that could not be done. `each` calls them,
        perhaps several at a time. Returns what is stored by now: without photos that were banned,
        or that another run has taken over while this one was taken for dead. Nothing of theirs is
        published. Here and in all that a run changes, LeaseLost is raised where its lease is lost.
        """
        if not files:
            return {}
        with self._db.writing() as connection:
            first = self._db.advance(connection, len(files)) + 1
            free = frozenset(connection.scalars(self._may_store(files, run_id)))
            ours = [photo_id for photo_id in files if photo_id in free]
            published = dict(zip(ours, each(lambda one: files[one](), ours), strict=True))
            stored = {photo_id: file for photo_id, file in published.items() if file}
            if stored:
                numbered = enumerate(stored.items(), start=first)
                rows = [_parameters(id_, number, file) for number, (id_, file) in numbered]
                connection.execute(self._storing(), rows)
        return stored

    def release(self, photo_ids: Iterable[str], run_id: str | None = None) -> None:
        """Put chosen photos back on the waiting list, as if they had not been chosen.

        Here and below, with a `run_id`, only those that still belong to that run.
        """
        with self._db.writing() as connection:
            for photo_id in photo_ids:
                waiting = self._back_to_waiting(photo_id).where(*self._not_anothers(run_id))
                connection.execute(waiting.values(run_id=None))

    def postpone(self, reasons: Mapping[str, str], run_id: str | None = None) -> None:
        """Put chosen photos, by id with the reason, at the end of the waiting list.

        A photo that has failed too many runs is refused.
        """
        count, ours = db.photos.c.postponed + 1, self._not_anothers(run_id)
        with self._db.writing() as connection:
            for photo_id, reason in reasons.items():
                values = {"postponed": count, "reason": reason}
                later = self._back_to_waiting(photo_id).where(*ours, count < POSTPONED_AT_MOST)
                if connection.execute(later.values(**values)).rowcount == 0:
                    refused = self._to(PhotoState.REFUSED, photo_id).where(*ours)
                    connection.execute(refused.values(**values))

    def refuse(self, reasons: Mapping[str, str], run_id: str | None = None) -> None:
        """Never ask for these chosen photos again; by id, with the reason."""
        with self._db.writing() as connection:
            for photo_id, reason in reasons.items():
                refused = self._to(PhotoState.REFUSED, photo_id).where(*self._not_anothers(run_id))
                connection.execute(refused.values(reason=reason))

    def _may_store(self, ids: Iterable[str], run_id: str | None) -> sa.Select[Any]:
        photos = db.photos.c
        may = photos.state.in_(before(PhotoState.STORED)), *self._not_anothers(run_id)
        query = sa.select(photos.id).where(self._mine, photos.id.in_(list(ids)), *may)
        return query.with_for_update()

    def _storing(self) -> sa.Update:
        """Return the statement that records a file; see `_parameters`."""
        now, stored = self._clock(), self._to(PhotoState.STORED, sa.bindparam("of_id"))
        return stored.values(**_OF_FILE, stored_at=now, event_due_at=due_once_stored(now))

    def _not_anothers(self, run_id: str | None) -> Iterable[sa.ColumnElement[bool]]:
        """Match photos that no other run has taken over: chosen or stored."""
        taken = db.photos.c.state.in_((PhotoState.CHOSEN, PhotoState.STORED))
        return () if run_id is None else (~taken | (db.photos.c.run_id == run_id),)

    def _row(self, topic: str, photo: Photo, arrival: int) -> dict[str, Any]:
        values = asdict(photo)
        del values["width"], values["height"]  # the original's; the file has its own
        return {
            **values,
            "mode": self._db.mode,
            "api": self._api,
            "topic": topic,
            "state": PhotoState.WAITING,
            "arrival": arrival,
            "postponed": 0,
            **found_by(topic, photo),
        }

    def _to(self, state: PhotoState, photo_id: str | sa.BindParameter[str]) -> sa.Update:
        return change_to(state, self._mine, db.photos.c.id == photo_id)

    def _back_to_waiting(self, photo_id: str) -> sa.Update:
        """Return the change of a chosen photo; a banned one may wait again too, but not so."""
        is_chosen = db.photos.c.state == PhotoState.CHOSEN
        return self._to(PhotoState.WAITING, photo_id).where(is_chosen)

    def _own_and_left(
        self, connection: sa.Connection, topic: str, run_id: str, at_most: int
    ) -> list[sa.Row[Any]]:
        """Return the run's chosen photos, and those of ended runs that there is room for."""
        query = sa.select(db.photos).where(*self._in_state(topic, PhotoState.CHOSEN))
        rows = connection.execute(query.order_by(db.photos.c.arrival)).all()
        live = self._runs.live(connection) if rows else frozenset()
        own = [row for row in rows if row.run_id == run_id]
        left = [row for row in rows if row.run_id not in live | {run_id}]
        left = left[: max(0, at_most - len(own))]
        self._runs.end_leases(connection, {row.run_id for row in left})
        return own + left

    def _chosen(self, connection: sa.Connection, topic: str, run_id: str) -> list[ChosenPhoto]:
        owned = (*self._in_state(topic, PhotoState.CHOSEN), db.photos.c.run_id == run_id)
        query = sa.select(db.photos).where(*owned).order_by(db.photos.c.arrival)
        return [chosen_photo(row) for row in connection.execute(query)]

    def _in_state(self, topic: str, state: PhotoState) -> Iterable[sa.ColumnElement[bool]]:
        photos = db.photos.c
        return self._mine, photos.topic == topic, photos.state == state, photos.api == self._api

    def _left_behind(self, ids: Sequence[str]) -> Iterable[sa.ColumnElement[bool]]:
        """Match photos that wait for another API, and that this one gives too."""
        is_waiting = db.photos.c.state == PhotoState.WAITING
        return db.photos.c.id.in_(ids), is_waiting, db.photos.c.api.is_distinct_from(self._api)


def _parameters(photo_id: str, number: int, file: StoredFile) -> dict[str, Any]:
    values = {**asdict(file), "stored_sequence": number}
    return {"of_id": photo_id, **{f"new_{name}": value for name, value in values.items()}}
