"""Tests of `storage.disks`: a warning of a catalogue in a network folder."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from unsplash_assets.catalogue.database import Database, read_database
from unsplash_assets.storage.disks import network_kind, network_warning

Mount = Callable[..., None]


@pytest.fixture
def mount(monkeypatch: pytest.MonkeyPatch) -> Mount:
    """Let these be the mounted disks: `mount(("/", "ext4"), ("/net", "nfs4"))`."""

    def make(*disks: tuple[str, str], opts: str = "rw") -> None:
        mounted = [SimpleNamespace(mountpoint=at, fstype=kind, opts=opts) for at, kind in disks]
        monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounted)

    return make


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "SMBFS", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_recognized_by_its_kind(mount: Mount, kind: str) -> None:
    mount(("/", "ext4"), ("/net", kind), ("/net/local", "xfs"))
    assert network_kind(Path("/net/photos/catalogue.db")) == kind
    assert network_kind(Path("/net/local/catalogue.db")) is None
    assert network_kind(Path("/network/catalogue.db")) is None
    assert network_kind(Path("/home/catalogue.db")) is None


@pytest.mark.parametrize("kind", ["ext4", "apfs", "NTFS", "tmpfs", "overlay", "btrfs", "zfs"])
def test_a_local_disk_is_not_a_network_folder(mount: Mount, kind: str) -> None:
    mount(("/", kind))
    assert network_kind(Path("/home/catalogue.db")) is None


def test_on_windows_remote_drives_and_shares_are_network_folders(mount: Mount) -> None:
    mount(("Z:\\", "NTFS"), opts="rw,remote")
    windows: Any = PureWindowsPath
    assert network_kind(windows("Z:\\photos\\catalogue.db")) == "NTFS"
    assert network_kind(windows("\\\\server\\photos\\catalogue.db")) == "a share"


def test_an_unlisted_disk_needs_no_warning(mount: Mount) -> None:
    mount()
    assert network_kind(Path("/home/catalogue.db")) is None


def test_the_warning_names_the_catalogue_and_what_to_do(mount: Mount, database: Database) -> None:
    mount(("/", "nfs4"))
    warning = network_warning(database.file)
    assert warning
    assert warning.startswith(f"the catalogue {database.file} is in a network folder (nfs4), where")
    assert "UNSPLASH_CATALOGUE" in warning
    assert "\n" not in warning


def test_the_disks_of_this_machine_need_no_warning(database: Database) -> None:
    assert network_warning(database.file) is None


def test_a_catalogue_that_is_not_a_file_needs_no_warning(mount: Mount, tmp_path: Path) -> None:
    mount(("/", "nfs4"))
    with closing(read_database(tmp_path / "nothing", None, "live")) as database:
        assert database.file is None
        assert network_warning(database.file) is None
