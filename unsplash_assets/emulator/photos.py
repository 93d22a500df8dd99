"""The photos of the emulated Unsplash: invented, but always the same for the same id.

Nothing is stored: an id holds its topic's code and the photo's number, and everything else
about the photo follows from the id, so that any process answers alike and URLs stay valid.
What an answer looks like is decided in `answers`, what a picture looks like in `scenes`.
"""

import base64
import binascii
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Final

PHOTOS_PER_TOPIC: Final = 1_000_000
"""At one a minute, enough for almost two years of one topic."""

_CHECK: Final = 2  # bytes of an id that tell it from one made up
_LOOKS: Final = 1_000  # photos looked at for each that is wanted
_SIZES: Final = ((2400, 1600), (2400, 1600), (2400, 1350), (1600, 2400), (1800, 2400), (2000, 2000))
_FIRST_NAMES: Final = (
    "Ana", "Bjørn", "Chidi", "Daniela", "Émile", "Fatima", "Giulia", "Haruto", "Ingrid", "João",
    "Kavya", "Lucía", "Mehmet", "Nadia", "Oisín", "Priya", "Quentin", "Rania", "Søren", "Thảo",
)  # fmt: skip
_LAST_NAMES: Final = (
    "Almeida", "Bergström", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hoffmann", "Ito",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nguyễn", "Okafor", "Petrov", "Quispe", "Rossi",
    "Silva", "Tanaka",
)  # fmt: skip
_SUBJECTS: Final = {
    "history": "an aqueduct in the {light}",
    "life": "leaves and petals in the {light}",
    "wisdom": "stars above quiet hills in the {light}",
    "art": "a pattern of circles and squares in the {light}",
    "office": "lit windows of a city in the {light}",
    "nature": "mountain ridges in the {light}",
}
_LIGHTS: Final = (
    "first light", "morning haze", "noon sun", "late afternoon", "golden hour", "last light",
    "blue hour", "soft rain", "autumn air", "winter air", "spring breeze", "summer heat",
)  # fmt: skip


@dataclass(frozen=True)
class EmulatedPhoto:
    """One photo: the code of its topic (24 bits) and its number among the topic's photos."""

    topic_code: int
    number: int

    @cached_property
    def id(self) -> str:
        """11 characters of Unsplash's alphabet that hold the topic's code and the number."""
        plain = self.topic_code.to_bytes(3) + self.number.to_bytes(3)
        check = _digest(plain, _CHECK)
        return base64.urlsafe_b64encode(check + _xor(plain, check)).decode().rstrip("=")

    @classmethod
    def from_id(cls, photo_id: str) -> "EmulatedPhoto | None":
        """Return the photo of an id, or None if there is no such photo."""
        if not re.fullmatch(r"[A-Za-z0-9_-]{11}", photo_id):
            return None
        photo = cls._from_bytes(base64.urlsafe_b64decode(photo_id + "="))
        return photo if photo and photo.id == photo_id else None

    @classmethod
    def _from_bytes(cls, coded: bytes) -> "EmulatedPhoto | None":
        check, plain = coded[:_CHECK], _xor(coded[_CHECK:], coded[:_CHECK])
        photo = cls(int.from_bytes(plain[:3]), int.from_bytes(plain[3:]))
        known = _digest(plain, _CHECK) == check and photo.number < PHOTOS_PER_TOPIC
        return photo if known else None

    @cached_property
    def path(self) -> str:
        """The picture's path, of the form that Unsplash's have: photo-MILLISECONDS-HEX."""
        coded = base64.urlsafe_b64decode(self.id + "=")
        return (
            f"photo-{1_500_000_000_000 + int.from_bytes(coded[:2]) * 3_000_000}-{coded[2:].hex()}"
        )

    @classmethod
    def from_path(cls, path: str) -> "EmulatedPhoto | None":
        """Return the photo whose picture has this path, or None."""
        match = re.fullmatch(r"photo-([0-9]{13})-([0-9a-f]{12})", path)
        if not match:
            return None
        high, rest = divmod(int(match[1]) - 1_500_000_000_000, 3_000_000)
        if rest or not 0 <= high < 1 << 16:
            return None
        return cls._from_bytes(high.to_bytes(2) + binascii.unhexlify(match[2]))

    def dice(self, purpose: str) -> random.Random:
        """Randomness that is always the same for this photo and purpose."""
        return random.Random(f"{self.topic_code}/{self.number}/{purpose}")  # noqa: S311 - no secret

    @cached_property
    def topic(self) -> str | None:
        """The topic's word where it is one of the six that have a scene of their own."""
        return next((word for word in _SUBJECTS if topic_code(word) == self.topic_code), None)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the original, pixels."""
        return self.dice("size").choice(_SIZES)

    @property
    def orientation(self) -> str:
        """Landscape, portrait or squarish."""
        width, height = self.size
        if width == height:
            return "squarish"
        return "landscape" if width > height else "portrait"

    @cached_property
    def description(self) -> str:
        """What the picture shows, in words."""
        light = self.dice("light").choice(_LIGHTS)
        return _SUBJECTS.get(self.topic or "", "dunes and waves in the {light}").format(light=light)

    @cached_property
    def photographer(self) -> tuple[str, str]:
        """First and last name."""
        dice = self.dice("photographer")
        return dice.choice(_FIRST_NAMES), dice.choice(_LAST_NAMES)

    @cached_property
    def created_at(self) -> datetime:
        """When the photo was, as it were, taken to Unsplash."""
        seconds = self.dice("created").randrange(9 * 365 * 86_400)
        return datetime(2016, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def topic_code(query: str) -> int:
    """Return the code that stands for a query in ids: 24 bits of a hash."""
    return int.from_bytes(_digest(query.strip().casefold().encode(), 3))


def random_photos(
    query: str, count: int, orientation: str | None, dice: random.Random
) -> list[EmulatedPhoto]:
    """Return up to `count` different photos that match, in random order."""
    code = topic_code(query)
    found: list[EmulatedPhoto] = []
    seen: set[int] = set()
    for _ in range(count * _LOOKS):
        photo = EmulatedPhoto(code, dice.randrange(PHOTOS_PER_TOPIC))
        if photo.number not in seen and orientation in {None, photo.orientation}:
            found.append(photo)
        seen.add(photo.number)
        if len(found) == count:
            break
    return found


def _digest(data: bytes, size: int) -> bytes:
    return blake2b(data, digest_size=size).digest()


def _xor(data: bytes, key: bytes) -> bytes:
    mask = _digest(b"mask" + key, len(data))
    return bytes(a ^ b for a, b in zip(data, mask, strict=True))
