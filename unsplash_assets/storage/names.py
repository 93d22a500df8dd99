"""Names of the library's files: safe on every file system, readable, and never in conflict.

Add a name here when something of ours lies in the library. Reading and writing is `folder`'s.
"""

import re
import unicodedata
from typing import Final, NewType

RelativePath = NewType("RelativePath", str)
"""A path below the library, with `/` between its parts; made in this module alone."""

_WORDS_LENGTH: Final = 60  # characters
_WORDS_BYTES: Final = 140
_FOLDER_BYTES: Final = 120
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)

CATALOGUE_FILE: Final = "catalogue.db"
SQLITE_ENDINGS: Final = ("", "-wal", "-shm", "-journal")
"""What SQLite adds to the name of its file for those that go with it."""

PAGE: Final = RelativePath("index.html")
"""The gallery."""
_PAGE_FOLDER: Final = "_gallery"  # no topic's folder has a `_`
NEWS: Final = RelativePath(f"{_PAGE_FOLDER}/page/news.html")
"""What an open gallery looks at."""
THUMBNAILS: Final = f"{_PAGE_FOLDER}/thumbnails"
_THUMBNAIL_DIGITS: Final = 24
THUMBNAIL: Final = re.compile(rf"[0-9a-f]{{{_THUMBNAIL_DIGITS}}}\.webp")

OURS: Final = frozenset(
    {*(CATALOGUE_FILE + ending for ending in SQLITE_ENDINGS), PAGE, _PAGE_FOLDER}
)
"""What lies at the top of a library besides the photos' folders: whatever else of ours does must
be named here, or `verify` calls it unknown."""
_OF_SYSTEMS: Final = frozenset(
    {"thumbs.db", "desktop.ini", "@eadir", "lost+found", "$recycle.bin"}
    | {"system volume information"}
)
"""What systems leave in any folder, in lower case; their dot files besides."""


def photo_path(topic: str, description: str | None, photo_id: str, extension: str) -> RelativePath:
    """Return where a photo's file belongs: TOPIC/WORDS_ID_CASE.EXTENSION.

    Ids differ in case alone, and file systems fold case; CASE is a number that says which
    letters of the id are capitals, so no two photos share a name anywhere. WORDS has no `_`.
    """
    words = _fit(_slug(description or topic)[:_WORDS_LENGTH], _WORDS_BYTES) or "photo"
    return RelativePath(f"{folder_name(topic)}/{words}_{photo_id}_{_case(photo_id)}.{extension}")


def thumbnail_path(sha256: str) -> RelativePath:
    """Return where the thumbnail of a picture with this SHA-256 belongs.

    Another picture under the same name, as after a repair, has another thumbnail.
    """
    return RelativePath(f"{THUMBNAILS}/{sha256[:_THUMBNAIL_DIGITS]}.webp")


def photo_id_of(file_name: str) -> str | None:
    """Return the id in a name that `photo_path` has made, or None for any other name."""
    rest = file_name.partition("_")[2].partition(".")[0]
    photo_id, _, case = rest.rpartition("_")
    return photo_id if photo_id and case == _case(photo_id) else None


def folder_name(topic: str) -> str:
    """Return a topic's folder: its words, in any script, fit for every file system."""
    name = _fit(_slug(topic), _FOLDER_BYTES) or "topic"
    return f"{name}-" if name in _RESERVED else name


def may_be_a_photo(name: str) -> bool:
    """Whether a file or folder of this name may be a photo's: not hidden, not a system's."""
    return not name.startswith(".") and name.casefold() not in _OF_SYSTEMS


def _case(photo_id: str) -> str:
    return f"{sum(1 << i for i, character in enumerate(photo_id) if character.isupper()):x}"


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return "-".join("".join(kept).split())


def _fit(name: str, size: int) -> str:
    """Cut a name to a number of bytes, for that is what file systems count."""
    return name.encode()[:size].decode(errors="ignore").strip("-")
