"""Photos as several rooms know them: chosen, stored, damaged; and their files."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ChosenPhoto:
    """A photo that is to be downloaded from `url`."""

    id: str
    topic: str
    rendition: str
    url: str
    photographer: str
    photographer_url: str
    page_url: str
    description: str | None
    color: str | None
    """What it looks like before it is there: #RRGGBB."""


@dataclass(frozen=True)
class StoredFile:
    """What is known of a file once it is whole and in its place."""

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


@dataclass(frozen=True)
class BadPhoto(ChosenPhoto):
    """A photo whose file is missing or damaged, to be downloaded again."""

    path: str
