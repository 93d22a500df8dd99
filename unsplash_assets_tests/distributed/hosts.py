"""Hosts: a host name, a process namespace and a project folder each; and servers for them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import psutil
from redis import Redis
from redis.exceptions import RedisError

from unsplash_assets_tests.support.buckets import CREDENTIALS, make_bucket
from unsplash_assets_tests.support.dev import free_port
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.waiting import eventually

BIN: Final = Path(sys.executable).parent
_DIES_WITH_US: Final = ("setpriv", "--pdeathsig=KILL")
_NAMESPACES: Final = ("unshare", "--fork", "--kill-child", "--pid", "--mount-proc", "--uts")
_NAMED: Final = 'hostname "$0" && exec "$@"'


@cache
def forbidden() -> str | None:
    """Return why this machine cannot be several, or None."""
    if not shutil.which("unshare"):
        return "unshare is missing: it is in Debian's package util-linux"
    tried = subprocess.run([*_NAMESPACES, "true"], capture_output=True, text=True, check=False)
    return f"namespaces are not allowed here ({tried.stderr.strip()})" if tried.returncode else None


@dataclass
class Host:
    """A machine on this one; what runs there sees no process of another."""

    name: str
    folder: Path
    """The project folder, and Dagster's home."""
    environ: Mapping[str, str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / "deploy" / "distributed" / "dagster.yaml", self.folder)

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program of the environment that the tests run in; its words go to a log."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                self._inside(command), cwd=self.folder, env=self._variables(), text=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.running.append(process)
        return process

    def run(self, *command: str, within: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, and capture what it writes."""
        return subprocess.run(
            self._inside(command), cwd=self.folder, env=self._variables(), text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=within, check=False,
        )  # fmt: skip

    @property
    def log(self) -> Path:
        """What its programs have written."""
        return self.folder / "log"

    def processes(self) -> list[psutil.Process]:
        """Return what runs on it, each program before those that it has started."""
        return [
            child
            for process in self.running
            if process.poll() is None
            for child in psutil.Process(process.pid).children(recursive=True)
        ]

    def cpu(self) -> float:
        """Return the seconds of the processor that its processes have taken, and their children."""
        return sum(sum(process.cpu_times()[:4]) for process in self.processes())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes, as a sleep or an awakening does."""
        for process in self.processes():
            process.send_signal(number)

    def kill(self) -> None:
        """Let it lose its power."""
        for process in self.running:
            process.kill()
            process.wait()
        self.running.clear()

    def _inside(self, command: Sequence[str]) -> list[str]:
        program, *arguments = command
        path = str(BIN / program) if (BIN / program).exists() else program
        return [*_DIES_WITH_US, *_NAMESPACES, "sh", "-c", _NAMED, self.name, path, *arguments]

    def _variables(self) -> dict[str, str]:
        ours = {"DAGSTER_HOME": str(self.folder), "UNSPLASH_PROJECT": str(self.folder)}
        return {**os.environ, **self.environ, **ours, "PYTHONPATH": str(PROJECT)}


class BucketServer:
    """A server of S3 (moto) with one bucket, which everybody may read."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = [*_DIES_WITH_US, str(BIN / "moto_server"), "--port", str(self.port)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self._answers, "the server of buckets", every=0.1)
        self.library = make_bucket(self.url)

    @property
    def variables(self) -> dict[str, str]:
        """What lets a host keep its library there."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL": self.url, "UNSPLASH_LIBRARY": self.library}

    @property
    def page(self) -> str:
        """The gallery's address on the web."""
        return self.library.replace("s3://", f"{self.url}/") + "/index.html"

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class RedisServer:
    """A server of Redis that belongs to the tests, and forgets everything with its end."""

    def __init__(self, folder: Path, start: Callable[..., Any] = subprocess.Popen) -> None:
        """Start it; `start` begins a process that somebody ends."""
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        command = [*_DIES_WITH_US, "redis-server", *options, "--save", "", "--appendonly", "no"]
        self._process = start(command, stdout=subprocess.DEVNULL)
        self.client: Redis = Redis.from_url(self.url)
        eventually(self._answers, "Redis")

    def stop(self) -> None:
        """End it."""
        self.client.close()
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False
