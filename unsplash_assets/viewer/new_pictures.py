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
    def from_text(cls, text: str | None) -> "Cursor":
        """Read a cursor; return START if there is none, or one of another version."""
        try:
            return _CURSOR.validate_json(text or "", strict=True)
        except ValidationError:
            return START

    def skipping(self) -> "Cursor":
        """Return the next cursor of a look that shows no pictures; those of now are never shown.

        It needs no catalogue: the next look for pictures begins at the newest.
        """
        return replace(self, looked_at=_NEVER)


_CURSOR: Final = TypeAdapter(Cursor)
START: Final = Cursor("", 0, _NEVER)
"""Has seen nothing."""


def new_pictures(
    catalogue: Photos, identity: str, cursor: Cursor, now: float, max_pictures: int
) -> tuple[list[StoredPhoto], Cursor]:
    """Return the newest pictures since the last look, oldest first, and the next cursor."""
    if cursor.catalogue != identity or now - cursor.looked_at > AWAY_AFTER:
        return [], Cursor(identity, catalogue.newest_sequence(), now, cursor.pages)
    pictures = catalogue.stored_after(cursor.sequence, newest=max_pictures)
    seen = pictures[-1].stored_sequence if pictures else cursor.sequence
    return pictures, Cursor(identity, seen, now, cursor.pages)
