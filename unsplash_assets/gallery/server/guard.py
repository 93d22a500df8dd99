"""Stands before every route: answers only to this machine's names, and forbids what no page needs.

A page of another site may make a browser ask this server; what it cannot do is give it a name that
is this machine's (DNS rebinding gives this machine's address to the other site's name).
"""

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unsplash_assets.gallery.server.answers import error_answer

HEAD_SIZE: Final = 16 * 1024
"""The most bytes of a request's head."""
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""What an answer may do that is no page."""
_FORBIDDEN: Final = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """An application that passes on what it may answer."""

    def __init__(self, application: ASGIApp, names: Iterable[str]) -> None:
        """Stand before `application` on a machine of these names."""
        self._application = application
        self._names = frozenset(name.casefold() for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _FORBIDDEN.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        if _size(scope) > HEAD_SIZE:
            closed = {"Connection": "close"}
            await error_answer(431, "that is too much", closed)(scope, receive, send_guarded)
        elif not self._is_ours(headers.get("host", "")):
            refused = error_answer(421, "this server is reached by an address or this host's name")
            await refused(scope, receive, send_guarded)
        elif _has_body(headers):
            closed = {"Connection": "close"}
            refused = error_answer(413, "no request here has a body", closed)
            await refused(scope, receive, send_guarded)
        else:
            await self._application(scope, receive, send_guarded)

    def _is_ours(self, host: str) -> bool:
        name = host_name(host).casefold().removesuffix(".")
        return name in self._names or _is_address(name)


def host_name(host: str) -> str:
    """Return the name in a Host header, without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _size(scope: Scope) -> int:
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope["raw_path"]) + len(scope["query_string"])


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
