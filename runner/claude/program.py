"""The real `claude` program, asked once per call."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from runner.claude.answer import ended_before_start
from runner.claude.arguments import arguments
from runner.claude.call import Call, Patience
from runner.claude.environment import claude_environment
from runner.claude.installed import Installed
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.claude.version import not_started
from runner.claude.words import Hide
from runner.errors import ClaudeNotStarted, ProgramMissing
from runner.process.stop import Stop


class ClaudeProgram:
    """Drives the program at `program` (a name on PATH, or a path) in an environment of our choosing."""

    def __init__(
        self,
        program: str,
        environment: Mapping[str, str],
        extra_environment: tuple[str, ...] = (),
        *,
        max_retries: int = 3,
        patience: Patience | None = None,
        hide: Hide = str,
    ) -> None:
        """`environment` is our own, whole; `extra_environment` are more names (or `PREFIX_*`) to pass on.

        `hide` takes secrets out of messages, denials and errors; lines, and the text of the result, are as they came.
        """
        self._program = program
        self._environment = environment
        self._extra = extra_environment
        self._max_retries = max_retries
        self._patience = patience or Patience()
        self._hide = hide
        self._installed = Installed(program)

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        """See `ClaudeRunner`. The last line that `on_line` gets is ours: how the child ended, for replay."""
        early = ended_before_start(request, stop)
        if early is not None:
            return early
        call = Call(request, on_message, on_line, stop, self._patience, self._hide)
        argv, environment = self._command(request, stop)
        try:
            ending = call.attempt(argv, environment)
            if call.starved(ending):
                ending = call.attempt(argv, environment)
        except ProgramMissing as missing:
            raise self._installed.missing(missing) from missing
        if call.not_started(ending):
            raise not_started(ending.stderr, ending.exit_code)
        return call.result(ending)

    def check_ready(self, stop: Stop) -> None:
        """Whether the program is there and new enough, before anything is done for it; `run` looks again.

        Raises:
            ClaudeNotStarted: it is missing, tells no version, or one that is too old.
        """
        self._installed.check(self._child_environment(), stop)

    def _child_environment(self) -> dict[str, str]:
        return claude_environment(self._environment, extra=self._extra, max_retries=self._max_retries)

    def _command(self, request: ClaudeRequest, stop: Stop) -> tuple[tuple[str, ...], dict[str, str]]:
        """Everything that can be wrong before the start is found here."""
        environment = self._child_environment()
        # A rule holds for the path as it is written: say where a symbolic link leads as well.
        denied = tuple(
            dict.fromkeys(path for given in request.denied for path in (given, os.path.realpath(given)))
        )
        argv = (self._program, *arguments(replace(request, denied=denied)))
        if not request.workdir.is_dir():
            raise ClaudeNotStarted(
                f"{request.workdir} is not a folder", hint="the work tree is gone: prepare it anew"
            )
        self._installed.check(environment, stop)
        return argv, environment
