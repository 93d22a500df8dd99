"""What a photo is found by: the text that is searched, and the tone of its colour."""

from typing import Protocol

from unsplash_assets.model.search import searchable
from unsplash_assets.model.tones import tone_of


class Described(Protocol):
    """A photo of an answer, or one that is stored."""

    @property
    def photographer(self) -> str:
        """Who took it."""

    @property
    def description(self) -> str | None:
        """What is on it."""

    @property
    def color(self) -> str | None:
        """Its average colour."""


def found_by(topic: str, photo: Described) -> dict[str, str | None]:
    """Return the columns by which a photo is found."""
    said = photo.description, getattr(photo, "alt_description", None)
    text = searchable((topic, photo.photographer, *said))
    return {"search_text": text, "tone": tone_of(photo.color)}
