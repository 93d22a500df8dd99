"""An Unsplash over raw sockets that answers well, but for what it is told to spoil.

It is the emulator, whose answers leave as bytes: so any of them can be replaced by what no web
server would let pass, or by nothing at all.
"""

import io
import json
import random
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from http.client import parse_headers
from typing import Any
from urllib.parse import urlsplit
from wsgiref.handlers import SimpleHandler

from unsplash_assets.emulator.application import Emulator

BAD = 1
"""Which photo of an answer has the bad picture: the second, so that it has neighbours."""

PLACEHOLDER = "/source-404"
"""Where Unsplash's pictures redirected to once their photos were gone."""


@dataclass(frozen=True)
class Exchange:
    """A request, and the answer of a server that is well."""

    connection: socket.socket
    target: str
    """Path and query."""
    base: str
    body: bytes
    """Of the answer that is due."""

    def send(self, *parts: bytes) -> None:
        """Send bytes as they are."""
        self.connection.sendall(b"".join(parts))

    def reply(
        self, body: bytes, media_type: str = "image/jpeg", status: str = "200 OK", **headers: str
    ) -> None:
        """Send an answer; `Content_Length=""` leaves that header out."""
        given = {"Content_Type": media_type, "Content_Length": str(len(body)), **headers}
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in given.items() if value]
        head = "\r\n".join([f"HTTP/1.1 {status}", *lines, "Connection: close", "", ""])
        self.send(head.encode("latin-1"), body)


Answer = Callable[[Exchange], None]
"""What a server does in place of the answer that is due."""


class SpoiledUnsplash:
    """A script for a raw server: spoils one picture, or all answers of a kind."""

    def __init__(
        self,
        *,
        picture: Answer | None = None,
        api: Answer | None = None,
        event: Answer | None = None,
    ) -> None:
        """Spoil the picture of one photo of the first answer, or all answers of a kind."""
        self.asked: list[str] = []
        """Paths, in the order of the requests."""
        self.bad_photo: dict[str, Any] = {}
        self._picture = picture
        self._api = api
        self._event = event
        self._emulator = Emulator(dice=random.Random(1))  # noqa: S311 - the same every time
        self._lock = threading.Lock()

    def __call__(self, connection: socket.socket, head: bytes) -> None:
        """Answer one request, whose head has come."""
        target, host = target_and_host(head)
        path = urlsplit(target).path
        with self._lock:
            self.asked.append(path)
            whole = answer_of(self._emulator, target, host)
        body = whole.partition(b"\r\n\r\n")[2]
        exchange = Exchange(connection, target, f"http://{host}", body)
        spoil = self._spoiler(path, body)
        if spoil is None:
            connection.sendall(whole)
        else:
            spoil(exchange)

    @property
    def bad_path(self) -> str:
        """The path of the picture that is spoiled."""
        return str(urlsplit(self.bad_photo["urls"]["thumb"]).path)

    def _spoiler(self, path: str, body: bytes) -> Answer | None:
        if path == "/photos/random":
            if not self.bad_photo and self._api is None:
                self.bad_photo = json.loads(body)[BAD]
            return self._api
        if path.endswith("/download"):
            return self._event
        is_bad = bool(self.bad_photo) and path in {self.bad_path, PLACEHOLDER}
        return self._picture if is_bad else None


def target_and_host(head: bytes) -> tuple[str, str]:
    """Return what the head of a request asks for, and of whom."""
    lines = io.BytesIO(head)
    target = lines.readline().split()[1].decode("latin-1")
    return target, parse_headers(lines)["Host"]


def answer_of(emulator: Emulator, target: str, host: str) -> bytes:
    """Return head and body of the emulator's answer; pictures are drawn once for all tests."""
    return _picture(target) if target.startswith("/photo-") else _answer(emulator, target, host)


@lru_cache(maxsize=200)
def _picture(target: str) -> bytes:
    return _answer(Emulator(), target, "any")


def _answer(emulator: Emulator, target: str, host: str) -> bytes:
    parts, out = urlsplit(target), io.BytesIO()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": host,
        "HTTP_AUTHORIZATION": "Client-ID any",
    }
    SimpleHandler(io.BytesIO(), out, io.StringIO(), environ).run(emulator)
    return out.getvalue()
