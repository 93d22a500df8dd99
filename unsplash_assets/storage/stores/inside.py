"""Opens a file of a folder for strangers: a plain file, reached without following a link.

`folder` follows links, as its owner wants it: a topic may be on another disk. Who asks over the
network is given what is really inside, and nothing that could hold up the reader, such as a pipe.
"""

import errno
import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

_ONE_BY_ONE: Final = os.open in os.supports_dir_fd
"""Whether a path can be opened folder by folder, so that nobody swaps one for a link meanwhile."""
_PLAIN: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_AS_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_AS_FILE: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A pipe that nobody writes to is opened at once, and refused then."""


def open_inside(root: Path, name: str) -> BinaryIO:
    """Open a file below `root` for reading; `name` has `/` between its parts.

    Raises OSError for a path that leads out of it, for a link, and for what is no plain file.
    """
    parts = PurePosixPath(name).parts
    if not parts or {"..", "/", "//"} & set(parts) or "\0" in name or "\\" in name:
        raise OSError(errno.EINVAL, "not a path inside the library", name)
    handle = _opened(root, parts) if _ONE_BY_ONE else _resolved(root, name)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a plain file", name)
    return os.fdopen(handle, "rb")


def _opened(root: Path, parts: tuple[str, ...]) -> int:
    at = os.open(root, _AS_FOLDER)
    for part in parts[:-1]:
        try:
            inner = os.open(part, _AS_FOLDER | _PLAIN, dir_fd=at)
        finally:
            os.close(at)
        at = inner
    try:
        return os.open(parts[-1], _AS_FILE | _PLAIN, dir_fd=at)
    finally:
        os.close(at)


def _resolved(root: Path, name: str) -> int:
    path = root / name
    if path.is_symlink() or path.resolve() != root.resolve() / name or not path.is_file():
        raise OSError(errno.EINVAL, "not a plain file", name)
    return os.open(path, _AS_FILE | _PLAIN)
