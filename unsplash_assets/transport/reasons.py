"""Says in plain words why an exchange failed; the messages of requests are for its authors.

Add a line to `_REASONS` when requests raises something that a person can act on.
"""

from typing import Final

import requests
import urllib3.exceptions

from unsplash_assets.errors import NetworkError, SettingsError
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.urls import shown_host

BROKEN: Final = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)
"""What requests raises when an exchange fails, whatever the reason."""
INVALID_URL: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.ProxySchemeUnknown,
)
"""What requests raises when it cannot use a URL: that of the request, or that of the proxy."""

_REASONS: Final = (
    (requests.exceptions.ConnectTimeout, "no connection to {host} within {connect} s"),
    (requests.exceptions.Timeout, "{host} sent nothing for {read} s"),
    (
        requests.exceptions.SSLError,
        "the certificate of {host} is not trusted here: see REQUESTS_CA_BUNDLE",
    ),
    (requests.exceptions.ProxyError, "the proxy cannot connect to {host}"),
    (requests.exceptions.ContentDecodingError, "{host} sent a body that cannot be decompressed"),
    (requests.exceptions.ChunkedEncodingError, "the answer from {host} was cut short"),
    (ValueError, "the answer from {host} is not valid HTTP"),
)
_NO_ANSWER: Final = "no answer from {host}: is the network up?"


def network_error(
    error: BaseException, url: str, timeouts: Timeouts, *, is_late: bool = False
) -> NetworkError:
    """Return the error that says why an exchange with `url` failed; a late one hit its deadline."""
    host = shown_host(url)
    if is_late:
        return NetworkError(f"{host} took longer than {timeouts.total:g} s in all")
    timed_out = type(error) is requests.exceptions.ConnectionError and "timed out" in str(error)
    kind = requests.exceptions.ReadTimeout if timed_out else type(error)
    reason = next((text for known, text in _REASONS if issubclass(kind, known)), _NO_ANSWER)
    return NetworkError(
        reason.format(host=host, connect=f"{timeouts.connect:g}", read=f"{timeouts.read:g}")
    )


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
