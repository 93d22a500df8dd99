"""Tests of `storage.temporary`: abandoned files go, those that a process writes to stay."""

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from unsplash_assets.storage.stores.base import INCOMING
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.support.processes import Processes, next_line, python


def incoming(folder: Folder) -> list[str]:
    """Return the names of the files in the folder for temporary files."""
    return sorted(path.name for path in (folder.root / INCOMING).iterdir())


WRITES_A_FILE = """
import sys
from pathlib import Path
from unsplash_assets.storage.stores.folder import Folder
folder = Folder(Path(sys.argv[1]))
with folder.temporary() as temporary:
    print(temporary.path, flush=True)
    sys.stdin.read()
"""


Writer = tuple[Path, "subprocess.Popen[str]"]


@pytest.fixture
def another_writer(processes: Processes, folder: Folder) -> Writer:
    """Let another process open a temporary file; give the file and the process."""
    command, pipe = python(WRITES_A_FILE, folder.root), subprocess.PIPE
    process = processes.start(command, stdin=pipe, stdout=pipe)
    path = Path(next_line(process))
    assert path.is_file()
    return path, process


def make_old(*paths: Path) -> None:
    """Set the last write of files to more than an hour ago."""
    for path in paths:
        os.utime(path, (time.time() - 3601,) * 2)


@pytest.mark.process
def test_cleaning_removes_the_file_of_a_killed_process_at_once(
    folder: Folder, another_writer: Writer
) -> None:
    path, process = another_writer
    process.kill()
    process.wait()
    folder.clean()
    assert not path.exists()


@pytest.mark.process
def test_cleaning_leaves_the_file_of_a_living_process_however_old(
    folder: Folder, another_writer: Writer
) -> None:
    theirs, _ = another_writer
    with folder.temporary() as mine:
        make_old(theirs, mine.path)
        folder.clean()
        assert theirs.exists()
        assert mine.path.exists()


UNSEEN = "a-boot:pid:[1]/1/17"


@pytest.mark.parametrize("writer", [UNSEEN, "another-host/1/1795435200.0"])
def test_cleaning_removes_the_file_of_a_process_that_cannot_be_seen_once_it_is_old(
    folder: Folder, writer: str
) -> None:
    path = folder.root / INCOMING / f"{quote(writer, safe='')}+x.part"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"some")
    folder.clean()
    assert path.exists()
    make_old(path)
    folder.clean([writer])
    assert path.exists(), "it is at work"
    folder.clean(["another/1/1"])
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["other.txt", "tmp123.part", "my film.part", "a+b.part", "x%2Fy%2Fz+a.part", ".part"]
)
def test_cleaning_leaves_all_other_files(folder: Folder, name: str) -> None:
    other, photo = folder.root / INCOMING / name, folder.path("sea/a-name.jpg")
    for path in (other, photo):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"some")
    make_old(other, photo)
    folder.clean()
    assert incoming(folder) == [name]
    assert photo.exists()


def test_each_temporary_file_has_a_name_of_its_own(folder: Folder) -> None:
    with folder.temporary() as one, folder.temporary() as two:
        assert one.path.name != two.path.name
        assert len(incoming(folder)) == 2
