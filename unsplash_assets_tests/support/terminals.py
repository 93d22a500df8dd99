"""Runs commands in a pseudo-terminal, for the tests of what a person sees. Not on Windows."""

import os
import re
import struct
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest

from unsplash_assets_tests.support.processes import Processes

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Seen:
    """What a command has written to its terminal."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """What is left of it without escape codes, with plain line ends."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")


def in_terminal(command: Sequence[str | os.PathLike[str]], columns: int = 100, **env: str) -> Seen:
    """Run a command to its end, with a terminal of that width as standard output and error."""
    import fcntl  # noqa: PLC0415 - Windows has none of these
    import pty  # noqa: PLC0415
    import termios  # noqa: PLC0415

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environ = {**os.environ, "TERM": "xterm-256color", **env}
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environ) as process:
        os.close(theirs)
        said = b""
        with suppress(OSError):  # how a terminal ends on Linux
            while some := os.read(ours, 65_536):
                said += some
    os.close(ours)
    return Seen(process.returncode, said.decode())


InTerminal = Callable[..., Seen]


@pytest.fixture
def terminal(processes: Processes) -> InTerminal:  # noqa: ARG001 - in_terminal starts a program
    """Run a command in a terminal."""
    return in_terminal
