"""Remembers which libraries a project has used, beside Dagster's record, not in the library.

It tells an empty folder that never was a library from one whose disk is not mounted, and this
project's runs from those of other projects on a shared Dagster instance.
"""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from unsplash_assets.model.mode import Mode

RECORD_FOLDER: Final = ".dagster"
_FILE: Final = "libraries.json"


def known_libraries(project: Path) -> dict[str, dict[str, str]]:
    """Return the libraries that the project has used: place to mode to catalogue identity."""
    try:
        content = json.loads((project / RECORD_FOLDER / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {root: modes for root, modes in known if isinstance(modes, dict)}


def remember_library(project: Path, place: Path | str, mode: Mode, identity: str) -> None:
    """Remember a library that is in use; without Dagster's folder there is nothing to compare."""
    folder = project / RECORD_FOLDER
    known = known_libraries(project)
    if known.get(str(place), {}).get(mode) == identity or not folder.is_dir():
        return
    known.setdefault(str(place), {})[mode] = identity
    new = folder / f"{_FILE}.new"
    with suppress(OSError):  # it is only a precaution
        new.write_text(json.dumps(known, indent=1), encoding="utf-8")
        new.replace(folder / _FILE)
