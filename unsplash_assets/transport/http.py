"""The transport over `requests`: sessions, timeouts, redirects, and errors with a reason.

`requests` knows proxies, certificate authorities and chunked and compressed bodies. What it
does not know is here and in `deadline`: a total deadline, a limit on size, redirects only
where they are allowed, and no credentials from anywhere but the caller (no netrc, no cookies).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from unsplash_assets.errors import NetworkError, RequestRefused, SettingsError, TooLarge
from unsplash_assets.settings.values import is_loopback
from unsplash_assets.transport.base import Answer, Limits, origin
from unsplash_assets.transport.deadline import DeadlineAdapter, until

USER_AGENT: Final = "unsplash_assets"
_CHUNK: Final = 64 * 1024  # bytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
_NO_URL: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.ProxySchemeUnknown,
)
_DIRECTLY: Final = {"http": "", "https": ""}
_SAID: Final = (
    (requests.exceptions.ConnectTimeout, "no connection to {host} within {connect} s"),
    (requests.exceptions.Timeout, "nothing came from {host} for {read} s"),
    (
        requests.exceptions.SSLError,
        "{host} has a certificate that is not trusted here: see REQUESTS_CA_BUNDLE",
    ),
    (requests.exceptions.ProxyError, "the proxy gives no connection to {host}"),
    (requests.exceptions.ContentDecodingError, "{host} sent a body that cannot be unpacked"),
    (requests.exceptions.ChunkedEncodingError, "the answer of {host} was cut short"),
    (ValueError, "the answer of {host} is not divided as HTTP has it"),
)
_PROXY: Final = "the proxy (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)"
_PROXY_FORM: Final = (
    "use http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, SOCKS is not supported"
)
_BUNDLE: Final = "the file of certificates (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE)"
_SAID_OTHERWISE: Final = "no answer from {host}: is the network up?"


class HttpTransport:
    """Carries GET requests over HTTP; implements `base.Transport`."""

    def __init__(
        self,
        *adapters: tuple[str, requests.adapters.BaseAdapter],
        certificates: str | None = None,
    ) -> None:
        """Use `adapters` (URL prefix and adapter) where their prefix fits, else the network.

        `certificates` names a file of authorities to trust in place of those that requests
        brings; what requests itself finds in the environment comes before it.
        """
        session = _Session()
        session.verify = certificates or True
        session.headers["User-Agent"] = USER_AGENT
        session.auth = _no_credentials
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for prefix in ("http://", "https://"):
            session.mount(prefix, DeadlineAdapter())
        for prefix, adapter in adapters:
            session.mount(prefix, adapter)
        self._session = session

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], limits: Limits) -> Iterator[Answer]:
        """Ask for `url`; see `base.Transport.get`."""
        deadline = time.monotonic() + limits.timeouts.total
        with until(deadline):
            response = self._follow(url, headers, limits, deadline)
            with response:
                yield _HttpAnswer(response, limits, deadline)

    def _follow(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> requests.Response:
        if limits.is_confined and _origin_of(url) not in limits.redirect_origins:
            raise RequestRefused(f"{_host(url)} is elsewhere: it is not asked")
        for _ in range(limits.redirects + 1):
            response = self._ask(url, headers, limits, deadline)
            location = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or location is None:
                return response
            response.close()
            target = _target(url, location)
            if limits.is_secret(target):
                raise RequestRefused(f"{_host(url)} redirects to an address that tells a secret")
            goal = _origin_of(target)
            if goal not in limits.redirect_origins:
                named = repr(goal) if goal else "no readable address"
                raise RequestRefused(f"{_host(url)} redirects elsewhere, to {named}")
            url = target
        raise NetworkError(f"{_host(url)} redirects more than {limits.redirects} times in a row")

    def _ask(
        self, url: str, headers: Mapping[str, str], limits: Limits, deadline: float
    ) -> requests.Response:
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            raise RequestRefused("a header of the request cannot be sent: is the key one?")
        left = max(deadline - time.monotonic(), 0.001)
        timeout = (min(limits.timeouts.connect, left), min(limits.timeouts.read, left))
        try:
            return self._session.get(
                url,
                headers=dict(headers),
                timeout=timeout,
                stream=True,
                allow_redirects=False,
                proxies=_DIRECTLY if _is_here(url) else None,
            )
        except _NO_URL:
            if self._can_ask(url):
                raise SettingsError(_PROXY, "no address that can be used", _PROXY_FORM) from None
            raise RequestRefused(f"{url[:200]!r} is not a URL to ask") from None
        except _BROKEN as error:
            if type(error) is OSError:  # of requests' own, before it asks for anything
                raise SettingsError(_BUNDLE, "not there", "name one, or unset all three") from None
            raise _network_error(error, url, limits, deadline) from error

    def _can_ask(self, url: str) -> bool:
        """Whether nothing is wrong with a URL itself: then it is the proxy's that is."""
        try:
            requests.Request("GET", url).prepare()
            self._session.get_adapter(url)
        except _NO_URL:
            return False
        return True


class _Session(requests.Session):
    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:  # noqa: ANN401
        """Follow nothing: requests would read the body and the target of a redirect regardless."""
        return iter(())


class _HttpAnswer:
    def __init__(self, response: requests.Response, limits: Limits, deadline: float) -> None:
        self.url = response.url
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._limits = limits
        self._deadline = deadline

    def chunks(self) -> Iterator[bytes]:
        """Yield the body; see `base.Answer.chunks`."""
        self._check_size(_announced(self.headers))
        received = 0
        try:
            for chunk in self._response.iter_content(_CHUNK):
                received += len(chunk)
                self._check_size(received)
                if time.monotonic() > self._deadline:
                    raise TimeoutError
                yield chunk
        except (*_BROKEN, ValueError) as error:  # the last: a chunk of less than no length
            raise _network_error(error, self.url, self._limits, self._deadline) from error

    def _check_size(self, size: int) -> None:
        if size > self._limits.size:
            raise TooLarge(
                f"{_host(self.url)} sends more than the {self._limits.size:,} bytes allowed"
            )


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without this, a netrc file would replace its credentials."""
    return request


def _announced(headers: Mapping[str, str]) -> int:
    with suppress(ValueError):  # no number, or one of more digits than Python reads
        return int(headers.get("Content-Length", ""))
    return 0


def _network_error(error: BaseException, url: str, limits: Limits, deadline: float) -> NetworkError:
    """Say in words what went wrong; the text of the libraries' errors is for their authors."""
    host, timeouts = _host(url), limits.timeouts
    if time.monotonic() >= deadline:
        return NetworkError(f"{host} took longer than {timeouts.total:g} s in all")
    timed_out = type(error) is requests.exceptions.ConnectionError and "timed out" in str(error)
    kind = requests.exceptions.ReadTimeout if timed_out else type(error)
    words = next((said for known, said in _SAID if issubclass(kind, known)), _SAID_OTHERWISE)
    return NetworkError(
        words.format(host=host, connect=f"{timeouts.connect:g}", read=f"{timeouts.read:g}")
    )


def _target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _origin_of(url: str) -> str | None:
    try:
        return origin(url)
    except ValueError:
        return None


def _is_here(url: str) -> bool:
    """Whether a URL is of this machine itself, which plain HTTP is for: no proxy may read it."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or repr(url[:60])
    except ValueError:
        return repr(url[:60])
