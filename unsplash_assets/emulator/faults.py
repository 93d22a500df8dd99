"""Misbehaviour on demand: a WSGI application around another that spoils its answers.

Each fault has a name and a scope, the API or its pictures. Faults below HTTP, such as a reset
connection, need raw sockets and live in the tests.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Fault = Callable[[StartResponse, "Inner"], Iterable[bytes]]
Inner = Callable[[], tuple[str, list[tuple[str, str]], bytes]]

_HTML: Final = b"<!DOCTYPE html><html><body><h1>503 first byte timeout</h1></body></html>"


def with_fault(application: WSGIApplication, name: str) -> WSGIApplication:
    """Return the application with the fault of that name in FAULTS."""
    fault = FAULTS[name]
    scope = name.partition("-")[0]

    def spoiled(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _scope(environ["PATH_INFO"]) != scope:
            return application(environ, start_response)
        return fault(start_response, lambda: _whole(application, environ))

    return spoiled


def _scope(path: str) -> str:
    return "picture" if path.startswith("/photo-") else "api"


def _whole(
    application: WSGIApplication, environ: WSGIEnvironment
) -> tuple[str, list[tuple[str, str]], bytes]:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Callable[..., None]:
        started.append((status, headers))
        return lambda _: None

    body = b"".join(application(environ, start))
    return (*started[-1], body)


def _plain(status: str, media_type: str | None, body: bytes) -> Fault:
    """Answer with this, whatever was asked."""

    def fault(start_response: StartResponse, _: Inner) -> Iterable[bytes]:
        types = [("Content-Type", media_type)] if media_type else []
        start_response(status, [*types, ("Content-Length", str(len(body)))])
        return [body]

    return fault


def _quota(start_response: StartResponse, _: Inner) -> Iterable[bytes]:
    numbers = [("X-Ratelimit-Limit", "50"), ("X-Ratelimit-Remaining", "0")]
    start_response("403 Forbidden", [*numbers, ("Content-Length", "19")])
    return [b"Rate Limit Exceeded"]


def _cut(start_response: StartResponse, inner: Inner) -> Iterable[bytes]:
    """Announce the whole body and send half of it."""
    status, headers, body = inner()
    start_response(status, headers)
    return [body[: len(body) // 2]]


def _cut_silently(start_response: StartResponse, inner: Inner) -> Iterable[bytes]:
    """Send half of the body and announce just that."""
    status, headers, body = inner()
    half = body[: len(body) // 2]
    others = [(name, value) for name, value in headers if name != "Content-Length"]
    start_response(status, [*others, ("Content-Length", str(len(half)))])
    return [half]


def _endless(start_response: StartResponse, inner: Inner) -> Iterable[bytes]:
    """Repeat the body for ever, without an announced length."""
    status, headers, body = inner()
    start_response(status, [(name, value) for name, value in headers if name != "Content-Length"])

    def repeat() -> Iterator[bytes]:
        while True:
            yield body

    return repeat()


def _error(status: str, text: str) -> Fault:
    return _plain(status, "application/json", b'{"errors":["%s"]}' % text.encode())


FAULTS: Final[dict[str, Fault]] = {
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
    "api-quota": _quota,
    "picture-404": _plain("404 Not Found", "text/plain", b"not found"),
    "picture-500": _plain("500 Internal Server Error", "text/plain", b""),
    "picture-cut": _cut,
    "picture-cut-silently": _cut_silently,
    "picture-empty": _plain("200 OK", "image/jpeg", b""),
    "picture-endless": _endless,
    "picture-html": _plain("200 OK", "text/html", _HTML),
}
