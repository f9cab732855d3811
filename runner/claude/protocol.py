"""The plug point for Claude: a request and a result are values, the promise is in the docstring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from runner.allowance.model import Tokens
from runner.process.mark import ProcessMark
from runner.process.stop import Stop
from runner.tasks.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeRequest:
    """One question for Claude, complete: nothing else reaches the child process."""

    prompt: Callable[[], str]
    """Called once, after the child has started; its time hides behind the child's start-up."""
    workdir: Path
    session_id: str
    """A UUID of our own for a new conversation; with `resume`, the conversation to go on with."""
    budget_nano_usd: int | None = None
    """Claude stops itself past this; None sets no brake. What it spent before a resume does not count."""
    timeout_s: float = 900.0
    model: str | None = None
    max_turns: int | None = None
    system_prompt: str = ""
    """Appended to Claude's own, or its replacement when `tools` is ()."""
    edit: bool = True
    """Whether files in `workdir` may be changed without asking (`acceptEdits`)."""
    rules: tuple[str, ...] = ()
    """Extra scoped permissions, such as `Bash(pytest *)`; an unscoped one is refused."""
    denied: tuple[str, ...] = ()
    """Absolute paths that may be neither read nor changed: our own settings and state, never a parent of `workdir`."""
    tools: tuple[str, ...] | None = None
    """The built-in tools offered; None offers all, () none."""
    resume: bool = False
    spent_before_nano_usd: int = 0
    """What the conversation had cost when its last result was reported; subtracted after a resume."""
    tokens_before: Tokens = field(default_factory=Tokens)
    trusted_project: bool = False
    """Whether the repository's own Claude settings are loaded."""
    on_start: Callable[[ProcessMark], None] | None = None
    """Hears of each process that is started, before it gets the prompt; what it raises ends the call.

    Never called where there is no process, as in a replay.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something worth showing while Claude works, with what the call has cost so far."""

    kind: str
    """`started`, `text`, `tool`, `denied`, `retry`, `limit`; or `usage`: nothing to show, only new numbers."""
    text: str
    """One line, no control characters: the tool and its file, the first line of a text, ...; empty for `usage`."""
    tokens: Tokens
    cost_nano_usd: int
    """As far as known while running; the stream tells tokens, a price comes only with the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDenial:
    """A tool use that was refused; `what` is one line (command or path)."""

    tool: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeResult:
    """How it ended and what it cost; `cost_nano_usd` and `tokens` are of this call alone."""

    outcome: Outcome
    text: str
    """Claude's last answer, or the error in its words."""
    tokens: Tokens
    cost_nano_usd: int
    session_id: str
    denials: tuple[ToolDenial, ...] = ()
    turns: int = 0
    duration_s: float = 0.0
    model: str = ""
    retry_at: datetime | None = None
    """When a usage limit resets; only with `limit_until`, and None even there if it was not told."""
    total_cost_nano_usd: int = 0
    """As reported by the last result, all of the conversation: the next call's `spent_before_nano_usd`."""
    total_tokens: Tokens = field(default_factory=Tokens)
    estimated: bool = False
    """No result told the cost (killed): tokens are from the stream, money from the price table."""
    unpriced: bool = False
    """The table does not know a model that was used either: charge no less than what was held."""


class ClaudeRunner(Protocol):
    """Asks Claude once, to the end."""

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        """Block until Claude is done, `stop` is set, or `request.timeout_s` seconds are over.

        Every ending after the start is a result, also a kill or a time-out, with the cost as far as
        it was seen. `on_line` gets each raw line of the stream, newline included, before it is read; the last
        one is ours and tells how the child ended, so that a recording has the whole story.
        No child process is left when this returns or raises.

        Raises:
            ClaudeNotStarted: the program is missing, too old or refused its arguments; nothing was spent.
            SettingsProblem: a rule without a scope, or a tool, model or path that cannot be passed on.
        """
        ...
