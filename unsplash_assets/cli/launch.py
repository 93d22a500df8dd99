"""What `make run` runs: reports a wrong setting or port in one line, then starts `dagster dev`.

It replaces its own process with `dagster dev`, so a signal to `make` reaches Dagster.
"""

import os
import socket
import subprocess
import sys
from typing import Final, NoReturn

from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.settings import environment
from unsplash_assets.storage.records import RECORD_FOLDER

HOST: Final = "127.0.0.1"
_PORTS: Final = range(1, 65_536)


def main(arguments: list[str]) -> NoReturn:
    """Become `dagster dev` on the port in `arguments`, or exit with 2 if that is impossible."""
    try:
        settings = environment.load()
        port = check_port(arguments[0])
        environment.enter_project(settings.project)
    except UnsplashAssetsError as error:
        print(f"unsplash_assets: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    mode = "demo: UNSPLASH_API_KEY is not set" if settings.mode == "demo" else "live"
    print(f"Dagster's UI will be at http://{HOST}:{port} ({mode}).", flush=True)  # noqa: T201
    if not (settings.project / RECORD_FOLDER / "storage").exists():
        creation = [sys.executable, "-m", "unsplash_assets.cli.record"]
        subprocess.run(creation, check=False)  # noqa: S603 - `dagster dev` reports what is wrong
    command = [sys.executable, "-m", "dagster", "dev", "--host", HOST, "--port", str(port)]
    if not (settings.project / "pyproject.toml").exists():  # it names the definitions in a clone
        command += ["-m", "unsplash_assets.definitions"]
    os.execv(sys.executable, command)  # noqa: S606 - replaces this process


def check_port(text: str) -> int:
    """Return the port if it is valid and free. Raises SettingsError otherwise."""
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise SettingsError("PORT", repr(text), "use a number from 1 to 65535")
    port = int(text)
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise SettingsError(
            "PORT",
            f"{port}, which cannot be opened ({os.strerror(error.errno or 0)})",
            "is it already running? If not, try make run PORT=3001",
        ) from error
    return port


if __name__ == "__main__":
    main(sys.argv[1:])
