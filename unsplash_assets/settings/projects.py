"""Finds the project folder: its `.env` counts, and relative paths are relative to it.

It is, in this order, the folder that a person names, the nearest one upwards from the current
folder, or the one that this package was installed from with `pip install --editable`. Each must
have this project's dagster.yaml. Without any, Dagster's home takes its place if the library's path
is absolute; otherwise there is nothing to work on, and a guess would begin a new library.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from unsplash_assets.errors import SettingsError

PROJECT: Final = "UNSPLASH_PROJECT"
"""Names the project folder; in the shell only, because `.env` is read from that folder."""
HOME: Final = "DAGSTER_HOME"
INSTALLED_FROM: Final = Path(__file__).resolve().parents[2]
"""The folder that has the package: the project if the installation is an editable one."""

_FILE: Final = "dagster.yaml"
_MARK: Final = b"unsplash_assets"


def find(environ: Mapping[str, str], named: str | None = None) -> Path:
    """Return the project folder; `named` is that of the option --project.

    Raises SettingsError if there is none, or if the named one is none.
    """
    if found := find_or_none(environ, named):
        return found
    raise SettingsError(
        PROJECT,
        "not set",
        "no project is here: start in the project's folder, or name it with --project or "
        f"{PROJECT}; an absolute UNSPLASH_LIBRARY with {HOME} is enough too",
    )


def find_or_none(environ: Mapping[str, str], named: str | None = None) -> Path | None:
    """Return the project folder, or None if there is none."""
    if named is not None:
        return _checked("--project", named)
    if variable := environ.get(PROJECT, "").strip():
        return _checked(PROJECT, variable)
    installed = INSTALLED_FROM if is_project(INSTALLED_FROM) else None
    return _upwards() or installed or _home_instead(environ)


def is_project(folder: Path) -> bool:
    """Return whether a folder has this project's dagster.yaml."""
    try:
        return _MARK in (folder / _FILE).read_bytes()
    except OSError:
        return False


def dagster_home(environ: Mapping[str, str]) -> Path | None:
    """Return Dagster's home if it is set. Raises SettingsError if Dagster could not use it."""
    text = environ.get(HOME)
    if not text:
        return None
    home = _absolute(text)
    if home is None or not home.is_dir():
        what = "use an absolute path" if home is None else "that folder does not exist: make it"
        raise SettingsError(HOME, repr(text), f"{what}, or unset it to use the project's folder")
    return home


def check_record(home: Path) -> None:
    """Raise SettingsError if Dagster's record of runs cannot be kept in this home.

    Dagster puts its path into SQLite's URL as it is, and writes to another file.
    """
    if "?" in str(home):
        raise SettingsError(
            HOME,
            repr(str(home)),
            f"Dagster cannot use a path with a question mark: rename that folder, or set {HOME} "
            "to another",
        )


def _checked(name: str, text: str) -> Path:
    try:
        folder = Path(text).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        folder = None
    if folder is None or not is_project(folder):
        raise SettingsError(name, repr(text), f"use a folder with this project's {_FILE}")
    return folder


def _upwards() -> Path | None:
    """Return the nearest project folder upwards; the current folder may be gone."""
    try:
        here = Path.cwd()
    except OSError:
        return None
    return next(filter(is_project, (here, *here.parents)), None)


def _home_instead(environ: Mapping[str, str]) -> Path | None:
    """Return Dagster's home, if nothing else is needed to know where the photos go."""
    library = environ.get("UNSPLASH_LIBRARY", "").strip()
    return dagster_home(environ) if "://" in library or _absolute(library) else None


def _absolute(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # there is no such user
        return None
    return path if path.is_absolute() else None
