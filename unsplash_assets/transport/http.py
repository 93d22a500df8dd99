"""The transport over `urllib3`: timeouts, redirects, limits.

`urllib3` keeps connections and reads chunked and compressed bodies; `ways` finds its proxies and
authorities. This module and `deadline` add what it lacks: a total deadline, a limit on size, and
redirects only where they are allowed. No credentials but the caller's are sent (no netrc, no
cookies). `reasons` words the errors.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Final

import urllib3

from unsplash_assets.errors import NetworkError, RedirectedAway, RequestRefused, TooLarge
from unsplash_assets.transport.base import Limits
from unsplash_assets.transport.deadline import until
from unsplash_assets.transport.reasons import BROKEN, ON_THE_WAY, network_error
from unsplash_assets.transport.urls import join, origin_or_none, shown_host
from unsplash_assets.transport.ways import Pool, Ways

_CHUNK_SIZE: Final = 64 * 1024  # bytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PARTIAL: Final = 206
_Response = urllib3.BaseHTTPResponse
_Ask = Callable[[Mapping[str, str]], tuple[str, _Response]]
"""Requests the same URL again, with more headers; returns the URL that answered, and the answer."""


class HttpTransport:
    """Carries GET requests over HTTP. Safe to use from several threads."""

    def __init__(
        self, given: Mapping[str, Pool] | None = None, *, certificates: str | None = None
    ) -> None:
        """Use the `given` pools for their base URLs, else the network; see `ways.Ways`."""
        self._ways = Ways(given or {}, certificates)

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], limits: Limits) -> Iterator["Answer"]:
        """Request `url`; read the answer inside the `with`.

        Raises NetworkError if no answer comes within the limits, RequestRefused if the URL is not
        allowed, RedirectedAway if a redirect leads to where none may, and SettingsError if the
        proxy or the certificates cannot be used.
        """
        deadline = time.monotonic() + limits.timeouts.total

        def ask(more: Mapping[str, str]) -> tuple[str, _Response]:
            return self._follow(url, {**headers, **more}, limits, deadline)

        with until(deadline), closing(Answer(*ask({}), limits, deadline, ask)) as answer:
            yield answer

    def _follow(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> tuple[str, _Response]:
        """Request `url`, and follow the redirects that the limits allow."""
        if limits.is_confined and origin_or_none(url) not in limits.redirect_origins:
            raise RequestRefused(f"{shown_host(url)} is not an allowed host: nothing was requested")
        for _ in range(limits.redirects + 1):
            response = self._request(url, headers, limits, deadline)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                return url, response
            _give_up(response)
            target = join(url, location)
            _check_redirect(url, target, limits)
            url = target
        raise NetworkError(
            f"{shown_host(url)} redirects more than {limits.redirects} times in a row"
        )

    def _request(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> _Response:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise RequestRefused("a request header has forbidden characters: check the key")
        left = max(deadline - time.monotonic(), 0.001)
        connect, read = min(limits.timeouts.connect, left), min(limits.timeouts.read, left)
        way = self._ways.to(url)
        try:
            timeout = urllib3.Timeout(connect=connect, read=read)
            return way.get(url, {**self._ways.headers, **headers}, timeout)
        except BROKEN as error:
            is_late = time.monotonic() >= deadline
            raise network_error(error, url, limits, is_late=is_late) from error


def _give_up(response: _Response) -> None:
    """Give up what was not read, and the connection if there is any of that."""
    response.close()
    response.release_conn()


class Answer:
    """One answer, its body not yet read."""

    def __init__(
        self, url: str, response: _Response, limits: Limits, deadline: float, ask: _Ask
    ) -> None:
        self.url = url
        """The URL that answered, after redirects."""
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        """Their names are looked up in any case."""
        self._response = response
        self._limits = limits
        self._deadline = deadline
        self._ask = ask
        self._resumptions = limits.resumptions

    def close(self) -> None:
        """Give up what was not read."""
        _give_up(self._response)

    def chunks(self) -> Iterator[bytes]:
        """Yield the decoded body in pieces; ask for the rest of one that broke off, if allowed.

        Raises NetworkError if it ends before its announced end or takes too long, TooLarge if it
        is too long. It is for the reader to check that a compressed body is complete, and that one
        in parts is whole.
        """
        self._check_size(_announced(self.headers))
        received = 0
        while True:
            try:
                for chunk in self._response.stream(_CHUNK_SIZE, decode_content=True):
                    received += len(chunk)
                    self._check_size(received)
                    if time.monotonic() > self._deadline:
                        raise TimeoutError
                    yield chunk
            except (*BROKEN, ValueError) as error:  # ValueError: a chunk of negative length
                is_late = time.monotonic() >= self._deadline
                if is_late or not self._resume(received):
                    raise network_error(
                        error, self.url, self._limits, is_late=is_late, has_begun=True
                    ) from error
            else:
                return

    def _resume(self, received: int) -> bool:
        """Ask for the rest of a body that broke off; return whether it comes (RFC 9110, 14)."""
        whole, validator = _announced(self.headers), _validator(self.headers)
        if not (self._resumptions and validator and 0 < received < whole):
            return False
        self._resumptions -= 1
        try:
            _, rest = self._ask({"Range": f"bytes={received}-", "If-Range": validator})
        except NetworkError:
            return False
        expected = f"bytes {received}-{whole - 1}/{whole}"
        if rest.status != _PARTIAL or rest.headers.get("Content-Range") != expected:
            _give_up(rest)
            return False
        _give_up(self._response)
        self._response = rest
        return True

    def _check_size(self, size: int) -> None:
        if size > self._limits.size:
            setting = self._limits.size_setting
            raise TooLarge(
                f"{shown_host(self.url)} sends more than the {self._limits.size:,} bytes allowed"
                + (f" by {setting}" if setting else "")
            )


def _check_redirect(url: str, target: str, limits: Limits) -> None:
    if limits.is_secret(target):
        raise RequestRefused(f"{shown_host(url)} redirects to a URL that contains a secret")
    goal = origin_or_none(target)
    if goal not in limits.redirect_origins:
        place = repr(goal) if goal else "an unreadable address"
        raise RedirectedAway(f"{shown_host(url)} redirects elsewhere, to {place}: {ON_THE_WAY}")


def _announced(headers: Mapping[str, str]) -> int:
    with suppress(ValueError):  # not a number, or with more digits than Python reads
        return int(headers.get("Content-Length", ""))
    return 0


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what tells that the rest belongs to the same body; None if it cannot be asked for."""
    is_plain = headers.get("Content-Encoding", "identity") == "identity"
    if not is_plain or headers.get("Accept-Ranges", "").strip().lower() != "bytes":
        return None
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified")
