"""The far end of the network as it is behind a proxy: hosts with certificates of a private CA.

The proxy resolves names itself, so a test may have an api.unsplash.com of its own.
"""

import io
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import ThreadingMixIn
from typing import Any, TextIO
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import trustme

Address = tuple[str, int]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that hang up."""


class _Handler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def get_stderr(self) -> TextIO:
        """Say nothing of clients that hang up here either."""
        return io.StringIO()


@contextmanager
def served_over_tls(
    application: WSGIApplication, authority: trustme.CA, *names: str
) -> Iterator[Address]:
    """Serve a WSGI application over TLS, as hosts of these names; gives its address."""

    def secure(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return application({**environ, "wsgi.url_scheme": "https"}, start_response)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    server = make_server("127.0.0.1", 0, secure, _Server, _Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield ("127.0.0.1", server.server_port)
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Proxy:
    """A proxy that knows some hosts, by `host:port`, and notes what it can read."""

    hosts: Mapping[str, Address]
    url: str = ""
    heads: list[str] = field(default_factory=list)
    """What was asked of it, headers included: of a tunnel no more than its opening."""

    def serve(self, connection: socket.socket) -> None:
        """Serve one connection: as a tunnel for CONNECT, else as the client of the host."""
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (some := connection.recv(65_536)):
                head += some
            self.heads.append(head.decode("latin-1"))
            method, target, _ = self.heads[-1].split(" ", 2)
            host = target if method == "CONNECT" else target.split("/")[2]
            if host not in self.hosts:
                connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(self.hosts[host]) as far:
                if method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    threading.Thread(target=_pump, args=(far, connection), daemon=True).start()
                    _pump(connection, far)
                else:
                    far.sendall(_for_the_host(head))
                    _pump(far, connection)


def _for_the_host(head: bytes) -> bytes:
    """Return a request as a proxy passes it on: its path alone, nothing that is for the proxy."""
    first, *lines = head.split(b"\r\n")
    method, target, version = first.split(b" ")
    kept = [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:"))]
    path = b"/" + target.split(b"/", 3)[3]
    return b"\r\n".join([b" ".join([method, path, version]), b"Connection: close", *kept])


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while some := source.recv(65_536):
            sink.sendall(some)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def proxied(hosts: Mapping[str, Address], context: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    """Run a proxy; with a `context`, clients speak TLS with it."""
    listener = socket.create_server(("127.0.0.1", 0))
    scheme = "https" if context else "http"
    proxy = Proxy(hosts, f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
    if context:
        listener = context.wrap_socket(listener, server_side=True)
    stopped = threading.Event()

    def accept() -> None:
        while not stopped.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=proxy.serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        stopped.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
