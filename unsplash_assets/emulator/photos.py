"""The photos of the emulated Unsplash: invented, but always the same for the same id.

Nothing is stored. An id holds the code of a topic and the photo's number; all else about the photo
follows from these, so any process answers alike and URLs stay valid. `answers` makes the JSON of
a photo, `pictures` its picture.
"""

import base64
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from typing import Final

from unsplash_assets.emulator import places

PHOTOS_PER_TOPIC: Final = 1_000_000
"""At one a minute, enough for almost two years of one topic."""

ID_LENGTH: Final = 11  # characters

_CODE: Final = places.CODE_BYTES  # in an id: the topic's code, and as many the photo's number
_CODES: Final = 1 << (8 * _CODE)
_CHECK: Final = 2  # bytes of an id that tell it from a made-up one
_PATH_START: Final = 1_500_000_000_000  # milliseconds, as in the paths of Unsplash's pictures
_PATH_STEP: Final = 3_000_000
_LOOKS: Final = 1_000  # photos to look at for each that is wanted
_BEGIN: Final = datetime(2016, 1, 1, tzinfo=UTC)
_PERIOD: Final = timedelta(days=9 * 365)  # photos are from these years
_SIZES: Final = ((2400, 1600), (2400, 1600), (2400, 1350), (1600, 2400), (1800, 2400), (2000, 2000))
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
    """One photo: the code of what it was asked for by, and its number among the photos of that."""

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
        """First and last name: of the photographer whose photos were asked for, or anyone."""
        dice = self.dice("photographer")
        anyone = dice.choice(places.FIRST_NAMES), dice.choice(places.LAST_NAMES)
        return places.photographers_by_code().get(self.topic_code, anyone)

    @property
    def submitted_to(self) -> places.EmulatedTopic | None:
        """The topic that has the photo, if one was asked for."""
        return places.topics_by_code().get(self.topic_code)

    @cached_property
    def created_at(self) -> datetime:
        """When the photo came to Unsplash."""
        seconds = self.dice("created").randrange(int(_PERIOD.total_seconds()))
        return _BEGIN + timedelta(seconds=seconds)


def topic_code(query: str) -> int:
    """Return the code that stands for a query in ids."""
    return places.code_of(query.strip().casefold())


def random_photos(
    codes: Sequence[int], count: int, orientation: str | None, dice: random.Random
) -> list[EmulatedPhoto]:
    """Return up to `count` different photos of these codes that match, in random order."""
    found: dict[EmulatedPhoto, None] = {}
    for turn in range(count * _LOOKS if codes else 0):
        code = codes[turn % len(codes)]
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
