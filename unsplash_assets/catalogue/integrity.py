"""What is known of the files that were stored once: which are whole, damaged, or lost for good.

What a file is now is for `verification` to see, another download for `repairing`. Here is what
they write down, each in one transaction with a last look at the file, so that neither takes a
file for damaged, or for whole, that another process has just replaced.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import WITH_FILE, chosen_values
from unsplash_assets.errors import LibraryError
from unsplash_assets.model.photos import BadPhoto, StoredFile
from unsplash_assets.storage.folder import Folder, Look, TemporaryFile
from unsplash_assets.storage.names import SQLITE_ENDINGS, RelativePath, photo_id_of

AT_ONCE: Final = 500  # photos

_BAD: Final = ("damaged", "lost")
_FIRST_WAIT: Final = 60.0  # seconds until a run may try a repair again; doubled each time
_LONGEST_WAIT: Final = 86_400.0
_DOUBLED_AT_MOST: Final = 11

_RECORDS: Final = sa.select(
    db.photos.c.id, db.photos.c.path, db.photos.c.sha256, db.photos.c.bytes, db.photos.c.state
)
_WHOLE: Final = {"state": "stored", "reason": None, "repair_due_at": None, "postponed": 0}


@dataclass(frozen=True)
class FileRecord:
    """What the catalogue says of one file."""

    photo_id: str
    path: str
    sha256: str
    bytes: int
    state: str


@dataclass(frozen=True)
class Verdict:
    """What a file was found to be."""

    record: FileRecord
    look: Look | None
    """None where there is no file."""
    fault: str | None
    """What is wrong with it; None if it is whole."""


@dataclass(frozen=True)
class Written:
    """The verdicts that hold, and what is to be judged anew, for it is not what it was."""

    held: list[Verdict]
    changed: list[FileRecord]


class Integrity:
    """The files of one library, as far as they are whole."""

    def __init__(
        self, database: Database, folder: Folder, clock: Callable[[], float] = time.time
    ) -> None:
        """Keep in `database` what is known of `folder`; `clock` gives seconds since 1970."""
        self._db = database
        self._folder = folder
        self._clock = clock
        self._mine = db.photos.c.mode == database.mode

    def count(self) -> int:
        """Count the files that there should be."""
        query = sa.select(sa.func.count()).where(self._mine, db.photos.c.state.in_(WITH_FILE))
        with self._db.reading() as connection:
            return int(connection.scalar(query) or 0)

    def records(self) -> Iterator[list[FileRecord]]:
        """Yield what is known of every file that there should be, a few at a time.

        Each time as it is then, for others may be at work.
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

    def write_down(self, verdicts: Sequence[Verdict]) -> Written:
        """Write down which files are damaged, and which are whole after all.

        Only of files that are as they were when they were judged, in records that are. Photos
        that have no file any more, as after a ban, are passed over.
        """
        written = Written([], [])
        with self._db.writing() as connection:
            for verdict in verdicts:
                record = verdict.record
                now = self._record(connection, record.photo_id)
                if now is None:
                    continue
                if (now.path, now.sha256) != (record.path, record.sha256) or self._moved(verdict):
                    written.changed.append(now)
                    continue
                written.held.append(verdict)
                if not verdict.fault:
                    self._update(connection, now.photo_id, **_WHOLE)
                elif now.state == "stored":
                    values = {"state": "damaged", "repair_due_at": self._clock(), "postponed": 0}
                    self._update(connection, now.photo_id, reason=verdict.fault, **values)
        return written

    def unclaimed(self, paths: Sequence[str]) -> list[str]:
        """Return the paths that no photo has, whatever its mode, and that none is about to get."""
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
        """Return those of the photos that are damaged or lost."""
        photos = db.photos.c
        return self._bad(photos.state.in_(_BAD), photos.id.in_(photo_ids))

    def due(self, topic: str, at_most: int) -> list[BadPhoto]:
        """Return photos of a topic that a run may repair now; lost ones are not asked for."""
        photos = db.photos.c
        damaged = (photos.topic == topic, photos.state == "damaged")
        return self._bad(
            *damaged, sa.func.coalesce(photos.repair_due_at, 0) <= self._clock(), at_most=at_most
        )

    def replace(
        self, photo: BadPhoto, temporary: TemporaryFile, name: RelativePath, file: StoredFile
    ) -> bool:
        """Let a new, whole file take the place of a bad one, and say whether it did.

        Not where the photo has a whole file by now, or is to have none any more. To the rest of
        the world the photo stays what it was: not newly stored, and its download event told.
        """
        with self._db.writing() as connection:
            now = self._record(connection, photo.id)
            if now is None or now.state not in _BAD:
                return False
            self._folder.publish(temporary, name)
            if now.path != name and not self._is_others(connection, photo.id, now.path):
                with suppress(LibraryError):  # it stays then, as an unknown file
                    self._folder.delete(now.path)
            self._update(connection, photo.id, **asdict(file), **_WHOLE)
        return True

    def postpone(self, photo_id: str, reason: str) -> None:
        """Let runs try a repair again later, each time after twice as long."""
        photos = db.photos.c
        damaged = (self._mine, photos.id == photo_id, photos.state == "damaged")
        with self._db.writing() as connection:
            tries = connection.scalar(sa.select(photos.postponed).where(*damaged))
            if tries is not None:
                wait = min(_FIRST_WAIT * 2 ** min(tries, _DOUBLED_AT_MOST), _LONGEST_WAIT)
                values = {"postponed": tries + 1, "repair_due_at": self._clock() + wait}
                self._update(connection, photo_id, reason=reason, **values)

    def lose(self, photo_id: str, reason: str) -> None:
        """Write down that a bad file's photo is not to be had any more; only people may ask."""
        with self._db.writing() as connection:
            now = self._record(connection, photo_id)
            if now is not None and now.state in _BAD:
                self._update(connection, photo_id, state="lost", reason=reason)

    def _record(self, connection: sa.Connection, photo_id: str) -> FileRecord | None:
        """Return what is known of a photo's file, and keep others from changing it."""
        photos = db.photos.c
        query = _RECORDS.where(self._mine, photos.id == photo_id, photos.state.in_(WITH_FILE))
        row = connection.execute(query.with_for_update()).first()
        return row and FileRecord(*row)

    def _bad(self, *where: sa.ColumnElement[bool], at_most: int | None = None) -> list[BadPhoto]:
        query = sa.select(db.photos).where(self._mine, *where).order_by(db.photos.c.repair_due_at)
        with self._db.reading() as connection:
            rows = connection.execute(query.limit(at_most)).all()
        return [BadPhoto(**chosen_values(row), path=row.path) for row in rows]

    def _moved(self, verdict: Verdict) -> bool:
        """Whether a file is another than the one that was judged."""
        before = verdict.look and verdict.look.stamp
        return self._folder.stamp(verdict.record.path) != before

    def _claims(self, row: sa.Row[Any], path: str) -> bool:
        """Whether a photo's row is why a file of that photo is there."""
        if row.state == "chosen":  # a run is about to write down what it stored, or was killed
            return True
        if row.state not in {*WITH_FILE, "pruning"}:
            return False
        return bool(row.path == path or self._folder.is_same(row.path, path))

    def _is_catalogues(self, path: str) -> bool:
        """Whether a file is the catalogue's, where that lies here under a name of its own."""
        file = self._db.file
        return file is not None and self._folder.path(path) in {
            file.with_name(file.name + ending) for ending in SQLITE_ENDINGS
        }

    def _is_others(self, connection: sa.Connection, photo_id: str, path: str) -> bool:
        """Whether a path is also the other mode's, for demo and live may share a folder."""
        photos = db.photos.c
        theirs = (~self._mine, photos.id == photo_id, photos.state.in_(WITH_FILE))
        query = sa.select(photos.id).where(*theirs, photos.path == path)
        return connection.scalar(query) is not None

    def _update(self, connection: sa.Connection, photo_id: str, **values: object) -> None:
        row = sa.update(db.photos).where(self._mine, db.photos.c.id == photo_id)
        connection.execute(row.values(**values))
