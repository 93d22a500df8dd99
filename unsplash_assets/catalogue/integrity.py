"""The integrity of stored files: which are whole, damaged, or lost for good.

`library.verification` finds out what a file is now, `library.repair` downloads it again. Both
record it here, each in one transaction with a last look at the file, so that neither takes a file
for damaged, or for whole, that another process has just replaced.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.stored import bad_photo
from unsplash_assets.catalogue.tables import change_to
from unsplash_assets.errors import LibraryError
from unsplash_assets.model.backoff import backoff
from unsplash_assets.model.photos import BadPhoto, FileRecord, PhotoState, StoredFile
from unsplash_assets.model.states import BAD, WITH_FILE
from unsplash_assets.storage.names import SQLITE_ENDINGS, photo_id_of
from unsplash_assets.storage.stores.base import FileState, Store

AT_ONCE: Final = 500  # photos

_COLUMNS: Final = ("id", "path", "sha256", "bytes", "state", "seen")
_RECORDS: Final = sa.select(*(db.photos.c[name] for name in _COLUMNS))
_WHOLE: Final = {"reason": None, "repair_due_at": None, "postponed": 0}


@dataclass(frozen=True)
class Verdict:
    """What a file was found to be."""

    record: FileRecord
    state: FileState | None
    """None where there is no file."""
    fault: str | None
    """What is wrong with it; None if it is whole."""


@dataclass(frozen=True)
class Recorded:
    """The verdicts that hold, and the records to judge again because something has changed."""

    held: list[Verdict]
    changed: list[FileRecord]


class Integrity:
    """The integrity of one library's files."""

    def __init__(
        self, database: Database, store: Store, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep in `database` what is known about `store`; `clock` gives seconds since 1970."""
        self._db = database
        self._store = store
        self._clock = clock
        self._mine = db.photos.c.mode == database.mode

    def count(self) -> int:
        """Count the files that should exist."""
        query = sa.select(sa.func.count()).where(self._mine, db.photos.c.state.in_(WITH_FILE))
        return self._db.number(query)

    def records(self) -> Iterator[list[FileRecord]]:
        """Yield the records of all files that should exist, a few at a time.

        Each batch is read when it is needed, because others may be at work.
        """
        photos, last = db.photos.c, ""
        while True:
            some = _RECORDS.where(self._mine, photos.state.in_(WITH_FILE), photos.id > last)
            with self._db.reading() as connection:
                rows = connection.execute(some.order_by(photos.id).limit(AT_ONCE)).all()
            if not rows:
                return
            yield [FileRecord(*row) for row in rows]
            last = rows[-1].id

    def record(self, verdicts: Sequence[Verdict]) -> Recorded:
        """Record which files are damaged, and which are whole after all.

        A verdict counts only if file and row are still as they were judged. Photos that no longer
        have a file, as after a ban, are skipped.
        """
        recorded = Recorded([], [])
        with self._db.writing() as connection:
            for verdict in verdicts:
                record = verdict.record
                now = self._locked(connection, record.photo_id)
                if now is None:
                    continue
                if (now.path, now.sha256) != (record.path, record.sha256) or self._moved(verdict):
                    recorded.changed.append(now)
                    continue
                recorded.held.append(verdict)
                if not verdict.fault:
                    self._change(connection, PhotoState.STORED, now.photo_id, **_WHOLE)
                elif now.state == PhotoState.STORED:
                    due = {"repair_due_at": self._clock(), "postponed": 0, "reason": verdict.fault}
                    self._change(connection, PhotoState.DAMAGED, now.photo_id, **due)
        return recorded

    def note(self, verdicts: Sequence[Verdict]) -> None:
        """Note how whole files that were read can be told from others without reading them."""
        whole = [each for each in verdicts if each.state and not each.fault]
        marks = {each.record: self._store.mark(each.state.stamp) for each in whole if each.state}
        new = [
            {"photo": record.photo_id, "digest": record.sha256, "mark": mark}
            for record, mark in marks.items()
            if mark != record.seen
        ]
        photos = db.photos.c
        same = photos.id == sa.bindparam("photo"), photos.sha256 == sa.bindparam("digest")
        if new:
            with self._db.writing() as connection:
                seen = sa.update(db.photos).where(self._mine, *same)
                connection.execute(seen.values(seen=sa.bindparam("mark")), new)

    def unclaimed(self, paths: Sequence[str]) -> list[str]:
        """Return the paths that no photo of either mode has, or is about to get."""
        photos, ids = db.photos.c, {path: photo_id_of(path.rpartition("/")[2]) for path in paths}
        query = sa.select(photos.id, photos.state, photos.path).where(
            photos.mode.in_(("live", "demo")), photos.id.in_(set(ids.values()) - {None})
        )
        with self._db.reading() as connection:
            rows = connection.execute(query).all()
        claims: dict[str, list[Any]] = {}
        for row in rows:
            claims.setdefault(row.id, []).append(row)
        return [
            path
            for path, photo_id in ids.items()
            if not self._is_catalogues(path)
            and not any(self._claims(row, path) for row in claims.get(photo_id or "", ()))
        ]

    def bad(self, photo_ids: Sequence[str]) -> list[BadPhoto]:
        """Return the photos that are damaged or lost."""
        photos = db.photos.c
        return self._bad(photos.state.in_(BAD), photos.id.in_(photo_ids))

    def due(self, topic: str, at_most: int) -> list[BadPhoto]:
        """Return photos that a run may repair now, those of its topic first; no lost ones."""
        others_later = sa.case((db.photos.c.topic == topic, 0), else_=1)
        return self._bad(*self._is_due(), order=[others_later], at_most=at_most)

    def topics_due(self) -> frozenset[str]:
        """Return the topics that have photos to repair now."""
        query = sa.select(db.photos.c.topic).distinct().where(self._mine, *self._is_due())
        with self._db.reading() as connection:
            return frozenset(connection.scalars(query))

    def replace(self, photo: BadPhoto, publish: Callable[[], StoredFile]) -> bool:
        """Replace a bad file by a new, whole one from the photo's URL; return whether it was done.

        `publish` gives the new file its name. That is not done where the photo has a whole file by
        now, or no longer needs one. The photo does not count as newly stored, and has no second
        download event.
        """
        with self._db.writing() as connection:
            now = self._locked(connection, photo.id)
            if now is None or now.state not in BAD:
                return False
            file = publish()
            if now.path != file.path and not self._is_others(connection, photo.id, now.path):
                with suppress(LibraryError):  # it stays, as an unknown file
                    self._store.delete(now.path, now.bytes)
            values = {**asdict(file), **_WHOLE, "url": photo.url, "rendition": photo.rendition}
            self._change(connection, PhotoState.STORED, photo.id, **values)
        return True

    def postpone(self, photo_id: str, reason: str) -> None:
        """Let runs try a repair again later, each time after twice the wait."""
        photos = db.photos.c
        damaged = (self._mine, photos.id == photo_id, photos.state == PhotoState.DAMAGED)
        with self._db.writing() as connection:
            tries = connection.scalar(sa.select(photos.postponed).where(*damaged))
            if tries is not None:
                later = sa.update(db.photos).where(*damaged)
                due_at = self._clock() + backoff(tries)
                values = {"postponed": tries + 1, "repair_due_at": due_at, "reason": reason}
                connection.execute(later.values(**values))

    def lose(self, photo_id: str, reason: str) -> None:
        """Record that Unsplash no longer has a bad file's photo; runs do not ask for it again."""
        with self._db.writing() as connection:
            self._change(connection, PhotoState.LOST, photo_id, reason=reason)

    def _locked(self, connection: sa.Connection, photo_id: str) -> FileRecord | None:
        """Return the record of a photo's file, and keep others from changing it."""
        photos = db.photos.c
        query = _RECORDS.where(self._mine, photos.id == photo_id, photos.state.in_(WITH_FILE))
        row = connection.execute(query.with_for_update()).first()
        return FileRecord(*row) if row else None

    def _is_due(self) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        photos = db.photos.c
        due_at = sa.func.coalesce(photos.repair_due_at, 0)
        return photos.state == PhotoState.DAMAGED, due_at <= self._clock()

    def _bad(
        self,
        *where: sa.ColumnElement[bool],
        order: Sequence[sa.ColumnElement[int]] = (),
        at_most: int | None = None,
    ) -> list[BadPhoto]:
        query = sa.select(db.photos).where(self._mine, *where)
        query = query.order_by(*order, db.photos.c.repair_due_at).limit(at_most)
        with self._db.reading() as connection:
            return [bad_photo(row) for row in connection.execute(query)]

    def _moved(self, verdict: Verdict) -> bool:
        """Whether a file is no longer the one that was judged."""
        before = verdict.state and verdict.state.stamp
        return self._store.stamp(verdict.record.path) != before

    def _claims(self, row: sa.Row[Any], path: str) -> bool:
        """Whether a photo's row explains a file of that photo."""
        if row.state == PhotoState.CHOSEN:  # a run is about to record it, or was killed
            return True
        if row.state not in {*WITH_FILE, PhotoState.PRUNING}:
            return False
        return bool(row.path == path or self._store.is_same(row.path, path))

    def _is_catalogues(self, path: str) -> bool:
        """Whether a file is the catalogue's, stored here under another name."""
        file = self._db.file
        return file is not None and any(
            self._store.is_at(path, file.with_name(file.name + ending)) for ending in SQLITE_ENDINGS
        )

    def _is_others(self, connection: sa.Connection, photo_id: str, path: str) -> bool:
        """Whether the other mode uses a path too: demo and live may share a folder."""
        photos = db.photos.c
        theirs = (~self._mine, photos.id == photo_id, photos.state.in_(WITH_FILE))
        query = sa.select(photos.id).where(*theirs, photos.path == path)
        return connection.scalar(query) is not None

    def _change(
        self, connection: sa.Connection, state: PhotoState, photo_id: str, **values: object
    ) -> None:
        change = change_to(state, self._mine, db.photos.c.id == photo_id)
        connection.execute(change.values(**values))
