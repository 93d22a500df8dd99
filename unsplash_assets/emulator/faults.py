"""Faults on demand: a WSGI application around another that spoils its answers.

A fault's name begins with its scope, `api` or `picture`. Faults below HTTP, such as a reset
connection, need raw sockets and are in the tests.
"""

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
Answer = tuple[str, Headers, Iterable[bytes]]
Fault = Callable[[str, Headers, bytes], Answer]
"""Makes an answer of the status, headers and body of the answer that is due."""

_HTML: Final = b"<!DOCTYPE html><html><body><h1>503 first byte timeout</h1></body></html>"


def with_fault(application: WSGIApplication, name: str) -> WSGIApplication:
    """Wrap an application in the fault of that name in FAULTS."""
    fault = FAULTS[name]

    def spoiled(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_picture = environ["PATH_INFO"].startswith("/photo-")
        if name.startswith("picture-") is not is_picture:
            return application(environ, start_response)
        answer = fault(*_respond(application, environ)) if callable(fault) else fault
        status, headers, body = answer
        start_response(status, headers.copy())
        return body

    return spoiled


def _respond(application: WSGIApplication, environ: WSGIEnvironment) -> tuple[str, Headers, bytes]:
    """Return the whole answer of an application."""
    started: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, _: object = None) -> Callable[..., None]:
        started.append((status, headers))
        return lambda _: None

    body = b"".join(application(environ, start))
    return (*started[-1], body)


def _plain(status: str, media_type: str, body: bytes) -> Answer:
    return status, [("Content-Type", media_type), ("Content-Length", str(len(body)))], [body]


def _cut(status: str, headers: Headers, body: bytes) -> Answer:
    """Announce the whole body and send half of it."""
    return status, headers, [body[: len(body) // 2]]


def _cut_silently(status: str, headers: Headers, body: bytes) -> Answer:
    """Send half of the body, and announce no more than that."""
    half = body[: len(body) // 2]
    return status, [*_without_length(headers), ("Content-Length", str(len(half)))], [half]


def _endless(status: str, headers: Headers, body: bytes) -> Answer:
    """Repeat the body without end and without an announced length."""
    return status, _without_length(headers), repeat(body)


def _without_length(headers: Headers) -> Headers:
    return [(name, value) for name, value in headers if name != "Content-Length"]


def _error(status: str, text: str) -> Answer:
    return _plain(status, "application/json", b'{"errors":["%s"]}' % text.encode())


FAULTS: Final[dict[str, Answer | Fault]] = {
    "api-401": _error("401 Unauthorized", "OAuth error: The access token is invalid"),
    "api-403": _error("403 Forbidden", "OAuth error: missing permissions"),
    "api-404": _error("404 Not Found", "No photos found."),
    "api-500": _plain(
        "500 Internal Server Error",
        "application/json",
        b'{"status":"500","error":"Internal Server Error"}',
    ),
    "api-503": _plain("503 Service Unavailable", "text/html", _HTML),
    "api-cut": _cut,
    "api-html": _plain("200 OK", "text/html", _HTML),
    "api-not-a-photo": _plain("200 OK", "application/json", b'[{"id":"x"}]'),
    "api-quota": (
        "403 Forbidden",
        [
            ("X-Ratelimit-Limit", "50"),
            ("X-Ratelimit-Remaining", "0"),
            ("Content-Length", "19"),
        ],
        [b"Rate Limit Exceeded"],
    ),
    "picture-404": _plain("404 Not Found", "text/plain", b"not found"),
    "picture-500": _plain("500 Internal Server Error", "text/plain", b""),
    "picture-cut": _cut,
    "picture-cut-silently": _cut_silently,
    "picture-empty": _plain("200 OK", "image/jpeg", b""),
    "picture-endless": _endless,
    "picture-html": _plain("200 OK", "text/html", _HTML),
}
