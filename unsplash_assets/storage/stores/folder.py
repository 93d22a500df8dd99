"""A library's folder on this machine: the one rename that publishes, and reading.

A file under a final name was whole, and on the disk, when it got that name.
"""

import errno
import hashlib
import io
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage import temporary
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.disks import file_system, may_write
from unsplash_assets.storage.names import RelativePath, may_be_a_photo
from unsplash_assets.storage.refusals import is_of_a_name, translate_errors
from unsplash_assets.storage.stores.base import (
    INCOMING,
    FileState,
    Over,
    Stamp,
    Store,
    TemporaryFile,
)
from unsplash_assets.storage.stores.inside import open_inside

_TOPIC_DEPTH: Final = 2  # parts of a photo's path: its topic's folder, and its name


class Folder(Store):
    """A folder on this machine, with the temporary files in it."""

    @property
    def place(self) -> str:
        """Return the folder."""
        return str(self.root)

    def shown(self, name: str) -> str:
        """Return the file's path."""
        return str(self.path(name))

    def url(self, name: str) -> str:
        """Return a URL that leads there on this machine."""
        return self.path(name).absolute().as_uri()

    def address(self, name: str) -> Path:
        """Return the file's path."""
        return self.path(name)

    def publish(
        self,
        file: TemporaryFile,
        name: RelativePath,
        sha256: str = "",  # noqa: ARG002 - the file system does not ask for it
        over: Over = "any",  # noqa: ARG002 - a rename replaces what is there
    ) -> None:
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

    def path(self, name: str) -> Path:
        """Return a file's path on this machine."""
        return self.root / name

    def open(self, name: str) -> io.BufferedReader:
        """Open a file for reading. Raises OSError for anything else: a pipe may never end."""
        return self._file(name).open("rb")

    def open_for_strangers(self, name: str) -> BinaryIO:
        """Open a plain file that is really inside the folder; see `inside`."""
        return open_inside(self.root, name)

    def _file(self, name: str) -> Path:
        path = self.path(name)
        if not path.is_file():
            raise OSError(f"{path} is not a file")
        return path

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Give the file's own path. Raises OSError for anything else: a pipe may never end."""
        yield self._file(name)

    def lasting(self, name: str) -> Path:
        """Return the file's own path, whether there is a file or not."""
        return self.path(name)

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
        return _stamp(found)

    def stamps(self, folder: str) -> Mapping[str, Stamp]:
        """Return the stamps of the files in a folder, by their names."""
        found: dict[str, Stamp] = {}
        with suppress(OSError), os.scandir(self.path(folder)) as entries:
            for entry in entries:
                with suppress(OSError):
                    found[f"{folder}/{entry.name}"] = _stamp(Path(entry).stat())
        return found

    def modified_at(self, name: str) -> float:
        """Return when a file was last changed. Raises OSError."""
        return self.path(name).stat().st_mtime

    def is_same(self, name: str, other: str) -> bool:
        """Return whether two names are one file, as on a file system that ignores case."""
        with suppress(OSError):
            return self.path(name).samefile(self.path(other))
        return False

    def is_at(self, name: str, path: Path) -> bool:
        """Return whether a name stands for this path."""
        return self.path(name) == path

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

    def trial(self) -> str:
        """Say whether files can be written, on what, and whether case counts in names."""
        if not self.root.exists():
            above = next(place for place in self.root.parents if place.exists())
            if not may_write(above):
                raise LibraryError(f"{above} cannot be written: give yourself the right to")
            return "is made by the first run"
        with self.temporary() as file:
            self.write(file, b"x")
            self.complete(file)
            is_same = file.path.with_name(file.path.name.swapcase()).exists()
        case = "makes no difference" if is_same else "counts"
        kind = file_system(self.root) or "an unknown file system"
        return f"can be written, on {kind}, where case {case}"

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
        super().clean(at_work)
        for folder in self.root.glob(f"*/{INCOMING}"):
            temporary.remove_abandoned(folder, at_work)


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _as_refusal(file: TemporaryFile) -> Iterator[None]:
    """Turn "no such file" into a refused name where the disk is there: SMB servers say it so."""
    try:
        yield
    except FileNotFoundError as error:
        if file.path.exists():
            raise OSError(errno.EINVAL, "Invalid name") from error
        raise
