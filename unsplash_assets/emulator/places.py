"""What the emulated Unsplash has besides searches: photographers, collections and topics.

Each is a source of photos, and has a code of its own, as a search has: the ids of its photos hold
it, so a photo always tells who took it and which topic has it. Collections are known by their
number. What they look like in JSON is in `answers`.
"""

import base64
import re
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Final

CODE_BYTES: Final = 3  # of a photo's id

FIRST_NAMES: Final = (
    "Ana", "Bjørn", "Chidi", "Daniela", "Émile", "Fatima", "Giulia", "Haruto", "Ingrid", "João",
    "Kavya", "Lucía", "Mehmet", "Nadia", "Oisín", "Priya", "Quentin", "Rania", "Søren", "Thảo",
)  # fmt: skip
LAST_NAMES: Final = (
    "Almeida", "Bergström", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hoffmann", "Ito",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nguyễn", "Okafor", "Petrov", "Quispe", "Rossi",
    "Silva", "Tanaka",
)  # fmt: skip
TOPICS: Final = (
    "3d-renders", "animals", "architecture-interior", "experimental", "fashion-beauty", "film",
    "food-drink", "nature", "people", "street-photography", "textures-patterns", "travel",
    "wallpapers",
)  # fmt: skip
EMPTY_COLLECTION: Final = "404"
"""The one collection that has no photos, so that clients can meet the API's answer to it."""

_ID_LENGTH: Final = 11  # characters


def slug(text: str) -> str:
    """Return a text as it stands in URLs."""
    return "-".join(re.findall("[a-z0-9]+", text.lower())) or "photo"


def username(first: str, last: str) -> str:
    """Return the name in URLs of a photographer."""
    return f"{slug(first)}_{slug(last)}".replace("-", "")


@dataclass(frozen=True)
class EmulatedTopic:
    """One of the topics that photographers submit their photos to."""

    slug: str

    @property
    def id(self) -> str:
        """What `/photos/random` knows it by."""
        digest = _digest(f"id of {self.slug}".encode(), 8)
        return base64.urlsafe_b64encode(digest).decode()[:_ID_LENGTH]

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.slug.replace("-", " ").title()

    @property
    def code(self) -> int:
        """What the ids of its photos hold."""
        return code_of(f"topic/{self.slug}")


@cache
def topics() -> dict[str, EmulatedTopic]:
    """Return the topics by id."""
    return {topic.id: topic for topic in map(EmulatedTopic, TOPICS)}


@cache
def topics_by_code() -> dict[int, EmulatedTopic]:
    """Return the topics by the code in the ids of their photos."""
    return {topic.code: topic for topic in topics().values()}


def find_topic(id_or_slug: str) -> EmulatedTopic | None:
    """Return a topic by its id or slug, or None."""
    return topics().get(id_or_slug) or (EmulatedTopic(id_or_slug) if id_or_slug in TOPICS else None)


@cache
def photographers() -> dict[str, tuple[str, str]]:
    """Return the photographers, first and last name, by username."""
    return {username(first, last): (first, last) for first in FIRST_NAMES for last in LAST_NAMES}


@cache
def photographers_by_code() -> dict[int, tuple[str, str]]:
    """Return the photographers by the code in the ids of the photos that they are asked for by."""
    return {code_of_user(name): names for name, names in photographers().items()}


def code_of_user(name: str) -> int:
    """Return the code of the photos that are asked for by a username."""
    return code_of(f"user/{name}")


def has_collection(collection_id: str) -> bool:
    """Return whether there is a collection of that number; there are many."""
    return re.fullmatch(r"[1-9][0-9]{0,7}", collection_id) is not None


def code_of_collection(collection_id: str) -> int:
    """Return the code of a collection's photos."""
    return code_of(f"collection/{collection_id}")


def code_of(text: str) -> int:
    """Return the code that stands for a source in ids: a few bytes of a hash."""
    return int.from_bytes(_digest(text.encode(), CODE_BYTES))


def _digest(data: bytes, size: int) -> bytes:
    return blake2b(data, digest_size=size).digest()
