"""Tests of libraries on file systems of every kind: real ones, and such as lack something.

docs/reference/file-systems.md lists what was tried.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from unsplash_assets.cli.main import main
from unsplash_assets.storage.names import folder_name
from unsplash_assets_tests.support.odd_disks import (
    TOPIC,
    Life,
    live,
    live_on_odd_disk,
    settings_of,
)
from unsplash_assets_tests.support.processes import Processes

pytestmark = pytest.mark.process


def is_well(life: Life) -> bool:
    return (len(life.stored), life.not_stored, life.findings, life.pages) == (2, [], [], 2)


@pytest.mark.parametrize(
    "lacks",
    [
        pytest.param(
            {"ODD_CHMOD": errno.EPERM, "ODD_FSYNC": errno.EINVAL, "ODD_FLOCK": errno.ENOLCK},
            id="chmod, fsync and locks",
        ),
        pytest.param({"ODD_FLOCK": errno.ENOSYS}, id="locks, not even the call"),
    ],
)
def test_a_library_lives_where_an_ability_is_lacking(
    processes: Processes, tmp_path: Path, lacks: dict[str, int]
) -> None:
    life = live_on_odd_disk(processes, tmp_path / "library", lacks)
    assert is_well(life)
    assert not list((tmp_path / "library").glob(".*.held"))
    assert all(path.startswith(f"{folder_name(TOPIC)}/山") for path in life.stored)


@pytest.mark.parametrize(
    ("lacks", "beginning"),
    [
        pytest.param({"ODD_NAMES": 143}, f"{folder_name(TOPIC)}/{'山' * 20}_", id="long files"),
        pytest.param({"ODD_NAMES": 100}, f"{'山' * 20}/{'山' * 20}_", id="long folders too"),
        pytest.param({"ODD_SCRIPT": errno.ENOENT}, "topic/photo_", id="scripts"),
    ],
)
def test_names_become_as_plain_as_the_file_system_wants_them(
    processes: Processes, tmp_path: Path, lacks: dict[str, int], beginning: str
) -> None:
    life = live_on_odd_disk(processes, tmp_path / "library", lacks)
    assert is_well(life)
    assert [path for path in life.stored if not path.startswith(beginning)] == []


MiB: Final = 1_048_576
Mount = Callable[..., Path]


@pytest.fixture
def mount(processes: Processes, tmp_path: Path) -> Iterator[Mount]:
    """Mount a file system until the test ends; skip where that cannot be done."""
    mounted: list[Path] = []

    def make(*options: object, make_with: Sequence[str] = ()) -> Path:
        place = tmp_path / f"disk {len(mounted)}"
        place.mkdir()
        try:
            if make_with:
                image = tmp_path / "image"
                image.touch()
                os.truncate(image, 64 * MiB)
                processes.run([*make_with, image], check=True)
            done = processes.run(["mount", *map(str, options), place])
        except FileNotFoundError as error:
            pytest.skip(f"{error.filename} is missing")
        if done.returncode:
            pytest.skip(f"cannot be mounted here: {done.stderr.strip()}")
        mounted.append(place)
        return place

    yield make
    for place in reversed(mounted):
        processes.run(["umount", "--lazy", place], check=True)


IMAGES: Final = {
    "ext4": ("mkfs.ext4", "-q", "-F"),
    "vfat": ("mkfs.vfat",),
    "exfat": ("mkfs.exfat",),
}


@pytest.mark.parametrize("kind", [*IMAGES, "tmpfs", "overlay"])
def test_a_library_lives_on_each_file_system(mount: Mount, tmp_path: Path, kind: str) -> None:
    if kind in IMAGES:
        disk = mount("-t", kind, "-o", "loop", tmp_path / "image", make_with=IMAGES[kind])
    elif kind == "overlay":
        base = mount("-t", "tmpfs", "tmpfs")
        layers = {name: base / name for name in ("lowerdir", "upperdir", "workdir")}
        for layer in layers.values():
            layer.mkdir()
        options = ",".join(f"{name}={layer}" for name, layer in layers.items())
        disk = mount("-t", "overlay", "-o", options, "overlay")
    else:
        disk = mount("-t", kind, kind)
    assert is_well(live(settings_of(disk / "library")))


@pytest.fixture
def only_read(mount: Mount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of two photos, one of which is gone, where nothing can be written."""
    library = tmp_path / "library"
    life = live(settings_of(library))
    (library / life.stored[0]).unlink()
    place = mount("--bind", "-o", "ro", library)
    for variable, value in {"LIBRARY": str(place), "TOPICS": TOPIC}.items():
        monkeypatch.setenv(f"UNSPLASH_{variable}", value)
    return place


def test_a_library_that_can_only_be_read_is_looked_at_and_nothing_is_written(
    only_read: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in only_read.rglob("*")}
    done = {
        command: CliRunner().invoke(main, command.split())
        for command in ("status", "export", "verify", "open", "ban abcdefghijk")
    }
    assert "2 stored" in done["status"].stdout
    assert "can only be read here: no photo is brought" in done["status"].stderr
    assert len(done["export"].stdout.splitlines()) == 2
    assert re.fullmatch(r"missing .*\.jpg\n", done["verify"].stdout)
    assert done["open"].stdout == f"{only_read / 'index.html'}\n"
    assert done["open"].stderr.startswith(
        "warning: the page is that of an earlier run: the library"
    )
    assert [done[command].exit_code for command in done] == [0, 0, 1, 1, 1]  # there is no screen
    (line,) = done["ban abcdefghijk"].stderr.splitlines()
    assert "catalogue.db can only be read here: check its permissions, and whether its" in line
    assert {path: path.stat().st_mtime_ns for path in only_read.rglob("*")} == before
    assert not (tmp_path / "demo-library").exists()


def test_a_topic_may_lead_to_a_mount_of_the_same_disk(mount: Mount, tmp_path: Path) -> None:
    """A rename between two mounts fails, even of one disk."""
    library = tmp_path / "library"
    library.mkdir()
    (tmp_path / "elsewhere").mkdir()
    place = mount("--bind", tmp_path / "elsewhere")
    (library / folder_name(TOPIC)).symlink_to(place, target_is_directory=True)
    assert is_well(live(settings_of(library)))
    assert len(list((tmp_path / "elsewhere").glob("*.jpg"))) == 2
