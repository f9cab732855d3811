"""A run as its folder tells it: for the list, for its explanation, and for house-keeping."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from runner.allowance.holder import is_alive
from runner.allowance.model import Holder
from runner.errors import StoreFailed
from runner.runs.facts import list_of, object_of, outcome_of, text_of, time_of, whole_of
from runner.runs.model import Step
from runner.runs.record import Json, read_json
from runner.tasks.model import Outcome


class RunState(StrEnum):
    """How far a run of this machine has come, short enough for a list."""

    FINISHED = "finished"
    GIVEN_BACK = "given_back"
    """It ended before Claude was asked; the task was free again at once."""
    RUNNING = "running"
    UNFINISHED = "unfinished"
    """Broken off while there was still work to do."""
    WAITING = "waiting"
    """The work is done and judged; what is left is to deliver it, or to report it."""
    DAMAGED = "damaged"


OPEN = frozenset({RunState.RUNNING, RunState.UNFINISHED, RunState.WAITING})
"""There is something left to do for somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the files of one run say. Texts are as they were written there: clean them for a terminal."""

    run_id: str
    folder: Path
    state: RunState
    trouble: str = ""
    """Why it is damaged, or why its delivery waits."""
    task_id: str = ""
    fence: int = 0
    clone: str = ""
    session_id: str = ""
    outcome: Outcome | None = None
    cause: str = ""
    hint: str = ""
    question: str = ""
    """What a person was asked; only with `needs_input`."""
    retry_at: datetime | None = None
    """When a usage limit resets, or the delivery is tried again."""
    branch: str = ""
    """Also of an unfinished run."""
    base_branch: str = ""
    base_commit: str = ""
    remote: str = ""
    """Where the branch was pushed to; empty when it was brought into the checkout, or nowhere."""
    commits: tuple[str, ...] = ()
    """Made by this run, delivered or not."""
    delivered: bool = False
    """The push came to its end: every commit is where it should be."""
    pull_request: str = ""
    turned_red: tuple[str, ...] = ()
    checked: bool = False
    """Checks were run on the result."""
    still_red: tuple[str, ...] = ()
    """Checks that are red on the result, and were on the base."""
    interrupted: bool = False
    """Claude was stopped before it had answered."""
    work_tree: str = ""
    at: Step | None = None
    """The last step that was begun."""
    at_ended: bool = False
    pid: int = 0
    """The process that works, or worked, on it."""
    data: dict[str, Json] = field(default_factory=dict)
    """`run.json`."""
    report: dict[str, Json] | None = None
    """`outcome.json`; None before the end."""


def overview_of(folder: Path) -> Overview:
    """The run in `folder`; one that cannot be read is `DAMAGED`, and says why."""
    data: dict[str, Json] = {}
    try:
        data = read_json(folder / "run.json")
        report = read_json(folder / "outcome.json") if (folder / "outcome.json").exists() else None
    except (StoreFailed, OSError) as damaged:
        return Overview(
            run_id=folder.name, folder=folder, state=RunState.DAMAGED, trouble=str(damaged), data=data
        )
    return _overview(folder, data, report)


def _overview(folder: Path, data: dict[str, Json], report: dict[str, Json] | None) -> Overview:
    told = report or {}
    task, base, ending, judgement, waiting = (
        object_of(data.get(name)) for name in ("task", "base", "ending", "judgement", "waiting")
    )
    steps = [object_of(step) for step in list_of(data.get("steps"))]
    at, push = (steps or [{}])[-1], _fact(steps, Step.PUSH)
    outcome = outcome_of(told.get("outcome")) or outcome_of(data.get("outcome"))
    state = _state(data, steps, report)
    unknown = f"its outcome {told.get('outcome')!r} is not known to this version"
    return Overview(
        run_id=folder.name,
        folder=folder,
        state=state,
        trouble=unknown if state is RunState.DAMAGED else text_of(waiting.get("cause")),
        task_id=text_of(task.get("id")),
        fence=whole_of(task.get("fence")),
        clone=text_of(data.get("clone")),
        session_id=text_of(data.get("session_id")),
        outcome=outcome,
        cause=text_of(told.get("cause")) or text_of(judgement.get("cause")),
        hint=text_of(told.get("hint")),
        question=text_of(ending.get("question")) or text_of(judgement.get("question")),
        retry_at=time_of(ending.get("retry_at")) or time_of(waiting.get("until")),
        branch=text_of(told.get("branch")) or text_of(data.get("branch")),
        base_branch=text_of(base.get("branch")),
        base_commit=text_of(base.get("commit")),
        remote=text_of(push.get("remote")),
        commits=_commits(told, steps),
        delivered=bool(push),
        pull_request=text_of(told.get("pull_request")) or text_of(_fact(steps, Step.PULL_REQUEST).get("url")),
        turned_red=_red(told, was_green=True),
        still_red=_red(told, was_green=False),
        interrupted=object_of(data.get("conversation")).get("outcome") == Outcome.CANCELLED.value,
        checked=bool(list_of(object_of(told.get("checks")).get("result"))),
        work_tree=text_of(data.get("work_tree")),
        at=_step(at),
        at_ended="done_at" in at,
        pid=whole_of(object_of(data.get("holder")).get("pid")),
        data=data,
        report=report,
    )


def _state(data: dict[str, Json], steps: list[dict[str, Json]], report: dict[str, Json] | None) -> RunState:
    asked = data.get("claude_started") is True
    if report is not None:
        outcome = outcome_of(report.get("outcome"))
        if outcome is None:
            return RunState.DAMAGED
        # A claude that could not be started was about to be asked, too.
        given_back = not asked or text_of(report.get("cause")).startswith("given back: ")
        return RunState.GIVEN_BACK if outcome is Outcome.CANCELLED and given_back else RunState.FINISHED
    if _is_held(data):
        return RunState.RUNNING
    if not asked and any("done_at" in step for step in steps if _step(step) is Step.SETTLE):
        return RunState.GIVEN_BACK
    done = any(object_of(data.get(name)) for name in ("waiting", "judgement", "ending"))
    return RunState.WAITING if done else RunState.UNFINISHED


def _is_held(data: dict[str, Json]) -> bool:
    """Whether the process that works on it lives; one that cannot be told (another container's) counts as living."""
    facts = object_of(data.get("holder"))
    holder = Holder(
        boot_id=text_of(facts.get("boot_id")),
        pid=whole_of(facts.get("pid")),
        started=whole_of(facts.get("started")),
    )
    return bool(facts) and is_alive(holder) is not False


def _red(report: dict[str, Json], *, was_green: bool) -> tuple[str, ...]:
    """The checks that are red on the result, by whether they were green on the base."""
    checks = object_of(report.get("checks"))
    base, result = ([object_of(one) for one in list_of(checks.get(name))] for name in ("base", "result"))
    green = {text_of(check.get("command")) for check in base if _is_green(check)}
    red = (text_of(check.get("command")) for check in result if not _is_green(check))
    return tuple(command for command in red if (command in green) is was_green)


def _is_green(check: dict[str, Json]) -> bool:
    return check.get("exit_code") == 0 and check.get("timed_out") is not True


def _commits(report: dict[str, Json], steps: list[dict[str, Json]]) -> tuple[str, ...]:
    told = tuple(text_of(commit) for commit in list_of(report.get("commits")))
    made = text_of(_fact(steps, Step.COMMIT).get("commit"))
    return told or ((made,) if made else ())


def _step(entry: dict[str, Json]) -> Step | None:
    return next((step for step in Step if step.value == entry.get("name")), None)


def _fact(steps: list[dict[str, Json]], wanted: Step) -> dict[str, Json]:
    """What came of the last step of this name that came to its end; empty when none did."""
    facts = [object_of(step.get("fact")) for step in steps if _step(step) is wanted and "done_at" in step]
    return facts[-1] if facts else {}
