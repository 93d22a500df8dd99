"""Tells which process has left a name and whether it lives, and how long this machine is up.

Systems reuse pids, hosts change their names, and clocks are set. So a name holds none of these
alone: on Linux it is the boot, the pid namespace, the pid, and the ticks from the boot to the
process's start. Elsewhere the machine's network address takes the place of boot and namespace, and
the start is as the system has recorded it. Whoever cannot look at a process from here, because it
runs on another machine, before a reboot, or in another container, needs another sign of life.
"""

import os
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

import psutil

Fate = Literal["alive", "gone", "unseen"]
"""What has become of a process; `unseen` if that cannot be told from here."""

_PROC: Final = Path("/proc")
_BOOT_ID: Final = _PROC / "sys/kernel/random/boot_id"
_ENDED: Final = frozenset("ZXx")
_TOLERANCE: Final = 2.0  # seconds: how precisely the start of a process is known elsewhere


@dataclass(frozen=True)
class ProcessName:
    """A process, told from all others that ever ran."""

    place: str
    """Where its pid means this process: a boot and a pid namespace, or a machine.

    Names of earlier programs have the name of a host here, which is no such place any more.
    """
    pid: int
    started: float
    """In clock ticks since the boot, or in seconds since 1970 where the place is a machine."""

    @classmethod
    def current(cls) -> "ProcessName":
        """Return the name of this process."""
        return _current(os.getpid())

    @classmethod
    def parse(cls, text: str) -> "ProcessName":
        """Read what `str` wrote. Raises ValueError for any other text."""
        place, pid, started = text.rsplit("/", 2)
        return cls(place, int(pid), int(started) if started.isdigit() else float(started))

    def __str__(self) -> str:
        return f"{self.place}/{self.pid}/{self.started}"

    def fate(self) -> Fate:
        """Return what has become of the process, as far as that can be seen from here."""
        me = ProcessName.current()
        if self == me:
            return "alive"
        if self.place != me.place:
            return "unseen"
        return _fate_on_linux(self) if _BOOT_ID.exists() else _fate_elsewhere(self)


@dataclass(frozen=True)
class Uptime:
    """How long a machine is up: a time that passes in sleep too, and that nobody sets."""

    boot: str
    seconds: float


@dataclass(frozen=True)
class Machine:
    """The machine as this process sees it."""

    has_uptime: bool = False
    """Whether its uptime goes with the clock in use, which is not so for a clock of one's own."""

    def me(self) -> ProcessName:
        """Return the name of this process."""
        return ProcessName.current()

    def fate(self, process: ProcessName) -> Fate:
        """Return what has become of a process."""
        return process.fate()

    def uptime(self) -> Uptime | None:
        """Return how long the machine is up; None where the system does not tell."""
        if not self.has_uptime or not hasattr(time, "CLOCK_BOOTTIME"):
            return None
        boot = _boot()
        return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME)) if boot else None


HERE: Final = Machine()
"""This machine, without its uptime."""


@cache
def _current(pid: int) -> ProcessName:
    """Return the name of this process, whose pid is given because a fork has another name."""
    if _BOOT_ID.exists():
        with suppress(OSError):
            namespace = (_PROC / "self/ns/pid").readlink()
            place = f"{_BOOT_ID.read_text().strip()}:{namespace.name}"
            return ProcessName(place, pid, _stat("self")[1])
        return ProcessName(f"hidden:{uuid.uuid4()}", pid, 0)
    place = f"machine:{uuid.getnode():012x}"
    return ProcessName(place, pid, psutil.Process().create_time())


@cache
def _boot() -> str | None:
    """Name the boot, and the time namespace: each has an uptime of its own."""
    with suppress(OSError):
        boot = _BOOT_ID.read_text().strip()
        with suppress(OSError):
            boot += f":{(_PROC / 'self/ns/time').readlink().name}"
        return boot
    return None


def _stat(process: int | str) -> tuple[str, int]:
    """Return the state of a process and its start, from Linux. Raises OSError if it has none."""
    fields = (_PROC / str(process) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], int(fields[19])


def _fate_on_linux(process: ProcessName) -> Fate:
    """Look a process up; what other users run may be hidden from us."""
    if (_PROC / "self").readlink().name != str(os.getpid()):
        return "unseen"  # this /proc shows the pids of another namespace
    try:
        state, started = _stat(process.pid)
    except OSError:
        return "unseen" if _exists(process.pid) else "gone"
    return "gone" if state in _ENDED or started != process.started else "alive"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _fate_elsewhere(name: ProcessName) -> Fate:
    try:
        process = psutil.Process(name.pid)
        is_other = abs(process.create_time() - name.started) > _TOLERANCE
        return "gone" if is_other or process.status() == psutil.STATUS_ZOMBIE else "alive"
    except psutil.NoSuchProcess:
        return "gone"
    except psutil.AccessDenied:
        return "unseen"
