"""Tests of details of proxies and certificates; `system/test_network.py` tests the commands."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import trustme

from unsplash_assets.errors import NetworkError
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets_tests.support.far_end import Address, Proxy, proxied, served_over_tls

PATIENT = Timeouts(60, 60, 60)
LIMITS = Limits(PATIENT, size=1_000_000)
KEY = {"Authorization": "Client-ID made-up-key"}
API, PICTURES = "api.unsplash.com", "images.unsplash.com"
AUTHORITY = trustme.CA()
UNKNOWN = trustme.CA()


def fetch(url: str, transport: HttpTransport | None = None, limits: Limits = LIMITS) -> bytes:
    """Return the body of an answer to a request with the key."""
    with (transport or HttpTransport()).get(url, KEY, limits) as answer:
        return b"".join(answer.chunks())


class World:
    """A server with the names of Unsplash, proxies that lead to it, and the environment."""

    def __init__(self, stack: ExitStack, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self.asked: list[str] = []
        self.proxy = Proxy({})
        self._stack = stack
        self._monkeypatch = monkeypatch
        self._folder = folder

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "10")])
        return [b"in private"]

    def serve(
        self,
        application: WSGIApplication | None = None,
        *names: str,
        authority: trustme.CA = AUTHORITY,
    ) -> Address:
        """Serve Unsplash, or another application, over TLS until the test ends."""
        served = served_over_tls(application or self, authority, *(names or (API, PICTURES)))
        return self._stack.enter_context(served)

    def set(self, variable: str, value: str) -> None:
        """Set a variable of the environment."""
        self._monkeypatch.setenv(variable, value)

    def use_proxy(self, server: Address, scheme: str = "http", port: int = 443) -> Proxy:
        """Reach both hosts through a proxy."""
        context = None
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
        hosts = {f"{API}:{port}": server, f"{PICTURES}:{port}": server}
        proxy = self._stack.enter_context(proxied(hosts, context))
        self.set("HTTPS_PROXY", proxy.url)
        return proxy

    def file_of(self, authority: trustme.CA) -> str:
        """Return a file with the certificate of an authority."""
        file = self._folder / f"authority-{id(authority)}.pem"
        file.write_bytes(authority.cert_pem.bytes())
        return str(file)

    def trust(self, authority: trustme.CA = AUTHORITY) -> None:
        """Trust an authority."""
        self.set("REQUESTS_CA_BUNDLE", self.file_of(authority))

    def resolve_all_names_here(self) -> None:
        """Resolve every name to this machine, for requests without a proxy."""
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")

        def here(_: str, port: int, *__: Any) -> list[Any]:
            return [(*kind, ("127.0.0.1", port))]

        self._monkeypatch.setattr(socket, "getaddrinfo", here)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack, monkeypatch, tmp_path)


# Proxies


def test_a_proxy_may_be_named_without_its_scheme(world: World) -> None:
    world.trust()
    proxy = world.use_proxy(world.serve())
    world.set("HTTPS_PROXY", proxy.url.removeprefix("http://"))
    assert fetch(f"https://{API}/") == b"in private"
    assert len(proxy.heads) == 1


def test_a_proxy_sees_the_name_of_the_host_and_nothing_else_of_a_request(world: World) -> None:
    world.trust()
    proxy = world.use_proxy(world.serve())
    fetch(f"https://{API}/hidden/path?w=3")
    (head,) = proxy.heads
    assert world.asked == ["/hidden/path"]
    assert "made-up-key" not in head
    assert "hidden" not in head
    names = {line.partition(":")[0] for line in head.split("\r\n")[1:] if line}
    assert names <= {"Host", "Proxy-Connection", "User-Agent"}


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_total_holds_within_a_tunnel(world: World, scheme: str) -> None:
    def dripping(_: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "3000")])
        for byte in bytes(3000):
            yield bytes([byte])
            time.sleep(0.02)

    world.trust()
    world.use_proxy(world.serve(dripping), scheme)
    start = time.monotonic()
    with pytest.raises(NetworkError, match=r"took longer than 0\.5 s in all$"):
        fetch(f"https://{PICTURES}/", limits=replace(LIMITS, timeouts=replace(PATIENT, total=0.5)))
    assert time.monotonic() - start < PATIENT.total / 2


# Exceptions


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    "no_proxy",
    [API, f".{API}", "unsplash.com", ".unsplash.com", f"{API}:PORT", f"x.example, {API}", "*"],
)
def test_an_excepted_host_is_requested_directly(world: World, variable: str, no_proxy: str) -> None:
    world.trust()
    world.resolve_all_names_here()
    server = world.serve()
    proxy = world.use_proxy(server)
    world.set(variable, no_proxy.replace("PORT", str(server[1])))
    assert fetch(f"https://{API}:{server[1]}/") == b"in private"
    assert proxy.heads == []


@pytest.mark.parametrize(
    "no_proxy", ["", "nsplash.com", f"{API}.example", f"{API}:1", "unsplash.example", PICTURES]
)
def test_a_host_that_only_looks_excepted_is_not(world: World, no_proxy: str) -> None:
    world.trust()
    proxy = world.use_proxy(world.serve())
    world.set("NO_PROXY", no_proxy)
    assert fetch(f"https://{API}/") == b"in private"
    assert len(proxy.heads) == 1


# Certificates


def test_the_variable_of_requests_takes_precedence_over_curls_and_the_callers_file(
    world: World,
) -> None:
    def ask(for_requests: str, for_curl: str, named: str) -> bytes:
        world.set("REQUESTS_CA_BUNDLE", for_requests)
        world.set("CURL_CA_BUNDLE", for_curl)
        return fetch(f"https://{API}:{port}/", HttpTransport(certificates=named))

    world.resolve_all_names_here()
    port = world.serve()[1]
    good, other = world.file_of(AUTHORITY), world.file_of(UNKNOWN)
    assert ask(good, other, other) == ask("", good, other) == ask("", "", good) == b"in private"
    for files in ((other, good, good), ("", other, good), ("", "", other)):
        with pytest.raises(NetworkError, match="is not trusted here"):
            ask(*files)


Serving = Callable[[World], Address]
UNTRUSTED: dict[str, Serving] = {
    "of an unknown authority": lambda world: world.serve(authority=UNKNOWN),
    "of another host": lambda world: world.serve(None, PICTURES),
    "of a part of the name": lambda world: world.serve(None, "unsplash.com"),
}


@pytest.mark.parametrize("serving", UNTRUSTED.values(), ids=UNTRUSTED)
@pytest.mark.parametrize("way", ["directly", "by proxy"])
def test_nothing_is_sent_to_a_server_whose_certificate_is(
    world: World, serving: Serving, way: str
) -> None:
    """A proxy that intercepts the traffic is noticed and gets no key."""
    world.trust()
    world.resolve_all_names_here()
    server = serving(world)
    if way == "by proxy":
        world.use_proxy(server, port=server[1])
    with pytest.raises(NetworkError, match="is not trusted here"):
        fetch(f"https://{API}:{server[1]}/")
    assert world.asked == []
