"""Connections whose every read ends by a deadline, however slowly the server sends.

`requests` and `urllib3` limit the silence between two arrivals, not the whole: a server that sends
a byte a second, of its headers or its body, holds them for ever. Here each `recv` gets only the
time left until the deadline that `until` sets for the calling thread.
"""

import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any, Final

import requests.adapters
from urllib3 import PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_MAX_IDLE_CONNECTIONS: Final = 64
_INTERIM: Final = range(102, 200)
"""Statuses of interim answers, such as 103. 101 is final: nothing here asks for an upgrade."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def until(deadline: float) -> Iterator[None]:
    """End every read of this thread inside the `with` by `deadline`, a `time.monotonic` time."""
    token = _deadline.set(deadline)
    try:
        yield
    finally:
        _deadline.reset(token)


class _DeadlineReader(io.RawIOBase):
    """A socket's reader that gives each read the time left until the deadline."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 - a writable buffer
        deadline = _deadline.get()
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the deadline has passed")
            silence = self._sock.gettimeout()
            self._sock.settimeout(left if silence is None else min(silence, left))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_DeadlineReader(sock, raw))

    def begin(self) -> None:
        """Read the headers; drop unreadable ones, which urllib3 would log.

        Skips all interim answers; http.client skips only 100.
        """
        super().begin()
        while self.status in _INTERIM:
            self.headers = None  # type: ignore[assignment] # makes super() read again
            super().begin()
        self.headers.set_payload("")
        self.headers.defects.clear()


class _Connection(HTTPConnection):
    response_class = _DeadlineResponse


class _SecureConnection(HTTPSConnection):
    response_class = _DeadlineResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class DeadlineAdapter(requests.adapters.HTTPAdapter):
    """Gives a `requests.Session` these connections, direct and through proxies."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=_MAX_IDLE_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Create the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        _use_deadlines(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Create the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        _use_deadlines(manager)
        return manager


def _use_deadlines(manager: Any) -> None:  # noqa: ANN401 - a PoolManager; requests leaves it untyped
    pools: dict[str, Callable[..., object]] = {"http": _Pool, "https": _SecurePool}
    if type(manager) in {PoolManager, ProxyManager}:  # a SOCKS manager has its own pools
        manager.pool_classes_by_scheme = pools
