"""What a served gallery has: the photos, their files, and what its maker lets visitors do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from unsplash_assets.catalogue.browsing.pages import Browsing
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.stores.base import Store


class Decisions(Protocol):
    """What a person decides about a photo, by its id.

    Each raises UnknownPhoto where there is nothing to decide.
    """

    def favour(self, photo_id: str) -> None:
        """Keep it whatever UNSPLASH_KEEP says."""

    def unfavour(self, photo_id: str) -> None:
        """Make it an ordinary photo."""

    def ban(self, photo_id: str) -> None:
        """Remove it, and never bring it again."""

    def unban(self, photo_id: str) -> None:
        """Let it come again."""


@dataclass(frozen=True)
class Served:
    """A library as the server sees it."""

    browsing: Browsing
    store: Store
    app_name: str
    mode: Mode
    trouble: Callable[[], str | None]
    """Says in one line why photos do not arrive as they should; None if they do."""
    decisions: Decisions | None = None
    """None where visitors may change nothing."""
