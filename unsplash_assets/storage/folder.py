"""The library's files: temporary files, the one rename that publishes, reading, locks.

Add a method here when a use case needs a file: no other module touches a path of the library.
`names` makes the paths, `images.validation` decides which files are worth one.
"""

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage import locks, temporary
from unsplash_assets.storage.names import (
    RelativePath,
    may_be_a_photo,
)
from unsplash_assets.storage.refusals import is_lacking, is_of_a_name, translate_errors

INCOMING: Final = ".incoming"
"""The library's folder for incomplete files, on the same file system as the rest."""

_LOCK_PATIENCE: Final = 30.0  # seconds
_TEXT_SIZE: Final = 10_000_000  # bytes
_TOPIC_DEPTH: Final = 2  # parts of a photo's path: its topic's folder, and its name

Stamp = tuple[int, ...]
"""Changes whenever a file does: device, inode, size and time of the last change."""


@dataclass(frozen=True)
class TemporaryFile:
    """A temporary file in the library, open for writing."""

    path: Path
    file: BinaryIO


@dataclass(frozen=True)
class FileState:
    """What reading a whole file found out about it."""

    stamp: Stamp
    bytes: int
    sha256: str | None
    """None if the file cannot be read."""


class Folder:
    """A library's folder on this machine."""

    def __init__(self, root: Path) -> None:
        """Use `root`, which the first write creates."""
        self.root = root

    @contextmanager
    def temporary(self, beside: str = "") -> Iterator[TemporaryFile]:
        """Open a temporary file; the end of the `with` removes it unless it was published.

        It is on the disk of the library, or on that of the folder `beside`.
        """
        with translate_errors(self.root):
            folder = self.root / beside / INCOMING
            try:
                path, file = temporary.create(folder)
            except FileNotFoundError:
                folder.mkdir(parents=True, exist_ok=True)
                path, file = temporary.create(folder)
        try:
            yield TemporaryFile(path, file)
        finally:
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def write(self, file: TemporaryFile, chunk: bytes) -> None:
        """Append to a temporary file. Raises FileRefused where it becomes too large."""
        with translate_errors(self.root, of_one_file=True):
            file.file.write(chunk)

    def flush(self, file: TemporaryFile) -> None:
        """Make what was written to a temporary file readable by its path."""
        with translate_errors(self.root, of_one_file=True):
            file.file.flush()

    def complete(self, file: TemporaryFile) -> None:
        """Force what was written to a temporary file onto the disk, where that can be done."""
        self.flush(file)
        with translate_errors(self.root):
            try:
                os.fsync(file.file.fileno())
            except OSError as error:
                if not is_lacking(error):
                    raise

    def publish(self, file: TemporaryFile, name: RelativePath) -> None:
        """Give a temporary file its final name in one step, replacing any file of that name.

        Raises FileRefused where the file system does not take the name.
        """
        file.file.close()
        target = self.path(name)
        with translate_errors(self.root, of_one_file=True), _as_refusal(file):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.path.replace(target)
            except IsADirectoryError as error:
                raise LibraryError(
                    f"{target} is a folder where a file belongs: move it elsewhere"
                ) from error
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._publish_across(file, target)

    def _publish_across(self, file: TemporaryFile, target: Path) -> None:
        """Publish on another disk, to which the folder of a topic may lead, by way of a copy."""
        beside = target.parent.relative_to(self.root).as_posix()
        with self.temporary(beside) as copy:
            with file.path.open("rb") as original:
                shutil.copyfileobj(original, copy.file)
            self.complete(copy)
            copy.file.close()
            if sha256(copy.path) != sha256(file.path):
                raise OSError(errno.EIO, "the copy on another disk is not the same")
            copy.path.replace(target)

    def write_file(self, name: RelativePath, content: bytes) -> None:
        """Write a whole file: it appears under its name once all of it is on the disk."""
        with self.temporary() as file:
            self.write(file, content)
            self.complete(file)
            self.publish(file, name)

    def path(self, name: str) -> Path:
        """Return a file's path on this machine."""
        return self.root / name

    def open(self, name: str) -> io.BufferedReader:
        """Open a file for reading. Raises OSError for anything else: a pipe may never end."""
        path = self.path(name)
        if not path.is_file():
            raise OSError(f"{path} is not a file")
        return path.open("rb")

    def inspect(self, name: str) -> FileState | None:
        """Read a whole file, in little memory whatever its size; return None if there is none."""
        stamp = self.stamp(name)
        if stamp is None:
            return None
        try:
            with self.open(name) as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
                return FileState(stamp, file.tell(), content)
        except OSError:
            return FileState(stamp, 0, None)

    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp: None if there is no file, empty if it cannot be examined."""
        try:
            found = self.path(name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return None if is_of_a_name(error) else ()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def is_same(self, name: str, other: str) -> bool:
        """Return whether two names are one file, as on a file system that ignores case."""
        with suppress(OSError):
            return self.path(name).samefile(self.path(other))
        return False

    def walk(self, *, topics_only: bool = False) -> Iterator[str]:
        """Yield every file that may be a photo's: neither the project's own nor a system's.

        Does not follow links to folders; with `topics_only` it does, and goes no deeper.
        """
        for folder, folders, names in os.walk(self.root, followlinks=topics_only):
            within = Path(folder).relative_to(self.root)
            at_top = not within.parts
            folders[:] = sorted(n for n in folders if may_be_a_photo(n, at_top=at_top))
            if topics_only and not at_top:
                folders.clear()
            for name in sorted(n for n in names if may_be_a_photo(n, at_top=at_top)):
                yield (within / name).as_posix()

    def read_text(self, name: str) -> str | None:
        """Return a small text file of ours, or None if there is none that can be read."""
        try:
            with self.open(name) as file:
                return file.read(_TEXT_SIZE).decode()
        except (OSError, UnicodeDecodeError):
            return None

    @contextmanager
    def exclusive(self, name: str) -> Iterator[None]:
        """Hold the library's lock of this name: one process at a time runs inside the `with`."""
        with translate_errors(self.root), ExitStack() as stack:
            self.root.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.exclusive(self.root / f".{name}.lock", _LOCK_PATIENCE))
            held = stack.pop_all()
        with held:
            yield

    def delete(self, name: str, size: int | None = None) -> None:
        """Remove a file if it exists; never one outside the library.

        A topic's folder may be a link to another place: there, only a file of `size` bytes is
        removed, the one that the catalogue knows.
        """
        path = self.path(name)
        with translate_errors(self.root):
            if not path.parent.resolve().is_relative_to(self.root.resolve()):
                is_linked = len(Path(name).parts) == _TOPIC_DEPTH and path.parent.is_symlink()
                if not is_linked or size is None:
                    raise LibraryError(f"{path} is not removed: it is outside the library")
                if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
                    return
            path.unlink(missing_ok=True)

    def clean(self, at_work: Collection[str] = ()) -> None:
        """Remove the temporary files that nobody writes to any more, on every disk."""
        for folder in (self.root / INCOMING, *self.root.glob(f"*/{INCOMING}")):
            temporary.remove_abandoned(folder, at_work)


@contextmanager
def _as_refusal(file: TemporaryFile) -> Iterator[None]:
    """Turn "no such file" into a refused name where the disk is there: SMB servers say it so."""
    try:
        yield
    except FileNotFoundError as error:
        if file.path.exists():
            raise OSError(errno.EINVAL, "Invalid name") from error
        raise


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
