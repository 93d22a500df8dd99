"""Tests of the emulator behind a port of its own."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
import requests

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.server import serve
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets_tests.support.processes import Processes, environment, next_line, python
from unsplash_assets_tests.support.waiting import CEILING

SERVER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & leaves it ignored
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.server import serve
serve(with_fault(Emulator(), "api-cut"), {port}, lambda url: print(url, flush=True))
print("ended", flush=True)
"""


Server = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def server(processes: Processes) -> Server:
    """Run a server in a process of its own; gives the process, and the URL it announced."""

    def start(port: int = 0) -> tuple[subprocess.Popen[str], str]:
        process = processes.start(
            python(SERVER.format(port=port)),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        return process, next_line(process)

    return start


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt would reach the tests too")
@pytest.mark.process
def test_the_server_answers_at_the_port_asked_for_until_it_is_interrupted(
    server: Server, free_port: int
) -> None:
    process, url = server(free_port)
    assert url == f"http://127.0.0.1:{free_port}"
    assert requests.get(f"{url}/photo-none", timeout=CEILING).status_code == 404
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=CEILING)
    assert (process.returncode, out, err) == (0, "ended\n", "")
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", free_port)) != 0


@pytest.mark.process
def test_port_0_is_any_free_port_and_an_answer_cut_short_goes_unmentioned(server: Server) -> None:
    """The faults cut answers on purpose: waitress's warnings of it would only confuse."""
    process, url = server()
    assert int(url.rpartition(":")[2]) > 0
    key = {"Authorization": "Bearer x"}
    with pytest.raises(requests.RequestException):
        requests.get(f"{url}/photos/random", headers=key, timeout=CEILING)
    process.kill()
    assert process.communicate(timeout=CEILING)[1] == ""


@pytest.mark.process
def test_the_server_is_for_this_machine_only(server: Server) -> None:
    _, url = server()
    with socket.socket() as caller:
        port = int(url.rpartition(":")[2])
        assert caller.connect_ex(("127.0.0.2", port)) != 0  # as another machine would ask for it


def test_a_port_that_is_taken_is_one_clear_error() -> None:
    announced: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(UnsplashAssetsError) as raised:
            serve(Emulator(), port, announced.append)
    assert str(raised.value) == (
        f"port {port} cannot be opened (Address already in use): choose another with --port"
    )
    assert announced == []
