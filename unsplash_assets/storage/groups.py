"""Runs a program with all that it starts as one group of processes, and ends all of them.

A program may leave processes behind when it ends, or wait for them for minutes. The group is one of
its own, so that nothing else is ended with it, such as the script that started this process.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psutil

_LOOK_EVERY: Final = 0.1  # seconds


class ProcessGroup:
    """A program that runs, and all the processes that it has started."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start the program. It gets no input: a group of its own may not read the terminal's."""
        group = None if sys.platform == "win32" else 0  # 0 is a new one
        self._leader = subprocess.Popen(  # noqa: S603 - what the caller wants to run
            command, stdin=subprocess.DEVNULL, process_group=group
        )

    def wait(self) -> int:
        """Wait for the program itself, and return its exit code."""
        return self._leader.wait()

    def end(self, patience: float) -> None:
        """Interrupt all processes of the group, as Ctrl-C does; kill what is left after a time."""
        self._send(signal.SIGINT)
        deadline = time.monotonic() + patience
        while self._lives() and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY)
        if sys.platform != "win32":
            self._send(signal.SIGKILL)
        self._leader.wait()

    def _lives(self) -> bool:
        self._leader.poll()  # or it would stay a zombie
        if sys.platform == "win32":
            return self._leader.returncode is None
        return any(_group(process) == self._leader.pid for process in psutil.process_iter())

    def _send(self, number: signal.Signals) -> None:
        if sys.platform == "win32":
            self._leader.terminate()
            return
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses if all are zombies
            os.killpg(self._leader.pid, number)


def _group(process: psutil.Process) -> int | None:
    """Return the group of a process, or None if it has ended."""
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else os.getpgid(process.pid)
    except (psutil.Error, OSError):
        return None
