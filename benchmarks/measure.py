"""Runs commands as whole processes, and says what each took."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """What one process took, its children included."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds."""
    memory: float
    """MB, of the largest process."""


def run(command: Sequence[str | Path], folder: Path, env: Mapping[str, str] | None = None) -> Taken:
    """Run a command to its end. Raises RuntimeError with its last words if it fails."""
    said = folder / "said.txt"
    started = time.perf_counter()
    with said.open("w") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {said.read_text()[-2000:]}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


@dataclass(frozen=True)
class Figure:
    """A figure of several rounds."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def __str__(self) -> str:
        """Say it, with its range."""
        return f"{self.median:,.3g} ({min(self.values):,.3g} to {max(self.values):,.3g})"


def figure(values: Sequence[float]) -> Figure:
    """Gather the values of all rounds."""
    return Figure(tuple(values))
