"""A small disk of our own: a tmpfs that only processes started on it see, to be filled and made read-only."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.needs import needs_program

APART = ("unshare", "--mount", "--propagation", "private")
AS_ROOT_THERE = (*APART, "--user", "--map-root-user")
"""Whoever may not mount can make a namespace of users in which they may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallDisk:
    """Mounted at `folder`, but only for who is started by `command`."""

    folder: Path
    enter: tuple[str, ...]
    keeper: int

    def command(self, *words: str, cwd: Path = Path("/")) -> list[str]:
        """What to start in the place of `words`, for them to see the disk."""
        return [*self.enter, "sh", "-c", 'cd "$0" && exec "$@"', str(cwd), *words]

    def show(self) -> None:
        """Put a copy of what is on it where everybody sees it."""
        # The folder itself stays: a place that something is mounted on takes that along when it goes.
        for entry in self.folder.iterdir():
            shutil.rmtree(entry)
        seen = f"/proc/{self.keeper}/root{self.folder}"
        shutil.copytree(seen, self.folder, symlinks=True, dirs_exist_ok=True)

    def fill(self) -> str:
        """The shell line that leaves no byte free; for a process that sees the disk."""
        return f"cat /dev/zero 2>/dev/null > {self.folder}/filler; true"

    def make_read_only(self) -> str:
        """The shell line after which nothing more is opened for writing there."""
        locked = f"mount -o remount,bind,ro {self.folder} 2>/dev/null"
        # Who has opened a file in this very moment keeps it busy for a while.
        again = f"for n in 1 2 3 4 5 6 7 8 9; do {locked} && exit; sleep 0.1; done; exit 1"
        return f"mount --bind {self.folder} {self.folder} && ({again})"

    def free(self) -> None:
        """Room again, and writing allowed."""
        layers = f"$(grep -c ' {self.folder} ' /proc/mounts)"
        line = f"[ {layers} -le 1 ] || umount {self.folder}; rm -f {self.folder}/filler"
        subprocess.run(self.command("sh", "-c", line), check=True)


@contextmanager
def small_disk(folder: Path, *, size_mb: int) -> Iterator[SmallDisk]:
    """A disk of so many megabytes with what is in the folder now; the test is skipped where the system allows none."""
    needs_program("unshare")
    needs_program("nsenter")
    folder.mkdir(parents=True, exist_ok=True)
    for command in (APART, AS_ROOT_THERE):
        script = (
            f"cp -a {folder} {folder}.before && mount -t tmpfs -o size={size_mb}m runner-test {folder}"
            f" && cp -a {folder}.before/. {folder} && echo ready && exec sleep 3600"
        )
        with subprocess.Popen(
            [*command, "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as keeper:
            assert keeper.stdout is not None
            try:
                if keeper.stdout.readline() == b"ready\n":
                    users = ("--user", "--preserve-credentials") if command is AS_ROOT_THERE else ()
                    enter = ("nsenter", f"--target={keeper.pid}", "--mount", *users, "--")
                    yield SmallDisk(folder=folder, enter=enter, keeper=keeper.pid)
                    return
            finally:
                keeper.kill()
    pytest.skip("this system lets nobody here mount a disk")
