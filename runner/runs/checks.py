"""The project's own checks: run in a work tree, and what came of them on a tree seen before."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from runner.errors import ProgramMissing, SettingsProblem
from runner.paths import private_folder, write_private
from runner.process.confinement import Confinement
from runner.process.run import run
from runner.process.stop import Stop
from runner.runs.model import Check

TAIL_LINES = 60
TAIL_CHARACTERS = 6000


class Checks:
    """Runs the configured command lines, each without a shell, with a scrubbed environment and a deadline.

    None of their processes is left when a check has ended.
    """

    def __init__(
        self,
        commands: Sequence[str],
        *,
        environment: Mapping[str, str],
        timeout_s: float,
        clean: Callable[[str], str],
        cache: Path,
        confine: Callable[[], Confinement] | None = None,
    ) -> None:
        """`clean` redacts and strips control characters; `cache` keeps results per (tree, command).

        With `confine` they run without network, and with the developer's checkout read-only, or not at all: it finds
        the way, or raises.
        """
        self.commands = tuple(commands)
        self._argv = {command: split_command(command) for command in commands}
        self._environment = environment
        self._timeout_s = timeout_s
        self._clean = clean
        self._cache = cache
        self._confine = confine
        self._confinement: Confinement | None = None

    def make_ready(self) -> None:
        """Find out now, before anything is held or claimed, whether the checks can be run as they are wanted.

        Raises:
            ProgramMissing, OutsideTrouble: they may not have the network, and cannot be kept from it here.
        """
        if self.commands and self._confine and self._confinement is None:
            self._confinement = self._confine()

    def only(self, commands: Sequence[str]) -> Checks:
        """The same with other command lines."""
        return Checks(
            commands,
            environment=self._environment,
            timeout_s=self._timeout_s,
            clean=self._clean,
            cache=self._cache,
            confine=self._confine,
        )

    def run_all(
        self, folder: Path, *, stop: Stop, on_check: Callable[[Check], None] = lambda _: None
    ) -> tuple[Check, ...]:
        """Run every check in `folder`, in order; stops between two when `stop` is set. Raises: as `make_ready`."""
        results = []
        for command in self.commands:
            stop.check()
            results.append(self._run(command, folder, stop))
            on_check(results[-1])
        return tuple(results)

    def knows_all(self, tree: str) -> bool:
        """Whether `run_base` would run none of them."""
        return all(self._remembered(tree, command) for command in self.commands)

    def run_base(
        self, folder: Path, tree: str, *, stop: Stop, on_check: Callable[[Check], None] = lambda _: None
    ) -> tuple[Check, ...]:
        """The same on an unchanged tree: what was green for (tree, command) is not measured again.

        Red is measured each time: a tool that was missing yesterday must not hide a regression today. Raises: as
        `make_ready`.
        """
        results = []
        for command in self.commands:
            stop.check()
            known = self._remembered(tree, command)
            results.append(known or self._run(command, folder, stop))
            if known is None and results[-1].green:
                self._remember(tree, results[-1])
            on_check(results[-1])
        return tuple(results)

    def _run(self, command: str, folder: Path, stop: Stop) -> Check:
        self.make_ready()
        started = time.monotonic()
        try:
            done = run(
                self._started_as(self._argv[command], folder),
                env=self._environment,
                cwd=folder,
                timeout_s=self._timeout_s,
                stop=stop,
                sweep=True,
            )
        except ProgramMissing as error:
            return Check(command=command, exit_code=127, seconds=0.0, tail=str(error))
        stop.check()
        return Check(
            command=command,
            exit_code=done.exit_code,
            seconds=round(time.monotonic() - started, 3),
            tail=self._tail(done.stdout + done.stderr),
            timed_out=done.timed_out,
        )

    def _started_as(self, argv: tuple[str, ...], folder: Path) -> tuple[str, ...]:
        if self._confinement is None:
            return argv
        return self._confinement.argv(argv, env=self._environment, cwd=folder)

    def _tail(self, output: bytes) -> str:
        text = self._clean(output.decode(errors="replace"))
        return "\n".join(text.strip("\n").split("\n")[-TAIL_LINES:])[-TAIL_CHARACTERS:]

    def _file(self, tree: str, command: str) -> Path:
        # What is green with the network, and where all can be written to, may be red without; or the other way round.
        where = "" if self._confine is None else "\0without network, checkout read-only"
        key = f"{tree}\0{command}{where}".encode()
        return self._cache / f"{sha256(key).hexdigest()}.json"

    def _remembered(self, tree: str, command: str) -> Check | None:
        try:
            return Check(**json.loads(self._file(tree, command).read_bytes()))
        except (OSError, ValueError, TypeError, RecursionError):
            return None  # a cache: what cannot be read is measured again

    def _remember(self, tree: str, check: Check) -> None:
        private_folder(self._cache)
        write_private(self._file(tree, check.command), json.dumps(asdict(check)).encode())


def split_command(command: str) -> tuple[str, ...]:
    """A check's command line as arguments; no shell ever sees it.

    Raises:
        SettingsProblem: it is empty or has an unclosed quote.
    """
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise SettingsProblem(
            f"checks.commands: {command!r}: {error}", hint="quote it as a shell would"
        ) from error
    if not argv:
        raise SettingsProblem("checks.commands: an empty command", hint="remove it, or name a program")
    return argv
