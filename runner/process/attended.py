"""A program that another one starts for us (git its hooks): below a supervisor, with a chosen environment.

Called as `python -c BOOT ROOT PLAN PROGRAM [ARGUMENT...]`. The program has our standard streams, we end with its exit
code, and nobody of it is left: neither when it ends nor when whoever started us does. This runs without site-packages
and imports little, because its start is part of every such program's.
"""

from __future__ import annotations

import errno
import fcntl
import os

from runner.process import prctl
from runner.process.supervisor import Supervisor

TYPE_CHECKING = False  # `typing` alone would add 12 ms to every start
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

BOOT = "import sys; sys.path.append(sys.argv[1]); from runner.process import attended; attended.main(sys.argv[2:])"
SHELL = "/bin/sh"
NOT_STARTED = 127


def plan(lock: str, passed: Iterable[str], given: Mapping[str, str]) -> bytes:
    """What `main` reads: the file to lock meanwhile, the variables that pass (`PREFIX_*` for many), those that are set.

    `LC_CTYPE` does not pass, because Python may have set it itself (PEP 538): it has to be given.
    """
    lines = (lock, *(f"+{name}" for name in passed), *(f"{name}={value}" for name, value in given.items()))
    return os.fsencode("\0".join(lines))


def main(arguments: list[str]) -> NoReturn:
    planned, program, *rest = arguments
    with open(planned, "rb") as file:  # noqa: PTH123 - pathlib would double the start-up
        lock, *lines = os.fsdecode(file.read()).split("\0")
    # Held to the end of this process: whoever waits for it waits for the last of the program's own processes.
    fcntl.flock(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), fcntl.LOCK_SH)
    # Out of the process group of whoever started us: it is killed whole, and somebody has to live to clear up.
    os.setsid()
    _change_environment(lines)
    os._exit(_attend(program, [program, *map(without_login, rest)]))


def without_login(word: str) -> str:
    """A word, which if it is an address has no password in it any more."""
    scheme, separator, rest = word.partition("://")
    login, at, place = rest.partition("@")
    if not separator or not at or "/" in login:
        return word
    # A server on the web also takes a token in the place of the name.
    user = "" if scheme.startswith("http") else f"{login.partition(':')[0]}@"
    return f"{scheme}://{user}{place}"


def _change_environment(lines: list[str]) -> None:
    passing = [line[1:] for line in lines if line.startswith("+")]
    prefixes = tuple(name[:-1] for name in passing if name.endswith("*"))
    kept = {n: v for n, v in os.environ.items() if n in passing or n.startswith(prefixes)}
    kept.pop("LC_CTYPE", None)
    given = (line.partition("=") for line in lines if not line.startswith("+"))
    os.environ.clear()
    os.environ.update(kept | {name: value for name, _, value in given})


def _attend(program: str, argv: list[str]) -> int:
    """The exit code, more than 128 for a signal."""
    word, number = _supervise(program, argv)
    if word == b"failed" and number == errno.ENOEXEC:
        # As git and every shell do: a text whose first line does not say what reads it.
        word, number = _supervise(SHELL, [SHELL, *argv])
    if word == b"failed":
        os.write(2, os.fsencode(f"{program} cannot be started: {os.strerror(number)}\n"))
        return NOT_STARTED
    return 128 - number if number < 0 else number


def _supervise(program: str, argv: list[str]) -> tuple[bytes, int]:
    """What the supervisor said last: `ended` and the exit code, or `failed` and the error's number."""
    status, status_end = os.pipe()
    lifeline_end, lifeline = os.pipe()
    Supervisor(status_end, lifeline_end, adopting=prctl.adopt_orphans()).run(program, argv)
    os.close(lifeline)
    word, number = os.read(status, 4096).splitlines()[-1].split()[:2]
    return word, int(number)
