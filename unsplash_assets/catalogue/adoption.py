"""Records photos whose files were found, in a catalogue that is made anew from them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.browsing.finding import found_by
from unsplash_assets.catalogue.database import Database
from unsplash_assets.model.photos import PhotoState, StoredPhoto

_MINUTE: Final = 60.0  # seconds; no library has stored more than one photo in each since 1970


def adopt(
    database: Database,
    photos: Sequence[StoredPhoto],
    identity: str | None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Record photos in the successor of the catalogue with this identity.

    The numbers of its photos begin beyond any that one had, so who has seen its photos sees the
    next too.
    """
    begun: dict[str, Any] = {"sequence": int(clock() // _MINUTE)}
    if identity:
        begun["identity"] = identity
    mine = db.libraries.c.mode == database.mode
    with database.writing() as connection:
        connection.execute(sa.update(db.libraries).where(mine).values(**begun))
        first = database.advance(connection, len(photos)) + 1
        rows = [_row(database, photo, first + i) for i, photo in enumerate(photos)]
        if rows:
            connection.execute(sa.insert(db.photos), rows)


def _row(database: Database, photo: StoredPhoto, number: int) -> dict[str, Any]:
    """Return the row of a photo that is known by its file alone; its event was sent."""
    values = {**asdict(photo), "alt_description": photo.description, "description": None}
    numbers = {"arrival": number, "stored_sequence": number, "postponed": 0}
    values |= found_by(photo.topic, photo)
    return {**values, **numbers, "mode": database.mode, "state": PhotoState.STORED, "urls": {}}
