"""What every kind of database does for a catalogue, each in its own way."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import sqlalchemy as sa

from unsplash_assets.errors import LibraryError


class Backend(ABC):
    """A database that a catalogue is in."""

    file: Path | None = None
    """SQLite's file; None if it has none, or one that a URI names, or on another database."""
    is_kept: bool = True
    """Whether the catalogue outlives this process: it is not in memory."""
    is_read_only: bool = False
    """Whether the catalogue can only be read here."""
    clock: Callable[[], float] | None = None
    """Gives seconds since 1970 by the database's clock; None if this machine's is as good."""

    def __init__(self, engine: sa.Engine) -> None:
        """Connect through `engine`."""
        self.engine = engine

    @abstractmethod
    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that sees one state and changes nothing."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction beside which no other process writes; its end undoes it."""

    @abstractmethod
    def making_tables(self, folder: Path) -> AbstractContextManager[None]:
        """Keep other processes from making the tables; `folder` is the library's."""

    @abstractmethod
    def alone(self, work: str, folder: Path) -> AbstractContextManager[None]:
        """Let one process at a time be at some work; `folder` is the library's on this machine.

        What a process holds is free again once it is gone. Raises LibraryError after half a minute.
        """

    @abstractmethod
    def error_of(self, error: sa.exc.DBAPIError) -> LibraryError:
        """Return an error of the database as one of ours, in one line."""

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the database's errors into ours."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise self.error_of(error) from error


def first_line(error: sa.exc.DBAPIError) -> str:
    """Return what the driver says, in one line."""
    return str(error.orig).strip().partition("\n")[0]
