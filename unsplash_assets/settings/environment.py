"""Reads the environment: the process's variables and the project's `.env`.

This is the only module that reads the environment. What the variables mean stands in `settings`.

Only the project's own `.env` counts: one in any other folder may be a stranger's, and could send
the shell's key to another server. Dagster's own commands, such as `dagster dev`, load the `.env` of
the current folder by themselves, before this module runs: start them in the project's folder.
"""

import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from unsplash_assets.errors import SettingsError
from unsplash_assets.settings.settings import Settings, parse

PROJECT_FILE: Final = "dagster.yaml"
PROJECT_MARK: Final = "unsplash_assets"
_ENV_FILE: Final = ".env"
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
        if _is_project(folder):
            return folder
    return start


def variables(project: Path) -> dict[str, str]:
    """Return the environment; the project's `.env` wins over it, as in every Dagster command.

    The `.env` of a folder that is no project is not read.
    """
    return {**os.environ, **_env_file(project)}


def exposed_secrets(project: Path) -> str | None:
    """Return a warning if others can read the secrets in the project's `.env`, or None."""
    if sys.platform == "win32":
        return None
    file, written = project / _ENV_FILE, _env_file(project)
    has_password = "@" in written.get("UNSPLASH_CATALOGUE", "")
    secrets = ["UNSPLASH_API_KEY"] if written.get("UNSPLASH_API_KEY", "").strip() else []
    secrets += ["UNSPLASH_CATALOGUE"] if has_password else []
    if not secrets or not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return f"others can read {' and '.join(secrets)} in .env: chmod 600 {shlex.quote(str(file))}"


def _is_project(folder: Path) -> bool:
    file = folder / PROJECT_FILE
    return file.is_file() and PROJECT_MARK.encode() in file.read_bytes()


def _env_file(project: Path) -> dict[str, str]:
    """Return what the project's `.env` sets. Raises SettingsError if it is not text."""
    if not _is_project(project):
        return {}
    try:
        written = dotenv_values(project / _ENV_FILE)
    except UnicodeDecodeError as error:
        raise SettingsError(_ENV_FILE, "no UTF-8 text", "save it as UTF-8") from error
    return {name: value or "" for name, value in written.items()}


def enter_project(project: Path) -> None:
    """Make this process work in the project folder, on the Dagster home that belongs to it.

    Like every Dagster command, add the project's `.env` to the process's environment: libraries
    read proxies and certificates there.
    """
    os.chdir(project)
    os.environ.update(variables(project))
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        home = str(project if _is_project(project) else project / ".dagster")
        Path(home).mkdir(exist_ok=True)
    os.environ["DAGSTER_HOME"] = home


def certificates() -> str | None:
    """Return the file of certificates that SSL_CERT_FILE names, or None.

    requests itself reads only REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
    """
    return variables(find_project(Path.cwd())).get("SSL_CERT_FILE") or None


def secret(name: str) -> str | None:
    """Return the value of the variable that holds a secret, or None if it is unset or empty."""
    return variables(find_project(Path.cwd())).get(name, "").strip() or None


def without_secrets() -> dict[str, str]:
    """Return the environment without our variables, for programs that are not ours.

    One of ours is the key, another may hold a database's password.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
