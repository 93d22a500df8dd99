"""Tests of `transport.reasons`: each failure has a reason in plain words, and nothing else."""

from dataclasses import replace

import pytest
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as errors
from urllib3.connection import HTTPConnection

from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.reasons import network_error

LIMITS = Limits(Timeouts(connect=2, read=0.5, total=30), size=1)
URL = "https://somebody:hidden@photos.example:8443/x?token=hidden"
HOST = "photos.example:8443"
POOL = HTTPConnectionPool("photos.example")
CONNECTION = HTTPConnection("photos.example")
LATE = errors.ReadTimeoutError(POOL, URL, "hidden")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errors.ConnectTimeoutError("hidden"), f"no connection to {HOST} within 2 s"),
        (LATE, f"{HOST} sent nothing for 0.5 s"),
        (
            errors.SSLError("hidden"),
            f"the certificate of {HOST} is not trusted here: see REQUESTS_CA_BUNDLE",
        ),
        (
            errors.ProxyError("hidden", OSError("hidden")),
            f"the proxy cannot connect to {HOST}",
        ),
        (errors.DecodeError("hidden"), f"{HOST} sent a body that cannot be decompressed"),
        (errors.InvalidHeader("hidden"), f"the answer from {HOST} is not valid HTTP"),
        (ValueError("hidden"), f"the answer from {HOST} is not valid HTTP"),
        (
            errors.NewConnectionError(CONNECTION, "hidden"),
            f"no answer from {HOST}: is the network up?",
        ),
        (errors.ProtocolError("hidden"), f"no answer from {HOST}: is the network up?"),
        (errors.HTTPError("hidden"), f"no answer from {HOST}: is the network up?"),
        (ConnectionResetError("hidden"), f"no answer from {HOST}: is the network up?"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_the_reason_names_the_host_and_not_the_error(error: Exception, reason: str) -> None:
    assert str(network_error(error, URL, LIMITS)) == reason


def test_an_answer_that_breaks_off_within_its_body_was_cut_short() -> None:
    error = network_error(errors.ProtocolError("hidden"), URL, LIMITS, has_begun=True)
    assert str(error) == f"the answer from {HOST} was cut short"


def test_the_error_of_a_deadline_names_the_host_and_the_time() -> None:
    error = network_error(LATE, URL, LIMITS, is_late=True)
    assert str(error) == f"{HOST} took longer than 30 s in all"


def test_the_error_of_a_deadline_names_the_setting_that_bounds_it() -> None:
    limits = replace(LIMITS, time_setting="UNSPLASH_TIMEOUT")
    error = network_error(LATE, URL, limits, is_late=True)
    assert str(error) == f"{HOST} took longer than 30 s in all, which UNSPLASH_TIMEOUT allows"


@pytest.mark.parametrize(
    "address", ["http://me:hidden@proxy.example:3128", "me:hidden@proxy.example:3128"]
)
def test_a_proxy_is_named_with_what_it_answered_and_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    answered = "Tunnel connection failed: 407 Proxy Authentication Required"
    assert str(network_error(errors.ProxyError("hidden", OSError(answered)), URL, LIMITS)) == (
        f"the proxy proxy.example:3128 cannot connect to {HOST} "
        "(it answered 407 Proxy Authentication Required): see HTTPS_PROXY"
    )
