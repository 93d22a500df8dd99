"""Tests of `storage.processes`, with processes that live, end and are killed."""

import dataclasses
import subprocess
import sys

import psutil
import pytest

from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.support.processes import Processes, python
from unsplash_assets_tests.support.waiting import eventually

PRINTS_ITS_NAME = """
import sys
from unsplash_assets.storage.processes import ProcessName
print(ProcessName.current(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def child(processes: Processes) -> subprocess.Popen[str]:
    """Another process, which prints its name and lives until its input ends."""
    pipe = subprocess.PIPE
    return processes.start(python(PRINTS_ITS_NAME), stdin=pipe, stdout=pipe)


def name_of(child: subprocess.Popen[str]) -> ProcessName:
    assert child.stdout
    return ProcessName.parse(child.stdout.readline())


def test_this_process_is_not_gone() -> None:
    assert not ProcessName.current().is_gone()


def test_a_name_is_always_the_same_even_after_it_was_written_and_read() -> None:
    name = ProcessName.current()
    assert ProcessName.current() == name
    assert ProcessName.parse(str(name)) == name


def test_a_host_with_slashes_is_read_as_it_was_written() -> None:
    name = ProcessName("a/host/7", 12, 1795435200.25)
    assert ProcessName.parse(str(name)) == name


@pytest.mark.process
def test_another_process_is_gone_once_it_has_ended(child: subprocess.Popen[str]) -> None:
    name = name_of(child)
    assert (name.pid, name.is_gone()) == (child.pid, False)
    child.communicate()
    assert name.is_gone()


@pytest.mark.process
def test_a_killed_process_is_gone_before_its_parent_waits_for_it(
    child: subprocess.Popen[str],
) -> None:
    """A zombie still has its pid and its start time, but does nothing any more."""
    name = name_of(child)
    child.kill()
    eventually(name.is_gone)
    if sys.platform != "win32":
        assert psutil.Process(name.pid).status() == psutil.STATUS_ZOMBIE


def test_a_reused_pid_is_another_process() -> None:
    earlier = ProcessName.current().started_at - 60
    assert dataclasses.replace(ProcessName.current(), started_at=earlier).is_gone()


def test_a_rounded_start_time_is_the_same_process() -> None:
    current = ProcessName.current()
    assert not dataclasses.replace(current, started_at=round(current.started_at)).is_gone()


def test_a_process_of_another_machine_is_never_known_to_be_gone() -> None:
    nowhere = ProcessName("another-machine.example", 2**22 + 1, 0.0)
    assert not nowhere.is_gone()
    here = ProcessName.current().host
    assert dataclasses.replace(nowhere, host=here).is_gone()
