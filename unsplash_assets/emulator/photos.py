"""The photos of the emulated Unsplash: invented, but always the same for the same id.

Nothing is stored. An id holds the code of a topic and the photo's number; all else about the photo
follows from these, so any process answers alike and URLs stay valid. `answers` makes the JSON of
a photo, `pictures` its picture.
"""

import base64
import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Final

PHOTOS_PER_TOPIC: Final = 1_000_000
"""At one a minute, enough for almost two years of one topic."""

ID_LENGTH: Final = 11  # characters

_CODE: Final = 3  # bytes of an id that hold the topic's code, and as many the photo's number
_CODES: Final = 1 << (8 * _CODE)
_CHECK: Final = 2  # bytes of an id that tell it from a made-up one
_PATH_START: Final = 1_500_000_000_000  # milliseconds, as in the paths of Unsplash's pictures
_PATH_STEP: Final = 3_000_000
_LOOKS: Final = 1_000  # photos to look at for each that is wanted
_BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
_PERIOD: Final = timedelta(days=9 * 365)  # photos are from these years
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
    """One photo: the code of its topic and its number among the topic's photos."""

    topic_code: int
    number: int

    @cached_property
    def _coded(self) -> bytes:
        """The topic's code and the number, masked, behind a check that is also the mask's key."""
        plain = self.topic_code.to_bytes(_CODE) + self.number.to_bytes(_CODE)
        check = _digest(plain, _CHECK)
        return check + _xor(plain, check)

    @classmethod
    def _from_coded(cls, coded: bytes) -> "EmulatedPhoto | None":
        plain = _xor(coded[_CHECK:], coded[:_CHECK])
        photo = cls(int.from_bytes(plain[:_CODE]), int.from_bytes(plain[_CODE:]))
        return photo if photo._coded == coded and photo.number < PHOTOS_PER_TOPIC else None

    @cached_property
    def id(self) -> str:
        """The code in characters of Unsplash's alphabet."""
        return base64.urlsafe_b64encode(self._coded).decode().rstrip("=")

    @classmethod
    def from_id(cls, photo_id: str) -> "EmulatedPhoto | None":
        """Return the photo of an id, or None if there is no such photo."""
        if not re.fullmatch(rf"[A-Za-z0-9_-]{{{ID_LENGTH}}}", photo_id):
            return None
        photo = cls._from_coded(base64.urlsafe_b64decode(photo_id + "="))
        return photo if photo and photo.id == photo_id else None

    @cached_property
    def path(self) -> str:
        """The picture's path, in the form of Unsplash's: photo-MILLISECONDS-HEX."""
        milliseconds = _PATH_START + int.from_bytes(self._coded[:_CHECK]) * _PATH_STEP
        return f"photo-{milliseconds}-{self._coded[_CHECK:].hex()}"

    @classmethod
    def from_path(cls, path: str) -> "EmulatedPhoto | None":
        """Return the photo whose picture has this path, or None."""
        match = re.fullmatch(r"photo-([0-9]{13})-([0-9a-f]{12})", path)
        check, rest = divmod(int(match[1]) - _PATH_START, _PATH_STEP) if match else (-1, 0)
        if not match or rest or not 0 <= check < 1 << (8 * _CHECK):
            return None
        return cls._from_coded(check.to_bytes(_CHECK) + bytes.fromhex(match[2]))

    def dice(self, purpose: str) -> random.Random:
        """Return randomness that is always the same for this photo and purpose."""
        return random.Random(f"{self.topic_code}/{self.number}/{purpose}")  # noqa: S311 - no secret

    @cached_property
    def topic(self) -> str | None:
        """The topic's word if it is one of the six that have a scene of their own."""
        return next((word for word in _SUBJECTS if topic_code(word) == self.topic_code), None)

    @property
    def tint(self) -> float:
        """A hue that is the topic's own, in turns of the colour wheel."""
        return self.topic_code / _CODES

    @cached_property
    def size(self) -> tuple[int, int]:
        """Width and height of the original, in pixels."""
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
        return _SUBJECTS.get(self.topic or "", "dunes in the {light}").format(light=light)

    @cached_property
    def photographer(self) -> tuple[str, str]:
        """First and last name."""
        dice = self.dice("photographer")
        return dice.choice(_FIRST_NAMES), dice.choice(_LAST_NAMES)

    @cached_property
    def created_at(self) -> datetime:
        """When the photo came to Unsplash."""
        seconds = self.dice("created").randrange(int(_PERIOD.total_seconds()))
        return _BEGIN + timedelta(seconds=seconds)


def topic_code(query: str) -> int:
    """Return the code that stands for a query in ids: a few bytes of a hash."""
    return int.from_bytes(_digest(query.strip().casefold().encode(), _CODE))


def random_photos(
    query: str, count: int, orientation: str | None, dice: random.Random
) -> list[EmulatedPhoto]:
    """Return up to `count` different photos that match, in random order."""
    code = topic_code(query)
    found: dict[EmulatedPhoto, None] = {}
    for _ in range(count * _LOOKS):
        photo = EmulatedPhoto(code, dice.randrange(PHOTOS_PER_TOPIC))
        if orientation in {None, photo.orientation}:
            found[photo] = None
        if len(found) == count:
            break
    return list(found)


def _digest(data: bytes, size: int) -> bytes:
    return blake2b(data, digest_size=size).digest()


def _xor(data: bytes, key: bytes) -> bytes:
    mask = _digest(b"mask" + key, len(data))
    return bytes(a ^ b for a, b in zip(data, mask, strict=True))
