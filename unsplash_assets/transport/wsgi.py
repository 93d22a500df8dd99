"""A pool, in place of urllib3's, that hands each request to a WSGI application of this process.

The body stays lazy and its announced length is enforced, so an application that cuts its answer
short or sends it slowly looks exactly like a server that does (requests-wsgi-adapter reads the
whole body first, and accepts one that is cut short).
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import urllib3


class WsgiPool:
    """Answers requests from a WSGI application instead of the network."""

    def __init__(self, application: WSGIApplication) -> None:
        """Answer from `application`."""
        self._application = application

    def urlopen(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        **_: object,
    ) -> urllib3.HTTPResponse:
        """Call the application and wrap its answer; timeouts do not apply within a process."""
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return written.append

        body = self._application(_environ(method, url, headers), _typed(start_response))
        stream = _Stream(body, written)
        status, answered = started[-1]
        return urllib3.HTTPResponse(
            body=io.BufferedReader(stream),
            headers=urllib3.HTTPHeaderDict(answered),
            status=int(status[:3]),
            reason=status[4:],
            preload_content=False,
            enforce_content_length=True,
            request_method=method,
        )


class _Stream(io.RawIOBase):
    """What an application returns, and what it passes to `write`, as one stream."""

    def __init__(self, body: Iterable[bytes], written: list[bytes]) -> None:
        self._body = body
        self._pieces = _pieces(body, written)
        self._rest = next(self._pieces)  # WSGI lets an application call start_response that late

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        while not self._rest:
            following = next(self._pieces, None)
            if following is None:
                return 0
            self._rest = following
        piece = self._rest[: len(buffer)]
        self._rest = self._rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None and not self.closed:
            close()
        super().close()


def _pieces(body: Iterable[bytes], written: list[bytes]) -> Iterator[bytes]:
    for piece in body:
        yield b"".join((*written, piece))
        written.clear()
    yield b"".join(written)


def _typed(start_response: Callable[..., Callable[[bytes], object]]) -> StartResponse:
    return start_response


def _environ(method: str, url: str, headers: Mapping[str, str]) -> WSGIEnvironment:
    parts = urlsplit(url)
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path or "/").decode("latin-1"),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
