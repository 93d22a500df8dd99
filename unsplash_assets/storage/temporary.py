"""Temporary files, named after the process that writes them, to tell which are abandoned."""

import os
import secrets
import time
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import quote, unquote

from unsplash_assets.storage.processes import ProcessName

_ENDING: Final = ".part"
_SEPARATOR: Final = "+"  # between the name of the process and the rest
_ABANDONED_AFTER: Final = 3600.0  # seconds


def create(folder: Path) -> tuple[Path, BinaryIO]:
    """Create a temporary file in a folder, and open it for writing. Raises OSError."""
    path = folder / f"{_writer(os.getpid())}{_SEPARATOR}{secrets.token_hex(4)}{_ENDING}"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    return path, os.fdopen(os.open(path, flags, 0o666), "wb")  # the umask takes its share


def remove_abandoned(folder: Path, at_work: Collection[str] = ()) -> None:
    """Remove the temporary files that nobody writes to any more.

    A file goes at once if its process is seen to have ended, and never while the process lives, or
    is among those `at_work`. A file of a process that cannot be seen from here goes after an hour
    without a write.
    """
    for path in folder.glob(f"*{_ENDING}"):
        with suppress(OSError):
            if _is_abandoned(path, at_work):
                path.unlink()


@cache
def _writer(_: int) -> str:
    """Return the name of this process, safe for a file name; looked up once per pid.

    It is kept short: names have 255 bytes on most file systems, and 143 or fewer on some.
    """
    return quote(str(ProcessName.current()), safe="[]")


def _is_abandoned(path: Path, at_work: Collection[str]) -> bool:
    try:
        writer = ProcessName.parse(unquote(path.name.partition(_SEPARATOR)[0]))
    except ValueError:
        return False  # it is not ours
    fate = writer.fate()
    if fate == "unseen" and str(writer) not in at_work:
        return path.stat().st_mtime < time.time() - _ABANDONED_AFTER
    return fate == "gone"
