"""Tests of `transport.deadline`: every read ends by the deadline."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context

import pytest
import requests

from unsplash_assets.transport.deadline import DeadlineAdapter, until
from unsplash_assets_tests.conftest import RawServe

BODY = b"0123456789"
PATIENCE = 60.0  # seconds, of every other timeout


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        opened.mount("http://", DeadlineAdapter())
        yield opened


@pytest.fixture
def slow_url(raw_serve: RawServe) -> str:
    """The URL of an answer whose 10 bytes arrive one at a time, in 0.2 s."""

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
        for byte in BODY:
            time.sleep(0.02)
            connection.sendall(byte.to_bytes())

    return raw_serve(script)


def waiting(connection: socket.socket, _: bytes) -> None:
    """Send nothing until the client hangs up."""
    connection.recv(1)


@contextmanager
def ended_by_the_deadline(seconds: float) -> Iterator[None]:
    """Expect the error of a read that timed out, this long from now."""
    start = time.monotonic()
    with pytest.raises(requests.RequestException, match=r"timed out|deadline"):
        yield
    assert seconds <= time.monotonic() - start < PATIENCE / 2


def in_seconds(seconds: float) -> float:
    return time.monotonic() + seconds


def test_a_read_ends_by_the_deadline(session: requests.Session, slow_url: str) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        session.get(slow_url, timeout=PATIENCE)


def test_silence_ends_by_the_deadline_too(session: requests.Session, raw_serve: RawServe) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        session.get(raw_serve(waiting), timeout=PATIENCE)


def test_a_read_ends_by_the_deadline_if_no_other_timeout_is_set(
    session: requests.Session, slow_url: str
) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        session.get(slow_url)


@pytest.mark.long
def test_without_a_deadline_a_server_may_take_its_time(
    session: requests.Session, slow_url: str
) -> None:
    assert session.get(slow_url, timeout=PATIENCE).content == BODY


@pytest.mark.long
def test_a_deadline_does_not_outlive_its_block(session: requests.Session, slow_url: str) -> None:
    with until(in_seconds(0.05)):
        pass
    assert session.get(slow_url, timeout=PATIENCE).content == BODY


def test_after_an_inner_deadline_the_outer_one_applies_again(
    session: requests.Session, slow_url: str
) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        with until(in_seconds(PATIENCE)):
            pass
        session.get(slow_url, timeout=PATIENCE)


def test_after_the_deadline_nothing_is_read_even_if_it_has_arrived(
    session: requests.Session, raw_serve: RawServe
) -> None:
    url = raw_serve(lambda connection, _: connection.sendall(b"HTTP/1.1 204 None\r\n\r\n"))
    with ended_by_the_deadline(0), until(0):
        session.get(url, timeout=PATIENCE)


def test_silence_may_still_end_a_read_before_the_deadline(
    session: requests.Session, raw_serve: RawServe
) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(PATIENCE)):
        session.get(raw_serve(waiting), timeout=0.1)


@pytest.mark.long
def test_a_deadline_is_the_thread_s_own(session: requests.Session, slow_url: str) -> None:
    bodies: list[bytes] = []

    def ask() -> None:
        bodies.append(session.get(slow_url, timeout=PATIENCE).content)

    thread = threading.Thread(target=copy_context().run, args=(ask,))
    thread.start()
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        session.get(slow_url, timeout=PATIENCE)
    thread.join()
    assert bodies == [BODY]


def test_the_deadline_holds_through_a_proxy(session: requests.Session, slow_url: str) -> None:
    with ended_by_the_deadline(0.1), until(in_seconds(0.1)):
        session.get("http://photos.invalid/", proxies={"http": slow_url}, timeout=PATIENCE)
