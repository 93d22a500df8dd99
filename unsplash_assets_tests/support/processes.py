"""Starts programs for the tests, and ends those that a test leaves running.

Every process of a test comes from the fixture `processes`, which makes the test one of the tier
`process`; see `tiers`.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.waiting import CEILING

Command = Sequence[str | os.PathLike[str]]


class Processes:
    """The programs that a test starts."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def run(
        self, command: Command, *, check: bool = False, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, and capture what it writes."""
        return subprocess.run(
            command, check=check, capture_output=True, text=True, timeout=CEILING, **options
        )

    def start(self, command: Command, **options: Any) -> subprocess.Popen[str]:
        """Start a program; the end of the test ends it too."""
        process = subprocess.Popen(command, text=True, **options)
        self._started.append(process)
        return process

    def run_together(
        self, *commands: Command, **options: Any
    ) -> list[subprocess.CompletedProcess[str]]:
        """Start programs at once, and return what became of each."""
        pipe = subprocess.PIPE
        started = [self.start(each, stdout=pipe, stderr=pipe, **options) for each in commands]
        written = [process.communicate(timeout=CEILING) for process in started]
        return [
            subprocess.CompletedProcess(process.args, process.returncode, *texts)
            for process, texts in zip(started, written, strict=True)
        ]

    def end(self) -> None:
        """Kill what still runs, and close its pipes."""
        with ExitStack() as stack:
            for process in self._started:
                stack.enter_context(process)
                process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a program prints, without its end; one that stays silent is killed.

    So a program that hangs, or forgets to flush, fails its test and holds no other up.
    """
    assert process.stdout
    watch = threading.Timer(CEILING, process.kill)
    watch.start()
    try:
        return process.stdout.readline().rstrip("\n")
    finally:
        watch.cancel()


def python(program: str, *arguments: object) -> list[str]:
    """Return the command that runs lines of Python."""
    return [sys.executable, "-c", program, *map(str, arguments)]


def environment(**variables: str) -> Mapping[str, str]:
    """Return this process's environment with variables added, and the tests importable."""
    return {**os.environ, "PYTHONPATH": str(PROJECT), **variables}


@contextmanager
def _ended() -> Iterator[Processes]:
    started = Processes()
    try:
        yield started
    finally:
        started.end()


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Start programs, which end with the test."""
    with _ended() as started:
        yield started


@pytest.fixture(scope="module")
def module_processes() -> Iterator[Processes]:
    """Start programs for the tests of a module, which end with the last of them."""
    with _ended() as started:
        yield started
