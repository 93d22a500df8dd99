"""Tests of the transport over HTTP: bounds, bodies, redirects, secrets, proxies, certificates."""

import gzip
import logging
import socket
import ssl
import sys
import threading
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import trustme

from unsplash_assets.errors import (
    NetworkError,
    RequestRefused,
    SettingsError,
    TooLarge,
    UnsplashAssetsError,
)
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets_tests.conftest import RawServe, Script, Serve

QUICK = Timeouts(connect=0.5, read=0.2, total=0.3)
PATIENT = Timeouts(connect=5, read=5, total=5)
KEY = {"Authorization": "Client-ID made-up-key"}

AUTHORITY = trustme.CA()


def bounds(
    *redirect_origins: str, size: int = 1_000_000, timeouts: Timeouts = PATIENT, redirects: int = 5
) -> Limits:
    return Limits(timeouts, size, frozenset(redirect_origins), redirects=redirects)


def fetch(
    url: str, limits: Limits | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return the body, read to its end."""
    with HttpTransport().get(url, headers or {}, limits or bounds()) as answer:
        return b"".join(answer.chunks())


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with the length of its body announced."""
    length = f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status}", *headers, length, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes, *headers: str) -> bytes:
    """An answer in chunks of up to 1000 bytes, without an announced length."""
    framing = ["Transfer-Encoding: chunked", "Connection: close"]
    lines = ["HTTP/1.1 200 OK", *headers, *framing, "", ""]
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""]]
    return "\r\n".join(lines).encode() + b"".join(framed)


def unframed(body: bytes, *headers: str) -> bytes:
    """An answer whose body ends where the connection does."""
    return "\r\n".join(["HTTP/1.0 200 OK", *headers, "", ""]).encode() + body


def saying(data: bytes) -> Script:
    return lambda connection, _: connection.sendall(data)


def noting(heads: list[bytes], data: bytes) -> Script:
    """Keep the heads of the requests, and answer all with the same."""

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(data)

    return script


def then_silent(data: bytes) -> Script:
    """Send this, then nothing, until the other side hangs up."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.recv(1)

    return script


def dripping(data: bytes, drips: bytes) -> Script:
    """Send this at once, then a byte at a time: never silent for long, and 3 seconds in all."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        for at in range(150):
            connection.sendall(drips[at % len(drips)].to_bytes())
            time.sleep(0.02)

    return script


def sent_header(heads: list[bytes], name: bytes) -> list[bytes]:
    """Return the values of a header in the last request."""
    lines = (line.partition(b": ") for line in heads[-1].split(b"\r\n"))
    return [value for given, _, value in lines if given.lower() == name.lower()]


@contextmanager
def quick() -> Iterator[None]:
    """Fail if what is inside takes long enough that only patience can have ended it."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 1.5


@contextmanager
def _over_tls(script: Script) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                    script(secure, secure.recv(65_536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def tls_serve() -> Iterator[Callable[[Script], str]]:
    """Serve bytes as `raw_serve` does, over TLS."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(_over_tls(script))


@pytest.fixture
def _trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Trust the tests' authority."""
    bundle = tmp_path / "trusted.pem"
    bundle.write_bytes(AUTHORITY.cert_pem.bytes())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


# Whole answers


@pytest.mark.parametrize("frame", [whole, chunked, unframed])
def test_a_body_arrives_as_it_was_sent(raw_serve: RawServe, frame: Callable[..., bytes]) -> None:
    body = bytes(range(256)) * 1000
    assert fetch(raw_serve(saying(frame(body)))) == body


@pytest.mark.parametrize("frame", [whole, chunked, unframed])
@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_unpacked(
    raw_serve: RawServe,
    frame: Callable[..., bytes],
    encoding: str,
    pack: Callable[[bytes], bytes],
) -> None:
    body = b"petals in the spring breeze " * 5000
    answer = frame(pack(body), f"Content-Encoding: {encoding}")
    assert fetch(raw_serve(saying(answer))) == body


def test_a_long_body_comes_in_pieces(raw_serve: RawServe) -> None:
    url = raw_serve(saying(whole(bytes(900_000))))
    with HttpTransport().get(url, {}, bounds()) as answer:
        pieces = [len(piece) for piece in answer.chunks()]
    assert sum(pieces) == 900_000
    assert max(pieces) <= 100_000


@pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
def test_any_status_is_an_answer(raw_serve: RawServe, status: int) -> None:
    url = raw_serve(saying(whole(b"", "X-Ratelimit-Limit: 50", status=f"{status} Some Words")))
    with HttpTransport().get(url, {}, bounds()) as answer:
        assert answer.status == status
        assert answer.headers["x-RATELIMIT-limit"] == "50"


def test_the_caller_s_headers_are_sent_with_the_name_of_the_project(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    fetch(raw_serve(noting(heads, whole(b""))), headers={**KEY, "Accept-Version": "v1"})
    assert sent_header(heads, b"Authorization") == [b"Client-ID made-up-key"]
    assert sent_header(heads, b"Accept-Version") == [b"v1"]
    assert sent_header(heads, b"User-Agent") == [b"unsplash_assets"]


def test_requests_in_a_row_share_one_connection(raw_serve: RawServe) -> None:
    connections: list[object] = []
    transport = HttpTransport()
    url = raw_serve(_answering_again_and_again(connections, pause=0))
    for _ in range(5):
        with transport.get(url, {}, bounds()) as answer:
            assert b"".join(answer.chunks()) == b"again"
    assert len(connections) == 1


def test_a_hurried_request_does_not_hurry_the_next_one_on_its_connection(
    raw_serve: RawServe,
) -> None:
    connections: list[object] = []
    transport = HttpTransport()
    url = raw_serve(_answering_again_and_again(connections, pause=0.25))
    for timeouts in (Timeouts(0.15, 0.15, 0.15), PATIENT):
        with transport.get(url, {}, bounds(timeouts=timeouts)) as answer:
            assert b"".join(answer.chunks()) == b"again"
    assert len(connections) == 1


def _answering_again_and_again(connections: list[object], pause: float) -> Script:
    """Answer all requests of a connection: the first at once, the others after a pause."""

    def script(connection: socket.socket, head: bytes) -> None:
        connections.append(connection)
        while head:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")
            head = connection.recv(65_536)
            time.sleep(pause)

    return script


def test_an_answer_that_is_left_unread_does_no_harm_to_the_next(raw_serve: RawServe) -> None:
    transport = HttpTransport()
    url = raw_serve(saying(whole(b"left behind" * 50_000)))
    for _ in range(3):
        with transport.get(url, {}, bounds()) as answer:
            assert next(answer.chunks()).startswith(b"left behind")


def test_one_transport_serves_many_threads(serve: Serve) -> None:
    def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode() * 10_000]

    base, transport = serve(echo), HttpTransport()

    def ask(number: int) -> bool:
        with transport.get(f"{base}/{number}", {}, bounds()) as answer:
            return b"".join(answer.chunks()) == f"/{number}".encode() * 10_000

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(100, 180)))


# Time


DRIPS = {
    "headers": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "header-lines": dripping(b"HTTP/1.1 200 OK\r\n", b"X:\r\n"),
    "interim-answers": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n", b"x"),
    "chunked-body": dripping(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"
    ),
    "unframed-body": dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "compressed-body": dripping(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(bytes(50_000), 0)
    ),
}


@pytest.mark.parametrize("script", DRIPS.values(), ids=DRIPS.keys())
def test_the_total_holds_against_a_server_that_drips(raw_serve: RawServe, script: Script) -> None:
    url = raw_serve(script)
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, bounds(timeouts=QUICK))


def test_the_total_counts_redirects(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        time.sleep(0.12)
        connection.sendall(whole(b"", "Location: /on", status="302 Found"))

    url = raw_serve(script)
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, bounds(url, timeouts=QUICK, redirects=20))


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
    ids=["at-once", "in-the-headers", "before-the-body", "in-the-body", "between-chunks"],
)
def test_silence_is_a_network_error_that_says_so(raw_serve: RawServe, begin: bytes) -> None:
    url = raw_serve(then_silent(begin))
    host = url.removeprefix("http://")
    with quick(), pytest.raises(NetworkError, match=rf"^nothing came from {host} for 0\.1 s$"):
        fetch(url, bounds(timeouts=Timeouts(connect=5, read=0.1, total=5)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_connection_that_is_not_accepted_in_time_is_told_as_such() -> None:
    with _full_queue() as host, quick():  # noqa: SIM117 - the time is of the whole attempt
        with pytest.raises(NetworkError, match=rf"^no connection to {host} within 0\.1 s$"):
            fetch(f"http://{host}/", bounds(timeouts=Timeouts(connect=0.1, read=5, total=5)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
@pytest.mark.parametrize(
    "timeouts", [Timeouts(connect=0.1, read=5, total=5), Timeouts(connect=5, read=5, total=0.1)]
)
def test_a_connection_that_is_not_accepted_is_given_up(timeouts: Timeouts) -> None:
    with _full_queue() as host, quick(), pytest.raises(NetworkError, match=host):
        fetch(f"http://{host}/", bounds(timeouts=timeouts))


@contextmanager
def _full_queue() -> Iterator[str]:
    """Give the address of a socket whose queue of connections is full: further ones hang."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_each_of_two_requests_at_once_has_its_own_deadline(raw_serve: RawServe) -> None:
    def slowly(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        for at in range(10):
            connection.sendall(b"%d" % at)
            time.sleep(0.02)

    url, transport = raw_serve(slowly), HttpTransport()

    def ask(timeouts: Timeouts) -> bytes:
        with transport.get(url, {}, bounds(timeouts=timeouts)) as answer:
            return b"".join(answer.chunks())

    with ThreadPoolExecutor(2) as threads:
        patient = threads.submit(ask, PATIENT)
        hurried = threads.submit(ask, Timeouts(1, 1, 0.1))
        assert patient.result() == b"0123456789"
        with pytest.raises(NetworkError, match=r"longer than 0\.1 s"):
            hurried.result()


# Size


def test_a_body_announced_as_too_long_is_refused_unread(raw_serve: RawServe) -> None:
    url = raw_serve(then_silent(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"))
    with quick(), pytest.raises(TooLarge, match=r"sends more than the 1,000 bytes allowed"):
        fetch(url, bounds(size=1000))


@pytest.mark.parametrize("frame", [chunked, unframed])
def test_a_body_that_grows_too_long_is_refused(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    url = raw_serve(saying(frame(bytes(1001))))
    with pytest.raises(TooLarge, match=r"sends more than the 1,000 bytes allowed"):
        fetch(url, bounds(size=1000))


@pytest.mark.parametrize("frame", [whole, chunked, unframed])
def test_a_body_of_just_the_size_allowed_is_fine(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    assert fetch(raw_serve(saying(frame(bytes(1000)))), bounds(size=1000)) == bytes(1000)


def test_a_body_without_end_is_refused(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(65_536))

    with quick(), pytest.raises(TooLarge):
        fetch(raw_serve(script))


@pytest.mark.parametrize("frame", [whole, chunked])
def test_a_small_body_that_unpacks_to_a_huge_one_is_refused_before_it_fills_the_memory(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    packed = gzip.compress(bytes(60_000_000), 9)
    assert len(packed) < 1_000_000
    url = raw_serve(saying(frame(packed, "Content-Encoding: gzip")))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            fetch(url, bounds(size=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


# What is cut or broken


@pytest.mark.parametrize(
    "answer",
    [
        whole(bytes(5000))[:-1],
        whole(bytes(5000))[:-5000],
        chunked(bytes(5000))[: -len("0\r\n\r\n")],
        chunked(bytes(5000))[:-600],
        whole(gzip.compress(bytes(5000)), "Content-Encoding: gzip")[:-1],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno length\r\n",
    ],
    ids=[
        "one-byte-short",
        "no-body",
        "without-the-last-chunk",
        "within-a-chunk",
        "packed",
        "no-chunk",
    ],
)
def test_a_cut_body_is_a_network_error(raw_serve: RawServe, answer: bytes) -> None:
    url = raw_serve(saying(answer))
    with pytest.raises(NetworkError, match=r"^the answer of 127\.0\.0\.1:\d+ was cut short$"):
        fetch(url)


def test_a_connection_reset_within_the_body_is_a_network_error(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(whole(bytes(5000))[:-100])
        time.sleep(0.05)
        at_once = b"\x01\0\0\0\0\0\0\0"  # SO_LINGER of 0 s: a reset rather than an end
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

    with pytest.raises(NetworkError, match=r"was cut short$"):
        fetch(raw_serve(script))


def test_the_pieces_before_the_cut_arrive_before_the_error(raw_serve: RawServe) -> None:
    """A caller that writes them to a file must learn of the cut even so."""
    url = raw_serve(saying(whole(b"x" * 200_000)[:-1]))
    pieces: list[bytes] = []
    with HttpTransport().get(url, {}, bounds()) as answer, pytest.raises(NetworkError):
        pieces.extend(answer.chunks())
    assert 0 < len(b"".join(pieces)) < 200_000


def test_a_body_that_cannot_be_unpacked_is_a_network_error(raw_serve: RawServe) -> None:
    url = raw_serve(saying(whole(b"not packed at all", "Content-Encoding: gzip")))
    with pytest.raises(NetworkError, match=r"sent a body that cannot be unpacked$"):
        fetch(url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"good morning\r\n\r\n",
        b"HTTP/1.1 many OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Again: and again\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
    ids=["nothing", "no-http", "no-status", "many-headers", "long-header"],
)
def test_what_is_no_answer_is_a_network_error(raw_serve: RawServe, answer: bytes) -> None:
    with pytest.raises(NetworkError, match=r"^no answer from 127\.0\.0\.1:\d+"):
        fetch(raw_serve(saying(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n",
    ],
    ids=["two-lengths", "negative-chunk"],
)
def test_an_answer_of_no_known_length_is_a_network_error(
    raw_serve: RawServe, answer: bytes
) -> None:
    with pytest.raises(NetworkError, match=r"^the answer of 127.* is not divided as HTTP has it$"):
        fetch(raw_serve(saying(answer)))


def test_a_port_that_nobody_listens_on_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match=r"^no answer from 127\.0\.0\.1:\d+: is the network up"):
        fetch(_nowhere())


def _nowhere() -> str:
    """Return the URL of a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://photos.example/",
        "file:///etc/hosts",
        "http://",
        "http://[",
        "http://photos.example:99999/",
        "photos.example/photo-1",
    ],
)
def test_what_is_no_url_to_ask_is_refused(url: str) -> None:
    with pytest.raises(RequestRefused, match=r"is not a URL to ask"):
        fetch(url)


# Redirects


def redirecting(location: str, status: int = 302) -> bytes:
    return whole(b"", f"Location: {location}", status=f"{status} Elsewhere")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_an_allowed_origin_is_followed(raw_serve: RawServe, status: int) -> None:
    target = raw_serve(saying(whole(b"here")))
    url = raw_serve(saying(redirecting(f"{target}/photo-1?w=3", status)))
    with HttpTransport().get(url, {}, bounds(target)) as answer:
        assert (answer.status, b"".join(answer.chunks())) == (200, b"here")
        assert answer.url == f"{target}/photo-1?w=3"


def test_the_body_of_a_redirect_is_not_waited_for(raw_serve: RawServe) -> None:
    """It may have no end, and no limit of size is kept on it."""

    def script(connection: socket.socket, head: bytes) -> None:
        if b"/on" in head:
            connection.sendall(whole(b"here"))
        else:
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on\r\n\r\nMoved, and more")
            connection.recv(1)

    url = raw_serve(script)
    with quick():
        assert fetch(url, bounds(url)) == b"here"


def test_a_relative_redirect_stays_on_its_origin(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        moved = b"/new/place?w=3" not in head
        connection.sendall(redirecting("../new/place?w=3") if moved else whole(b"here"))

    url = raw_serve(script)
    assert fetch(f"{url}/old/place", bounds(url)) == b"here"


def test_a_refused_redirect_is_named_by_its_origin_alone(raw_serve: RawServe) -> None:
    """The rest may be secret: a name and a word, a token."""
    url = raw_serve(saying(redirecting("http://somebody:hidden@photos.invalid/x?token=hidden")))
    with pytest.raises(RequestRefused, match=r"elsewhere, to 'http://photos\.invalid'$") as raised:
        fetch(url)
    assert "hidden" not in str(raised.value)


def test_a_redirect_to_another_origin_is_refused_and_not_asked(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    target = raw_serve(noting(heads, whole(b"elsewhere")))
    url = raw_serve(saying(redirecting(target)))
    with pytest.raises(RequestRefused, match=f"redirects elsewhere, to '{target}'"):
        fetch(url, bounds(url))
    assert heads == []


def test_no_redirect_is_followed_where_none_is_allowed(raw_serve: RawServe) -> None:
    url = raw_serve(saying(redirecting("/other")))
    with pytest.raises(RequestRefused, match="redirects elsewhere"):
        fetch(url, bounds())


@pytest.mark.parametrize(
    "location",
    [
        "https://{host}/",
        "http://{host}@photos.invalid/",
        "http://{host}.photos.invalid/",
        "//photos.invalid/",
        "http://photos.invalid:99999/",
        "file:///etc/hosts",
        "http://127.0.0.1/",
        "http://[",
        "//[::1/",
    ],
)
def test_a_redirect_that_only_looks_allowed_is_refused(raw_serve: RawServe, location: str) -> None:
    answer: list[bytes] = []
    url = raw_serve(lambda connection, _: connection.sendall(answer[0]))
    answer.append(redirecting(location.format(host=url.removeprefix("http://"))))
    with pytest.raises(RequestRefused, match="redirects elsewhere"):
        fetch(url, bounds(url))


def test_a_backslash_does_not_lead_a_redirect_astray(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    elsewhere = raw_serve(noting(heads, whole(b"elsewhere")))
    answer: list[bytes] = []
    url = raw_serve(lambda connection, _: connection.sendall(answer[0]))
    answer.append(redirecting(f"{elsewhere}\\@{url.removeprefix('http://')}/"))
    with suppress(UnsplashAssetsError):
        fetch(url, bounds(url), KEY)
    assert heads == []


def test_a_confined_exchange_asks_at_no_other_origin_at_all(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    here, elsewhere = raw_serve(saying(whole(b"here"))), raw_serve(noting(heads, whole(b"")))
    confined = replace(bounds(here), is_confined=True)
    assert fetch(f"{here}/photo-1", confined) == b"here"
    for url in (elsewhere, f"{elsewhere}\\@{here.removeprefix('http://')}/", "file:///etc/passwd"):
        with pytest.raises(RequestRefused):
            fetch(url, confined, KEY)
    assert heads == []


@pytest.mark.parametrize(
    "location",
    [
        "http://{host}\0.photos.invalid/",
        "http://{host}\t.photos.invalid/",
        "http://{host}\x0b@photos.invalid/",
        "http://photos.invalid\xad/",
        "http://2130706433:{port}/",
        "http://0x7f000001:{port}/",
        "http://017700000001:{port}/",
        "http://127.1:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.1.:{port}/",
        "gopher://{host}/",
        "FILE:///etc/passwd",
        "data:text/plain,x",
    ],
)
def test_a_redirect_to_another_spelling_of_the_host_is_refused(
    raw_serve: RawServe, location: str
) -> None:
    heads: list[bytes] = []
    answer: list[bytes] = [b""]

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answer[0])

    url = raw_serve(script)
    host, _, port = url.removeprefix("http://").partition(":")
    answer[0] = redirecting(location.format(host=f"{host}:{port}", port=port))
    with pytest.raises(RequestRefused):
        fetch(url, bounds(url), KEY)
    assert len(heads) == 1


def test_a_redirect_brings_no_lines_into_the_next_request(raw_serve: RawServe) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        moved = b"/on" not in head
        connection.sendall(
            redirecting("/on?a=1%0d%0aX-B:%202\r X-C: 3\0") if moved else whole(b"here")
        )

    url = raw_serve(script)
    assert fetch(url, bounds(url)) == b"here"
    assert sent_header(heads, b"X-B") == sent_header(heads, b"X-C") == []
    assert heads[1].startswith(b"GET /on?a=1%0d%0aX-B:%202") or b"%0D%0A" in heads[1]


@pytest.mark.parametrize("allowed", [0, 3])
def test_redirects_in_a_row_end(raw_serve: RawServe, allowed: int) -> None:
    heads: list[bytes] = []
    url = raw_serve(noting(heads, redirecting("/again")))
    with pytest.raises(NetworkError, match=rf"redirects more than {allowed} times in a row$"):
        fetch(url, bounds(url, redirects=allowed))
    assert len(heads) == allowed + 1


def test_as_many_redirects_as_allowed_are_followed(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        steps = head.split(b" ")[1].count(b"x")
        connection.sendall(whole(b"here") if steps == 3 else redirecting("/" + "x" * (steps + 1)))

    url = raw_serve(script)
    assert fetch(url, bounds(url, redirects=3)) == b"here"


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"choose", "Location: http://elsewhere.invalid/", status="300 Multiple Choices"),
        whole(b"choose", "Location: http://elsewhere.invalid/", status="201 Created"),
        whole(b"choose", status="302 Found"),
    ],
    ids=["300", "201", "302-without-a-target"],
)
def test_what_is_no_redirect_is_an_answer(raw_serve: RawServe, answer: bytes) -> None:
    assert fetch(raw_serve(saying(answer))) == b"choose"


# Secrets


def test_cookies_are_not_kept(raw_serve: RawServe) -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        cookie = "Set-Cookie: tracked=yes; Path=/"
        moved = b"/new" not in head
        answer = [cookie, "Location: /new"] if moved else [cookie]
        connection.sendall(whole(b"", *answer, status="302 Found" if moved else "200 OK"))

    url, transport = raw_serve(script), HttpTransport()
    for _ in range(2):
        with transport.get(url, {}, bounds(url)) as answer:
            assert answer.status == 200
    assert len(heads) == 4
    assert not any(b"tracked" in head for head in heads)


@pytest.mark.parametrize("headers", [KEY, {}], ids=["with-a-key", "without-one"])
def test_no_netrc_file_adds_or_replaces_credentials(
    raw_serve: RawServe,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    headers: dict[str, str],
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    heads: list[bytes] = []
    fetch(raw_serve(noting(heads, whole(b""))), headers=headers)
    assert sent_header(heads, b"Authorization") == [value.encode() for value in headers.values()]


FAILURES = {
    "nothing": saying(b""),
    "silence": then_silent(b""),
    "no-http": saying(b"good morning\r\n\r\n"),
    "cut": saying(whole(bytes(50))[:-1]),
    "slow": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n", b"x"),
    "not-packed": saying(whole(b"not packed at all", "Content-Encoding: gzip")),
    "too-long": saying(whole(bytes(2000))),
    "redirected": saying(redirecting("http://elsewhere.invalid/")),
    "in-circles": saying(redirecting("/again")),
}


@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES.keys())
def test_no_error_tells_a_header(raw_serve: RawServe, script: Script) -> None:
    """Not even in the errors that led to it, which a log of a failed run shows too."""
    url = raw_serve(script)
    with pytest.raises(UnsplashAssetsError) as raised:
        fetch(url, bounds(url, size=1000, timeouts=QUICK), KEY)
    assert "made-up-key" not in "".join(traceback.format_exception(raised.value))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", ["made-up\nkey", "made-up-ключ"])
def test_a_header_that_cannot_be_sent_is_refused_without_telling_it(
    raw_serve: RawServe, key: str
) -> None:
    url = raw_serve(saying(whole(b"")))
    with pytest.raises(UnsplashAssetsError) as raised:
        fetch(url, headers={"Authorization": key})
    assert "made-up" not in "".join(traceback.format_exception(raised.value))


def test_a_redirect_to_what_is_secret_is_not_followed_and_not_told(raw_serve: RawServe) -> None:
    """URLs are logged, and quoted in the errors of others."""
    heads: list[bytes] = []
    url = raw_serve(noting(heads, redirecting("/on?token=hidden")))
    limits = replace(bounds(url), is_secret=lambda text: "hidden" in text)
    with pytest.raises(RequestRefused, match="redirects to an address that tells a secret") as told:
        fetch(url, limits)
    assert "hidden" not in str(told.value)
    assert len(heads) == 1


@pytest.mark.parametrize("line", [b"no colon: no header\r\nhidden", b"hidden : x", b"hidden"])
def test_headers_that_cannot_be_read_are_not_logged(
    raw_serve: RawServe, caplog: pytest.LogCaptureFixture, line: bytes
) -> None:
    url = raw_serve(saying(b"HTTP/1.0 200 OK\r\nX-A: 1\r\n" + line + b"\r\nX-B: 2\r\n\r\nhere"))
    with caplog.at_level(logging.DEBUG):
        assert fetch(url).endswith(b"here")
    assert caplog.messages
    assert "hidden" not in caplog.text


def test_credentials_in_a_url_are_not_told(raw_serve: RawServe) -> None:
    url = raw_serve(saying(b"")).replace("http://", "http://somebody:hidden@")
    with pytest.raises(NetworkError) as raised:
        fetch(url)
    assert "hidden" not in str(raised.value)


# Proxies


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_from_the_environment_is_used(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    heads: list[bytes] = []
    monkeypatch.setenv(variable, raw_serve(noting(heads, whole(b"by proxy"))))
    assert fetch("http://photos.invalid/photo-1?w=3") == b"by proxy"
    assert heads[0].startswith(b"GET http://photos.invalid/photo-1?w=3 HTTP/1.1\r\n")


def test_no_proxy_is_used_for_what_is_excepted(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(raw_serve(saying(whole(b"directly"))).rpartition(":")[2])
    here = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [here])
    monkeypatch.setenv("http_proxy", _nowhere())
    monkeypatch.setenv("no_proxy", "photos.example")
    assert fetch("http://photos.example/photo-1") == b"directly"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_this_machine_is_asked_directly_for_a_proxy_could_read_the_key(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv(variable, _nowhere())
    url = raw_serve(saying(whole(b"directly"))).replace("127.0.0.1", name)
    assert fetch(url, headers=KEY) == b"directly"


@pytest.mark.parametrize(
    "address",
    [
        "socks5://somebody:hidden@photos.example:1080",
        "ftp://somebody:hidden@photos.example",
        "http://somebody:hidden@photos.example:port",
        "http://somebody:hidden@photos.example:99999",
        "http://[somebody:hidden",
        "http://",
    ],
)
def test_a_proxy_that_is_no_address_is_named_as_the_cause_at_once(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(SettingsError, match=r"^the proxy \(HTTPS_PROXY, .* use http") as raised:
        fetch("https://photos.invalid/", headers=KEY)
    told = "".join(traceback.format_exception(raised.value))
    assert "hidden" not in told
    assert "made-up-key" not in told


def test_certificates_that_are_not_there_are_named_as_the_cause_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE, .* is not there: name one"):
        fetch("https://photos.invalid/")


def test_the_total_holds_through_a_proxy(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", raw_serve(DRIPS["headers"]))
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch("http://photos.invalid/", bounds(timeouts=QUICK))


def test_a_proxy_that_is_not_there_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    address = _nowhere().replace("http://", "http://somebody:hidden@")
    monkeypatch.setenv("http_proxy", address)
    with pytest.raises(NetworkError, match=r"^the proxy gives no connection to photos\.") as raised:
        fetch("http://photos.invalid/")
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


def test_a_proxy_that_refuses_is_named_as_the_cause(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = saying(whole(b"", status="407 Proxy Authentication Required"))
    monkeypatch.setenv("https_proxy", raw_serve(refusing))
    with pytest.raises(NetworkError, match=r"^the proxy gives no connection to photos\.invalid$"):
        fetch("https://photos.invalid/")


def test_the_total_holds_against_a_proxy_that_drips_its_consent(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", raw_serve(DRIPS["headers"]))
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch("https://photos.invalid/", bounds(timeouts=QUICK))


# Certificates


@pytest.mark.usefixtures("_trusted")
def test_a_trusted_certificate_is_accepted(tls_serve: Callable[[Script], str]) -> None:
    assert fetch(tls_serve(saying(whole(b"in private")))) == b"in private"


def test_an_unknown_certificate_is_refused_and_nothing_is_sent(
    tls_serve: Callable[[Script], str],
) -> None:
    heads: list[bytes] = []
    url = tls_serve(noting(heads, whole(b"in private")))
    with pytest.raises(NetworkError, match=r"not trusted here: see REQUESTS_CA_BUNDLE$"):
        fetch(url, headers=KEY)
    assert heads == []


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("drips", ["headers", "body"])
def test_the_total_holds_over_tls(tls_serve: Callable[[Script], str], drips: str) -> None:
    url = tls_serve(DRIPS[drips])
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, bounds(timeouts=QUICK))
