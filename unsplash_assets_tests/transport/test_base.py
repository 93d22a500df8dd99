"""Tests of what a transport is: the origins of URLs."""

import pytest
import requests
import urllib3

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
