"""Tests of `storage.processes`, with processes that live, end and are killed."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from urllib.parse import quote

import psutil
import pytest

from unsplash_assets.storage.processes import Machine, ProcessName
from unsplash_assets_tests.support.processes import Processes, next_line, python
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
    return ProcessName.parse(next_line(child))


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc and namespaces")


def test_this_process_is_alive() -> None:
    assert ProcessName.current().fate() == "alive"


def test_a_name_is_always_the_same_even_after_it_was_written_and_read() -> None:
    name = ProcessName.current()
    assert ProcessName.current() == name
    assert ProcessName.parse(str(name)) == name
    assert str(ProcessName.parse(str(name))) == str(name)
    assert len(quote(str(name), safe="")) < 150, "it is a part of a file's name"


@LINUX
def test_a_name_holds_neither_the_host_nor_a_time_of_the_wall_clock() -> None:
    name = ProcessName.current()
    assert socket.gethostname() not in str(name).split("/")
    assert name.started < time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK") + 1


@pytest.mark.parametrize("old", ["host/12/1795435200.25", "a/host/7/12/1795435200.25"])
def test_a_name_of_an_earlier_program_is_read_and_nothing_is_known_of_its_process(old: str) -> None:
    name = ProcessName.parse(old)
    assert str(name) == old
    assert (name.pid, name.fate()) == (12, "unseen")


def test_any_other_text_is_no_name() -> None:
    for text in ("", "a/b", "a/b/c", "x"):
        with pytest.raises(ValueError, match=r"unpack|invalid literal|convert"):
            ProcessName.parse(text)


@pytest.mark.process
def test_another_process_is_alive_until_it_has_ended(child: subprocess.Popen[str]) -> None:
    name = name_of(child)
    assert (name.pid, name.fate()) == (child.pid, "alive")
    child.communicate()
    assert name.fate() == "gone"


@pytest.mark.process
def test_a_killed_process_is_gone_before_its_parent_waits_for_it(
    child: subprocess.Popen[str],
) -> None:
    """A zombie still has its pid and its start time, but does nothing any more."""
    name = name_of(child)
    child.kill()
    eventually(lambda: name.fate() == "gone")
    if sys.platform != "win32":
        assert psutil.Process(name.pid).status() == psutil.STATUS_ZOMBIE


def test_a_reused_pid_is_another_process() -> None:
    parent = replace(ProcessName.current(), pid=os.getppid())
    assert parent.fate() == "gone"
    assert (
        replace(ProcessName.current(), started=ProcessName.current().started - 60).fate() == "gone"
    )


def test_a_process_before_a_reboot_or_of_another_machine_cannot_be_seen() -> None:
    me = ProcessName.current()
    assert replace(me, place="another boot:pid:[4026531836]").fate() == "unseen"
    assert replace(me, pid=2**22 + 1).fate() == "gone"


@LINUX
@pytest.mark.process
def test_a_process_in_a_container_has_a_name_of_its_own_and_neither_sees_the_other(
    processes: Processes,
) -> None:
    """The pid 1 of a container is another process than that of the system."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    asked = processes.run([*unshare, "true"])
    if asked.returncode:
        pytest.skip(f"new pid namespaces are forbidden here: {asked.stderr.strip()}")
    look = f"print(ProcessName.parse({str(ProcessName.current())!r}).fate())"
    inside = processes.run([*unshare, *python(f"{PRINTS_ITS_NAME}\n{look}")], input="")
    text, ours = inside.stdout.split()
    name = ProcessName.parse(text)
    assert name.pid < 10, "it is among the first in its namespace"
    assert name.place != ProcessName.current().place
    assert (name.fate(), ours) == ("unseen", "unseen")


@LINUX
def test_the_uptime_grows_and_names_the_boot() -> None:
    machine = Machine(has_uptime=True)
    first, second = machine.uptime(), machine.uptime()
    assert first
    assert second
    assert first.boot == second.boot
    assert first.seconds <= second.seconds
    assert Machine().uptime() is None, "it does not go with a clock of one's own"
