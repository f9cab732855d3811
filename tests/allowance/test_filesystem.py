"""Folders on network file systems are refused, by what the table of mounts says."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.allowance.files.filesystem import filesystem_of, is_network, refuse_network_folder
from runner.errors import StoreFailed

TABLE = """\
proc /proc proc rw 0 0
/dev/vda / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
/dev/vdb /home/ada/local ext4 rw 0 0
ada@host:/ /mnt/with\\040blank fuse.sshfs rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/x /tmp cifs rw 0 0
short
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/x", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada/state", "nfs4"),
        ("/home/ada/local", "ext4"),
        ("/home/ada/local/x", "ext4"),
        ("/home/ada/locally", "nfs4"),
        ("/homes", "ext4"),
        ("/mnt/with blank/x", "fuse.sshfs"),
        ("/tmp/x", "cifs"),
    ],
)
def test_the_innermost_and_newest_mount_counts(path: str, kind: str) -> None:
    assert filesystem_of(path, TABLE) == kind


def test_a_path_outside_every_mount_has_no_kind() -> None:
    assert filesystem_of("/x", "proc /proc proc rw 0 0\n") == ""


@pytest.mark.parametrize(
    ("kind", "network"),
    [
        ("nfs", True),
        ("nfs4", True),
        ("cifs", True),
        ("9p", True),
        ("fuse.sshfs", True),
        ("ext4", False),
        ("fuse.ntfs-3g", False),
        ("fuseblk", False),
        ("tmpfs", False),
        ("", False),
    ],
)
def test_network_file_systems_are_known_by_name(kind: str, network: bool) -> None:
    assert is_network(kind) is network


def test_a_network_folder_is_refused_with_a_way_out(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/home {tmp_path} nfs4 rw 0 0\n")

    with pytest.raises(StoreFailed, match=r"network file system \(nfs4\)") as error:
        refuse_network_folder(str(tmp_path / "not" / "there" / "yet"), mounts=str(mounts))
    assert "RUNNER_STATE_DIR" in error.value.hint


def test_a_link_into_a_network_folder_is_refused_too(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / ext4 rw 0 0\nserver:/home {tmp_path / 'remote'} nfs rw 0 0\n")
    (tmp_path / "remote").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "remote")

    with pytest.raises(StoreFailed):
        refuse_network_folder(str(tmp_path / "link"), mounts=str(mounts))


def test_a_local_folder_and_a_system_without_a_table_are_fine(tmp_path: Path) -> None:
    refuse_network_folder(str(tmp_path))
    refuse_network_folder(str(tmp_path), mounts=str(tmp_path / "missing"))
