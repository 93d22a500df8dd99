"""Tests of the command `serve`: what it says, what it hands out, and how it ends."""

import json
import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from unsplash_assets_tests.cli.test_list import library  # noqa: F401 - the library of each test
from unsplash_assets_tests.cli.test_main import run
from unsplash_assets_tests.support.processes import Processes, next_line


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_the_library_is_served_until_a_person_stops_it(processes: Processes) -> None:
    command = [sys.executable, "-m", "unsplash_assets", "serve", "--port", "0"]
    pipe = subprocess.PIPE
    serving = processes.start(command, stdout=pipe, stderr=subprocess.STDOUT)
    line = next_line(serving)
    url = re.search(r"The gallery is at (http://127\.0\.0\.1:\d+)\. Ctrl-C stops it\.", line)
    assert url, line
    with urlopen(f"{url[1]}/api/topics") as answer:  # noqa: S310 - our own server's
        assert json.load(answer)["photos"] == 2
    with urlopen(url[1]) as answer:  # noqa: S310
        assert b"<title>Photos</title>" in answer.read()
    serving.send_signal(signal.SIGINT)
    assert serving.wait() == 0


def test_a_port_that_another_program_has_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"unsplash-assets: --port is {port}, which cannot be opened (")


def test_a_host_that_is_not_this_machine_is_named() -> None:
    done = run("serve", "--host", "192.0.2.1", "--port", "0")
    assert done.exit_code == 2
    assert "--host is '192.0.2.1': use an address or a name" in done.stderr
