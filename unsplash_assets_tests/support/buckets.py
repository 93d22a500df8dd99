"""A server of S3 (moto) behind a port of this machine, and the buckets of the tests on it.

A test of the tier `bucket` uses the fixture `bucket`, the URL of a bucket of its own.
"""

import logging
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

import pytest

SERVER: Final = "moto"
CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": "tests",
    "AWS_SECRET_ACCESS_KEY": "of no use elsewhere",
    "AWS_REGION": "us-east-1",
}
_numbers = count(1)


@contextmanager
def bucket_server() -> Iterator[str]:
    """Give the URL of a server without buckets."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes seconds

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def make_bucket(server: str) -> str:
    """Make a bucket that has nothing in it; return its URL, with a prefix."""
    name = f"photos-{next(_numbers)}"
    make = urllib.request.Request(f"{server}/{name}", method="PUT")  # noqa: S310 - our own server
    with urllib.request.urlopen(make):  # noqa: S310
        return f"s3://{name}/wall"


def point_to(server: str) -> None:
    """Let this process look for buckets there; a test's environment ends with it."""
    os.environ.update(CREDENTIALS, AWS_ENDPOINT_URL=server)


@pytest.fixture(scope="session")
def buckets() -> Iterator[str]:
    """The URL of the tests' own server."""
    pytest.importorskip("moto", reason="moto is missing: install unsplash_assets[dev]")
    pytest.importorskip("obstore", reason="obstore is missing: install unsplash_assets[s3]")
    with bucket_server() as server:
        yield server


@pytest.fixture
def bucket(buckets: str) -> str:
    """The URL of a bucket of the test's own."""
    point_to(buckets)
    return make_bucket(buckets)
