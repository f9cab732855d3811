"""Which kind of file system a folder is on: locks and flushes cannot be trusted over a network."""

from __future__ import annotations

import os

from runner.errors import StoreFailed

MOUNTS = "/proc/self/mounts"
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"}
    | {"ncpfs", "coda", "davfs", "orangefs", "pvfs2"}
)
_NETWORK_FUSE = frozenset(
    {"sshfs", "glusterfs", "ceph", "davfs2", "s3fs", "rclone", "gcsfuse", "goofys", "smbnetfs"}
)


def refuse_network_folder(folder: str, *, mounts: str = MOUNTS) -> None:
    """Raises: StoreFailed: the folder is (or would be) on a network file system. No table of mounts: no check."""
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            table = file.read()
    except OSError:
        return
    kind = filesystem_of(os.path.realpath(folder), table)
    if is_network(kind):
        raise StoreFailed(
            f"the allowance cannot live in {folder}: it is on a network file system ({kind})",
            hint="set RUNNER_STATE_DIR to a folder on a local disk",
        )


def filesystem_of(path: str, table: str) -> str:
    """The type of the innermost mount that holds an absolute path; empty if the table has none."""
    best, kind = -1, ""
    for line in table.splitlines():
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = _unescape(parts[1])
        # The last of several mounts on one point hides the others.
        if _holds(point, path) and len(point) >= best:
            best, kind = len(point), parts[2]
    return kind


def is_network(kind: str) -> bool:
    return kind in _NETWORK or kind.removeprefix("fuse.") in _NETWORK_FUSE


def _holds(point: str, path: str) -> bool:
    return point == "/" or path == point or path.startswith(point + "/")


def _unescape(text: str) -> str:
    """Blanks and backslashes in mount points are written in octal."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text
