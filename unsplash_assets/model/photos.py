"""Photos as several rooms know them: their states, and what is known in each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class PhotoState(StrEnum):
    """Where a photo stands in this library."""

    WAITING = "waiting"
    """Known, and free to be chosen by a run."""
    CHOSEN = "chosen"
    """Belongs to the run that downloads it."""
    STORED = "stored"
    """Its file is in the library."""
    DAMAGED = "damaged"
    """Its file is missing or altered; runs download it again."""
    LOST = "lost"
    """Its file is missing or altered, and Unsplash no longer has the photo."""
    REFUSED = "refused"
    """It can never be stored; runs do not ask for it again."""
    BANNED = "banned"
    """A person does not want it; runs do not ask for it again."""
    PRUNING = "pruning"
    """Its file is being removed to make room."""
    PRUNED = "pruned"
    """Its file was removed to make room; runs do not ask for it again."""


@dataclass(frozen=True)
class Photo:
    """A photo of an answer that this project may use; its sides are those of the original."""

    id: str
    photographer: str
    photographer_url: str
    page_url: str
    download_location: str | None
    urls: Mapping[str, str]
    """Rendition (of NAMED_RENDITIONS, one at least) to URL."""
    width: int | None
    height: int | None
    color: str | None
    blur_hash: str | None
    description: str | None
    alt_description: str | None


@dataclass(frozen=True)
class ChosenPhoto:
    """A photo to download from `url`."""

    id: str
    topic: str
    rendition: str
    url: str
    photographer: str
    photographer_url: str
    page_url: str
    description: str | None
    color: str | None
    """#RRGGBB, shown until the picture is loaded."""


@dataclass(frozen=True)
class StoredFile:
    """A whole file in its place."""

    path: str
    """Relative to the library, with `/` between its parts."""
    bytes: int
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class StoredPhoto(ChosenPhoto, StoredFile):
    """A photo whose file is in the library."""

    stored_at: float
    """Seconds since 1970."""
    stored_sequence: int
    """Grows with every stored file, and never goes back."""
    blur_hash: str | None = field(default=None, kw_only=True)
    """A few colours of the photo, shown until its thumbnail is loaded."""


@dataclass(frozen=True)
class ShownPhoto(StoredPhoto):
    """A stored photo as a person sees it."""

    favourite: bool


@dataclass(frozen=True)
class BadPhoto(ChosenPhoto):
    """A photo whose file is missing or damaged, to download again."""

    path: str


@dataclass(frozen=True)
class FileRecord:
    """What the catalogue knows about one file."""

    photo_id: str
    path: str
    sha256: str
    bytes: int
    state: str
    seen: str | None = None
    """How a verification told the whole file from others; None if none has read it."""


@dataclass(frozen=True)
class TopicCounts:
    """How many photos of a topic are in which state, and the bytes of those stored.

    Lost photos count as damaged.
    """

    topic: str
    waiting: int = 0
    stored: int = 0
    damaged: int = 0
    bytes: int = 0
