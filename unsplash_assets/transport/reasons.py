"""Says in plain words why an exchange failed; the messages of urllib3 are for its authors.

Add a line to `_REASONS` when urllib3 raises something that a person can act on.
"""

import re
from collections.abc import Mapping
from mmap import mmap
from typing import Final
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as errors

from unsplash_assets.errors import NetworkError, SettingsError, TookTooLong
from unsplash_assets.transport.base import Limits
from unsplash_assets.transport.urls import is_local, shown_host

BROKEN: Final = (errors.HTTPError, OSError)
"""What urllib3 raises when an exchange fails, whatever the reason."""
INVALID_URL: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    errors.LocationValueError,
)
"""What requests and urllib3 raise when they cannot use a URL: a request's, or a proxy's."""

_NO_ANSWER: Final = "no answer from {host}: is the network up?"
_CUT_SHORT: Final = "the answer from {host} was cut short"
_REASONS: Final = (
    (errors.NewConnectionError, _NO_ANSWER),
    (errors.ConnectTimeoutError, "no connection to {host} within {connect} s"),
    (errors.TimeoutError, "{host} sent nothing for {read} s"),
    (errors.SSLError, "the certificate of {host} is not trusted here: see REQUESTS_CA_BUNDLE"),
    (errors.DecodeError, "{host} sent a body that cannot be decompressed"),
    ((errors.InvalidHeader, ValueError), "the answer from {host} is not valid HTTP"),
)
ON_THE_WAY: Final = "look for a proxy (HTTPS_PROXY), a filter or a login page on the way"
"""What to do where somebody else has answered."""

_TYPE: Final = "content-type"
_SHOWN: Final = 60  # characters


def network_error(
    error: BaseException,
    url: str,
    limits: Limits,
    *,
    is_late: bool = False,
    has_begun: bool = False,
) -> NetworkError:
    """Return the error that says why an exchange with `url` failed.

    A late one hit its deadline; one that has begun broke off within the body.
    """
    host, timeouts = shown_host(url), limits.timeouts
    if is_late:
        bound = f", which {limits.time_setting} allows" if limits.time_setting else ""
        return TookTooLong(f"{host} took longer than {timeouts.total:g} s in all{bound}")
    if isinstance(error, errors.ProxyError):
        return NetworkError(f"{_proxy_of(url)} cannot connect to {host}{_refusal(error)}")
    is_broken = has_begun and isinstance(error, errors.ProtocolError)
    other = _CUT_SHORT if is_broken else _NO_ANSWER
    reason = next((text for known, text in _REASONS if isinstance(error, known)), other)
    return NetworkError(
        reason.format(host=host, connect=f"{timeouts.connect:g}", read=f"{timeouts.read:g}")
    )


def _proxy_of(url: str) -> str:
    """Name the proxy that requests uses for a URL."""
    host = proxy_of(url)
    return f"the proxy {host}" if host else "the proxy"


def proxy_of(url: str) -> str:
    """Return the proxy for a URL, without its user and password; empty where there is none."""
    if is_local(url):
        return ""
    address = requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or ""
    return urlsplit(address if "://" in address else f"//{address}").netloc.rpartition("@")[2]


def _refusal(error: BaseException) -> str:
    """Return what a proxy answered when it was asked for a connection, such as its status."""
    said = re.search(r"Tunnel connection failed: (\d{3} [\w -]{1,60})", str(error))
    return f" (it answered {said[1].strip()}): see HTTPS_PROXY" if said else ""


def is_page(body: bytes | mmap) -> bool:
    """Return whether a body is a page of HTML, by its beginning."""
    return body[:200].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<head"))


def announces_page(headers: Mapping[str, str]) -> bool:
    """Return whether an answer's body is said to be a page of HTML."""
    return any("html" in headers[name].lower() for name in headers if name.lower() == _TYPE)


def page_from(headers: Mapping[str, str]) -> str:
    """Describe a page of HTML that came instead of what was asked for, and who says it is his."""
    names = {name.lower(): value for name, value in headers.items()}
    by = "".join(c for c in names.get("server") or names.get("via") or "" if c.isprintable())
    return f"a page of HTML from {by[:_SHOWN]!r}" if by else "a page of HTML"


def proxy_error() -> SettingsError:
    """Return the error of a proxy whose URL cannot be used."""
    return SettingsError(
        "the proxy (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)",
        "not a usable address",
        "use http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, SOCKS is not supported",
    )


def certificates_error() -> SettingsError:
    """Return the error of a certificate file that does not exist."""
    return SettingsError(
        "the certificate file (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE)",
        "missing",
        "name an existing file, or unset all three",
    )
