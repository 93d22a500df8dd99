"""Names of the library's files: safe on every file system, readable and unique.

Add a name here when the project puts a new file into the library. `stores` reads and writes files.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import product
from typing import Final, NewType

from unsplash_assets.model.text import JOINERS

RelativePath = NewType("RelativePath", str)
"""A path below the library, with `/` between its parts; only this module makes one."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WORDS_LENGTH: Final = 60  # characters
_WORDS_BYTES: Final = 140
_FOLDER_BYTES: Final = 120
_SHORTER: Final = (_WORDS_BYTES, 60, 30, 15, 0)  # bytes of a name that has to be shorter
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)

CATALOGUE_FILE: Final = "catalogue.db"
SQLITE_ENDINGS: Final = ("", "-wal", "-shm", "-journal")
"""The endings of SQLite's file and of those that it keeps beside it."""

SET_ASIDE: Final = ".damaged-"
"""Stands between the name of a catalogue that was damaged, and the moment when it was set aside."""

MARKER: Final = RelativePath(".unsplash_assets")
"""Says which catalogue the folder belongs to."""
PAGE: Final = RelativePath("index.html")
"""The gallery."""
_PAGE_FOLDER: Final = "_gallery"  # no topic's folder contains a `_`
NEWS: Final = RelativePath(f"{_PAGE_FOLDER}/page/news.html")
"""The page that an open gallery loads to learn of new photos."""
THUMBNAILS: Final = f"{_PAGE_FOLDER}/thumbnails"
THUMBNAILS_MADE: Final = RelativePath(f"{_PAGE_FOLDER}/thumbnails.json")
"""Which thumbnails the project has made, and which could not be made."""
_THUMBNAIL_DIGITS: Final = 24
_THUMBNAIL: Final = re.compile(
    rf"{re.escape(THUMBNAILS)}/[0-9a-f]{{{_THUMBNAIL_DIGITS}}}\.(webp|jpg)"
)

_OWN_NAMES: Final = frozenset(
    {*(CATALOGUE_FILE + ending for ending in SQLITE_ENDINGS), PAGE, _PAGE_FOLDER}
)
"""What the project puts at the top of a library besides the photos' folders. `verify` reports
everything else there as unknown."""
_SYSTEM_NAMES: Final = frozenset(
    {"thumbs.db", "desktop.ini", "@eadir", "lost+found", "$recycle.bin"}
    | {"system volume information"}
)
"""What operating systems leave in any folder, in lower case; dot files come on top."""


def photo_path(topic: str, description: str | None, photo_id: str, extension: str) -> RelativePath:
    """Return where a photo's file belongs: TOPIC/WORDS_ID_CASE.EXTENSION.

    Some ids differ only in case, and some file systems ignore case: CASE is a number that encodes
    which letters of the id are capitals, so no two photos share a name. WORDS contains no `_`.
    """
    words = _fit(_slug(description or topic)[:_WORDS_LENGTH], _WORDS_BYTES) or "photo"
    return RelativePath(f"{folder_name(topic)}/{words}_{photo_id}_{_case(photo_id)}.{extension}")


def plainer_names(name: RelativePath) -> Iterator[RelativePath]:
    """Yield a photo's name, and then shorter ones, for file systems that do not take it.

    First the words become fewer, then those of the folder too; at last only the id is left.
    """
    folder, _, file_name = name.rpartition("/")
    words, _, rest = file_name.partition("_")
    folders, beginnings = (
        dict.fromkeys(_fit(part, size) or fallback for size in _SHORTER)
        for part, fallback in ((folder, "topic"), (words, "photo"))
    )
    for shorter, beginning in product(folders, beginnings):
        yield RelativePath(f"{shorter}/{beginning}_{rest}")


def other_name(name: RelativePath, number: int) -> RelativePath:
    """Return another name for a photo whose usual one is taken by a file that is not ours."""
    folder, _, file_name = name.rpartition("/")
    words, _, rest = file_name.partition("_")
    return RelativePath(f"{folder}/{words}-{number}_{rest}")


def thumbnail_path(sha256: str) -> RelativePath:
    """Return where the thumbnail of a picture with this SHA-256 belongs.

    A repair may put another picture under a photo's name; it then gets another thumbnail.
    """
    return RelativePath(f"{THUMBNAILS}/{sha256[:_THUMBNAIL_DIGITS]}.jpg")


def is_thumbnail(name: str) -> bool:
    """Return whether `thumbnail_path` may have made a name."""
    return _THUMBNAIL.fullmatch(name) is not None


def photo_id_of(file_name: str) -> str | None:
    """Return the id in a name that `photo_path` made, or None for any other name."""
    rest = file_name.partition("_")[2].partition(".")[0]
    photo_id, _, case = rest.rpartition("_")
    is_id = _ID.fullmatch(photo_id) is not None
    return photo_id if is_id and case == _case(photo_id) else None


def hidden_name(word: str) -> RelativePath:
    """Return a name at the top of a library that no photo has, and that no walk finds."""
    return RelativePath(f".{word}")


def folder_name(topic: str) -> str:
    """Return a topic's folder: its words, in any script, made safe for every file system."""
    name = _fit(_slug(topic), _FOLDER_BYTES) or "topic"
    return f"{name}-" if name in _RESERVED else name


def may_be_a_photo(name: str, *, at_top: bool = False) -> bool:
    """Return whether a photo's file or folder may have this name: not hidden, not a system's.

    At the top of a library it may not be the project's own either.
    """
    is_own = at_top and (name in _OWN_NAMES or name.startswith(CATALOGUE_FILE + SET_ASIDE))
    return not (is_own or name.startswith(".") or name.casefold() in _SYSTEM_NAMES)


def _case(photo_id: str) -> str:
    return f"{sum(1 << i for i, character in enumerate(photo_id) if character.isupper()):x}"


def _slug(text: str) -> str:
    """Joiners go without dividing a word: some file systems take no notice of them."""
    joined = "".join(c for c in text if c not in JOINERS)
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", joined).casefold())
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in folded)
    return "-".join("".join(kept).split())


def _fit(name: str, size: int) -> str:
    """Cut a name to a number of bytes, the unit in which file systems limit names."""
    return name.encode()[:size].decode(errors="ignore").strip("-")
