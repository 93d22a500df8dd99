"""Tests of `library.processes`, with processes that live, end and are killed."""

import dataclasses
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from unsplash_assets.storage.processes import ProcessName

SAYS_ITS_NAME = """
import sys
from unsplash_assets.library.processes import ProcessName
print(ProcessName.current(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """Another process, which says its name and lives until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", SAYS_ITS_NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def name_of(child: subprocess.Popen[str]) -> ProcessName:
    assert child.stdout
    return ProcessName.parse(child.stdout.readline())


def test_this_process_is_not_gone() -> None:
    assert not ProcessName.current().is_gone()


def test_a_name_is_the_same_at_every_look_and_after_it_was_written_down() -> None:
    name = ProcessName.current()
    assert ProcessName.current() == name
    assert ProcessName.parse(str(name)) == name


def test_a_host_with_slashes_is_read_as_it_was_written() -> None:
    name = ProcessName("a/host/7", 12, 1795435200.25)
    assert ProcessName.parse(str(name)) == name


def test_another_process_is_gone_once_it_has_ended(child: subprocess.Popen[str]) -> None:
    name = name_of(child)
    assert (name.pid, name.is_gone()) == (child.pid, False)
    child.communicate()
    assert name.is_gone()


def test_a_process_that_was_killed_is_gone_before_its_parent_looks(
    child: subprocess.Popen[str],
) -> None:
    """A zombie still has its pid and its beginning, but does nothing any more."""
    name = name_of(child)
    child.kill()
    end = time.monotonic() + 5
    while not name.is_gone() and time.monotonic() < end:
        time.sleep(0.01)
    assert name.is_gone()
    if sys.platform != "win32":
        assert psutil.Process(name.pid).status() == psutil.STATUS_ZOMBIE


def test_a_pid_that_is_used_again_is_another_process() -> None:
    earlier = ProcessName.current().began - 60
    assert dataclasses.replace(ProcessName.current(), began=earlier).is_gone()


def test_a_beginning_that_is_known_less_exactly_is_the_same_process() -> None:
    current = ProcessName.current()
    assert not dataclasses.replace(current, began=round(current.began)).is_gone()


def test_a_process_of_another_machine_is_never_known_to_be_gone() -> None:
    nowhere = ProcessName("another-machine.example", 2**22 + 1, 0.0)
    assert not nowhere.is_gone()
    here = ProcessName.current().host
    assert dataclasses.replace(nowhere, host=here).is_gone()
