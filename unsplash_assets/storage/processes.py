"""Tells whether a process that left its name is still alive, on this machine.

A pid alone is not enough, for pids are used again: the name holds the host, the pid and the
time at which the process began. psutil knows all three on every system.
"""

import socket
from dataclasses import dataclass
from typing import Final

import psutil

_SAME: Final = 2.0  # seconds: how exactly a process's beginning is known


@dataclass(frozen=True)
class ProcessName:
    """Who did something: host, pid, and the process's beginning in seconds since 1970."""

    host: str
    pid: int
    began: float

    @classmethod
    def current(cls) -> "ProcessName":
        """Return the name of this process."""
        process = psutil.Process()
        return cls(socket.gethostname(), process.pid, process.create_time())

    @classmethod
    def parse(cls, text: str) -> "ProcessName":
        """Read what `str` wrote."""
        host, pid, began = text.rsplit("/", 2)
        return cls(host, int(pid), float(began))

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.began}"

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, a process of this machine."""
        return self.host == socket.gethostname()

    def is_gone(self) -> bool:
        """Whether it is certain that the process has ended; never so for another machine's."""
        if not self.is_here:
            return False
        try:
            process = psutil.Process(self.pid)
            dead = process.status() == psutil.STATUS_ZOMBIE
            return dead or abs(process.create_time() - self.began) > _SAME
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False
