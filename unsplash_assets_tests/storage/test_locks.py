"""Tests of `storage.locks`: one process at a time, also where a file system has no locks."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage.locks import exclusive
from unsplash_assets_tests.support.processes import Processes, python

HOLDS_AND_DIES = """
import os, sys
from filelock import SoftFileLock
lock = SoftFileLock(sys.argv[1])
lock.acquire()
os._exit(0)
"""


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
