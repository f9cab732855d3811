"""One run in progress: its tools, its record, its lease and what it has spent so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from runner.allowance.model import Ask, Spent
from runner.allowance.protocol import Ledger
from runner.claude.protocol import ClaudeResult, ClaudeRunner
from runner.events.model import Event, EventName, EventSink, Value
from runner.events.sinks import Several
from runner.forge.protocol import Forge
from runner.git.alibi_compare import Kind
from runner.git.clone import PrivateClone
from runner.git.model import Base
from runner.git.repository import Repository
from runner.process.stop import Stop, StopReason
from runner.prompts import Prompts
from runner.redaction.redactor import Redactor
from runner.redaction.scan import scan_text
from runner.runs.alibi import Alibi, Verdict
from runner.runs.checks import Checks
from runner.runs.heartbeat import Heartbeat
from runner.runs.model import PROGRESS, Evidence, Step, Usage
from runner.runs.policy import Policy
from runner.runs.protected import Protected
from runner.runs.record import Json, RunRecord
from runner.tasks.model import Lease, Report, Task
from runner.tasks.protocol import Claims

DELIVERY = frozenset({Step.COMMIT, Step.PUSH, Step.PULL_REQUEST})
"""What is judged is soon delivered, and dear to do again: who interrupts them is heard when they are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Everything outside that a run may touch; `wiring` builds it."""

    claims: Claims
    ledger: Ledger
    claude: ClaudeRunner
    claude_ready: Callable[[Stop], None]
    """Raises: ClaudeNotStarted, before anything is prepared for a program that is not there."""
    checkout: Repository
    clone: PrivateClone
    forge: Callable[[Path], Forge]
    """Chosen once, told the run's folder."""
    local_forge: bool
    """Pull requests stay here: the branch arrives in the checkout as a new ref."""
    prompts: Prompts
    checks: Checks
    setup_environment: dict[str, str]
    redactor: Redactor
    events: Several
    runs: Path
    work_trees: Path
    own_folders: tuple[Path, ...]
    """Our state, settings and cache: what changes there is no change of the developer's."""
    home: Path
    now: Callable[[], datetime]


@dataclass(slots=True, kw_only=True)
class Run:
    """What the steps share. Mutable on purpose: it is the one place where a run's state grows."""

    tools: Tools
    policy: Policy
    record: RunRecord
    stop: Stop
    base: Base
    task: Task
    lease: Lease
    held: Ask
    """What the run holds of the allowance; its id is the reservation's."""
    work_tree: Path
    """Where the work is done: as a rule one place per repository and task, so that a conversation finds its files."""
    journal: EventSink
    """The events in the run's own folder."""
    heartbeat: Heartbeat | None = None
    usage: Usage = field(default_factory=Usage)
    """Of the calls of claude that came to their end."""
    seen: Spent = field(default_factory=Spent)
    """All that is known to be spent, also by a call that goes on or broke off."""
    charged: Spent = field(default_factory=Spent)
    """What of it an earlier reservation of this run was charged for; the present one pays for the rest."""
    evidence: Evidence = field(default_factory=Evidence)
    session_id: str = ""
    spoke: bool = False
    """Claude was started: from here on something may have been spent, and an attempt is used."""
    branch: str = ""
    commits: tuple[str, ...] = ()
    pull_request: str | None = None
    summary: str = ""
    rebased: bool = False
    """The base had moved, and the commit was put on the new one."""
    alibi_held: bool = False
    """The checkout was looked at after Claude and the checks, and the run had not touched it."""
    alibi: Alibi | None = None
    """What the checkout was; from disk only when another process began it, for what Claude runs can reach our files."""
    alibi_digests: dict[str, str] = field(default_factory=dict)
    """Of the files that `alibi` was written to, by their names; empty when another process began it."""
    uses: list[dict[str, object]] = field(default_factory=list)
    """What Claude's tools were told, as it was streamed, not redacted: for the checkout's verdict, never written."""
    uses_bytes: int = 0
    """How long the lines were that `uses` came in."""
    witnessed: tuple[tuple[Kind, str], ...] = ()
    """What the checkout lost while the checks ran on the result."""
    verdict: Verdict | None = None
    """What the last look at the checkout came to."""
    tree_id: str = ""
    """The git tree of the files as they were looked at last."""
    leaks: tuple[str, ...] = ()
    """Secrets that Claude's summary had in it, by kind and place; the summary itself has them no more."""
    touched: tuple[Protected, ...] = ()
    """Protected files that the change may touch and does: the pull request names them."""
    warnings: list[str] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        return self.record.run_id

    @property
    def due(self) -> Spent:
        """What the present reservation has to pay for."""
        return self.seen.less(self.charged)

    def emit(self, name: EventName, **data: Value) -> None:
        """Tell all sinks; they neither raise nor block."""
        self.tools.events.emit(
            Event(
                name=name,
                at=self.tools.now(),
                run_id=self.run_id,
                task_id=self.task.id,
                agent_id=self.policy.agent_id,
                data={
                    key: self.tools.redactor.text(value) if isinstance(value, str) else value
                    for key, value in data.items()
                },
            )
        )

    @contextmanager
    def step(self, step: Step, note: str, **intent: Json) -> Iterator[dict[str, Json]]:
        """Check `Stop`, tell the task and the sinks, record intent, and the facts when the block ends well.

        From the first step of the delivery on an interruption waits until the end of the run.
        """
        if step in DELIVERY:
            self.stop.put_off(StopReason.INTERRUPTED)
        self.stop.check()
        self.emit(EventName.STEP_STARTED, step=step.value, note=note)
        if self.heartbeat and step in PROGRESS:
            self.heartbeat.tell(Report(progress=PROGRESS[step], note=note))
            self.stop.check()
        with self.record.step(step, **intent) as facts:
            yield facts
        self.emit(EventName.STEP_FINISHED, step=step.value)

    def confirm_lease(self) -> None:
        """Right before an outside effect: the lease is still ours, and nobody said stop.

        Raises:
            Stopped: it is not, or somebody did.
        """
        if self.heartbeat:
            self.heartbeat.confirm()
        self.stop.check()

    def take_summary(self, text: str) -> None:
        """Claude's words about its change, without secrets; that there were some is kept. Empty ones change nothing."""
        if not text.strip():
            return
        found = scan_text(text, path="claude's summary", redactor=self.tools.redactor)
        self.leaks = tuple(str(finding) for finding in found)
        self.summary = self.tools.redactor.text(text.strip())

    def told(self, result: ClaudeResult) -> ClaudeResult:
        """The answer without secrets, before anything of it is cut or quoted."""
        return replace(result, text=self.tools.redactor.text(result.text))

    def warn(self, text: str) -> None:
        """Something did not work although the run goes on; the report tells it."""
        self.warnings.append(text)
