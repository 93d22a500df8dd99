"""What every store of a library's files does, each in its own way; temporary files are alike.

Add a method here when a use case needs a file: no other module touches a file of the library.
`names` makes the names, `images.validation` decides which files are worth one.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeVar

from unsplash_assets.storage import temporary
from unsplash_assets.storage.names import RelativePath
from unsplash_assets.storage.refusals import is_lacking, translate_errors

INCOMING: Final = ".incoming"
"""The folder for incomplete files; that of a library is on the same file system as the rest."""

_TEXT_SIZE: Final = 10_000_000  # bytes

Stamp = tuple[int | str, ...]
"""Changes whenever a file does. The last two parts are its size and the time of its last change."""

Over = Stamp | None | Literal["any"]
"""What a file may replace: the one with a stamp, none, or any."""


@dataclass(frozen=True)
class TemporaryFile:
    """A temporary file on this machine, open for writing."""

    path: Path
    file: BinaryIO


@dataclass(frozen=True)
class FileState:
    """What reading a whole file found out about it."""

    stamp: Stamp
    bytes: int
    sha256: str | None
    """None if the file cannot be read."""


One = TypeVar("One")
Result = TypeVar("Result")


class Store(ABC):
    """Where a library's files are. Their names are relative, with `/` between their parts."""

    readers: int = 4
    """Files that are read at the same time: enough for a fast disk, not too many for a slow one."""
    absence: str = "its disk seems not to be mounted. Mount it"
    """What may have happened where nothing of a library is found, and what to do."""

    def __init__(self, root: Path) -> None:
        """Keep temporary files in `root`, a folder of this machine that the first write creates."""
        self.root = root

    @contextmanager
    def temporary(self, beside: str = "") -> Iterator[TemporaryFile]:
        """Open a temporary file; the end of the `with` removes it unless it was published.

        It is on the disk of `root`, or on that of the folder `beside` in it.
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

    def write_file(self, name: RelativePath, content: bytes) -> None:
        """Write a whole file: it appears under its name once all of it is kept."""
        with self.temporary() as file:
            self.write(file, content)
            self.complete(file)
            self.publish(file, name)

    def each(self, work: Callable[[One], Result], items: Iterable[One]) -> Iterable[Result]:
        """Do some work in the store for each item; return the results in order."""
        return map(work, items)

    def start_of(self, name: str, size: int) -> bytes | None:
        """Return the first bytes of a file, or None if there is none that can be read."""
        try:
            with self.open(name) as file:
                return file.read(size)
        except OSError:
            return None

    def read_text(self, name: str) -> str | None:
        """Return a small text file of ours, or None if there is none that can be read."""
        try:
            content = self.start_of(name, _TEXT_SIZE)
            return None if content is None else content.decode()
        except UnicodeDecodeError:
            return None

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the store is, as people write it."""

    @abstractmethod
    def shown(self, name: str) -> str:
        """Return where a file is, as people write it."""

    @abstractmethod
    def url(self, name: str) -> str:
        """Return a file's URL, whether it leads there for everybody or not."""

    @abstractmethod
    def address(self, name: str) -> Path | str:
        """Return what a browser opens: a path of this machine, or a URL. Raises ViewerError."""

    @abstractmethod
    def publish(
        self, file: TemporaryFile, name: RelativePath, sha256: str = "", over: Over = "any"
    ) -> None:
        """Give a complete temporary file its final name in one step.

        `sha256` is that of its content, if the caller knows it. With `over`, the file of that name
        must still be the one with this stamp, or none: stores without a way to make sure replace
        any. Raises FileRefused where the store does not take the name, FileTaken where it has
        another file by now, and LibraryError where it takes no file at all.
        """

    @abstractmethod
    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises OSError where there is none."""

    def open_for_strangers(self, name: str) -> BinaryIO:
        """Open a file that somebody asks for over the network: a plain one, through no link.

        Raises OSError for any other.
        """
        return self.open(name)

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[Path]:
        """Give a path of this machine with the file's content. Raises OSError, then or later."""

    @abstractmethod
    def lasting(self, name: str) -> Path:
        """Return such a path that outlives this process, for other programs. Raises OSError."""

    @abstractmethod
    def inspect(self, name: str) -> FileState | None:
        """Read a whole file, in little memory whatever its size; return None if there is none."""

    @abstractmethod
    def stamp(self, name: str) -> Stamp | None:
        """Return a file's stamp: None if there is no file, empty if it cannot be examined."""

    @abstractmethod
    def stamps(self, folder: str) -> Mapping[str, Stamp]:
        """Return the stamps of the files in a folder, by their names; at once, however many."""

    def sizes(self, folder: str) -> Mapping[str, int]:
        """Return the sizes of the files in a folder, by their names."""
        return {name: int(stamp[-2]) for name, stamp in self.stamps(folder).items()}

    def mark(self, stamp: Stamp) -> str:
        """Return what tells a file from others for years: a disk may get another number."""
        return f"{stamp[-2]} {stamp[-1]}"

    @abstractmethod
    def modified_at(self, name: str) -> float:
        """Return when a file was last changed, seconds since 1970. Raises OSError."""

    def is_same(self, name: str, other: str) -> bool:
        """Return whether two names are one file, as on a file system that ignores case."""
        return name == other

    def is_at(self, name: str, path: Path) -> bool:  # noqa: ARG002 - elsewhere nothing has a path
        """Return whether a name stands for this path of this machine."""
        return False

    @abstractmethod
    def walk(self, *, topics_only: bool = False) -> Iterator[str]:
        """Yield every file that may be a photo's: neither the project's own nor a system's.

        With `topics_only`, only those that are at the top or in a topic's folder.
        """

    @abstractmethod
    def trial(self) -> str:
        """Write something for a moment; return how the store behaves. Raises LibraryError."""

    @abstractmethod
    def delete(self, name: str, size: int | None = None) -> None:
        """Remove a file if it exists; never one outside the library, nor one of another `size`."""

    def clean(self, at_work: Collection[str] = ()) -> None:
        """Remove the temporary files that nobody writes to any more."""
        temporary.remove_abandoned(self.root / INCOMING, at_work)
