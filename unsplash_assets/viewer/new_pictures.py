"""What is to be shown next: each picture once, none from before, never a flood; the page once.

The cursor is a number of the catalogue's own sequence, with the catalogue's identity, so that
another library, or the same one begun anew, starts afresh. It is all that a restart remembers.
Opening is `viewer`'s.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredPhoto

AWAY: Final = 120.0
"""Seconds without a look after which what came in between is left unshown."""

_UNSEEN: Final = 0.0


@dataclass(frozen=True)
class Cursor:
    """How far the stored pictures of a catalogue have been looked at."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    catalogue: str
    """The catalogue's identity."""
    sequence: int
    """The newest stored picture that was seen."""
    looked_at: float
    """When it was looked for new pictures, seconds since 1970; `_UNSEEN` to begin at the newest."""
    pages: tuple[str, ...] = ()
    """The identities of the catalogues whose page was opened."""

    def to_text(self) -> str:
        """Return what `from_text` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Cursor | None":
        """Read a cursor; None where there is none, or one of another kind."""
        try:
            return _CURSOR.validate_json(text or "", strict=True)
        except ValidationError:
            return None


_CURSOR: Final = TypeAdapter(Cursor)


def new_pictures(
    catalogue: Photos, identity: str, cursor: Cursor | None, now: float, at_most: int
) -> tuple[list[StoredPhoto], Cursor]:
    """Return the newest pictures since the last look, in order, and the cursor after them."""
    pages = cursor.pages if cursor else ()
    was_away = cursor is None or cursor.catalogue != identity or now - cursor.looked_at > AWAY
    if cursor is None or was_away:
        return [], Cursor(identity, catalogue.newest_sequence(), now, pages)
    pictures = catalogue.stored_after(cursor.sequence, newest=at_most)
    seen = pictures[-1].stored_sequence if pictures else cursor.sequence
    return pictures, Cursor(identity, seen, now, pages)


def passed_over(cursor: Cursor | None) -> Cursor | None:
    """Return the cursor after a look that shows no pictures: what comes now is never shown.

    It needs no catalogue: the next look for pictures begins at the newest.
    """
    return cursor and replace(cursor, looked_at=_UNSEEN)


def page_was_shown(cursor: Cursor | None, identity: str) -> bool:
    """Tell whether the page of this catalogue was opened before."""
    return cursor is not None and identity in cursor.pages


def page_shown(cursor: Cursor | None, identity: str) -> Cursor:
    """Return the cursor after the page of this catalogue was opened."""
    before = cursor or Cursor(identity, 0, _UNSEEN)
    return replace(before, looked_at=_UNSEEN, pages=(*before.pages, identity))
