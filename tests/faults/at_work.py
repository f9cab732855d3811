"""A claim at work in a process of its own, to be interrupted: while claude works, in a slow act, at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.scene import Scene

LONG_S = 60.0
AT_A_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "os.execv(sys.argv[1], sys.argv[1:])\n"
)


@contextmanager
def claude_at_work(scene: Scene, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A claim whose claude has written its file and goes on working until the block ends."""
    wait = scene.claude / "wait"
    wait.touch()
    claim = scene.start(*words, "claim", "--json")
    try:
        scene.wait_for_work()
        yield claim
    finally:
        wait.unlink(missing_ok=True)
        with suppress(ProcessLookupError):
            claim.kill()
        claim.communicate()


def ended(claim: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code, and all that it said."""
    out, err = claim.communicate(timeout=LONG_S)
    return claim.returncode, out + err


def stubborn_claude(scene: Scene) -> None:
    """From now on claude does not end when it is asked to."""
    program = Path(scene.environ["RUNNER_CLAUDE_PROGRAM"])
    program.write_text(program.read_text().replace("exec ", "trap '' INT TERM\nexec "))


def wait_for(path: Path) -> None:
    """Until somebody has made the file."""
    until = time.monotonic() + LONG_S
    while not path.exists():
        assert time.monotonic() < until, f"nobody made {path}"
        time.sleep(0.02)


class Terminal:
    """A `runner` command at a terminal of its own: what it shows, and keys that are pressed."""

    def __init__(self, scene: Scene, *words: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        self._seen = bytearray()
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL, sys.executable, "-m", "runner", *words],
            cwd=scene.checkout.path,
            env=scene.environ | {"TERM": "xterm"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def screen(self) -> str:
        return self._seen.decode(errors="replace")

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait_to_see(self, words: str) -> None:
        until = time.monotonic() + LONG_S
        while words not in self.screen:
            assert time.monotonic() < until, self.screen
            time.sleep(0.02)

    def ended(self) -> int:
        """Its exit code, once it has ended."""
        code = self.process.wait(timeout=LONG_S)
        self._reader.join(timeout=5)
        return code

    def hang_up(self) -> None:
        """Close the window."""
        if self._master >= 0:
            master, self._master = self._master, -1
            os.close(master)

    def _read(self) -> None:
        master = self._master
        with suppress(OSError):
            while piece := os.read(master, 4096):
                self._seen += piece
