"""What `make run` runs: says early, in one line, what would go wrong; then is `dagster dev`.

It replaces itself by `dagster dev`, so that a signal to `make` reaches Dagster and nothing of
this stays behind.
"""

import os
import socket
import sys
from typing import Final, NoReturn

from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.settings import environment

HOST: Final = "127.0.0.1"
_PORTS: Final = range(1, 65_536)


def main(arguments: list[str]) -> NoReturn:
    """Become `dagster dev` on the port that is the one argument; exit with 2 if that cannot be."""
    try:
        settings = environment.load()
        port = check_port(arguments[0])
    except UnsplashAssetsError as error:
        print(f"unsplash_assets: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    mode = "demo, for UNSPLASH_API_KEY is not set" if settings.mode == "demo" else "live"
    print(f"Dagster's UI comes up at http://{HOST}:{port} ({mode}).", flush=True)  # noqa: T201
    command = [sys.executable, "-m", "dagster", "dev", "--host", HOST, "--port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - nothing of this process is to stay


def check_port(text: str) -> int:
    """Return the port, if it is one and free. Raises SettingsError."""
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise SettingsError("PORT", repr(text), "use a number from 1 to 65535")
    port = int(text)
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise SettingsError(
            "PORT",
            f"{port}, which cannot be opened ({os.strerror(error.errno or 0)})",
            "is it up already? Else try make run PORT=3001",
        ) from error
    return port


if __name__ == "__main__":
    main(sys.argv[1:])
