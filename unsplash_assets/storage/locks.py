"""Locks between processes, on every file system.

A lock of the system ends with its process. Some network folders have none; there a second file,
which only one process can create, stands for it. It names its process, so that another process of
this machine can tell that the holder is gone.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage.refusals import is_lacking, translate_errors

_PATIENCE: Final = 30.0  # seconds


@contextmanager
def alone(work: str, root: Path) -> Iterator[None]:
    """Let one process at a time be at some work on the library whose local folder is `root`."""
    with translate_errors(root), ExitStack() as stack:
        root.mkdir(parents=True, exist_ok=True)
        stack.enter_context(exclusive(root / f".{work}.lock", _PATIENCE))
        held = stack.pop_all()
    with held:
        yield


@contextmanager
def exclusive(file: Path, patience: float) -> Iterator[None]:
    """Hold the lock of a file: one process at a time runs inside the `with`.

    Raises LibraryError after `patience` seconds, and OSError where the file cannot be made.
    """
    try:
        lock = _acquired(FileLock(file, timeout=patience))
    except OSError as error:
        if isinstance(error, Timeout) or not is_lacking(error):
            raise
        lock = _acquired(SoftFileLock(f"{file}.held", timeout=patience))
    try:
        yield
    finally:
        lock.release()


def _acquired(lock: BaseFileLock) -> BaseFileLock:
    try:
        with warnings.catch_warnings():  # filelock announces it where it falls back by itself
            warnings.simplefilter("ignore", UserWarning)
            lock.acquire()
    except Timeout as error:
        remedy = "; if it is gone, delete that file" if isinstance(lock, SoftFileLock) else ""
        raise LibraryError(
            f"another process has held {lock.lock_file} for {lock.timeout:g} s: is one of them "
            f"stopped? End it, and the next run goes on{remedy}"
        ) from error
    return lock
