"""Starting a child, alone in its process group or below a supervisor, and reaching it afterwards."""

from __future__ import annotations

import io
import logging
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from runner.errors import OutsideTrouble, ProgramMissing
from runner.process import supervisor, sweep, tree
from runner.process.brand import new_brand
from runner.process.program import find_program

START_LIMIT_S = 30.0
ABANDON_LIMIT_S = 2.0

ISOLATED = (sys.executable, "-I", "-S", "-X", "utf8")
"""No site-packages, no `PYTHON*` variables, nothing from the work tree; arguments pass through byte by byte."""

_BOOT = "import sys; sys.path.append(sys.argv[1]); from runner.process import supervisor; supervisor.main(sys.argv[2:])"
_ROOT = str(Path(__file__).resolve().parents[2])

_log = logging.getLogger("runner.process")


class Launched(Protocol):
    """A started child, and how to reach it."""

    process: subprocess.Popen[bytes]
    """What we have started: the child itself, or its supervisor. Its pipes are the child's."""
    pid: int
    """The child's own process id."""
    brand: int
    """What it and all its descendants wear, if they can; 0 for none."""

    def signal(self, number: int) -> None:
        """Send SIGINT, SIGTERM or SIGKILL to the child and its process group; no error if it is gone."""
        ...

    def force(self) -> None:
        """The last thing to try when SIGKILL has not helped."""
        ...

    def collect(self) -> int:
        """After `process` has ended: clear up what is left and return the exit code, negative for a signal."""
        ...


class Grouped:
    """A child that leads its own process group: what stays in the group ends with it."""

    def __init__(
        self, program: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None, with_stdin: bool
    ) -> None:
        self.process = _popen(argv, program=program, env=env, cwd=cwd, with_stdin=with_stdin)
        self.pid = self.process.pid
        self.brand = 0
        sweep.remember(self.pid)

    def signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def force(self) -> None:
        self.signal(signal.SIGKILL)

    def collect(self) -> int:
        code = self.process.wait()
        self.signal(signal.SIGKILL)
        sweep.forget(self.pid)
        return code


class Supervised:
    """A child below a supervisor: no descendant outlives it, whatever it has done to get away."""

    def __init__(
        self,
        program: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None,
        with_stdin: bool,
        interpreter: Sequence[str] = ISOLATED,
        flags: Sequence[str] = (),
    ) -> None:
        self.brand = new_brand()
        with ExitStack() as undo:
            self._status, status_end = _pipe(undo)
            lifeline_end, self._lifeline = _pipe(undo)
            theirs = (status_end.fileno(), lifeline_end.fileno())
            boot = (
                *interpreter,
                "-c",
                _BOOT,
                _ROOT,
                *map(str, theirs),
                ",".join((*flags, f"{supervisor.BRAND}{self.brand}")),
                env.get("LC_CTYPE", ""),
                program,
            )
            sweep.hold()
            undo.callback(sweep.let_go)
            self.process = _popen((*boot, *argv), env=env, cwd=cwd, with_stdin=with_stdin, pass_fds=theirs)
            undo.callback(_abandon, self.process, self._lifeline)
            sweep.remember(self.process.pid)
            self._since_ticks = tree.start_ticks(self.process.pid)
            status_end.close()
            lifeline_end.close()
            self.pid = self._read_start()
            undo.pop_all()

    def signal(self, number: int) -> None:
        if number == signal.SIGKILL:
            # Not sent: the supervisor has to live to see that nobody is left. It reads this as "kill now".
            self._lifeline.close()
        else:
            self.process.send_signal(number)

    def force(self) -> None:
        self.process.kill()

    def collect(self) -> int:
        self.process.wait()
        code, survivors = self._read_end()
        self._status.close()
        self._lifeline.close()
        sweep.forget(self.process.pid)
        sweep.let_go()
        if survivors:
            _log.warning("%d processes that child %d left behind cannot be ended", survivors, self.pid)
        return code

    def _read_start(self) -> int:
        said = b""
        waiting = select.poll()
        waiting.register(self._status, select.POLLIN)
        while b"\n" not in said:
            part = self._status.read(4096) if waiting.poll(START_LIMIT_S * 1000) else b""
            if not part:
                raise OutsideTrouble(
                    f"the supervisor for child processes did not start ({self.process.args!r})",
                    hint="is this Python installation complete?",
                )
            said += part
        line, _, self._said = said.partition(b"\n")
        word, number = line.split()
        if word == b"failed":
            raise OSError(int(number), os.strerror(int(number)))
        return int(number)

    def _read_end(self) -> tuple[int, int]:
        """Exit code and survivors: as the supervisor says, or after our own sweep if it was killed."""
        os.set_blocking(self._status.fileno(), False)
        # A quick child's end comes in one piece with its start.
        words = (self._said + (self._status.read(4096) or b"")).split()
        if words[:1] == [b"ended"]:
            return int(words[1]), int(words[2])
        return -signal.SIGKILL, sweep.end_orphans(self._since_ticks)


def _popen(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None,
    with_stdin: bool,
    program: str | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        executable=program,
        env=env,
        cwd=cwd,
        stdin=subprocess.PIPE if with_stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def _pipe(undo: ExitStack) -> tuple[io.FileIO, io.FileIO]:
    reader, writer = os.pipe()
    return undo.enter_context(io.FileIO(reader, "r")), undo.enter_context(io.FileIO(writer, "w"))


def _abandon(process: subprocess.Popen[bytes], lifeline: io.FileIO) -> None:
    """The start went wrong or was interrupted: end the supervisor, and leave no pipe open."""
    lifeline.close()
    sweep.forget(process.pid)
    with process:
        try:
            process.wait(ABANDON_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def launch(
    argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None, with_stdin: bool, swept: bool
) -> Launched:
    """Start `argv` in a session of its own.

    Raises:
        ProgramMissing: `argv[0]` is not found, not executable, or the system refuses to start it.
        OutsideTrouble: `cwd` is not a folder.
    """
    if cwd is not None and not cwd.is_dir():
        raise OutsideTrouble(f"{cwd} is not a folder, so nothing can be run in it", hint="was it removed?")
    program = find_program(argv[0], env, cwd)
    try:
        if swept:
            return Supervised(program, argv, env=env, cwd=cwd, with_stdin=with_stdin)
        return Grouped(program, argv, env=env, cwd=cwd, with_stdin=with_stdin)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ProgramMissing(
            f"{argv[0]} cannot be started: {said}", hint=f"try to run {argv[0]} by hand"
        ) from error
