"""What one run consists of and what it leaves behind; values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from runner.allowance.model import Tokens
from runner.tasks.model import Outcome


class Step(StrEnum):
    """The steps of a run in their order; each is recorded before (intent) and after (fact)."""

    RESERVE = "reserve"
    CLAIM = "claim"
    PREPARE = "prepare"
    CHECK_BASE = "check_base"
    CONTEXT = "context"
    RESIZE = "resize"
    CLAUDE = "claude"
    VERIFY = "verify"
    COMMIT = "commit"
    PUSH = "push"
    PULL_REQUEST = "pull_request"
    REPORT = "report"
    SETTLE = "settle"
    CLEAN_UP = "clean_up"


PROGRESS = {
    Step.PREPARE: 5,
    Step.CHECK_BASE: 10,
    Step.CONTEXT: 15,
    Step.RESIZE: 20,
    Step.CLAUDE: 25,
    Step.VERIFY: 70,
    Step.COMMIT: 80,
    Step.PUSH: 85,
    Step.PULL_REQUEST: 90,
    Step.REPORT: 100,
}
"""How far a run is when a step begins, in percent; the others tell the task nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that was run: the command line as configured, and what came of it."""

    command: str
    exit_code: int
    """0 is green; negative is the signal that ended it."""
    seconds: float
    tail: str
    """The last lines of its output, redacted, no control characters."""
    timed_out: bool = False

    @property
    def green(self) -> bool:
        return self.exit_code == 0 and not self.timed_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Checks before and after the change. Red before and red after does not count against it."""

    base: tuple[Check, ...] = ()
    result: tuple[Check, ...] = ()
    tree: str = ""
    """Id of the git tree that `result` was measured on."""

    @property
    def turned_red(self) -> tuple[Check, ...]:
        green_before = {check.command for check in self.base if check.green}
        return tuple(check for check in self.result if not check.green and check.command in green_before)

    @property
    def turned_green(self) -> tuple[Check, ...]:
        red_before = {check.command for check in self.base if not check.green}
        return tuple(check for check in self.result if check.green and check.command in red_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the run has used, all its calls of claude together."""

    tokens: Tokens = field(default_factory=Tokens)
    cost_nano: int = 0
    turns: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a run ended: what `runner claim --json` prints and `outcome.json` keeps."""

    run_id: str
    task_id: str
    outcome: Outcome
    branch: str | None = None
    commits: tuple[str, ...] = ()
    pull_request: str | None = None
    evidence: Evidence = field(default_factory=Evidence)
    usage: Usage = field(default_factory=Usage)
    reservation: str | None = None
    cause: str = ""
    """One line: why it did not end in `done`."""
    question: str = ""
    """What a person must answer; only with `needs_input`."""
    hint: str = ""
    warnings: tuple[str, ...] = ()
