"""Tests of `transport.http`: limits, bodies, redirects, secrets, proxies, certificates."""

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
    RedirectedAway,
    RequestRefused,
    SettingsError,
    TooLarge,
    UnsplashAssetsError,
)
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets_tests.conftest import RawServe, Script, Serve

PATIENT = Timeouts(connect=60, read=60, total=60)
QUICK = replace(PATIENT, total=0.3)
"""Only the total can run out: a busy machine may pause longer than a server that drips."""
KEY = {"Authorization": "Client-ID made-up-key"}

AUTHORITY = trustme.CA()


def limits_of(
    *redirect_origins: str, size: int = 1_000_000, timeouts: Timeouts = PATIENT, redirects: int = 5
) -> Limits:
    return Limits(timeouts, size, frozenset(redirect_origins), redirects=redirects)


def fetch(
    url: str, limits: Limits | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return the body, read to its end."""
    with HttpTransport().get(url, headers or {}, limits or limits_of()) as answer:
        return b"".join(answer.chunks())


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer that announces the length of its body."""
    length = f"Content-Length: {len(body)}"
    lines = [f"HTTP/1.1 {status}", *headers, length, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes, *headers: str) -> bytes:
    """Return an answer in chunks of up to 1000 bytes, without an announced length."""
    framing = ["Transfer-Encoding: chunked", "Connection: close"]
    lines = ["HTTP/1.1 200 OK", *headers, *framing, "", ""]
    pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)]
    framed = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""]]
    return "\r\n".join(lines).encode() + b"".join(framed)


def unframed(body: bytes, *headers: str) -> bytes:
    """Return an answer whose body ends with the connection."""
    return "\r\n".join(["HTTP/1.0 200 OK", *headers, "", ""]).encode() + body


def sending(data: bytes) -> Script:
    return lambda connection, _: connection.sendall(data)


def recording(heads: list[bytes], data: bytes) -> Script:
    """Record the heads of the requests, and give each the same answer."""

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(data)

    return script


def then_silent(data: bytes) -> Script:
    """Send this, then nothing until the client hangs up."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        connection.recv(1)

    return script


def sending_slowly(data: bytes, drips: bytes) -> Script:
    """Send this at once, then one byte at a time for a minute, never silent for long."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        for at in range(3000):
            connection.sendall(drips[at % len(drips)].to_bytes())
            time.sleep(0.02)

    return script


def sent_header(heads: list[bytes], name: bytes) -> list[bytes]:
    """Return the values of a header in the last request."""
    lines = (line.partition(b": ") for line in heads[-1].split(b"\r\n"))
    return [value for found, _, value in lines if found.lower() == name.lower()]


@contextmanager
def quick() -> Iterator[None]:
    """Fail if the `with` takes so long that only PATIENT can have ended it."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < PATIENT.total / 2


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
    assert fetch(raw_serve(sending(frame(body)))) == body


@pytest.mark.parametrize("frame", [whole, chunked, unframed])
@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_body_is_decompressed(
    raw_serve: RawServe,
    frame: Callable[..., bytes],
    encoding: str,
    pack: Callable[[bytes], bytes],
) -> None:
    body = b"petals in the spring breeze " * 5000
    answer = frame(pack(body), f"Content-Encoding: {encoding}")
    assert fetch(raw_serve(sending(answer))) == body


def test_a_long_body_comes_in_pieces(raw_serve: RawServe) -> None:
    url = raw_serve(sending(whole(bytes(900_000))))
    with HttpTransport().get(url, {}, limits_of()) as answer:
        pieces = [len(piece) for piece in answer.chunks()]
    assert sum(pieces) == 900_000
    assert max(pieces) <= 100_000


BODY = bytes(range(256)) * 2_000
TAGGED = ("Accept-Ranges: bytes", 'ETag: "a1"')


def part(start: int, end: int = len(BODY), total: int = len(BODY)) -> bytes:
    """Return the answer with a part of the body."""
    content_range = f"Content-Range: bytes {start}-{end - 1}/{total}"
    return whole(BODY[start:end], content_range, *TAGGED, status="206 Partial Content")


def breaking_off(*answers: bytes) -> tuple[list[bytes], Script]:
    """Give each request the next answer, and the last one to all others; record their heads."""
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        connection.sendall(answers[min(len(heads), len(answers)) - 1])

    return heads, script


def resumed(url: str, resumptions: int = 3) -> bytes:
    return fetch(url, replace(limits_of(), resumptions=resumptions))


def breaking_off_after(size: int) -> tuple[list[bytes], Script]:
    """Serve a body in parts, and break off after so many bytes of each; record the heads."""
    heads: list[bytes] = []

    def script(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        asked = sent_header([head], b"Range")
        start = int(asked[0].strip(b"bytes=-")) if asked else 0
        answer = part(start) if asked else whole(BODY, *TAGGED)
        connection.sendall(answer[: -(len(BODY) - start - size) or None])

    return heads, script


def test_a_body_that_breaks_off_goes_on_where_it_was(raw_serve: RawServe) -> None:
    heads, script = breaking_off_after(200_000)
    assert resumed(raw_serve(script)) == BODY
    assert len(heads) > 2
    assert sent_header(heads, b"Range")[0].startswith(b"bytes=")
    assert sent_header(heads, b"If-Range") == [b'"a1"']


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(whole(BODY, *TAGGED), id="the whole, as it has changed"),
        pytest.param(part(0), id="another part"),
        pytest.param(part(196_608, total=len(BODY) + 1), id="of another length"),
        pytest.param(whole(b"", status="416 Range Not Satisfiable"), id="a refusal"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_rest_that_is_not_the_one_asked_for_is_not_taken(
    raw_serve: RawServe, rest: bytes
) -> None:
    heads, script = breaking_off(whole(BODY, *TAGGED)[:-300_000], rest)
    with pytest.raises(NetworkError, match="was cut short"):
        resumed(raw_serve(script))
    assert len(heads) == 2


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(('ETag: "a1"',), id="no ranges"),
        pytest.param(("Accept-Ranges: none", 'ETag: "a1"'), id="none accepted"),
        pytest.param(("Accept-Ranges: bytes",), id="nothing to recognise it by"),
        pytest.param(("Accept-Ranges: bytes", 'ETag: W/"a1"'), id="a weak tag"),
    ],
)
def test_a_server_that_has_no_parts_is_not_asked_for_one(
    raw_serve: RawServe, headers: tuple[str, ...]
) -> None:
    heads, script = breaking_off(whole(BODY, *headers)[:-300_000])
    with pytest.raises(NetworkError, match="was cut short"):
        resumed(raw_serve(script))
    assert len(heads) == 1


def test_a_body_that_breaks_off_again_and_again_is_given_up(raw_serve: RawServe) -> None:
    heads, script = breaking_off_after(100_000)
    with pytest.raises(NetworkError, match="was cut short"):
        resumed(raw_serve(script), resumptions=2)
    assert len(heads) == 3


@pytest.mark.parametrize("status", [200, 204, 304, 404, 500])
def test_any_status_is_an_answer(raw_serve: RawServe, status: int) -> None:
    url = raw_serve(sending(whole(b"", "X-Ratelimit-Limit: 50", status=f"{status} Some Words")))
    with HttpTransport().get(url, {}, limits_of()) as answer:
        assert answer.status == status
        assert answer.headers["x-RATELIMIT-limit"] == "50"


def test_the_headers_of_the_caller_are_sent_with_the_name_of_the_project(
    raw_serve: RawServe,
) -> None:
    heads: list[bytes] = []
    fetch(raw_serve(recording(heads, whole(b""))), headers={**KEY, "Accept-Version": "v1"})
    assert sent_header(heads, b"Authorization") == [b"Client-ID made-up-key"]
    assert sent_header(heads, b"Accept-Version") == [b"v1"]
    assert sent_header(heads, b"User-Agent") == [b"unsplash_assets"]


def test_requests_in_a_row_share_one_connection(raw_serve: RawServe) -> None:
    connections: list[object] = []
    transport = HttpTransport()
    url = raw_serve(_answering_again_and_again(connections, pause=0))
    for _ in range(5):
        with transport.get(url, {}, limits_of()) as answer:
            assert b"".join(answer.chunks()) == b"again"
    assert len(connections) == 1


@pytest.mark.long
def test_a_short_timeout_does_not_apply_to_the_next_request_on_the_connection(
    raw_serve: RawServe,
) -> None:
    """The first timeout is as short as this machine allows just now."""
    connections: list[object] = []
    transport, body = HttpTransport(), b""
    for short in (0.15, 1.0, 8.0):
        url = raw_serve(_answering_again_and_again(connections, pause=short * 1.5))
        with suppress(NetworkError), transport.get(url, {}, limits_of(timeouts=_all(short))) as it:
            body = b"".join(it.chunks())
        if body:
            break
    connections[:-1] = []
    with transport.get(url, {}, limits_of()) as answer:
        assert b"".join(answer.chunks()) == body == b"again"
    assert len(connections) == 1


def _all(seconds: float) -> Timeouts:
    return Timeouts(seconds, seconds, seconds)


def _answering_again_and_again(connections: list[object], pause: float) -> Script:
    """Answer all requests of a connection: the first at once, the others after a pause."""

    def script(connection: socket.socket, head: bytes) -> None:
        connections.append(connection)
        while head:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain")
            head = connection.recv(65_536)
            time.sleep(pause)

    return script


def test_an_unread_answer_does_not_harm_the_next(raw_serve: RawServe) -> None:
    transport = HttpTransport()
    url = raw_serve(sending(whole(b"left behind" * 50_000)))
    for _ in range(3):
        with transport.get(url, {}, limits_of()) as answer:
            assert next(answer.chunks()).startswith(b"left behind")


@pytest.mark.long
def test_one_transport_serves_many_threads(serve: Serve) -> None:
    def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [environ["PATH_INFO"].encode() * 10_000]

    base, transport = serve(echo), HttpTransport()

    def ask(number: int) -> bool:
        with transport.get(f"{base}/{number}", {}, limits_of()) as answer:
            return b"".join(answer.chunks()) == f"/{number}".encode() * 10_000

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(100, 180)))


# Time


SLOW_SERVERS = {
    "headers": sending_slowly(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "header-lines": sending_slowly(b"HTTP/1.1 200 OK\r\n", b"X:\r\n"),
    "interim-answers": sending_slowly(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": sending_slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n", b"x"),
    "chunked-body": sending_slowly(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"
    ),
    "unframed-body": sending_slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "compressed-body": sending_slowly(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(bytes(50_000), 0)
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("script", SLOW_SERVERS.values(), ids=SLOW_SERVERS.keys())
def test_the_total_holds_against_a_server_that_sends_slowly(
    raw_serve: RawServe, script: Script
) -> None:
    url = raw_serve(script)
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, limits_of(timeouts=QUICK))


@pytest.mark.long
def test_the_total_counts_redirects(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        time.sleep(0.12)
        connection.sendall(whole(b"", "Location: /on", status="302 Found"))

    url = raw_serve(script)
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, limits_of(url, timeouts=QUICK, redirects=20))


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
def test_silence_is_a_network_error_with_that_reason(raw_serve: RawServe, begin: bytes) -> None:
    url = raw_serve(then_silent(begin))
    host = url.removeprefix("http://")
    with quick(), pytest.raises(NetworkError, match=rf"^{host} sent nothing for 0\.1 s$"):
        fetch(url, limits_of(timeouts=replace(PATIENT, read=0.1)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
def test_a_connection_that_is_not_accepted_in_time_is_named_as_the_reason() -> None:
    with _full_queue() as host, quick():  # noqa: SIM117 - the time is of the whole attempt
        with pytest.raises(NetworkError, match=rf"^no connection to {host} within 0\.1 s$"):
            fetch(f"http://{host}/", limits_of(timeouts=replace(PATIENT, connect=0.1)))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a full queue refuses")
@pytest.mark.parametrize("timeouts", [replace(PATIENT, connect=0.1), replace(PATIENT, total=0.1)])
def test_a_connection_that_is_not_accepted_is_abandoned(timeouts: Timeouts) -> None:
    with _full_queue() as host, quick(), pytest.raises(NetworkError, match=host):
        fetch(f"http://{host}/", limits_of(timeouts=timeouts))


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
        with transport.get(url, {}, limits_of(timeouts=timeouts)) as answer:
            return b"".join(answer.chunks())

    with ThreadPoolExecutor(2) as threads:
        patient = threads.submit(ask, PATIENT)
        hurried = threads.submit(ask, replace(PATIENT, total=0.1))
        assert patient.result() == b"0123456789"
        with pytest.raises(NetworkError, match=r"longer than 0\.1 s"):
            hurried.result()


# Size


def test_a_body_announced_as_too_long_is_refused_unread(raw_serve: RawServe) -> None:
    url = raw_serve(then_silent(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n"))
    with quick(), pytest.raises(TooLarge, match=r"sends more than the 1,000 bytes allowed"):
        fetch(url, limits_of(size=1000))


@pytest.mark.parametrize("frame", [chunked, unframed])
def test_a_body_that_grows_too_long_is_refused(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    url = raw_serve(sending(frame(bytes(1001))))
    with pytest.raises(TooLarge, match=r"sends more than the 1,000 bytes allowed"):
        fetch(url, limits_of(size=1000))


@pytest.mark.parametrize("frame", [whole, chunked, unframed])
def test_a_body_of_just_the_size_allowed_is_fine(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    assert fetch(raw_serve(sending(frame(bytes(1000)))), limits_of(size=1000)) == bytes(1000)


def test_a_body_without_end_is_refused(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(65_536))

    with quick(), pytest.raises(TooLarge):
        fetch(raw_serve(script))


@pytest.mark.long
@pytest.mark.parametrize("frame", [whole, chunked])
def test_a_small_body_that_decompresses_to_a_huge_one_is_refused_before_it_fills_memory(
    raw_serve: RawServe, frame: Callable[..., bytes]
) -> None:
    packed = gzip.compress(bytes(60_000_000), 9)
    assert len(packed) < 1_000_000
    url = raw_serve(sending(frame(packed, "Content-Encoding: gzip")))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            fetch(url, limits_of(size=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


# Broken answers


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
    url = raw_serve(sending(answer))
    with pytest.raises(NetworkError, match=r"^the answer from 127\.0\.0\.1:\d+ was cut short$"):
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
    """A caller that writes them to a file still learns that the answer was cut short."""
    url = raw_serve(sending(whole(b"x" * 200_000)[:-1]))
    pieces: list[bytes] = []
    with HttpTransport().get(url, {}, limits_of()) as answer, pytest.raises(NetworkError):
        pieces.extend(answer.chunks())
    assert 0 < len(b"".join(pieces)) < 200_000


def test_a_body_that_cannot_be_decompressed_is_a_network_error(raw_serve: RawServe) -> None:
    url = raw_serve(sending(whole(b"not packed at all", "Content-Encoding: gzip")))
    with pytest.raises(NetworkError, match=r"sent a body that cannot be decompressed$"):
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
def test_an_invalid_answer_is_a_network_error(raw_serve: RawServe, answer: bytes) -> None:
    with pytest.raises(NetworkError, match=r"^no answer from 127\.0\.0\.1:\d+"):
        fetch(raw_serve(sending(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4, 5\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-4\r\nabcd\r\n0\r\n\r\n",
    ],
    ids=["two-lengths", "negative-chunk"],
)
def test_an_answer_of_contradictory_length_is_a_network_error(
    raw_serve: RawServe, answer: bytes
) -> None:
    with pytest.raises(NetworkError, match=r"^the answer from 127.* is not valid HTTP$"):
        fetch(raw_serve(sending(answer)))


def test_a_port_that_nobody_listens_on_is_a_network_error() -> None:
    with pytest.raises(NetworkError, match=r"^no answer from 127\.0\.0\.1:\d+: is the network up"):
        fetch(_closed_port())


def _closed_port() -> str:
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
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(RequestRefused, match=r"is not a URL that can be requested"):
        fetch(url)


# Redirects


def redirecting(location: str, status: int = 302) -> bytes:
    return whole(b"", f"Location: {location}", status=f"{status} Elsewhere")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_an_allowed_origin_is_followed(raw_serve: RawServe, status: int) -> None:
    target = raw_serve(sending(whole(b"here")))
    url = raw_serve(sending(redirecting(f"{target}/photo-1?w=3", status)))
    with HttpTransport().get(url, {}, limits_of(target)) as answer:
        assert (answer.status, b"".join(answer.chunks())) == (200, b"here")
        assert answer.url == f"{target}/photo-1?w=3"


def test_the_body_of_a_redirect_is_not_waited_for(raw_serve: RawServe) -> None:
    """It may be endless, and no limit of size applies to it."""

    def script(connection: socket.socket, head: bytes) -> None:
        if b"/on" in head:
            connection.sendall(whole(b"here"))
        else:
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on\r\n\r\nMoved, and more")
            connection.recv(1)

    url = raw_serve(script)
    with quick():
        assert fetch(url, limits_of(url)) == b"here"


def test_a_relative_redirect_stays_on_its_origin(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        moved = b"/new/place?w=3" not in head
        connection.sendall(redirecting("../new/place?w=3") if moved else whole(b"here"))

    url = raw_serve(script)
    assert fetch(f"{url}/old/place", limits_of(url)) == b"here"


def test_a_refused_redirect_is_named_by_its_origin_only(raw_serve: RawServe) -> None:
    """The rest may be secret: a user's name and password, a token."""
    url = raw_serve(sending(redirecting("http://somebody:hidden@photos.invalid/x?token=hidden")))
    with pytest.raises(RedirectedAway, match=r"elsewhere, to 'http://photos\.invalid': ") as raised:
        fetch(url)
    assert "hidden" not in str(raised.value)


def test_a_redirect_to_another_origin_is_refused_and_not_requested(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    target = raw_serve(recording(heads, whole(b"elsewhere")))
    url = raw_serve(sending(redirecting(target)))
    with pytest.raises(RedirectedAway, match=f"redirects elsewhere, to '{target}'"):
        fetch(url, limits_of(url))
    assert heads == []


def test_no_redirect_is_followed_if_none_is_allowed(raw_serve: RawServe) -> None:
    url = raw_serve(sending(redirecting("/other")))
    with pytest.raises(RedirectedAway, match="redirects elsewhere"):
        fetch(url, limits_of())


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
    with pytest.raises(RedirectedAway, match="redirects elsewhere"):
        fetch(url, limits_of(url))


def test_a_backslash_does_not_lead_a_redirect_astray(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    elsewhere = raw_serve(recording(heads, whole(b"elsewhere")))
    answer: list[bytes] = []
    url = raw_serve(lambda connection, _: connection.sendall(answer[0]))
    answer.append(redirecting(f"{elsewhere}\\@{url.removeprefix('http://')}/"))
    with suppress(UnsplashAssetsError):
        fetch(url, limits_of(url), KEY)
    assert heads == []


def test_a_confined_exchange_requests_no_other_origin(raw_serve: RawServe) -> None:
    heads: list[bytes] = []
    here, elsewhere = raw_serve(sending(whole(b"here"))), raw_serve(recording(heads, whole(b"")))
    confined = replace(limits_of(here), is_confined=True)
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
    with pytest.raises(RedirectedAway):
        fetch(url, limits_of(url), KEY)
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
    assert fetch(url, limits_of(url)) == b"here"
    assert sent_header(heads, b"X-B") == sent_header(heads, b"X-C") == []
    assert heads[1].startswith(b"GET /on?a=1%0d%0aX-B:%202") or b"%0D%0A" in heads[1]


@pytest.mark.parametrize("allowed", [0, 3])
def test_too_many_redirects_in_a_row_are_an_error(raw_serve: RawServe, allowed: int) -> None:
    heads: list[bytes] = []
    url = raw_serve(recording(heads, redirecting("/again")))
    with pytest.raises(NetworkError, match=rf"redirects more than {allowed} times in a row$"):
        fetch(url, limits_of(url, redirects=allowed))
    assert len(heads) == allowed + 1


def test_as_many_redirects_as_allowed_are_followed(raw_serve: RawServe) -> None:
    def script(connection: socket.socket, head: bytes) -> None:
        steps = head.split(b" ")[1].count(b"x")
        connection.sendall(whole(b"here") if steps == 3 else redirecting("/" + "x" * (steps + 1)))

    url = raw_serve(script)
    assert fetch(url, limits_of(url, redirects=3)) == b"here"


@pytest.mark.parametrize(
    "answer",
    [
        whole(b"choose", "Location: http://elsewhere.invalid/", status="300 Multiple Choices"),
        whole(b"choose", "Location: http://elsewhere.invalid/", status="201 Created"),
        whole(b"choose", status="302 Found"),
    ],
    ids=["300", "201", "302-without-a-target"],
)
def test_an_answer_that_is_not_a_redirect_is_returned(raw_serve: RawServe, answer: bytes) -> None:
    assert fetch(raw_serve(sending(answer))) == b"choose"


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
        with transport.get(url, {}, limits_of(url)) as answer:
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
    fetch(raw_serve(recording(heads, whole(b""))), headers=headers)
    assert sent_header(heads, b"Authorization") == [value.encode() for value in headers.values()]


FAILURES = {
    "nothing": sending(b""),
    "silence": then_silent(b""),
    "no-http": sending(b"good morning\r\n\r\n"),
    "cut": sending(whole(bytes(50))[:-1]),
    "slow": sending_slowly(b"HTTP/1.1 200 OK\r\nContent-Length: 150\r\n\r\n", b"x"),
    "not-packed": sending(whole(b"not packed at all", "Content-Encoding: gzip")),
    "too-long": sending(whole(bytes(2000))),
    "redirected": sending(redirecting("http://elsewhere.invalid/")),
    "in-circles": sending(redirecting("/again")),
}


@pytest.mark.long
@pytest.mark.parametrize("script", FAILURES.values(), ids=FAILURES.keys())
def test_no_error_reveals_a_header(raw_serve: RawServe, script: Script) -> None:
    """Not even in the causes of the error, which the log of a failed run shows too."""
    url = raw_serve(script)
    with pytest.raises(UnsplashAssetsError) as raised:
        fetch(url, limits_of(url, size=1000, timeouts=QUICK), KEY)
    assert "made-up-key" not in "".join(traceback.format_exception(raised.value))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", ["made-up\nkey", "made-up-ключ"])
def test_an_invalid_header_is_refused_without_revealing_it(raw_serve: RawServe, key: str) -> None:
    url = raw_serve(sending(whole(b"")))
    with pytest.raises(UnsplashAssetsError) as raised:
        fetch(url, headers={"Authorization": key})
    assert "made-up" not in "".join(traceback.format_exception(raised.value))


def test_a_redirect_to_a_secret_url_is_neither_followed_nor_revealed(raw_serve: RawServe) -> None:
    """URLs are logged, and quoted in the errors of libraries."""
    heads: list[bytes] = []
    url = raw_serve(recording(heads, redirecting("/on?token=hidden")))
    limits = replace(limits_of(url), is_secret=lambda text: "hidden" in text)
    with pytest.raises(RequestRefused, match="redirects to a URL that contains a secret") as raised:
        fetch(url, limits)
    assert "hidden" not in str(raised.value)
    assert len(heads) == 1


@pytest.mark.parametrize("line", [b"no colon: no header\r\nhidden", b"hidden : x", b"hidden"])
def test_unreadable_headers_are_not_logged(
    raw_serve: RawServe, caplog: pytest.LogCaptureFixture, line: bytes
) -> None:
    url = raw_serve(sending(b"HTTP/1.0 200 OK\r\nX-A: 1\r\n" + line + b"\r\nX-B: 2\r\n\r\nhere"))
    with caplog.at_level(logging.DEBUG):
        assert fetch(url).endswith(b"here")
    assert caplog.messages
    assert "hidden" not in caplog.text


def test_credentials_in_a_url_are_not_revealed(raw_serve: RawServe) -> None:
    url = raw_serve(sending(b"")).replace("http://", "http://somebody:hidden@")
    with pytest.raises(NetworkError) as raised:
        fetch(url)
    assert "hidden" not in str(raised.value)


# Proxies


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_from_the_environment_is_used(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    heads: list[bytes] = []
    monkeypatch.setenv(variable, raw_serve(recording(heads, whole(b"by proxy"))))
    assert fetch("http://photos.invalid/photo-1?w=3") == b"by proxy"
    assert heads[0].startswith(b"GET http://photos.invalid/photo-1?w=3 HTTP/1.1\r\n")


def test_no_proxy_is_used_for_an_excepted_host(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(raw_serve(sending(whole(b"directly"))).rpartition(":")[2])
    here = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [here])
    monkeypatch.setenv("http_proxy", _closed_port())
    monkeypatch.setenv("no_proxy", "photos.example")
    assert fetch("http://photos.example/photo-1") == b"directly"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST"])
def test_this_machine_is_requested_directly_because_a_proxy_could_read_the_key(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    monkeypatch.setenv(variable, _closed_port())
    url = raw_serve(sending(whole(b"directly"))).replace("127.0.0.1", name)
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
def test_an_invalid_proxy_address_is_named_as_the_cause_at_once(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(SettingsError, match=r"^the proxy \(HTTPS_PROXY, .* use http") as raised:
        fetch("https://photos.invalid/", headers=KEY)
    shown = "".join(traceback.format_exception(raised.value))
    assert "hidden" not in shown
    assert "made-up-key" not in shown


def test_a_missing_certificate_file_is_named_as_the_cause_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    with pytest.raises(SettingsError, match=r"REQUESTS_CA_BUNDLE, .* is missing: name"):
        fetch("https://photos.invalid/")


@pytest.mark.long
def test_the_total_holds_through_a_proxy(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", raw_serve(SLOW_SERVERS["headers"]))
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch("http://photos.invalid/", limits_of(timeouts=QUICK))


def test_an_unreachable_proxy_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    address = _closed_port().replace("http://", "http://somebody:hidden@")
    monkeypatch.setenv("http_proxy", address)
    with pytest.raises(
        NetworkError, match=r"^the proxy 127[\d.:]+ cannot connect to photos\."
    ) as raised:
        fetch("http://photos.invalid/")
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


def test_a_proxy_that_refuses_is_named_as_the_cause(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = sending(whole(b"", status="407 Proxy Authentication Required"))
    monkeypatch.setenv("https_proxy", raw_serve(refusing))
    with pytest.raises(NetworkError, match=r"^the proxy 127.* to photos\.invalid \(.* 407 "):
        fetch("https://photos.invalid/")


@pytest.mark.long
def test_the_total_holds_against_a_proxy_that_answers_slowly(
    raw_serve: RawServe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", raw_serve(SLOW_SERVERS["headers"]))
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch("https://photos.invalid/", limits_of(timeouts=QUICK))


# Certificates


@pytest.mark.usefixtures("_trusted")
def test_a_trusted_certificate_is_accepted(tls_serve: Callable[[Script], str]) -> None:
    assert fetch(tls_serve(sending(whole(b"in private")))) == b"in private"


def test_an_unknown_certificate_is_refused_and_nothing_is_sent(
    tls_serve: Callable[[Script], str],
) -> None:
    heads: list[bytes] = []
    url = tls_serve(recording(heads, whole(b"in private")))
    with pytest.raises(NetworkError, match=r"not trusted here: see REQUESTS_CA_BUNDLE$"):
        fetch(url, headers=KEY)
    assert heads == []


@pytest.mark.long
@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("drips", ["headers", "body"])
def test_the_total_holds_over_tls(tls_serve: Callable[[Script], str], drips: str) -> None:
    url = tls_serve(SLOW_SERVERS[drips])
    with quick(), pytest.raises(NetworkError, match=r"took longer than 0\.3 s in all$"):
        fetch(url, limits_of(timeouts=QUICK))
