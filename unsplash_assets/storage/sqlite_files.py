"""The files of an SQLite catalogue, seen from outside: may they be written, and are they empty?

`catalogue.database` opens them.
"""

import os
from pathlib import Path


def is_read_only(file: Path) -> bool:
    """Whether a catalogue is there and cannot be written: SQLite also writes beside its file."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def has_log(file: Path) -> bool:
    """Whether somebody has a catalogue open, or has left changes beside it."""
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def is_empty(file: Path) -> bool:
    """Whether a catalogue's file is there, and holds nothing."""
    return file.is_file() and file.stat().st_size == 0 and not has_log(file)
