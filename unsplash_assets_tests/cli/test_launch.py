"""Tests of `cli.launch`: what `make run` checks before it becomes `dagster dev`."""

import os
import socket
import sys
from pathlib import Path
from shutil import copy
from typing import NoReturn

import pytest

from unsplash_assets.cli.launch import check_port, main
from unsplash_assets.errors import SettingsError
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_free_port_is_accepted() -> None:
    free = free_port()
    assert check_port(str(free)) == free


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^PORT is {busy}, .* \(Address already in use\)"):
            check_port(str(busy))


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1", "٣٠٠٠"])
def test_an_invalid_port_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="use a number from 1 to 65535"):
        check_port(text)


@pytest.mark.process
def test_bad_settings_exit_with_2_and_one_line(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "some")
    done = processes.run([sys.executable, "-m", "unsplash_assets.cli.launch", "3000"])
    assert done.returncode == 2
    assert done.stderr == (
        "unsplash_assets: UNSPLASH_KEEP is 'some': use all, a number of photos, "
        "a size such as 2GB, or a span such as 30d\n"
    )


class Started(Exception):
    """The process would have become another one here."""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_dagsters_record_is_created_before_dagster_dev_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dagster dev` takes no lock, so beside a `fetch` it could ruin the record."""
    copy(PROJECT / "dagster.yaml", tmp_path)
    record = tmp_path / ".dagster" / "storage" / "history" / "runs.db"

    def become(_: str, command: list[str]) -> NoReturn:
        assert record.is_file()
        raise Started(*command)

    monkeypatch.setattr(os, "execv", become)
    created: list[int] = []
    for _ in range(2):
        with pytest.raises(Started) as caught:
            main([str(free_port())])
        assert caught.value.args[1:4] == ("-m", "dagster", "dev")
        created.append(record.stat().st_mtime_ns)
    assert created[0] == created[1]
