"""File systems (space, inodes, faults) and the devices below them (rates, time busy, faults)."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil

from monitoring.checks.probes.base import labelled
from monitoring.checks.system import files
from monitoring.checks.system.counters import Counters, known

PSEUDO = {
    *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devfs", "devpts", "devtmpfs"),
    *("efivarfs", "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "proc", "pstore", "ramfs", "rpc_pipefs"),
    *("securityfs", "selinuxfs", "squashfs", "sysfs", "tmpfs", "tracefs", "udf"),
}
# A mount of another machine can hang for ever when that machine is away: its own agent watches it.
REMOTE = {
    *("9p", "afs", "ceph", "cifs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "lustre", "nfs", "nfs4"),
    *("smb3", "smbfs"),
}
UNSEEN_DEVICES = ("loop", "ram", "zram", "fd", "sr")


def read(counters: Counters, root: Path) -> dict[str, float]:
    return {**space(), **_devices(counters, root), **_filesystem_faults(counters, root)}


def space() -> dict[str, float]:
    """Space and inodes of each mount. `used` is what an ordinary user cannot have: blocks kept for root count as
    used."""
    values: dict[str, float] = {}
    for mount in mounts((part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)):
        try:
            found = os.statvfs(mount)
        except OSError:  # gone since it was listed, or not ours to see
            continue
        reachable = found.f_blocks - found.f_bfree + found.f_bavail
        if reachable:
            values[labelled("disk_used_ratio", mount=mount)] = 1 - found.f_bavail / reachable
            values[labelled("disk_free_bytes", mount=mount)] = found.f_bavail * found.f_frsize
            values[labelled("disk_total_bytes", mount=mount)] = found.f_blocks * found.f_frsize
        if found.f_files:
            values[labelled("inodes_used_ratio", mount=mount)] = 1 - found.f_favail / found.f_files
    return values


def mounts(partitions: Iterable[tuple[str, str]]) -> list[str]:
    """Of (path, type) the paths worth watching: real local file systems, each once however often it is bound somewhere.

    The shortest path names a file system.
    """
    seen: dict[int, str] = {}
    wanted = [(path, kind) for path, kind in partitions if kind and kind not in PSEUDO | REMOTE]
    for path, kind in sorted(wanted, key=lambda part: (len(part[0]), part[0])):
        if kind == "overlay" and path != "/":
            continue  # the layers of other containers
        try:
            found = os.stat(path)
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode):
            seen.setdefault(found.st_dev, path)
    return sorted(seen.values())


def _devices(counters: Counters, root: Path) -> dict[str, float]:
    values: dict[str, float | None] = {}
    for device, io in _whole_devices(root):
        counted = {
            "disk_read_bytes_per_second": io.read_bytes,
            "disk_write_bytes_per_second": io.write_bytes,
            "disk_operations_per_second": io.read_count + io.write_count,
        }
        for name, count in counted.items():
            values[labelled(name, device=device)] = counters.rate(f"{name} {device}", count)
        if (busy_ms := getattr(io, "busy_time", None)) is not None:
            busy_s = counters.rate(f"busy {device}", busy_ms / 1000)
            values[labelled("disk_busy_ratio", device=device)] = None if busy_s is None else min(busy_s, 1.0)
        if (faults := files.number(root / f"sys/block/{device}/device/ioerr_cnt", base=16)) is not None:
            values[labelled("disk_errors", device=device)] = counters.growth(f"errors {device}", faults)
    return known(values)


def _whole_devices(root: Path) -> Iterator[tuple[str, Any]]:
    """Devices, not their partitions, which would count everything twice."""
    blocks = root / "sys/block"
    for device, io in sorted((psutil.disk_io_counters(perdisk=True) or {}).items()):
        if not device.startswith(UNSEEN_DEVICES) and (not blocks.is_dir() or (blocks / device).exists()):
            yield device, io


def _filesystem_faults(counters: Counters, root: Path) -> dict[str, float]:
    """Faults that ext4 found in its own books."""
    values: dict[str, float | None] = {}
    for path in sorted((root / "sys/fs/ext4").glob("*/errors_count")):
        device, faults = path.parent.name, files.number(path)
        if faults is not None:
            values[labelled("filesystem_errors", device=device)] = counters.growth(f"ext4 {device}", faults)
    return known(values)
