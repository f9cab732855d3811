"""How far an unfinished run came, read from its record: what it was asked, what it holds, what it has done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runner.claude.protocol import ClaudeResult
from runner.claude.spending import Spending
from runner.errors import StoreFailed
from runner.git.model import Base
from runner.process.mark import ProcessMark, mark_in
from runner.runs.facts import (
    answer_of,
    checks_of,
    judgement_of,
    list_of,
    object_of,
    request_of,
    text_of,
    texts_of,
    usage_of,
    whole_of,
)
from runner.runs.judging import Judgement
from runner.runs.model import Check, Evidence, Step, Usage
from runner.runs.record import Json, RunRecord
from runner.runs.resuming import told_result
from runner.tasks.model import ClaimRequest, Priority, Status, Task

DAMAGED = (
    "the run's folder is damaged: `runner release TASK` frees its task, and the next claim starts it afresh"
)


@dataclass(frozen=True, slots=True)
class SoFar:
    """The record of a run that did not come to its end; everything is read from it, nothing is changed."""

    record: RunRecord

    @property
    def spoke(self) -> bool:
        """Claude was started: something may have been spent."""
        return self._fact("claude_started") is True

    @property
    def reservations(self) -> tuple[str, ...]:
        """Every id under which the run may hold something, in the order in which they were asked for."""
        ids = [text_of(intent.get("reservation_id")) for intent in self._intents(Step.RESERVE)]
        return tuple(reservation for reservation in ids if reservation)

    @property
    def charged(self) -> Usage:
        """What earlier reservations than the last one were charged for."""
        intents = self._intents(Step.RESERVE)
        return usage_of(intents[-1].get("charged")) if intents else Usage()

    @property
    def requests(self) -> tuple[ClaimRequest, ...]:
        """Every claim that the queue was asked for; more than one when the task was given back in between."""
        return tuple(request_of(intent) for intent in self._intents(Step.CLAIM))

    @property
    def request(self) -> ClaimRequest:
        """The newest claim that was granted. Raises: StoreFailed (the record names none)."""
        granted = [
            request_of(entry.get("intent")) for entry in self._entries(Step.CLAIM) if "done_at" in entry
        ]
        if not granted:
            raise StoreFailed(f"{self.record.folder}: the record names no claim", hint=DAMAGED)
        return granted[-1]

    @property
    def task_id(self) -> str:
        """Empty when the queue's answer is not known."""
        return text_of(self._task.get("id")) or text_of(self._last_fact(Step.CLAIM).get("task_id"))

    @property
    def fence(self) -> int:
        """0 when the queue's answer is not known."""
        return whole_of(self._last_fact(Step.CLAIM).get("fence")) or whole_of(self._task.get("fence"))

    def is_about(self, task: Task, redact: Callable[[str], str]) -> bool:
        """Whether it is the task of this run; a queue that was made anew gives another one the same number."""
        return text_of(self._task.get("title")) in {task.title, redact(task.title)}

    def task(self, now: datetime) -> Task:
        """The task as far as the record knows it, for when the queue has forgotten the claim."""
        return Task(
            id=self.task_id,
            title=text_of(self._task.get("title")),
            project=text_of(self._fact("project")),
            description="",
            priority=Priority.MEDIUM,
            status=Status.IN_PROGRESS,
            labels=(),
            requires=(),
            files=(),
            needs=(),
            max_attempts=1,
            model=None,
            created_at=now,
            updated_at=now,
            fence=self.fence,
        )

    @property
    def model(self) -> str:
        """The model whose allowance is held; empty leaves it to claude."""
        return text_of(self._fact("model"))

    @property
    def base(self) -> Base:
        """Where the branch starts. Raises: StoreFailed (there was no work tree yet)."""
        facts = object_of(self._fact("base"))
        if not facts:
            raise StoreFailed(
                f"{self.record.folder}: the record does not say where the run started", hint=DAMAGED
            )
        return Base(
            branch=text_of(facts.get("branch")),
            commit_id=text_of(facts.get("commit")),
            remote=text_of(facts.get("remote")) or None,
        )

    @property
    def branch(self) -> str:
        return text_of(self._fact("branch"))

    @property
    def work_tree(self) -> Path:
        """Raises: StoreFailed (there was none yet)."""
        if not self.has_work_tree:
            raise StoreFailed(f"{self.record.folder}: the record names no work tree", hint=DAMAGED)
        return Path(text_of(self._fact("work_tree")))

    @property
    def has_work_tree(self) -> bool:
        """One was made, or was about to be made."""
        return bool(text_of(self._fact("work_tree")))

    @property
    def child(self) -> ProcessMark | None:
        """The process of the last call of Claude; None when there was none."""
        return mark_in(self._fact("child"))

    @property
    def session_id(self) -> str:
        return text_of(self._fact("session_id"))

    @property
    def usage(self) -> Usage:
        """Of the calls that were answered, and of those cut off that were counted already (`counted`)."""
        return usage_of(self._fact("usage"))

    @property
    def counted(self) -> int:
        """How many of the calls that were cut off are in `usage`."""
        return whole_of(self._fact("cut_off_counted"))

    @property
    def answered(self) -> int:
        """How many calls of Claude came to their end."""
        return whole_of(self._fact("answered"))

    @property
    def answer(self) -> ClaudeResult | None:
        """Claude's last answer; None when it never gave one."""
        return answer_of(self._fact("conversation")) if self.answered else None

    @property
    def before(self) -> Json:
        """What the conversation had cost before this run; nothing for one of its own."""
        return self._fact("conversation_before")

    @property
    def total(self) -> Spending:
        """What the conversation had cost when its last result was reported, before this run or in it."""
        told = told_result(
            self.session_id, self._fact("conversation" if self.answered else "conversation_before")
        )
        return Spending(tokens=told.total_tokens, cost_nano_usd=told.total_cost_nano_usd)

    @property
    def held_nano(self) -> int:
        """The money that was held for it, in nano-USD."""
        asked = [*self._intents(Step.RESERVE), self._last_fact(Step.RESIZE)]
        return max((whole_of(numbers.get("cost_nano")) for numbers in asked), default=0)

    @property
    def trees(self) -> tuple[str, ...]:
        """The tree before the first call, and after each answered one."""
        return texts_of(self._fact("trees"))

    @property
    def evidence(self) -> Evidence:
        """The checks as far as they were run; the tree is the newest that is known."""
        return Evidence(
            base=self._checks(Step.CHECK_BASE),
            result=self._checks(Step.VERIFY),
            tree=text_of(self._fact("tree")),
        )

    @property
    def judgement(self) -> Judgement | None:
        """What was decided before the delivery; None when it did not come that far."""
        return judgement_of(self._fact("judgement"))

    @property
    def summary(self) -> str:
        return text_of(self._fact("summary"))

    @property
    def leaks(self) -> tuple[str, ...]:
        return texts_of(self._fact("leaks"))

    @property
    def commit(self) -> str | None:
        return text_of(self._last_fact(Step.COMMIT).get("commit")) or None

    @property
    def pull_request(self) -> str | None:
        return text_of(self._last_fact(Step.PULL_REQUEST).get("url")) or None

    @property
    def is_unproven(self) -> bool:
        """The commit was put on a newer base, and the checks on that did not come to their end."""
        steps = [object_of(entry) for entry in list_of(self._fact("steps"))]
        rebases = [number for number, step in enumerate(steps) if "onto" in object_of(step.get("intent"))]
        if not rebases:
            return False
        later = steps[rebases[-1] :]
        return not any(step.get("name") == Step.VERIFY.value and "done_at" in step for step in later)

    @property
    def pull_request_warnings(self) -> tuple[str, ...]:
        """What the report is to say of it."""
        return texts_of(self._last_fact(Step.PULL_REQUEST).get("warnings"))

    @property
    def push_begun(self) -> bool:
        """The branch may be on the remote, or was there."""
        return bool(self._entries(Step.PUSH))

    @property
    def ending(self) -> Json:
        """What the queue was to be told; None when it did not come that far."""
        return self._fact("ending")

    @property
    def waiting(self) -> dict[str, Json]:
        """Why the delivery waits, and until when; empty when it does not."""
        return object_of(self._fact("waiting"))

    @property
    def _task(self) -> dict[str, Json]:
        return object_of(self._fact("task"))

    def _fact(self, name: str) -> Json:
        return self.record.data.get(name)

    def _checks(self, step: Step) -> tuple[Check, ...]:
        return checks_of(self._last_fact(step).get("checks"))

    def _entries(self, step: Step) -> list[dict[str, Json]]:
        entries = [object_of(entry) for entry in list_of(self._fact("steps"))]
        return [entry for entry in entries if entry.get("name") == step.value]

    def _intents(self, step: Step) -> list[dict[str, Json]]:
        return [object_of(entry.get("intent")) for entry in self._entries(step)]

    def _last_fact(self, step: Step) -> dict[str, Json]:
        """The facts of the last time that the step came to its end."""
        done = [object_of(entry.get("fact")) for entry in self._entries(step) if "done_at" in entry]
        return done[-1] if done else {}
