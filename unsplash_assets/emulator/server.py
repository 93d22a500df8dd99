"""Serves the emulated Unsplash on a port, for `unsplash-assets emulator` and the tests.

The server is waitress, in pure Python. Like a real server, it keeps connections alive, and closes
one if the application sends less than it announced.
"""

import logging
import os
import socket
from collections.abc import Callable, Iterable
from typing import Any, Final, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from waitress.server import create_server

from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.settings.settings import EMULATOR_MARK

HOST: Final = "127.0.0.1"
_THREADS: Final = 64


def marked(application: WSGIApplication) -> WSGIApplication:
    """Let every answer say that the pictures are drawn, so that nobody takes them for photos."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401
            return start_response(status, [*headers, (EMULATOR_MARK, "drawn")], *rest)

        return application(environ, cast("StartResponse", start))

    return answer


def serve(application: WSGIApplication, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; call `announce` with the base URL once the port is open.

    Port 0 means any free port. Raises UnsplashAssetsError if the port cannot be opened.
    """
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise UnsplashAssetsError(
            f"port {port} cannot be opened ({os.strerror(error.errno or 0)}): "
            "choose another with --port"
        ) from error
    server = create_server(application, sockets=[listener], threads=_THREADS)
    announce(f"http://{HOST}:{listener.getsockname()[1]}")
    try:
        server.run()
    finally:
        server.close()
