"""Which stored pictures are to be shown next: each once, none from before, never a flood.

The cursor is a number of the catalogue's own sequence, with the catalogue's identity, so that
another library, or the same one begun anew, starts afresh. Opening is `viewer`'s.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError

from unsplash_assets.library.catalogue import Catalogue, StoredPhoto

AWAY: Final = 120.0
"""Seconds without a look after which what came in between is left unshown."""


@dataclass(frozen=True)
class Cursor:
    """How far the stored pictures of a catalogue have been looked at."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    catalogue: str
    """The catalogue's identity."""
    sequence: int
    """The newest stored picture that was seen."""
    looked_at: float
    """Seconds since 1970."""

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
    catalogue: Catalogue, identity: str, cursor: Cursor | None, now: float, at_most: int
) -> tuple[list[StoredPhoto], Cursor]:
    """Return the newest pictures since the last look, in order, and the cursor after them."""
    was_away = cursor is None or cursor.catalogue != identity or now - cursor.looked_at > AWAY
    if cursor is None or was_away:
        return [], Cursor(identity, catalogue.newest_sequence(), now)
    pictures = catalogue.stored_after(cursor.sequence, newest=at_most)
    seen = pictures[-1].stored_sequence if pictures else cursor.sequence
    return pictures, Cursor(identity, seen, now)
