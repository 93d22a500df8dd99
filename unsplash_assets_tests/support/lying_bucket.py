"""A server of S3 that lies: a proxy before a right one, which spoils some of the answers.

Each lie takes a request and how to ask the right server, and gives an answer: status, headers, the
length that it announces, and the body that it sends. None ends the connection without an answer.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

_NOT_PASSED_ON: Final = {"transfer-encoding", "connection", "content-length", "server", "date"}


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes

    @property
    def is_of_a_picture(self) -> bool:
        """Whether it is about a photo's file."""
        return self.path.partition("?")[0].endswith(".jpg") and "_gallery" not in self.path

    @property
    def is_list(self) -> bool:
        return "list-type=2" in self.path


@dataclass(frozen=True)
class Answer:
    """What a server answers; `announced` is the length that it says, if not that of the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    announced: int | None = None


Ask = Callable[[], Answer]
Lie = Callable[[Asked, Ask], Answer | None]


def honest(_: Asked, ask: Ask) -> Answer:
    return ask()


@dataclass
class LyingBucket:
    """The proxy; `lie` may be changed at any time."""

    url: str
    lie: Lie = honest
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def lying_bucket(server: str) -> Iterator[LyingBucket]:
    """Run a proxy before a server."""
    host = urlsplit(server).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            bucket.asked.append(asked)
            answer = bucket.lie(asked, lambda: _ask(host, asked))
            self.close_connection = True
            if answer is None:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.announced is None else answer.announced
            if not (self.command == "HEAD" and "Content-Length" in answer.headers):
                self.send_header("Content-Length", str(length))
            # Else its client asks again on this connection, and counts that as a try.
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - as the class has it

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as proxy:
        bucket = LyingBucket(f"http://127.0.0.1:{proxy.server_address[1]}")
        Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield bucket
        finally:
            proxy.shutdown()


def _ask(host: str, asked: Asked) -> Answer:
    connection = HTTPConnection(host, timeout=30)
    try:
        connection.request(asked.method, asked.path, asked.body, asked.headers)
        answer = connection.getresponse()
        headers = {n: v for n, v in answer.getheaders() if n.lower() not in _NOT_PASSED_ON}
        if asked.method == "HEAD" and (length := answer.getheader("Content-Length")):
            headers["Content-Length"] = length
        return Answer(answer.status, headers, answer.read())
    finally:
        connection.close()


def fails(_: Asked, __: Ask) -> Answer:
    """Nothing works."""
    return Answer(500, {}, b"<Error><Code>InternalError</Code></Error>")


def busy(asked: Asked, ask: Ask) -> Answer:
    """No upload works."""
    return Answer(503, {}, b"<Error><Code>SlowDown</Code></Error>") if _uploads(asked) else ask()


def loses(asked: Asked, ask: Ask) -> Answer:
    """A picture is taken, and gone."""
    return Answer(200, {"ETag": '"0123456789"'}, b"") if _uploads(asked) else ask()


def loses_the_answer(asked: Asked, ask: Ask) -> Answer | None:
    """A picture is taken, and nobody says so."""
    answer = ask()
    return None if _uploads(asked) else answer


def cuts(asked: Asked, ask: Ask) -> Answer:
    """A picture arrives in part, whichever part is asked for."""
    answer = ask()
    if asked.method != "GET" or not asked.is_of_a_picture:
        return answer
    return Answer(answer.status, answer.headers, answer.body[:20], len(answer.body))


def is_slow(asked: Asked, ask: Ask) -> Answer:
    """A picture takes longer than anybody waits."""
    if asked.is_of_a_picture:
        time.sleep(1.5)
    return ask()


def lists_what_was(asked: Asked, ask: Ask, before: dict[str, Answer] | None = None) -> Answer:
    """A list is as it was the first time."""
    known = _LISTS if before is None else before
    if not asked.is_list:
        return ask()
    return known.setdefault(asked.path, ask())


_LISTS: Final[dict[str, Answer]] = {}


def _uploads(asked: Asked) -> bool:
    return asked.method == "PUT" and asked.is_of_a_picture
