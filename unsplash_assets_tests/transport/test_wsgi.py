"""Tests of `transport.wsgi`: an application of this process answers like a server."""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from wsgiref.validate import validator

import pytest

from unsplash_assets.errors import NetworkError, RedirectedAway, TooLarge
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.transport.wsgi import WsgiPool
from unsplash_assets_tests.conftest import Serve

BASE = "http://photos.invalid"
PIECE = b"x" * 10_000


def transport_to(application: WSGIApplication) -> HttpTransport:
    return HttpTransport({BASE: WsgiPool(application)})


def limits_of(*redirect_origins: str, size: int = 100_000_000) -> Limits:
    return Limits(Timeouts(60, 60, 60), size, frozenset(redirect_origins))


def fetch(application: WSGIApplication, path: str = "/", limits: Limits | None = None) -> bytes:
    transport = transport_to(application)
    with transport.get(f"{BASE}{path}", {}, limits or limits_of()) as answer:
        return b"".join(answer.chunks())


class Body:
    """An application's body that records how far it was read, and whether it was closed."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.given = 0
        self.closed = 0
        self._pieces = iter(pieces)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.given += 1
        return piece

    def close(self) -> None:
        self.closed += 1


def answering(body: Iterable[bytes], *headers: tuple[str, str]) -> WSGIApplication:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(headers))
        return body

    return application


def about_the_request(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    """Answer with what the application knows of the request."""
    start_response("200 OK", [("Content-Type", "application/json")])
    seen_by_application = {name: value for name, value in environ.items() if isinstance(value, str)}
    return [json.dumps(seen_by_application).encode()]


def test_status_headers_and_body_are_the_application_s() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("404 Not Found", [("X-Ratelimit-Limit", "50"), ("X-Total", "7")])
        return [b"not ", b"", b"found"]

    with transport_to(application).get(f"{BASE}/nowhere", {}, limits_of()) as answer:
        assert answer.status == 404
        assert answer.url == f"{BASE}/nowhere"
        assert answer.headers["x-ratelimit-limit"] == "50"
        assert b"".join(answer.chunks()) == b"not found"


@pytest.mark.parametrize("body", [[], [b""], [b"", b""], iter([])])
def test_an_empty_body_is_empty(body: Iterable[bytes]) -> None:
    assert fetch(answering(body)) == b""


@pytest.mark.parametrize("body", [[b"", b"", b"some"], [b"so", b"", b"", b"me"], [b"some", b""]])
def test_an_empty_piece_does_not_end_a_body(body: list[bytes]) -> None:
    assert fetch(answering(body)) == b"some"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/photos/random", "/photos/random"),
        ("/photos/a%20b%2Fc", "/photos/a b/c"),
        ("/fotó/写真", "/fotó/写真"),
        ("/fot%C3%B3", "/fotó"),
        ("", "/"),
    ],
)
def test_the_path_is_unquoted_and_its_bytes_are_kept(path: str, expected: str) -> None:
    seen_by_application = json.loads(fetch(about_the_request, path))["PATH_INFO"]
    assert seen_by_application.encode("latin-1").decode() == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=1&b=%26", "a=1&b=%26"),
        ("query=写真", "query=%E5%86%99%E7%9C%9F"),
        ("query=na%C3%AFve+art", "query=na%C3%AFve+art"),
        ("", ""),
    ],
)
def test_the_query_stays_quoted(query: str, expected: str) -> None:
    assert json.loads(fetch(about_the_request, f"/?{query}"))["QUERY_STRING"] == expected


def test_an_application_sees_in_process_what_it_sees_behind_a_port(serve: Serve) -> None:
    port = serve(about_the_request)
    path = "/fot%C3%B3/a%20b?query=写真&w=3"
    key = {"Authorization": "Client-ID any-key", "Accept-Version": "v1"}
    seen = []
    for base, transport in ((port, HttpTransport()), (BASE, transport_to(about_the_request))):
        with transport.get(base + path, key, limits_of()) as answer:
            seen_by_application = json.loads(b"".join(answer.chunks()))
        names = ("REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "wsgi.url_scheme")
        seen.append({name: seen_by_application[name] for name in names})
        seen[-1] |= {
            name: value for name, value in seen_by_application.items() if name.startswith("HTTP_")
        }
        assert seen[-1].pop("HTTP_HOST") == base.removeprefix("http://")
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("http://photos.invalid", ("http", "photos.invalid", "80", "photos.invalid")),
        ("https://photos.invalid", ("https", "photos.invalid", "443", "photos.invalid")),
        ("http://[::1]:8000", ("http", "::1", "8000", "[::1]:8000")),
    ],
)
def test_the_application_knows_the_address_of_the_request(
    base: str, expected: tuple[str, ...]
) -> None:
    transport = HttpTransport({base: WsgiPool(about_the_request)})
    with transport.get(f"{base}/", {}, limits_of()) as answer:
        seen_by_application = json.loads(b"".join(answer.chunks()))
    names = ("wsgi.url_scheme", "SERVER_NAME", "SERVER_PORT", "HTTP_HOST")
    assert tuple(seen_by_application[name] for name in names) == expected


@pytest.mark.filterwarnings("error")
def test_the_adapter_follows_the_rules_of_wsgi() -> None:
    """The standard library's validator raises AssertionError if it does not."""
    plain = answering([b"valid"], ("Content-Type", "text/plain"))
    assert fetch(validator(plain), "/a%20b?query=c") == b"valid"


def test_a_body_is_produced_only_as_it_is_read() -> None:
    body = Body(PIECE for _ in range(1000))
    with transport_to(answering(body)).get(BASE, {}, limits_of()) as answer:
        assert body.given == 1
        next(answer.chunks())
        assert body.given < 20


def test_a_body_without_end_meets_the_limit_of_size() -> None:
    body = Body(iter(lambda: PIECE, None))
    with pytest.raises(TooLarge):
        fetch(answering(body), limits=limits_of(size=1_000_000))
    assert body.given < 120


def test_a_body_without_end_meets_the_limit_of_time() -> None:
    limits = Limits(Timeouts(60, 60, 0.1), 10**12)
    with pytest.raises(NetworkError, match=r"took longer than 0\.1 s in all$"):
        fetch(answering(iter(lambda: PIECE, None)), limits=limits)


def test_a_compressed_body_is_decompressed() -> None:
    packed = gzip.compress(PIECE)
    application = answering([packed[:20], packed[20:]], ("Content-Encoding", "gzip"))
    assert fetch(application) == PIECE


@pytest.mark.parametrize("read", [0, 1, 1000], ids=["unread", "begun", "to-its-end"])
def test_the_application_s_body_is_closed_once(read: int) -> None:
    body = Body(PIECE for _ in range(50))
    with transport_to(answering(body)).get(BASE, {}, limits_of()) as answer:
        for _, _chunk in zip(range(read), answer.chunks(), strict=False):
            pass
    assert body.closed == 1


@pytest.mark.parametrize("sent", [0, 1, 2])
def test_a_body_shorter_than_announced_was_cut_short(sent: int) -> None:
    application = answering([PIECE] * sent, ("Content-Length", str(3 * len(PIECE))))
    with pytest.raises(NetworkError, match=r"^the answer from photos\.invalid was cut short$"):
        fetch(application)


def test_a_body_as_long_as_announced_is_whole() -> None:
    application = answering([PIECE] * 3, ("Content-Length", str(3 * len(PIECE))))
    assert fetch(application) == PIECE * 3


def test_an_application_may_start_its_response_as_late_as_its_first_piece() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("418 Late", [("X-Late", "yes")])
        yield b"la"
        yield b"te"

    with transport_to(application).get(BASE, {}, limits_of()) as answer:
        assert (answer.status, answer.headers["X-Late"]) == (418, "yes")
        assert b"".join(answer.chunks()) == b"late"


def test_an_application_may_replace_its_response_before_it_sends() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "7")])
        try:
            int("no number")
        except ValueError:
            start_response("500 Internal Server Error", [], sys.exc_info())
        return [b"sorry"]

    with transport_to(application).get(BASE, {}, limits_of()) as answer:
        assert answer.status == 500
        assert b"".join(answer.chunks()) == b"sorry"


def test_what_an_application_passes_to_write_is_part_of_its_body() -> None:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", [])
        write(b"by hand")
        return [b" and not"]

    assert fetch(application) == b"by hand and not"


def _failing(error: Exception, pieces: int) -> WSGIApplication:
    def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from [PIECE] * pieces
        raise error

    return application


@pytest.mark.parametrize("pieces", [0, 3], ids=["at-once", "midway"])
def test_an_application_that_loses_its_connection_is_a_network_error(pieces: int) -> None:
    with pytest.raises(NetworkError):
        fetch(_failing(ConnectionResetError("reset"), pieces))


@pytest.mark.parametrize("pieces", [0, 3], ids=["at-once", "midway"])
def test_an_application_s_own_mistake_is_not_hidden(pieces: int) -> None:
    with pytest.raises(ZeroDivisionError, match="a mistake"):
        fetch(_failing(ZeroDivisionError("a mistake"), pieces))


def _redirecting(location: str) -> WSGIApplication:
    def application(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        moved = environ["PATH_INFO"] == "/"
        start_response(*(("302 Found", [("Location", location)]) if moved else ("200 OK", [])))
        return [b"here"]

    return application


def test_redirects_are_followed_within_the_application() -> None:
    assert fetch(_redirecting("/on"), limits=limits_of(BASE)) == b"here"


def test_redirects_away_from_the_application_are_refused() -> None:
    with pytest.raises(RedirectedAway):
        fetch(_redirecting("http://elsewhere.invalid/"), limits=limits_of(BASE))


def test_other_addresses_than_the_application_s_go_to_the_network(serve: Serve) -> None:
    url = serve(answering([b"by network"]))
    transport = transport_to(answering([b"in process"]))
    with transport.get(url, {}, limits_of()) as answer:
        assert b"".join(answer.chunks()) == b"by network"
