"""Decides what to show next: each new picture once, none from before, few at a time; the page once.

The cursor holds the catalogue's identity and a number of its own sequence, so a new library, or one
that was started anew, begins afresh. It is all that survives a restart. `programs` opens pictures.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredPhoto

AWAY_AFTER: Final = 120.0
"""Seconds without a look; what arrived during a longer absence is not shown."""

_NEVER: Final = 0.0


@dataclass(frozen=True)
class Cursor:
    """How far somebody has looked through the stored pictures of a catalogue."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    catalogue: str
    """The catalogue's identity."""
    sequence: int
    """The newest stored picture that was seen."""
    looked_at: float
    """The last look for new pictures, seconds since 1970; `_NEVER` makes the next start afresh."""
    pages: tuple[str, ...] = ()
    """The identities of the catalogues whose page was opened."""

    def to_text(self) -> str:
        """Return what `from_text` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Cursor | None":
        """Read a cursor; return None if there is none, or one of another version."""
        try:
            return _CURSOR.validate_json(text or "", strict=True)
        except ValidationError:
            return None


_CURSOR: Final = TypeAdapter(Cursor)


def new_pictures(
    catalogue: Photos, identity: str, cursor: Cursor | None, now: float, max_pictures: int
) -> tuple[list[StoredPhoto], Cursor]:
    """Return the newest pictures since the last look, oldest first, and the next cursor."""
    pages = cursor.pages if cursor else ()
    was_away = cursor is None or cursor.catalogue != identity or now - cursor.looked_at > AWAY_AFTER
    if cursor is None or was_away:
        return [], Cursor(identity, catalogue.newest_sequence(), now, pages)
    pictures = catalogue.stored_after(cursor.sequence, newest=max_pictures)
    seen = pictures[-1].stored_sequence if pictures else cursor.sequence
    return pictures, Cursor(identity, seen, now, pages)


def skip_pictures(cursor: Cursor | None) -> Cursor | None:
    """Return the next cursor of a look that shows no pictures; those of now are never shown.

    It needs no catalogue: the next look for pictures begins at the newest.
    """
    return cursor and replace(cursor, looked_at=_NEVER)


def was_page_opened(cursor: Cursor | None, identity: str) -> bool:
    """Return whether the page of this catalogue was opened before."""
    return cursor is not None and identity in cursor.pages


def mark_page_opened(cursor: Cursor | None, identity: str) -> Cursor:
    """Return the next cursor after the page of this catalogue was opened."""
    before = cursor or Cursor(identity, 0, _NEVER)
    return replace(before, looked_at=_NEVER, pages=(*before.pages, identity))
