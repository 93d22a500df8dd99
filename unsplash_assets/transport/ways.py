"""Finds the way to an origin, once: directly or by a proxy, and which authorities to trust.

requests knows what the environment, and the system, say about that. What it finds is a pool of
urllib3, which `http` uses without going through requests again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

import requests
import urllib3

from unsplash_assets.errors import RequestRefused
from unsplash_assets.transport.deadline import DeadlineAdapter
from unsplash_assets.transport.reasons import INVALID_URL, certificates_error, proxy_error
from unsplash_assets.transport.urls import is_local, origin, origin_or_none, parsed

_USER_AGENT: Final = "unsplash_assets"
_NO_PROXY: Final = {"http": "", "https": ""}
_SHOWN: Final = 200  # characters of a URL


class Pool(Protocol):
    """Connections to one origin, as urllib3 has them."""

    def urlopen(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        **how: Any,  # noqa: ANN401 - as urllib3 has it
    ) -> urllib3.BaseHTTPResponse:
        """Request a URL; return the answer, its body not yet read."""
        ...


@dataclass(frozen=True)
class Way:
    """The way to one origin."""

    pool: Pool
    wants_whole_urls: bool
    """Whether requests name the origin: those that a proxy reads do."""

    def get(
        self, url: str, headers: Mapping[str, str], timeout: urllib3.Timeout
    ) -> urllib3.BaseHTTPResponse:
        """Request a URL of this origin, once. Raises what urllib3 raises."""
        parts = parsed(url)
        whole = parts._replace(auth=None, fragment=None)
        return self.pool.urlopen(
            "GET",
            whole.url if self.wants_whole_urls else parts.request_uri,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=timeout,
            preload_content=False,
        )


class Ways:
    """The ways to all origins. Safe to use from several threads."""

    def __init__(self, given: Mapping[str, Pool], certificates: str | None) -> None:
        """Go through the `given` pools to their base URLs, and by the network to all others.

        `certificates` names a file of authorities to trust instead of those that requests brings;
        a file that requests itself finds in the environment takes precedence.
        """
        self._session = requests.Session()
        self._session.verify = certificates or True
        self._adapter = DeadlineAdapter()
        self._known = {
            origin(base): Way(pool, wants_whole_urls=True) for base, pool in given.items()
        }
        self.headers: Mapping[str, str] = {
            **requests.utils.default_headers(),
            "User-Agent": _USER_AGENT,
        }
        """What every request says, unless it says otherwise."""

    def to(self, url: str) -> Way:
        """Return the way to a URL's origin.

        Raises RequestRefused if it is no URL that can be requested, SettingsError if the proxy or
        the certificates cannot be used.
        """
        place = origin_or_none(url)
        if place is None:
            raise _no_url(url)
        if place not in self._known:
            self._known[place] = self._find(url)
        return self._known[place]

    def _find(self, url: str) -> Way:
        try:
            request = requests.Request("GET", url, auth=_nobody).prepare()
            self._session.get_adapter(str(request.url))
        except INVALID_URL:
            raise _no_url(url) from None
        known = self._session.merge_environment_settings(
            url,
            proxies=dict(_NO_PROXY) if is_local(url) else {},  # one would read plain HTTP
            stream=True,
            verify=None,
            cert=None,
        )
        verify, proxies = known["verify"], known["proxies"]
        try:
            pool = self._adapter.get_connection_with_tls_context(request, verify, proxies)
            self._adapter.cert_verify(pool, request.url, verify, None)  # type: ignore[no-untyped-call]
        except INVALID_URL:
            raise proxy_error() from None
        except OSError:  # there is no such file
            raise certificates_error() from None
        target = self._adapter.request_url(request, proxies)
        return Way(cast("Pool", pool), wants_whole_urls=not target.startswith("/"))


def _no_url(url: str) -> RequestRefused:
    return RequestRefused(f"{url[:_SHOWN]!r} is not a URL that can be requested")


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Give no credentials: a URL's, or a netrc file's, would replace the caller's."""
    return request
