"""The files of the library: safe names, temporary files, and the one rename that publishes.

No other module touches a path of the library. What makes a file worth its name is decided in
`proof`; which files there should be, by the catalogue.
"""

import errno
import hashlib
import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote, unquote

from filelock import FileLock

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage.names import (
    OURS,
    THUMBNAIL,
    THUMBNAILS,
    RelativePath,
    may_be_a_photo,
    photo_id_of,
)
from unsplash_assets.storage.processes import ProcessName

INCOMING: Final = ".incoming"
"""The library's folder for what is not yet whole; on the same file system as the rest."""

_PART: Final = ".part"
_BEHIND: Final = "+"  # what stands behind the writer's name in a temporary file's
_ABANDONED_AFTER: Final = 3600.0  # seconds

Stamp = tuple[int, ...]
"""Tells a file from what it was before: device, number, size, and time of its last change."""


@dataclass(frozen=True)
class TemporaryFile:
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
    def temporary(self) -> Iterator[TemporaryFile]:
        """Open a temporary file; it is gone after the `with`, unless it was published."""
        with translate_errors(self.root):
            folder = self.root / INCOMING
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(_PART, _writer(os.getpid()) + _BEHIND, folder)
        path, file = Path(name), os.fdopen(descriptor, "wb")
        try:
            yield TemporaryFile(path, file)
        finally:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def write(self, temporary: TemporaryFile, chunk: bytes) -> None:
        """Append to a temporary file."""
        with translate_errors(self.root):
            temporary.file.write(chunk)

    def flush(self, temporary: TemporaryFile) -> None:
        """See to it that what was written to a temporary file can be read by its path."""
        with translate_errors(self.root):
            temporary.file.flush()

    def complete(self, temporary: TemporaryFile) -> None:
        """See to it that what was written to a temporary file is on the disk."""
        self.flush(temporary)
        with translate_errors(self.root):
            os.fsync(temporary.file.fileno())

    def publish(self, temporary: TemporaryFile, name: RelativePath) -> None:
        """Give a temporary file its final name, in one step; one of that name is replaced."""
        with translate_errors(self.root):
            temporary.file.close()
            target = self.path(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.path.chmod(0o644)
            try:
                temporary.path.replace(target)
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
            folders[:] = sorted(n for n in folders if may_be_a_photo(n) and not (top and n in OURS))
            for name in sorted(filter(may_be_a_photo, names)):
                if not top or name not in OURS:
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
        with translate_errors(self.root), suppress(FileNotFoundError):
            names = (path.name for path in (self.root / THUMBNAILS).iterdir())
            ours = filter(THUMBNAIL.fullmatch, names)
            return {RelativePath(f"{THUMBNAILS}/{name}") for name in ours}
        return set()

    @contextmanager
    def alone(self, doing: str) -> Iterator[None]:
        """Let no other process do the same in this library until the `with` ends."""
        with translate_errors(self.root):
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
        with translate_errors(self.root):
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
def translate_errors(root: Path) -> Iterator[None]:
    """Turn an OSError into a LibraryError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise LibraryError(f"the disk of the library {root} is full: make room") from error
        raise LibraryError(
            f"the library {root} cannot be written ({error.strerror}): "
            "see to its rights, or choose another folder with UNSPLASH_LIBRARY"
        ) from error
