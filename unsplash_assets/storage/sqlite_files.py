"""The files of an SQLite database, seen from outside: written, empty, set aside or removed?"""

import os
from datetime import datetime
from pathlib import Path

from unsplash_assets.storage.names import SET_ASIDE, SQLITE_ENDINGS


def is_read_only(file: Path) -> bool:
    """Whether a catalogue is there and cannot be written: SQLite also writes beside its file."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def has_log(file: Path) -> bool:
    """Whether somebody has a catalogue open, or has left changes beside it."""
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def set_aside(file: Path, moment: datetime) -> Path | None:
    """Rename a damaged catalogue with all that belongs to it; return its new name, or None."""
    aside = f"{file.name}{SET_ASIDE}{moment:%Y%m%d-%H%M%S}"
    for ending in reversed(SQLITE_ENDINGS):  # the file itself last
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(file.with_name(aside + ending))
    return file.with_name(aside) if file.with_name(aside).exists() else None


def remove(file: Path) -> None:
    """Remove a file of SQLite, if it is there, with all that belongs to it."""
    for ending in SQLITE_ENDINGS:
        file.with_name(file.name + ending).unlink(missing_ok=True)


def is_empty(file: Path) -> bool:
    """Whether a catalogue's file is there, and holds nothing."""
    return file.is_file() and file.stat().st_size == 0 and not has_log(file)
