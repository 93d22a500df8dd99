"""Runs a program with all that it starts as one group of processes, and ends all of them.

A program may leave processes behind when it ends, or wait for them for minutes. The group is one of
its own, so that nothing else is ended with it, such as the script that started this process.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, Final

import psutil

_LOOK_EVERY: Final = 0.1  # seconds
_LAST_LINES: Final = 2.0  # seconds in which what was written last is passed on


class ProcessGroup:
    """A program that runs, and all the processes that it has started."""

    def __init__(
        self, command: Sequence[str], on_line: Callable[[bytes], None] | None = None
    ) -> None:
        """Start the program. It gets no input: a group of its own may not read the terminal's.

        What it and all that it starts write goes to `on_line`, if there is one.
        """
        group = None if sys.platform == "win32" else 0  # 0 is a new one
        output = subprocess.PIPE if on_line else None
        self._leader = subprocess.Popen(  # noqa: S603 - what the caller wants to run
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if on_line else None,
            process_group=group,
        )
        self._pump = threading.Thread(
            target=_pump, args=(self._leader.stdout, on_line), name="output", daemon=True
        )
        self._pump.start()

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
        self._pump.join(_LAST_LINES)

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


def _pump(output: IO[bytes] | None, on_line: Callable[[bytes], None] | None) -> None:
    """Pass lines on until nobody is left that might write one."""
    if output and on_line:
        for line in output:
            on_line(line)


def _group(process: psutil.Process) -> int | None:
    """Return the group of a process, or None if it has ended."""
    try:
        ended = process.status() == psutil.STATUS_ZOMBIE
        return None if ended else os.getpgid(process.pid)
    except (psutil.Error, OSError):
        return None
