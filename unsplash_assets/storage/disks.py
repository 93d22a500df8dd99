"""What the disks are that a library is on: a network folder, or one that is full.

In a network folder SQLite may lose data or lock up.

SQLite lets many processes read beside one that writes (WAL) through shared memory, which two
machines do not have (https://sqlite.org/wal.html), and many network file systems ignore locks.
"""

import os
import shutil
from pathlib import Path
from typing import Any, Final

import psutil

_NETWORK: Final = frozenset(
    {"9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs"}
    | {"nfs", "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf", "vmhgfs", "webdav"}
    | {f"fuse.{name}" for name in ("davfs2", "glusterfs", "rclone", "s3fs", "sshfs", "vmhgfs-fuse")}
)
_REMOTE: Final = "remote"  # psutil's option for a network drive on Windows


def network_warning(file: Path | None) -> str | None:
    """Return a warning if this SQLite file is in a network folder; None if not, or unknown."""
    if file is None:
        return None
    kind = network_kind(file.resolve())
    return kind and (
        f"the catalogue {file} is in a network folder ({kind}), where SQLite may lose data or "
        "lock up: keep it on a local disk, with UNSPLASH_CATALOGUE; the photos may stay"
    )


def network_kind(path: Path) -> str | None:
    """Return the kind of network file system that holds an absolute path, or None."""
    if path.drive.startswith("\\\\"):
        return "a share"
    disk = _disk_of(path)
    if disk is None:
        return None
    is_network = disk.fstype.lower() in _NETWORK or _REMOTE in disk.opts.split(",")
    return disk.fstype if is_network else None


def may_write(folder: Path) -> bool:
    """Return whether this process has the right to make a file in a folder."""
    return os.access(folder, os.W_OK | os.X_OK)


def file_system(path: Path) -> str | None:
    """Return the kind of file system that holds an absolute path, such as ext4; None if unknown."""
    disk = _disk_of(path.resolve())
    return disk.fstype or None if disk else None


def _disk_of(path: Path) -> Any:  # noqa: ANN401 - psutil gives its type no public name
    """Return the disk that holds a path, or None."""
    disks = psutil.disk_partitions(all=True)
    holding = [disk for disk in disks if path.is_relative_to(disk.mountpoint)]
    return max(holding, key=lambda disk: len(disk.mountpoint), default=None)


def free_bytes(place: Path) -> int | None:
    """Return the room on the disk of a file or folder, or None where that cannot be told."""
    there = next((folder for folder in (place, *place.parents) if folder.exists()), place)
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None
