"""Reads the environment: the process's variables and the project's `.env`.

This is the only module that reads the environment. What the variables mean stands in `settings`.
"""

import os
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from unsplash_assets.errors import SettingsError
from unsplash_assets.settings.settings import Settings, parse

PROJECT_FILE: Final = "dagster.yaml"
PROJECT_MARK: Final = "unsplash_assets"
_OURS: Final = "UNSPLASH_"


def load() -> Settings:
    """Read the settings of this process: its environment and the project's `.env`.

    Raises SettingsError for the first variable that cannot be used.
    """
    project = find_project(Path.cwd())
    return parse(variables(project), project)


def find_project(start: Path) -> Path:
    """Return the nearest folder upwards with this project's dagster.yaml, else `start`."""
    for folder in (start, *start.parents):
        candidate = folder / PROJECT_FILE
        if candidate.is_file() and PROJECT_MARK.encode() in candidate.read_bytes():
            return folder
    return start


def variables(project: Path) -> dict[str, str]:
    """Return the environment with the project's `.env` laid over it, as Dagster does."""
    try:
        written = dotenv_values(project / ".env")
    except UnicodeDecodeError as error:
        raise SettingsError(".env", "no UTF-8 text", "save it as UTF-8") from error
    return {**os.environ, **{name: value or "" for name, value in written.items()}}


def enter_project(project: Path) -> None:
    """Make this process work in the project folder, on the Dagster home that belongs to it.

    Its environment gets the project's `.env`, as that of every Dagster command does, for others
    than us read it: proxies and certificates stand there.
    """
    os.chdir(project)
    os.environ.update(variables(project))
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        is_home = (project / PROJECT_FILE).is_file()
        home = str(project if is_home else project / ".dagster")
        Path(home).mkdir(exist_ok=True)
    os.environ["DAGSTER_HOME"] = home


def certificates() -> str | None:
    """Return the file of certificates that SSL_CERT_FILE names, or None.

    requests reads REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE itself, but not the variable that most
    other programs know.
    """
    return variables(find_project(Path.cwd())).get("SSL_CERT_FILE") or None


def secret(name: str) -> str | None:
    """Return the value of the variable that holds a secret, or None if it is unset or empty."""
    return variables(find_project(Path.cwd())).get(name, "").strip() or None


def without_secrets() -> dict[str, str]:
    """Return this process's environment as a program that is not ours may have it.

    None of our variables is in it: one is the key, another may hold a database's password.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
