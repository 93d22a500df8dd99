"""Tells whether the process that left a name is still alive on this machine.

Systems reuse pids, so the name holds the host, the pid and the time at which the process started.
psutil knows all three on every system.
"""

import socket
from dataclasses import dataclass
from typing import Final

import psutil

_TOLERANCE: Final = 2.0  # seconds: how precisely the start of a process is known


@dataclass(frozen=True)
class ProcessName:
    """A process: host, pid, and its start in seconds since 1970."""

    host: str
    pid: int
    started_at: float

    @classmethod
    def current(cls) -> "ProcessName":
        """Return the name of this process."""
        process = psutil.Process()
        return cls(socket.gethostname(), process.pid, process.create_time())

    @classmethod
    def parse(cls, text: str) -> "ProcessName":
        """Read what `str` wrote. Raises ValueError for any other text."""
        host, pid, started_at = text.rsplit("/", 2)
        return cls(host, int(pid), float(started_at))

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.started_at}"

    @property
    def is_here(self) -> bool:
        """Whether this is, or was, a process of this machine."""
        return self.host == socket.gethostname()

    def is_gone(self) -> bool:
        """Return whether the process has certainly ended; False for other machines' processes."""
        if not self.is_here:
            return False
        try:
            process = psutil.Process(self.pid)
            is_dead = process.status() == psutil.STATUS_ZOMBIE
            return is_dead or abs(process.create_time() - self.started_at) > _TOLERANCE
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False
