"""What `make run` runs: reports a wrong setting or port in one line, then starts `dagster dev`.

It stays the parent of `dagster dev`, which may wait minutes for a run when it is terminated: all of
its processes end within seconds of a signal.
"""

import signal
import sys
from contextlib import suppress
from typing import Final, NoReturn

from unsplash_assets.cli.base import open_port, url_of, warn_of_unknown
from unsplash_assets.cli.output import say, write_plain
from unsplash_assets.errors import LibraryError, SettingsError, UnsplashAssetsError
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets.settings.values import is_loopback
from unsplash_assets.storage.groups import ProcessGroup

HOST: Final = "127.0.0.1"
PATIENCE: Final = 8.0
"""Seconds in which `dagster dev` may end by itself."""
_NAMES: Final = {"SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"}
SIGNALS: Final = [number for number in signal.Signals if number.name in _NAMES]
"""What a person, a shell or a system ends a program with; Windows has only some of them."""
_EXPOSED: Final = (
    "warning: whoever reaches that address may start and delete runs, for the UI asks nobody who "
    "they are: docs/security.md has a safer way"
)
_PORTS: Final = range(1, 65_536)


def main(arguments: list[str]) -> NoReturn:
    """Run `dagster dev` on the host and port in `arguments`; exit with 2 if that is impossible."""
    _accept_signals()
    try:
        sys.exit(_serve(_prepared(*arguments)))
    except UnsplashAssetsError as error:
        say(f"unsplash_assets: {error}")
        sys.exit(2)
    except KeyboardInterrupt:  # a person has stopped it
        sys.exit(0)


def _accept_signals() -> None:
    """Let each signal that ends a program interrupt this one.

    A script's `make run &` starts it with SIGINT ignored, and Dagster takes its reaction to SIGTERM
    from that. Only nohup means what it does.
    """
    for number in SIGNALS:
        is_nohup = number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN
        if not is_nohup:
            signal.signal(number, signal.default_int_handler)


def _prepared(port_text: str, host: str = HOST) -> list[str]:
    """Check what can be checked, and return the command of `dagster dev`."""
    settings = environment.load()
    port = check_port(port_text, host)
    _check_places(settings)
    warn_of_unknown(settings)
    environment.enter_project(settings.project)
    mode = "demo: UNSPLASH_API_KEY is not set" if settings.mode == "demo" else "live"
    say(f"Dagster's UI will be at {url_of(host, port)} ({mode}).")
    if not is_loopback(host):
        say(_EXPOSED)
    dagster = [sys.executable, "-m", "unsplash_assets.cli.record"]  # which it makes ready first
    command = [*dagster, "dev", "--host", host, "--port", str(port), "--log-level", "warning"]
    if not (settings.project / "pyproject.toml").exists():  # it names the definitions in a clone
        command += ["-m", "unsplash_assets.definitions"]
    return command


def _check_places(settings: Settings) -> None:
    """Raise SettingsError if library or catalogue can be nowhere that the settings say.

    Any other trouble with them may pass: each tick says what it is.
    """
    with suppress(LibraryError), open_library(settings, create=False, needs_files=False):
        pass


def _serve(command: list[str]) -> int:
    """Run a command until it ends or a signal comes; leave none of its processes behind."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    group = ProcessGroup(command, None if is_terminal else write_plain)
    try:
        return group.wait()
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # once is enough
        group.end(PATIENCE)


def check_port(text: str, host: str = HOST) -> int:
    """Return the port if it is valid, and free on a host. Raises SettingsError otherwise."""
    if not text.isascii() or not text.isdigit() or int(text) not in _PORTS:
        raise SettingsError("PORT", repr(text), "use a number from 1 to 65535")
    hint = "is it already running? If not, try make run PORT=3001"
    open_port(host, int(text), ("HOST", "PORT"), hint).close()
    return int(text)


if __name__ == "__main__":
    main(sys.argv[1:])
