"""Tests of what `make run` checks before it becomes `dagster dev`."""

import socket
import subprocess
import sys

import pytest

from unsplash_assets.cli.launch import check_port
from unsplash_assets.errors import SettingsError


def test_a_free_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    assert check_port(str(free)) == free


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^PORT is {busy}, .* \(Address already in use\)"):
            check_port(str(busy))


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1", "٣٠٠٠"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="use a number from 1 to 65535"):
        check_port(text)


def test_bad_settings_end_it_with_two_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "some")
    done = subprocess.run(
        [sys.executable, "-m", "unsplash_assets.cli.launch", "3000"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "unsplash_assets: UNSPLASH_KEEP is 'some': use all, a number of photos, "
        "a size such as 2GB, or a span such as 30d\n"
    )
