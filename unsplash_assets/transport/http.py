"""The transport over `requests`: sessions, timeouts, redirects, limits.

`requests` handles proxies, certificate authorities and chunked and compressed bodies. This module
and `deadline` add what it lacks: a total deadline, a limit on size, redirects only where they are
allowed, and no credentials but the caller's (no netrc, no cookies). `reasons` words the errors.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

import requests

from unsplash_assets.errors import NetworkError, RedirectedAway, RequestRefused, TooLarge
from unsplash_assets.transport.base import Limits
from unsplash_assets.transport.deadline import DeadlineAdapter, until
from unsplash_assets.transport.reasons import (
    BROKEN,
    INVALID_URL,
    ON_THE_WAY,
    certificates_error,
    network_error,
    proxy_error,
)
from unsplash_assets.transport.urls import is_local, join, origin_or_none, shown_host

_USER_AGENT: Final = "unsplash_assets"
_CHUNK_SIZE: Final = 64 * 1024  # bytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NO_PROXY: Final = {"http": "", "https": ""}
_SHOWN: Final = 200  # characters of a URL
_PARTIAL: Final = 206
_Ask = Callable[[Mapping[str, str]], requests.Response]
"""Requests the same URL again, with more headers."""


class HttpTransport:
    """Carries GET requests over HTTP. Safe to use from several threads."""

    def __init__(
        self,
        *adapters: tuple[str, requests.adapters.BaseAdapter],
        certificates: str | None = None,
    ) -> None:
        """Use `adapters` (URL prefix and adapter) for URLs with their prefix, else the network.

        `certificates` names a file of authorities to trust instead of those that requests brings;
        a file that requests itself finds in the environment takes precedence.
        """
        session = requests.Session()
        session.verify = certificates or True
        session.headers["User-Agent"] = _USER_AGENT
        for prefix in ("http://", "https://"):
            session.mount(prefix, DeadlineAdapter())
        for prefix, adapter in adapters:
            session.mount(prefix, adapter)
        self._session = session
        self._environments: dict[str, Mapping[str, Any]] = {}

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], limits: Limits) -> Iterator["Answer"]:
        """Request `url`; read the answer inside the `with`.

        Raises NetworkError if no answer comes within the limits, RequestRefused if the URL is not
        allowed, RedirectedAway if a redirect leads to where none may, and SettingsError if the
        proxy or the certificates cannot be used.
        """
        deadline = time.monotonic() + limits.timeouts.total

        def ask(more: Mapping[str, str]) -> requests.Response:
            return self._follow(url, {**headers, **more}, limits, deadline)

        with until(deadline), closing(Answer(ask({}), limits, deadline, ask)) as answer:
            yield answer

    def _follow(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> requests.Response:
        """Request `url`, and follow the redirects that the limits allow."""
        if limits.is_confined and origin_or_none(url) not in limits.redirect_origins:
            raise RequestRefused(f"{shown_host(url)} is not an allowed host: nothing was requested")
        for _ in range(limits.redirects + 1):
            response = self._request(url, headers, limits, deadline)
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or location is None:
                return response
            response.close()
            target = join(url, location)
            _check_redirect(url, target, limits)
            url = target
        raise NetworkError(
            f"{shown_host(url)} redirects more than {limits.redirects} times in a row"
        )

    def _request(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> requests.Response:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise RequestRefused("a request header has forbidden characters: check the key")
        left = max(deadline - time.monotonic(), 0.001)
        timeout = (min(limits.timeouts.connect, left), min(limits.timeouts.read, left))
        try:
            return self._send(url, headers, timeout)
        except INVALID_URL:
            if self._can_request(url):
                raise proxy_error() from None
            raise RequestRefused(f"{url[:_SHOWN]!r} is not a URL that can be requested") from None
        except BROKEN as error:
            if type(error) is OSError:  # raised by requests itself, before it connects
                raise certificates_error() from None
            is_late = time.monotonic() >= deadline
            raise network_error(error, url, limits, is_late=is_late) from error

    def _send(
        self, url: str, headers: Mapping[str, str], timeout: tuple[float, float]
    ) -> requests.Response:
        """Send a request through its adapter.

        The session would do it in twice the time: it reads the whole environment for each request,
        follows redirects and keeps cookies.
        """
        every = {**self._session.headers, **headers}
        request = requests.Request("GET", url, headers=every, auth=_as_it_is).prepare()
        sent_to = str(request.url)
        adapter = self._session.get_adapter(sent_to)
        return adapter.send(request, timeout=timeout, **self._environment(sent_to))

    def _environment(self, url: str) -> Mapping[str, Any]:
        """Return what the environment says about a URL's origin: its proxy, the authorities."""
        place = origin_or_none(url) or url
        if place not in self._environments:
            self._environments[place] = self._session.merge_environment_settings(
                url,
                proxies=dict(_NO_PROXY) if is_local(url) else {},  # one would read plain HTTP
                stream=True,
                verify=None,
                cert=None,
            )
        return self._environments[place]

    def _can_request(self, url: str) -> bool:
        """Return whether a URL is valid, so that an error must be about the proxy's URL."""
        try:
            requests.Request("GET", url).prepare()
            self._session.get_adapter(url)
        except INVALID_URL:
            return False
        return True


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Give no credentials: a URL's, or a netrc file's, would replace the caller's."""
    return request


class Answer:
    """One answer, its body not yet read."""

    def __init__(
        self, response: requests.Response, limits: Limits, deadline: float, ask: _Ask
    ) -> None:
        self.url = response.url
        """The URL that answered, after redirects."""
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        """Their names are looked up in any case."""
        self._response = response
        self._limits = limits
        self._deadline = deadline
        self._ask = ask
        self._resumptions = limits.resumptions

    def close(self) -> None:
        """Give up what was not read."""
        self._response.close()

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
                for chunk in self._response.iter_content(_CHUNK_SIZE):
                    received += len(chunk)
                    self._check_size(received)
                    if time.monotonic() > self._deadline:
                        raise TimeoutError
                    yield chunk
            except (*BROKEN, ValueError) as error:  # ValueError: a chunk of negative length
                is_late = time.monotonic() >= self._deadline
                if is_late or not self._resume(received):
                    raise network_error(error, self.url, self._limits, is_late=is_late) from error
            else:
                return

    def _resume(self, received: int) -> bool:
        """Ask for the rest of a body that broke off; return whether it comes (RFC 9110, 14)."""
        whole, validator = _announced(self.headers), _validator(self.headers)
        if not (self._resumptions and validator and 0 < received < whole):
            return False
        self._resumptions -= 1
        try:
            rest = self._ask({"Range": f"bytes={received}-", "If-Range": validator})
        except NetworkError:
            return False
        expected = f"bytes {received}-{whole - 1}/{whole}"
        if rest.status_code != _PARTIAL or rest.headers.get("Content-Range") != expected:
            rest.close()
            return False
        self._response.close()
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
