"""Tests of `storage.locks`: one process at a time, also where a file system has no locks."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage import locks
from unsplash_assets.storage.locks import alone, exclusive
from unsplash_assets_tests.support.processes import Processes, next_line, python
from unsplash_assets_tests.support.waiting import CEILING

HOLDS_AND_DIES = """
import os, sys
from filelock import SoftFileLock
lock = SoftFileLock(sys.argv[1])
lock.acquire()
os._exit(0)
"""


HOLDS_A_LOCK = """
import sys
from pathlib import Path
from unsplash_assets.storage.locks import alone
with alone("work", Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="not on Windows")


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network folder: each lock of the system is refused."""
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", refuse)


@contextmanager
def held(file: Path) -> Iterator[None]:
    with exclusive(file, patience=0.1):
        yield


def is_free(file: Path) -> bool:
    try:
        with held(file):
            return True
    except LibraryError:
        return False


def test_a_lock_is_free_again_after_the_with(tmp_path: Path) -> None:
    with held(tmp_path / "lock"):
        assert not is_free(tmp_path / "lock")
    assert is_free(tmp_path / "lock")


@pytest.mark.usefixtures("no_locks")
def test_where_there_are_no_locks_a_file_that_one_process_makes_is_the_lock(tmp_path: Path) -> None:
    with held(tmp_path / "lock"):
        assert not is_free(tmp_path / "lock")
    assert is_free(tmp_path / "lock")
    assert [path.name for path in tmp_path.glob("lock*")] == ["lock"]


@pytest.mark.usefixtures("no_locks")
def test_who_waits_for_such_a_file_in_vain_is_told_which(tmp_path: Path) -> None:
    with held(tmp_path / "lock"), pytest.raises(LibraryError) as caught, held(tmp_path / "lock"):
        pass
    assert str(caught.value) == (
        f"another process has held {tmp_path / 'lock.held'} for 0.1 s: is one of them stopped? End "
        "it, and the next run goes on; if it is gone, delete that file"
    )


@pytest.mark.process
@pytest.mark.usefixtures("no_locks")
def test_such_a_file_of_a_process_that_is_gone_holds_up_nobody(
    processes: Processes, tmp_path: Path
) -> None:
    processes.run(python(HOLDS_AND_DIES, tmp_path / "lock.held"), check=True)
    assert (tmp_path / "lock.held").exists()
    with exclusive(tmp_path / "lock", patience=30):
        pass


@pytest.mark.long
def test_a_lock_keeps_others_out_until_it_is_released(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter() -> None:
        with alone("work", tmp_path):
            entered.set()

    thread = threading.Thread(target=enter)
    with alone("work", tmp_path), alone("other work", tmp_path):
        thread.start()
        assert not entered.wait(0.3)
    assert entered.wait(CEILING)
    thread.join()


@pytest.mark.process
@posix_only
def test_a_lock_whose_holder_is_stopped_is_named_after_a_while(
    processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_PATIENCE", 0.5)
    pipe = subprocess.PIPE
    holder = processes.start(python(HOLDS_A_LOCK, tmp_path), stdin=pipe, stdout=pipe)
    assert next_line(holder) == "held"
    holder.send_signal(signal.SIGSTOP)
    with pytest.raises(LibraryError) as caught, alone("work", tmp_path):
        pass
    holder.kill()
    said = str(caught.value)
    assert f"{tmp_path / '.work.lock'} for 0.5 s: is one of them stopped?" in said
    assert "\n" not in said
    holder.wait()
    with alone("work", tmp_path):
        pass


def test_what_fails_inside_a_lock_frees_it(tmp_path: Path) -> None:
    with pytest.raises(LibraryError), alone("work", tmp_path):
        raise LibraryError("of the test")
    with alone("work", tmp_path):
        pass
