"""An adapter for `requests` that hands each request to a WSGI application of this process.

The body stays lazy and its announced length is enforced, so that an application that cuts or
drips its answer is seen exactly as a server would be (requests-wsgi-adapter reads the whole
body first, and accepts a cut one).
"""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import requests
import requests.adapters
import urllib3


class WsgiAdapter(requests.adapters.HTTPAdapter):
    """Answers requests from a WSGI application instead of from the network."""

    def __init__(self, application: WSGIApplication) -> None:
        """Answer from `application`."""
        super().__init__()
        self._application = application

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:  # noqa: ANN401
        """Call the application and wrap its answer; timeouts do not apply in process."""
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: object = None
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return written.append

        written: list[bytes] = []
        body: Iterable[bytes] = self._application(_environ(request), _typed(start_response))
        chunks = _Chunks(body, written)
        chunks.prime()
        status, headers = started[-1]
        raw = urllib3.HTTPResponse(
            body=io.BufferedReader(chunks),
            headers=urllib3.HTTPHeaderDict(headers),
            status=int(status[:3]),
            reason=status[4:],
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return self.build_response(request, raw)


class _Chunks(io.RawIOBase):
    """An application's iterable, and what it writes by hand, read as a stream."""

    def __init__(self, body: Iterable[bytes], written: list[bytes]) -> None:
        self._body = body
        self._written = written
        self._iterator: Iterator[bytes] = iter(body)
        self._rest = b""

    def prime(self) -> None:
        """Take the first chunk: WSGI lets an application call start_response as late as that."""
        self._rest = self._next() or b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        while not self._rest:
            following = self._next()
            if following is None:
                return 0
            self._rest = following
        piece = self._rest[: len(buffer)]
        self._rest = self._rest[len(piece) :]
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self) -> bytes | None:
        chunk = next(self._iterator, None)
        written = b"".join(self._written)
        self._written.clear()
        return chunk if not written else written + (chunk or b"")

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None and not self.closed:
            close()
        super().close()


def _typed(start_response: Callable[..., Callable[[bytes], object]]) -> StartResponse:
    return start_response


def _environ(request: requests.PreparedRequest) -> WSGIEnvironment:
    parts = urlsplit(request.url or "")
    return {
        "REQUEST_METHOD": request.method or "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
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
        **{
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in request.headers.items()
        },
    }
