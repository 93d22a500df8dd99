"""Reads the environment: the process's variables and the project's `.env`.

This is the only module that reads the environment. What the variables mean stands in `settings`.

Only the project's own `.env` counts: one in any other folder may be a stranger's, and could send
the shell's key to another server. Dagster's own commands, such as `dagster dev`, load the `.env` of
the current folder by themselves, before this module runs: start them in the project's folder.
"""

import os
import re
import shlex
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from unsplash_assets.errors import SettingsError
from unsplash_assets.settings import projects
from unsplash_assets.settings.settings import Settings, parse
from unsplash_assets.settings.variables import OURS, is_known, remedy

_ENV_FILE: Final = ".env"
_BUCKETS: Final = ("AWS_", "GOOGLE_", "AZURE_")
"""How the variables begin that say how to reach a bucket, and with which credentials."""
_SECRET: Final = re.compile("SECRET|TOKEN|SAS|_KEY$")


def load(named: str | None = None) -> Settings:
    """Read the settings of this process: its environment and the project's `.env`.

    `named` is the project folder that a person has named. Raises SettingsError for the first
    variable that cannot be used, and where there is no project.
    """
    project = find_project(named)
    settings = parse(variables(project), project)
    if settings.bucket:  # what reaches a bucket reads these in the process's environment
        written = _env_file(project)
        os.environ.update({name: written[name] for name in written if name.startswith(_BUCKETS)})
    return settings


def load_within(project: Path, given: Mapping[str, str]) -> Settings:
    """Read the settings of a library in another Dagster project, where `given` wins.

    Relative paths are relative to `project`. Raises SettingsError as `load` does.
    """
    return parse({**os.environ, **given}, project)


def find_project(named: str | None = None) -> Path:
    """Return the project folder. Raises SettingsError if there is none."""
    return projects.find(os.environ, named)


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
    secrets = [name for name in written if _is_secret(name, written[name])]
    if not secrets or not file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return f"others can read {' and '.join(secrets)} in .env: chmod 600 {shlex.quote(str(file))}"


def _is_secret(name: str, value: str) -> bool:
    if name == "UNSPLASH_CATALOGUE":
        return "@" in value
    is_key = name == "UNSPLASH_API_KEY" or (name.startswith(_BUCKETS) and _SECRET.search(name))
    return bool(is_key and value.strip())


def unknown_settings(project: Path) -> Iterator[str]:
    """Yield a warning for each variable with our prefix that no part of this project reads.

    It may be another program's, so it is no error.
    """
    written = _env_file(project)
    for name, value in sorted(variables(project).items()):
        if name == projects.PROJECT and name in written:
            yield f"{name} has no effect in .env: set it in the shell"
        elif name.startswith(OURS) and value.strip() and not is_known(name):
            place = " (in .env)" if name in written else ""
            yield f"{name}{place} is no setting of this project: {remedy(name)}"


def _env_file(project: Path) -> dict[str, str]:
    """Return what the project's `.env` sets. Raises SettingsError if it is not text."""
    if not projects.is_project(project):
        return {}
    try:
        written = dotenv_values(project / _ENV_FILE)
    except UnicodeDecodeError as error:
        raise SettingsError(_ENV_FILE, "no UTF-8 text", "save it as UTF-8") from error
    return {name: value or "" for name, value in written.items()}


def enter_project(project: Path) -> None:
    """Make this process work in the project folder, on the Dagster home that belongs to it.

    Like every Dagster command, add the project's `.env` to the process's environment: libraries
    read proxies and certificates there. Raises SettingsError if Dagster cannot use its home.
    """
    home = record_home(project)
    projects.check_record(home)
    os.environ.update(variables(project))
    os.environ[projects.HOME] = str(home)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
    if projects.is_project(project):
        os.environ[projects.PROJECT] = str(project)
        os.chdir(project)


def record_home(project: Path) -> Path:
    """Return Dagster's home. Raises SettingsError if it is one that Dagster could not use."""
    return projects.dagster_home(variables(project)) or project


def certificates() -> str | None:
    """Return the file of certificates that SSL_CERT_FILE names, or None.

    requests itself reads only REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE.
    """
    return _everything().get("SSL_CERT_FILE") or None


def secret(name: str) -> str | None:
    """Return the value of the variable that holds a secret, or None if it is unset or empty."""
    return _everything().get(name, "").strip() or None


def _everything() -> dict[str, str]:
    """Return the environment, with the `.env` of the project if there is one.

    Another Dagster project may use the API alone, without a project of this kind.
    """
    project = projects.find_or_none(os.environ)
    return variables(project) if project else dict(os.environ)


def without_secrets() -> dict[str, str]:
    """Return the environment without our variables, for programs that are not ours.

    One of ours is the key, others may hold the password of a database, or open a bucket.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith(OURS) or _is_secret(name, value))
    }
