"""Runs the application on a port: bounded in connections, in time, and in what it reads.

uvicorn bounds how long an idle connection stays, and how large a request's head is. What it does
not bound is how slowly a client sends that head or takes its answer; `_Patient` does.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from unsplash_assets.gallery.server.guard import HEAD_SIZE

HEAD_WITHIN: Final = 10.0
"""Seconds in which a request's head must have arrived."""
TAKEN_WITHIN: Final = 30.0
"""Seconds in which a client must take the next part of its answer, 64 KB or less."""
CONNECTIONS: Final = 400
"""The most at a time; those beyond are closed at once."""
_ANSWERED: Final = 256
"""Connections beyond which a request is answered with 503."""
_IDLE: Final = 15  # seconds
_LAST_WORDS: Final = 2  # seconds in which answers may end once the server is to stop


class _Patient(H11Protocol):
    """A connection whose client has only so much time."""

    _head: asyncio.TimerHandle | None = None
    _answer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > CONNECTIONS:
            self.transport.abort()
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._have_head()
        elif self._head is None and self.conn.their_state is h11.IDLE:
            self._await_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_client()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_client()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._answer and not self.transport.is_closing():
            self._answer.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._have_head()
        if self._answer:
            self._answer.cancel()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._head = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def _have_head(self) -> None:
        if self._head:
            self._head.cancel()
        self._head = None

    def _await_client(self) -> None:
        if self._answer:
            self._answer.cancel()
        self._answer = self.loop.call_later(TAKEN_WITHIN, self.transport.abort)


class Server(uvicorn.Server):
    """A server that says when it answers, and ends the answers that have no end of their own."""

    def __init__(
        self, application: ASGIApp, on_ready: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        """Serve `application`."""
        super().__init__(_config(application))
        self._on_ready = on_ready
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was asked, for a moment, and no more."""
        self._on_stop()
        await super().shutdown(sockets)


def _config(application: ASGIApp) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # not each client's mistake
    return uvicorn.Config(
        application,
        http=_Patient,
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_SIZE,
        limit_concurrency=_ANSWERED,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_LAST_WORDS,
    )
