"""Tests of `cli.base`: the port that a server listens on."""

import socket

from unsplash_assets.cli.base import open_port


def test_a_connection_sends_each_part_of_an_answer_at_once() -> None:
    """Nagle's algorithm holds a second part back until the client has acknowledged the first."""
    with (
        open_port("127.0.0.1", 0, ("--host", "--port"), "") as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
