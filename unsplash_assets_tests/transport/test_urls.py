"""Tests of `transport.urls`: a URL is read as the connection reads it."""

from urllib.parse import urljoin

import hypothesis
import pytest
import requests
import requests.adapters
import urllib3
from hypothesis import strategies as st

from unsplash_assets.transport.urls import (
    has_user,
    is_local,
    join,
    origin,
    origin_or_none,
    path_of,
    shown_host,
)


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
def test_a_url_that_only_looks_similar_has_another_origin(url: str) -> None:
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
def test_an_unreadable_url_has_no_origin(url: str) -> None:
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


@pytest.mark.long
@hypothesis.given(
    start=st.sampled_from(["", "https://", HERE, f"{HERE}/x"]),
    rest=st.lists(PIECES, max_size=6).map("".join),
    is_redirect=st.booleans(),
)
@hypothesis.settings(max_examples=500, deadline=None)
def test_a_url_of_an_allowed_origin_is_requested_there_however_it_is_written(
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


@pytest.mark.parametrize("url", ["", "/photo-1", "http://[::1"])
def test_where_an_origin_is_optional_an_unreadable_url_has_none(url: str) -> None:
    assert origin_or_none(url) is None
    assert origin_or_none(f"{HERE}/photo-1") == HERE


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{HERE}/photo-1", False),
        (f"{HERE}/a@b", False),
        ("https://me@images.unsplash.com/", True),
        ("https://me:word@images.unsplash.com/", True),
    ],
)
def test_a_user_is_seen_before_the_host_only(url: str, expected: bool) -> None:  # noqa: FBT001
    assert has_user(url) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [(HERE, ""), (f"{HERE}/a/b?c=/d#/e", "/a/b"), (f"{HERE}?/source-404", "")],
)
def test_a_path_is_between_host_and_query(url: str, expected: str) -> None:
    assert path_of(url) == expected


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/on", f"{HERE}/on"),
        ("on", f"{HERE}/a/on"),
        ("http://elsewhere.example/", "http://elsewhere.example/"),
        ("//[::1/", ""),
    ],
)
def test_a_redirect_leads_from_its_url_and_an_unreadable_one_nowhere(
    location: str, target: str
) -> None:
    assert join(f"{HERE}/a/b", location) == target


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8000/", True),
        ("http://LOCALHOST/", True),
        ("http://[::1]/", True),
        (HERE, False),
        ("http://localhost.example/", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_a_url_on_this_machine_is_local(url: str, expected: bool) -> None:  # noqa: FBT001
    assert is_local(url) is expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:hidden@photos.example:8443/x?token=hidden", "photos.example:8443"),
        ("photo-1", "'photo-1'"),
        ("http://[::1", "'http://[::1'"),
        ("x" * 100, repr("x" * 60)),
    ],
)
def test_a_message_names_the_host_of_a_url_only(url: str, shown: str) -> None:
    assert shown_host(url) == shown
