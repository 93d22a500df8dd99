"""Machines as tests need them: another process's view, and one that is started, set and named."""

from dataclasses import dataclass, field, replace
from typing import Final

from unsplash_assets.storage.processes import Fate, Machine, ProcessName, Uptime

_SOMEWHERE: Final = ProcessName("a-boot:pid:[1]", 1, 1)
"""No process that can be seen from here."""


@dataclass(frozen=True)
class Seen(Machine):
    """This machine, as the process of this name sees it."""

    name: ProcessName = _SOMEWHERE

    def me(self) -> ProcessName:
        return self.name


def elsewhere(number: int = 1) -> Seen:
    """Return a machine whose processes nobody can see from here."""
    return Seen(name=replace(_SOMEWHERE, pid=number))


@dataclass
class Computer:
    """A computer that boots, runs programs and kills them; its time since the boot is true."""

    number: int
    seconds: float = 0.0
    boots: int = 0
    started: int = 0
    alive: set[ProcessName] = field(default_factory=set)

    def boot(self) -> None:
        """Start again, with no process."""
        self.boots += 1
        self.seconds = 0.0
        self.alive.clear()

    def start(self) -> "Inside":
        """Start a process; return the computer as that sees it."""
        self.started += 1
        name = ProcessName(f"{self.place}:pid:[1]", 100 + self.started % 3, self.started)
        self.alive.add(name)
        return Inside(True, self, name)  # noqa: FBT003 - it has an uptime

    def kill(self, inside: "Inside") -> None:
        """End a process."""
        self.alive.discard(inside.name)

    @property
    def place(self) -> str:
        return f"computer-{self.number}-boot-{self.boots}"


@dataclass(frozen=True)
class Inside(Machine):
    """A computer, as one of its processes sees it."""

    computer: Computer = field(default_factory=lambda: Computer(0))
    name: ProcessName = _SOMEWHERE

    def me(self) -> ProcessName:
        return self.name

    def fate(self, process: ProcessName) -> Fate:
        if process.place != self.name.place:
            return "unseen"
        return "alive" if process in self.computer.alive else "gone"

    def uptime(self) -> Uptime | None:
        return Uptime(self.computer.place, self.computer.seconds)
