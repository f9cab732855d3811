"""The small process between the runner and a swept child: it sees the child's end and leaves nobody behind.

It adopts every descendant that loses its parent (Linux: child subreaper), so that a tool with its own
session, forked twice, with an emptied environment, still hangs below it; where nobody can adopt (macOS) it
remembers whom it has seen. It ends all of them when the child has ended, when the runner closes the lifeline
("kill now"), and when the runner is gone. Standard input and output belong to the child alone; what it has to
say goes to a pipe of its own, one line each: `started PID`, `failed ERRNO`, `ended EXIT_CODE SURVIVORS`.

It runs without site-packages and imports little, because its start is part of every swept child's start.
"""

from __future__ import annotations

import os
import select
import signal
import time

from runner.process import prctl, tree
from runner.process.brand import wear

TYPE_CHECKING = False  # `typing` alone would add 12 ms to every start
if TYPE_CHECKING:
    from typing import NoReturn

    from runner.process.remembered import Remembered

SWEEP_LIMIT_S = 5.0
"""A process in the kernel's hands (a dead network disk) takes no signal: do not wait for it for ever."""

_DEATH_NOTICE = signal.SIGUSR1
_PASSED_ON = (signal.SIGINT, signal.SIGTERM)
_RESET = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)


REMEMBER = "remember"
"""A flag: do as if nobody could adopt."""
BRAND = "brand="
"""A flag, with the number that the child is to wear."""


def main(arguments: list[str]) -> None:
    """`STATUS_FD LIFELINE_FD FLAGS LC_CTYPE PROGRAM ARGV0 [ARGUMENT...]`; flags are joined by commas."""
    status, lifeline, flags, ctype = (
        int(arguments[0]),
        int(arguments[1]),
        arguments[2].split(","),
        arguments[3],
    )
    # Python sets this in its own environment in the C locale (PEP 538), and the child would inherit it.
    os.environ.pop("LC_CTYPE", None)
    if ctype:
        os.environ["LC_CTYPE"] = ctype
    for descriptor in (status, lifeline):
        os.set_inheritable(descriptor, False)
    adopting = REMEMBER not in flags and prctl.adopt_orphans()
    brand = next((int(flag.removeprefix(BRAND)) for flag in flags if flag.startswith(BRAND)), 0)
    Supervisor(status, lifeline, adopting=adopting, brand=brand).run(arguments[4], arguments[5:])


class Supervisor:
    """One child, from its start until nobody is left of it."""

    def __init__(self, status: int, lifeline: int, *, adopting: bool, brand: int = 0) -> None:
        self._status = status
        self._lifeline = lifeline
        self._runner = os.getppid()
        self._pid = 0
        self._exit_code: int | None = None
        self._signals = _signals_as_bytes()
        self._adopting = adopting
        self._brand = brand
        self._remembered: Remembered | None = None
        self._waiting = select.poll()
        self._waiting.register(self._signals, select.POLLIN)
        self._waiting.register(lifeline, select.POLLIN)

    def run(self, program: str, argv: list[str]) -> None:
        prctl.ask_for_signal_at_parents_end(_DEATH_NOTICE)
        problem = self._start(program, argv)
        if problem:
            self._tell(f"failed {problem}")
            return
        self._tell(f"started {self._pid}")
        _let_go_of_standard_streams()
        if not self._adopting:
            self._remember()
        while not self._child_ended() and self._may_go_on():
            pass
        survivors = self._sweep()
        self._tell(f"ended {-signal.SIGKILL if self._exit_code is None else self._exit_code} {survivors}")

    def _start(self, program: str, argv: list[str]) -> int:
        """Fork and exec. Returns 0, or the error number if the program could not be executed."""
        reader, writer = os.pipe()
        supervisor = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:  # pragma: no cover - a fork that becomes another program cannot be measured
            _become(program, argv, supervisor, writer, self._brand)
        os.close(writer)
        problem = os.read(reader, 16)  # ends without a byte when exec closes the other side
        os.close(reader)
        return int(problem or b"0")

    def _may_go_on(self) -> bool:
        """Wait for a signal or the end of the lifeline. Returns False when everything must end now."""
        ready = [descriptor for descriptor, _ in self._waiting.poll(self._interval_ms())]
        if self._remembered is not None:
            self._remembered.look()
        if self._lifeline in ready:
            return False
        for number in os.read(self._signals, 512) if ready else b"":
            # The notice comes at the end of a *thread* of the runner: it means nothing while the runner lives.
            if number == _DEATH_NOTICE and os.getppid() != self._runner:
                return False
            if number in _PASSED_ON:
                self._pass_on(number)
        return True

    def _pass_on(self, number: int) -> None:
        try:
            os.killpg(self._pid, number)
        except (ProcessLookupError, PermissionError):
            return

    def _child_ended(self) -> bool:
        self._reap()
        return self._exit_code is not None

    def _reap(self) -> bool:
        """Collect everyone who has ended. Returns False when no descendant is left at all."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self._pid:
                    self._exit_code = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            return False

    def _sweep(self) -> int:
        """End every descendant. Returns how many could not be ended."""
        give_up_at = time.monotonic() + SWEEP_LIMIT_S
        self._pass_on(signal.SIGKILL)
        while left := self._end_everyone():
            if time.monotonic() > give_up_at:
                return left
            time.sleep(0.001)
        return 0

    def _end_everyone(self) -> int:
        """Kill who is left and say how many that were; where we adopt, 0 is a proof."""
        anybody = self._reap()
        if self._remembered is not None:
            return self._remembered.end() + anybody
        return max(1, tree.kill_below(os.getpid())) if anybody else 0

    def _remember(self) -> None:
        from runner.process.remembered import (
            Remembered,
        )  # not on Linux: its imports cost as much as all of this

        self._remembered = Remembered(self._pid)

    def _interval_ms(self) -> float | None:
        return 1000.0 if self._remembered is not None else None

    def _tell(self, line: str) -> None:
        try:
            os.write(self._status, f"{line}\n".encode())
        except BrokenPipeError:
            return  # the runner is gone


def _signals_as_bytes() -> int:
    """Turn signals into bytes on a pipe (its reading end is returned), so that one `select` waits for all."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, _DEATH_NOTICE, *_PASSED_ON):
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    return reader


def _become(
    program: str, argv: list[str], supervisor: int, problem: int, brand: int
) -> NoReturn:  # pragma: no cover
    """In the fork: a session of its own, ended with the supervisor, ordinary signals; then the program."""
    try:
        os.setsid()
        if brand:
            wear(brand)
        prctl.ask_for_signal_at_parents_end(signal.SIGKILL)
        if os.getppid() == supervisor:
            for number in _RESET:
                signal.signal(number, signal.SIG_DFL)
            os.execv(program, argv)  # noqa: S606 - an argument list, no shell
    except OSError as error:
        os.write(problem, str(error.errno).encode())
    finally:
        os._exit(127)


def _let_go_of_standard_streams() -> None:
    """Close our copies of the child's pipes: their ends must be seen when the child closes them."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
