"""What all commands share: their settings, how errors reach the shell, how a photo is named.

Exit codes: 0 done, 1 the work failed, 2 wrong usage or settings.
"""

import errno
import os
import socket
from typing import IO, Any

import click

from unsplash_assets.cli.output import guarded, say
from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.library.removal import read_photo_id
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings


class _Failure(click.ClickException):
    exit_code = 1

    def __init__(self, error: UnsplashAssetsError) -> None:
        super().__init__(str(error))

    def show(self, file: IO[Any] | None = None) -> None:  # noqa: ARG002 - click's signature
        say(f"unsplash-assets: {self.message}")


class _WrongSettings(_Failure):
    exit_code = 2


class Commands(click.Group):
    """A group whose commands end with one line for each of our errors."""

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - click's signature
        """Run as a program."""
        with guarded():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command, and translate its errors."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise _WrongSettings(error) from error
        except UnsplashAssetsError as error:
            raise _Failure(error) from error


def load_settings() -> Settings:
    """Load the settings, of the project that the option --project names if it is given."""
    return environment.load(click.get_current_context().find_root().params.get("project"))


def warn_of_unknown(settings: Settings) -> None:
    """Say which variables have no effect, before work that may take long."""
    for warning in environment.unknown_settings(settings.project):
        say(f"warning: {warning}")


def open_port(host: str, port: int, names: tuple[str, str], hint: str) -> socket.socket:
    """Open a port to listen on; `names` are those of the settings for host and port.

    Raises SettingsError, with `hint` where another program has the port.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise _no_host(names[0], host) from None
    try:
        listener = socket.create_server(address[:2], family=family)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise _no_host(names[0], host) from error
        fault = f"{port}, which cannot be opened ({os.strerror(error.errno or 0)})"
        raise SettingsError(names[1], fault, hint) from error
    # Its connections inherit it. Without it each answer of two parts waits 40 ms for the client.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _no_host(name: str, host: str) -> SettingsError:
    return SettingsError(name, repr(host), "use an address or a name that is this machine's")


def url_of(host: str, port: int) -> str:
    """Return the URL of a port on a host."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class PhotoCommand(click.Command):
    """A command on one photo, whose id may begin with `-`: what is not an option is an id."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put every word that is not an option behind `--`."""
        flags = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        end = args.index("--") if "--" in args else len(args)
        options = [word for word in args[:end] if word in flags]
        others = [word for word in args[:end] if word not in flags]
        return super().parse_args(ctx, [*options, "--", *others, *args[end + 1 :]])


def photo_id(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Read a photo's id, for a parameter's callback."""
    try:
        return None if text is None else read_photo_id(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r}: {error}") from error
