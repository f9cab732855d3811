"""An event: one thing that happened, named in the past tense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Value = str | int | float | bool | None


class EventName(StrEnum):
    """Everything a run, a queue or an allowance can tell."""

    RUN_STARTED = "RunStarted"
    STEP_STARTED = "StepStarted"
    STEP_FINISHED = "StepFinished"
    CLAUDE_SAID = "ClaudeSaid"
    CHECK_FINISHED = "CheckFinished"
    ALLOWANCE_RESERVED = "AllowanceReserved"
    ALLOWANCE_DENIED = "AllowanceDenied"
    ALLOWANCE_WARNED = "AllowanceWarned"
    USAGE_SETTLED = "UsageSettled"
    COMMIT_MADE = "CommitMade"
    BRANCH_PUSHED = "BranchPushed"
    PULL_REQUEST_OPENED = "PullRequestOpened"
    LEASE_RENEWED = "LeaseRenewed"
    LEASE_FAILED = "LeaseFailed"
    RUN_FINISHED = "RunFinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened. `at` is aware UTC; `data` holds plain values only."""

    name: EventName
    at: datetime
    run_id: str = ""
    task_id: str = ""
    agent_id: str = ""
    data: Mapping[str, Value] = field(default_factory=dict)


class EventSink(Protocol):
    """Takes events; never raises, never blocks its caller for long."""

    def emit(self, event: Event) -> None: ...
