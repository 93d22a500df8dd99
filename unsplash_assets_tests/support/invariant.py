"""What must hold of a library at any moment, looked at from outside (docs/architecture.md).

It reads the catalogue's rows and the files, and uses nothing of what keeps them in order.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.names import CATALOGUE_FILE


@dataclass(frozen=True)
class Seen:
    """The rows of a library's photos, and its files."""

    rows: list[Any]
    files: dict[str, str]
    """SHA-256 by path, relative to the library; the catalogue's own files are left out."""

    @property
    def stored(self) -> list[Any]:
        """The rows that claim a file."""
        return [row for row in self.rows if row.state == "stored"]

    @property
    def temporary(self) -> list[str]:
        """The files that have no final name."""
        return sorted(path for path in self.files if path.startswith(".incoming/"))

    @property
    def unclaimed(self) -> list[str]:
        """The files under a final name that no row claims."""
        claimed = {row.path for row in self.stored}
        return sorted(set(self.files) - claimed - set(self.temporary))

    @property
    def broken(self) -> list[str]:
        """What breaks the invariant: rows whose file is not there, or not theirs."""
        return [
            f"{row.id}: {row.path}" for row in self.stored if self.files.get(row.path) != row.sha256
        ]

    @property
    def twice(self) -> list[str]:
        """The paths that several rows claim."""
        counted = Counter(row.path for row in self.stored)
        return [path for path, count in counted.items() if count > 1]

    @property
    def is_clean(self) -> bool:
        """Whether all is as after a run that nothing disturbed."""
        return not (self.broken or self.unclaimed or self.temporary or self.twice)


def look(library: Path, mode: Mode = "live") -> Seen:
    """Look at a library whose catalogue is in its folder."""
    engine = sa.create_engine(f"sqlite:///{library / CATALOGUE_FILE}")
    rows: list[Any] = []
    with engine.connect() as connection:
        query = sa.select(db.photos).where(db.photos.c.mode == mode)
        if sa.inspect(connection).has_table(db.photos.name):  # else it was killed before
            rows = list(connection.execute(query.order_by(db.photos.c.arrival)))
    engine.dispose()
    return Seen(rows, {path: _sha256(library / path) for path in _files(library)})


def _files(library: Path) -> list[str]:
    found = (path.relative_to(library) for path in library.rglob("*") if path.is_file())
    pictures = (path for path in found if len(path.parts) > 1 and path.parts[0] != "_gallery")
    return [path.as_posix() for path in pictures]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
