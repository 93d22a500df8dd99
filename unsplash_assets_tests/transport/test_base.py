"""Tests of what a transport is: the origins of URLs."""

from urllib.parse import urljoin

import hypothesis
import pytest
import requests
import requests.adapters
import urllib3
from hypothesis import strategies as st

from unsplash_assets.transport.base import origin


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://images.unsplash.com/photo-1?w=3#top", "https://images.unsplash.com"),
        ("https://images.unsplash.com", "https://images.unsplash.com"),
        ("https://images.unsplash.com:443/photo-1", "https://images.unsplash.com"),
        ("http://images.unsplash.com:80/", "http://images.unsplash.com"),
        ("http://images.unsplash.com:443/", "http://images.unsplash.com:443"),
        ("https://images.unsplash.com:80/", "https://images.unsplash.com:80"),
        ("http://127.0.0.1:8000/photos", "http://127.0.0.1:8000"),
        ("HTTPS://Images.Unsplash.COM/Photo", "https://images.unsplash.com"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("http://[::1]/", "http://[::1]"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://images.unsplash.com",
        "https://images.unsplash.com.example",
        "https://unsplash.com",
        "https://images.unsplash.com:8443",
        "https://images.unsplash.com@photos.example",
        "https://images.unsplash.com:443@photos.example",
        "https://photos.example/https://images.unsplash.com",
        "https://photos.example#@images.unsplash.com",
        "https://photos.example?@images.unsplash.com",
    ],
)
def test_what_only_looks_alike_has_another_origin(url: str) -> None:
    assert origin(url) != "https://images.unsplash.com"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "images.unsplash.com",
        "//images.unsplash.com",
        "/photo-1",
        "https://",
        "http://[::1",
        "http://host:port",
        "http://host:65536",
    ],
)
def test_a_url_that_cannot_be_read_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        origin(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://someone:word@photos.example/",
        "http://one@two@photos.example/",
        "http://photos.example#@elsewhere.example/",
        "http://photos.example?@elsewhere.example/",
        "http://PHOTOS.example:80/",
        "http://elsewhere.example\\@photos.example/",
    ],
)
def test_an_origin_is_where_requests_would_connect(url: str) -> None:
    asked = requests.Request("GET", url).prepare().url
    assert origin(url) == f"http://{urllib3.util.parse_url(asked or '').host}"


PIECES = st.sampled_from(
    ["https", "HTTPS", "http", ":", "/", "//", "\\", "@", "?", "#", ".", "%2e", "%2F", "%40",
     ":443", ":80", ":0443", "[", "]", "[::1]", "\t", " ", "\0", "\r\n", "\xad", "\u0131", "\u3002",
     "127.0.0.1", ";", "|", "%", "images.unsplash.com", "images.unsplash.com.", "photos.example"]
)  # fmt: skip
HERE = "https://images.unsplash.com"


@hypothesis.given(
    start=st.sampled_from(["", "https://", HERE, f"{HERE}/x"]),
    rest=st.lists(PIECES, max_size=6).map("".join),
    is_redirect=st.booleans(),
)
@hypothesis.settings(max_examples=500, deadline=None)
def test_what_has_an_allowed_origin_is_asked_there_however_it_is_written(
    start: str, rest: str, *, is_redirect: bool
) -> None:
    try:
        url = urljoin(f"{HERE}/x", rest) if is_redirect else start + rest
        hypothesis.assume(origin(url) == HERE)
        asked = requests.Request("GET", url).prepare()
    except (ValueError, requests.RequestException):
        return
    adapter = requests.adapters.HTTPAdapter()
    place, _ = adapter.build_connection_pool_key_attributes(asked, verify=True)
    assert place == {"scheme": "https", "host": "images.unsplash.com", "port": place["port"]}
    assert place["port"] in {None, 443}
