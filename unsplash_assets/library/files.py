"""The files of the library: safe names, temporary files, and the one rename that publishes.

No other module touches a path of the library. What makes a file worth its name is decided in
`proof`; which files there should be, by the catalogue.
"""

import errno
import hashlib
import io
import os
import re
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final, NewType
from urllib.parse import quote, unquote

from filelock import FileLock

from unsplash_assets.errors import LibraryError
from unsplash_assets.library.database import CATALOGUE_FILE, SQLITE_ENDINGS
from unsplash_assets.library.processes import ProcessName

INCOMING: Final = ".incoming"
"""The library's folder for what is not yet whole; on the same file system as the rest."""

RelativePath = NewType("RelativePath", str)
"""A path below the library, with `/` between its parts; made in this module alone."""

_WORDS_LENGTH: Final = 60  # characters
_WORDS_BYTES: Final = 140
_FOLDER_BYTES: Final = 120
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
_PART: Final = ".part"
_BEHIND: Final = "+"  # what stands behind the writer's name in a temporary file's
_ABANDONED_AFTER: Final = 3600.0  # seconds

PAGE: Final = RelativePath("index.html")
"""The gallery."""
_PAGE_FOLDER: Final = "_gallery"  # no topic's folder has a `_`
NEWS: Final = RelativePath(f"{_PAGE_FOLDER}/page/news.html")
"""What an open gallery looks at."""
_THUMBNAILS: Final = f"{_PAGE_FOLDER}/thumbnails"
_THUMBNAIL_DIGITS: Final = 24
_THUMBNAIL: Final = re.compile(rf"[0-9a-f]{{{_THUMBNAIL_DIGITS}}}\.webp")

_OURS: Final = frozenset(
    {*(CATALOGUE_FILE + ending for ending in SQLITE_ENDINGS), PAGE, _PAGE_FOLDER}
)
"""What lies at the top of a library besides the photos' folders: whatever else of ours does must
be named here, or `verify` calls it unknown."""
_OF_SYSTEMS: Final = frozenset(
    {"thumbs.db", "desktop.ini", "@eadir", "lost+found", "$recycle.bin"}
    | {"system volume information"}
)
"""What systems leave in any folder, in lower case; their dot files besides."""

Stamp = tuple[int, ...]
"""Tells a file from what it was before: device, number, size, and time of its last change."""


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
    return RelativePath(f"{_THUMBNAILS}/{sha256[:_THUMBNAIL_DIGITS]}.webp")


def photo_id_of(file_name: str) -> str | None:
    """Return the id in a name that `photo_path` has made, or None for any other name."""
    rest = file_name.partition("_")[2].partition(".")[0]
    photo_id, _, case = rest.rpartition("_")
    return photo_id if photo_id and case == _case(photo_id) else None


def folder_name(topic: str) -> str:
    """Return a topic's folder: its words, in any script, fit for every file system."""
    name = _fit(_slug(topic), _FOLDER_BYTES) or "topic"
    return f"{name}-" if name in _RESERVED else name


def _is_anyones(name: str) -> bool:
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


@dataclass(frozen=True)
class Incoming:
    """A temporary file of the library, open for writing."""

    path: Path
    file: BinaryIO


@dataclass(frozen=True)
class Look:
    """What a file was when it was read through."""

    stamp: Stamp
    bytes: int
    sha256: str | None
    """None if it cannot be read."""


class Folder:
    """A library's folder on this machine."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which is made when something is first written."""
        self.root = root

    @contextmanager
    def incoming(self) -> Iterator[Incoming]:
        """Open a temporary file; it is gone after the `with`, unless it was published."""
        with _plain_errors(self.root):
            folder = self.root / INCOMING
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(_PART, _writer(os.getpid()) + _BEHIND, folder)
        path, file = Path(name), os.fdopen(descriptor, "wb")
        try:
            yield Incoming(path, file)
        finally:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def write(self, incoming: Incoming, chunk: bytes) -> None:
        """Append to a temporary file."""
        with _plain_errors(self.root):
            incoming.file.write(chunk)

    def flush(self, incoming: Incoming) -> None:
        """See to it that what was written to a temporary file can be read by its path."""
        with _plain_errors(self.root):
            incoming.file.flush()

    def complete(self, incoming: Incoming) -> None:
        """See to it that what was written to a temporary file is on the disk."""
        self.flush(incoming)
        with _plain_errors(self.root):
            os.fsync(incoming.file.fileno())

    def publish(self, incoming: Incoming, name: RelativePath) -> None:
        """Give a temporary file its final name, in one step; one of that name is replaced."""
        with _plain_errors(self.root):
            incoming.file.close()
            target = self.path(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            incoming.path.chmod(0o644)
            try:
                incoming.path.replace(target)
            except IsADirectoryError as error:
                raise LibraryError(
                    f"{target} is a folder, where a file belongs: move it elsewhere"
                ) from error

    def path(self, name: str) -> Path:
        """Return a file's place on this machine."""
        return self.root / name

    def open(self, name: str) -> io.BufferedReader:
        """Open a file for reading. Raises OSError where it is none: a pipe might never end."""
        place = self.path(name)
        if not place.is_file():
            raise OSError(f"{place} is no file")
        return place.open("rb")

    def look(self, name: str) -> Look | None:
        """Read a file through, in little memory at any size; None where there is none."""
        stamp = self.stamp(name)
        if stamp is None:
            return None
        try:
            with self.open(name) as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
                return Look(stamp, file.tell(), content)
        except OSError:
            return Look(stamp, 0, None)

    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp: None where there is none, empty where it cannot be looked at."""
        try:
            found = self.path(name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return ()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def is_same(self, name: str, other: str) -> bool:
        """Whether two names are of one file, as where case or the form of accents is folded."""
        with suppress(OSError):
            return self.path(name).samefile(self.path(other))
        return False

    def walk(self) -> Iterator[str]:
        """Yield the files of the library that photos may have: neither ours nor a system's.

        Folders that are links are not entered.
        """
        for folder, folders, names in os.walk(self.root):
            within = Path(folder).relative_to(self.root)
            top = not within.parts
            folders[:] = sorted(n for n in folders if _is_anyones(n) and not (top and n in _OURS))
            for name in sorted(filter(_is_anyones, names)):
                if not top or name not in _OURS:
                    yield (within / name).as_posix()

    def files_of(self, photo_id: str) -> list[str]:
        """Return every file of a photo, whatever its topic, its words and its format."""
        found = self.root.glob(f"*/*_{photo_id}_*")
        return sorted(
            path.relative_to(self.root).as_posix()
            for path in found
            if photo_id_of(path.name) == photo_id
        )

    def thumbnails(self) -> set[RelativePath]:
        """Return the thumbnails that are there."""
        with _plain_errors(self.root), suppress(FileNotFoundError):
            names = (path.name for path in (self.root / _THUMBNAILS).iterdir())
            ours = filter(_THUMBNAIL.fullmatch, names)
            return {RelativePath(f"{_THUMBNAILS}/{name}") for name in ours}
        return set()

    @contextmanager
    def alone(self, doing: str) -> Iterator[None]:
        """Let no other process do the same in this library until the `with` ends."""
        with _plain_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / f".{doing}.lock")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def delete(self, name: str) -> None:
        """Remove a file, if it is there; never one outside of the library."""
        place = self.path(name)
        with _plain_errors(self.root):
            if not place.parent.resolve().is_relative_to(self.root.resolve()):
                raise LibraryError(f"{place} is not removed: it is outside of the library")
            place.unlink(missing_ok=True)

    def clean(self) -> None:
        """Remove temporary files that no process is writing to any more.

        Those of a process of this machine that is gone go at once, those of a living one never.
        Of others nothing is known: theirs go once nothing was written to them for an hour.
        """
        for path in (self.root / INCOMING).glob(f"*{_PART}"):
            with suppress(OSError):
                if _is_left_behind(path):
                    path.unlink()


@cache
def _writer(_: int) -> str:
    """Return the name of this process, fit for a file's; found out once for each pid."""
    return quote(str(ProcessName.current()), safe="")


def _is_left_behind(path: Path) -> bool:
    try:
        writer = ProcessName.parse(unquote(path.name.partition(_BEHIND)[0]))
        if writer.is_here:
            return writer.is_gone()
    except ValueError:
        pass  # a name that is not from here, or from an earlier version
    return path.stat().st_mtime < time.time() - _ABANDONED_AFTER


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _plain_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise LibraryError(f"the disk of the library {root} is full: make room") from error
        raise LibraryError(
            f"the library {root} cannot be written ({error.strerror}): "
            "see to its rights, or choose another folder with UNSPLASH_LIBRARY"
        ) from error
