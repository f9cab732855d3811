"""One question about a folder, outside any run: read-only unless told otherwise, with progress for a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.claude.arguments import READ_ONLY_TOOLS
from runner.claude.protocol import ClaudeRequest, ClaudeResult, ClaudeRunner, Message
from runner.claude.rules import WRITING
from runner.process.stop import Stop
from runner.tasks.model import Outcome

EDITING_TOOLS = ("Edit", "Write")

_CHANGES = tuple(f"{tool}(" for tool in WRITING)

Progress = Callable[[int, str], None]
"""Percent (0 to 100) and a word, for a task that the question belongs to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDefaults:
    """What holds for every question that does not say otherwise."""

    tools: tuple[str, ...] = ()
    """The built-in tools offered; () means Read, Glob and Grep, Edit and Write with `edit`, Bash with `rules`."""
    edit: bool = False
    rules: tuple[str, ...] = ()
    """Scoped permissions such as `Bash(git log *)`; those for changing files count only with `edit`."""
    denied: tuple[str, ...] = ()
    """Absolute paths kept from claude."""
    model: str | None = None
    budget_nano_usd: int | None = None
    max_turns: int | None = None
    timeout_s: float = 900.0
    trusted_project: bool = False


def ask(
    claude: ClaudeRunner,
    prompt: str,
    folder: Path,
    *,
    session_id: str,
    tools: tuple[str, ...] = (),
    edit: bool | None = None,
    defaults: AskDefaults | None = None,
    on_message: Callable[[Message], None] = lambda _: None,
    on_line: Callable[[bytes], None] = lambda _: None,
    progress: Progress = lambda _percent, _word: None,
    stop: Stop | None = None,
) -> ClaudeResult:
    """Ask `prompt` in `folder`; `tools` and `edit` go before the defaults. `session_id` is a new UUID.

    `progress` hears 10 at the start, 50 once claude is up, 100 at the end, however that is.

    Raises:
        ClaudeNotStarted, SettingsProblem: as `ClaudeRunner.run` does.
    """
    request = _request(prompt, folder, session_id, tools, edit, defaults or AskDefaults())
    progress(10, "started")
    running = _Running(on_message, progress)
    outcome: Outcome | None = None
    try:
        result = claude.run(request, on_message=running.hear, on_line=on_line, stop=stop or Stop())
        outcome = result.outcome
    finally:
        progress(100, "completed" if outcome is Outcome.DONE else "failed")
    return result


def _request(
    prompt: str,
    folder: Path,
    session_id: str,
    tools: tuple[str, ...],
    edit: bool | None,
    defaults: AskDefaults,
) -> ClaudeRequest:
    may_edit = defaults.edit if edit is None else edit
    rules = tuple(rule for rule in defaults.rules if may_edit or not rule.startswith(_CHANGES))
    return ClaudeRequest(
        prompt=lambda: prompt,
        workdir=folder,
        session_id=session_id,
        tools=tools or defaults.tools or _usual_tools(may_edit, rules),
        edit=may_edit,
        rules=rules,
        denied=defaults.denied,
        model=defaults.model,
        budget_nano_usd=defaults.budget_nano_usd,
        max_turns=defaults.max_turns,
        timeout_s=defaults.timeout_s,
        trusted_project=defaults.trusted_project,
    )


def _usual_tools(edit: bool, rules: tuple[str, ...]) -> tuple[str, ...]:
    bash = ("Bash",) if any(rule.startswith("Bash(") for rule in rules) else ()
    return READ_ONLY_TOOLS + (EDITING_TOOLS if edit else ()) + bash


class _Running:
    """Passes messages on; the first one means that claude is up."""

    def __init__(self, on_message: Callable[[Message], None], progress: Progress) -> None:
        self._on_message = on_message
        self._progress = progress
        self._is_up = False

    def hear(self, message: Message) -> None:
        if not self._is_up:
            self._is_up = True
            self._progress(50, "running")
        self._on_message(message)
