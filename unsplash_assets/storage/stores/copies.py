"""Copies on this machine of files that are in a bucket: for a moment, or for a day.

A program that shows a picture, and what decodes one, needs a path with the ending of the name.
"""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from unsplash_assets.storage.refusals import translate_errors

_FOLDER: Final = "copies"
_KEPT: Final = 86_400.0  # seconds


@contextmanager
def copied(root: Path, name: str, chunks: Iterable[bytes]) -> Iterator[Path]:
    """Copy a file to a folder of this machine until the `with` ends."""
    with translate_errors(root):
        (root / _FOLDER).mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=root / _FOLDER))
    try:
        copy = folder / PurePosixPath(name).name
        with copy.open("wb") as file:
            for chunk in chunks:
                with translate_errors(root):
                    file.write(chunk)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kept(root: Path, name: str, copy: Path) -> Path:
    """Keep a copy for a day; return its path."""
    path = root / _FOLDER / name
    with translate_errors(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        copy.replace(path)
    return path


def remove_old(root: Path) -> None:
    """Remove copies that have had their day."""
    for folder in (root / _FOLDER).glob("*"):
        with suppress(OSError):
            if folder.stat().st_mtime < time.time() - _KEPT:
                shutil.rmtree(folder)
