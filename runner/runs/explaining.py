"""What became of a run, in one sentence, and what to type next: pure rules over the facts of its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from shlex import quote

from runner.runs.model import Step
from runner.runs.overview import Overview, RunState
from runner.tasks.model import FINAL, Outcome, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One sentence for people, and the command that goes on from there (capital words are yours to fill in)."""

    sentence: str
    next_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNow:
    """What the queue says of the task today; None where it could not be asked."""

    status: Status | None = None
    parked: bool = False


DOING: Mapping[Step, str] = {
    Step.RESERVE: "holding the allowance",
    Step.CLAIM: "claiming a task",
    Step.PREPARE: "preparing the work tree",
    Step.CHECK_BASE: "running the checks on the base",
    Step.CONTEXT: "looking for related code",
    Step.RESIZE: "adjusting what it holds of the allowance",
    Step.CLAUDE: "asking claude",
    Step.VERIFY: "running the checks on the result",
    Step.COMMIT: "committing",
    Step.PUSH: "delivering the branch",
    Step.PULL_REQUEST: "opening the pull request",
    Step.REPORT: "reporting to the queue",
    Step.SETTLE: "booking what it cost",
    Step.CLEAN_UP: "clearing up",
}


def explain(run: Overview, now: TaskNow | None = None) -> Explanation:
    """The sentence and the next command for a run in any state, with any outcome."""
    ended = _OUTCOMES[run.outcome] if run.outcome else _no_result
    sentence, command = _STATES.get(run.state, ended)(run, now or TaskNow())
    text = " ".join(sentence.split()).rstrip(".")
    return Explanation(sentence=text if text.endswith(("?", "!")) else f"{text}.", next_command=command)


Said = tuple[str, str]


def _done(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001 - every rule has the same two
    proof = _proof(run)
    if run.pull_request.startswith("http"):
        return (
            f"The change {proof} is in the pull request {run.pull_request}",
            f"gh pr view {quote(run.pull_request)}",
        )
    if run.remote:
        fetch = f"git fetch {quote(run.remote)} {quote(run.branch)}"
        compare = f"{fetch} && git diff {quote(f'{_base(run)}...FETCH_HEAD')}"
        return (
            f"The change {proof} is on the branch {run.branch} of {run.remote}, without a pull request",
            compare,
        )
    text = f"; the text for its pull request is in {run.folder}" if run.pull_request else ""
    return (
        f"The change {proof} is on the branch {run.branch} of your checkout{text}",
        f"git diff {quote(f'{_base(run)}...{run.branch}')}",
    )


def _proof(run: Overview) -> str:
    """What the checks say of a change that was delivered as good."""
    if not run.checked:
        return "(no checks are configured)"
    if not run.still_red:
        return "passed the checks and"
    red = ", ".join(f"`{command}`" for command in run.still_red)
    return f"turned no green check red ({red} was red before, and still is) and"


def _done_no_change(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return "Claude found that nothing had to be changed, so there is no branch", _show(run)


def _needs_input(run: Overview, now: TaskNow) -> Said:
    asked = run.question or run.cause or "the task has the question"
    if now.status not in {None, Status.BLOCKED}:
        return f"A person was asked before the task could go on, and it did since: {asked}", _show(run)
    return f"A person must answer before the task goes on: {asked}", f'runner answer {_task(run)} "TEXT"'


def _checks_failed(run: Overview, now: TaskNow) -> Said:
    names = ", ".join(f"`{command}`" for command in run.turned_red) or "a check"
    turned = f"The change turned {names} from green to red and claude could not mend it"
    if run.pull_request:
        return f"{turned}; a draft with the evidence is at {run.pull_request}", _again(run, now)
    return f"{turned}; nothing was opened", _again(run, now)


def _budget(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    flag = "--run-tokens N" if "token" in run.cause else "--run-cost USD"
    return f"The run reached its cap{_because(run)}", f"runner allowance set {flag}"


def _turns(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return "Claude used up its turns before the work was done", "runner config set claude.max_turns N"


def _timeout(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return (
        "The time for claude was over before the work was done",
        "runner config set claude.timeout_s SECONDS",
    )


def _overloaded(run: Overview, now: TaskNow) -> Said:
    return "The model's API was overloaded to the end; the task is tried again by itself", _again(run, now)


def _crashed(run: Overview, now: TaskNow) -> Said:
    return f"The run broke off{_because(run)}", _again(run, now)


def _no_result(run: Overview, now: TaskNow) -> Said:
    return "Claude ended without a result; the task is tried again", _again(run, now)


def _context_overflow(run: Overview, now: TaskNow) -> Said:
    sentence = "The conversation grew longer than the model can read; the next try starts a new one"
    return sentence, _again(run, now)


def _limit_until(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    until = f" until {run.retry_at:%Y-%m-%d %H:%M} UTC" if run.retry_at else ""
    sentence = f"A usage limit is reached; the task waits{until} and then goes on with the same conversation"
    return sentence, "runner claim --wait"


def _auth(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return "Claude is not signed in, or its key was refused; sign in, then claim again", "claude"


def _billing(run: Overview, now: TaskNow) -> Said:
    return "Claude says that nobody pays for it; see to your account, then claim again", _again(run, now)


def _invalid_request(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    sentence = f"The request can never succeed as it is{_because(run)}; correct it first"
    return sentence, f"runner requeue {_task(run)}"


def _cancelled(run: Overview, now: TaskNow) -> Said:
    where = f"the branch {run.branch} is {_where(run)} already" if run.delivered else "nothing was delivered"
    if now.status is Status.CANCELLED:
        return f"The task was cancelled while it was worked on; {where}", f"runner requeue {_task(run)}"
    why = run.cause.removeprefix("stopped: ")
    there = f"; {where}" if run.delivered else ""
    return f"The run was told to stop{f': {why}' if why else ''}; the task was given back{there}", _again(
        run, now
    )


def _lease_lost(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return "A newer claim took the task over; this run delivered nothing, and what it cost is booked", _show(
        run
    )


def _running(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return f"Process {run.pid} is at work on it: {_doing(run)}", f"runner stop {run.run_id}"


def _unfinished(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    if run.interrupted:
        sentence = (
            "The run was told to stop, and then ended at once; resuming it charges it and gives the task back"
        )
        return f"{sentence}, the next claim goes on with its conversation", f"runner resume {run.run_id}"
    kept = "its conversation goes on" if run.session_id else "claude was not asked yet, so it is undone"
    return f"The run was broken off {_when(run)}; {kept} when it is resumed", f"runner resume {run.run_id}"


def _waiting(run: Overview, now: TaskNow) -> Said:
    if now.status in FINAL and not run.delivered:
        end = now.status.value if now.status else "ended"
        ended = f"The work is done and not delivered, and meanwhile the task is {end}"
        return f"{ended}: the next claim ends the run, and keeps its work", f"runner resume {run.run_id}"
    have = f"commit {run.commits[-1][:10]} on {run.branch}" if run.commits else "the change"
    if run.pull_request:
        reached = f"{have} is delivered, its pull request is {run.pull_request}, but the end is not reported"
    elif run.delivered:
        reached = f"{have} is delivered, but not all that follows is told"
    else:
        reached = f"{have} is not delivered yet"
    until = f", until {run.retry_at:%Y-%m-%d %H:%M} UTC" if run.trouble and run.retry_at else ""
    why = f"it waits{until}: {run.trouble}" if run.trouble else f"it was broken off {_when(run)}"
    return f"The work is done and {reached}; {why}", f"runner resume {run.run_id}"


def _given_back(run: Overview, now: TaskNow) -> Said:
    why = run.cause.removeprefix("given back: ")
    because = f" ({why})" if why else ""
    sentence = f"The run ended before claude was asked{because}; nothing was spent, the task was given back"
    return sentence, _again(run, now)


def _damaged(run: Overview, now: TaskNow) -> Said:  # noqa: ARG001
    return (
        f"The record cannot be read, so nobody can go on with this run: {run.trouble}",
        f"ls -la {quote(str(run.folder))}",
    )


_OUTCOMES: Mapping[Outcome, Callable[[Overview, TaskNow], Said]] = {
    Outcome.DONE: _done,
    Outcome.DONE_NO_CHANGE: _done_no_change,
    Outcome.NEEDS_INPUT: _needs_input,
    Outcome.CHECKS_FAILED: _checks_failed,
    Outcome.BUDGET: _budget,
    Outcome.TURNS: _turns,
    Outcome.TIMEOUT: _timeout,
    Outcome.OVERLOADED: _overloaded,
    Outcome.CRASHED: _crashed,
    Outcome.NO_RESULT: _no_result,
    Outcome.CONTEXT_OVERFLOW: _context_overflow,
    Outcome.LIMIT_UNTIL: _limit_until,
    Outcome.AUTH: _auth,
    Outcome.BILLING: _billing,
    Outcome.INVALID_REQUEST: _invalid_request,
    Outcome.CANCELLED: _cancelled,
    Outcome.LEASE_LOST: _lease_lost,
}
_STATES: Mapping[RunState, Callable[[Overview, TaskNow], Said]] = {
    RunState.RUNNING: _running,
    RunState.UNFINISHED: _unfinished,
    RunState.WAITING: _waiting,
    RunState.GIVEN_BACK: _given_back,
    RunState.DAMAGED: _damaged,
}


def _where(run: Overview) -> str:
    return f"on {run.remote}" if run.remote else "in your checkout"


def _task(run: Overview) -> str:
    return run.task_id or "TASK"


def _show(run: Overview) -> str:
    return f"runner show {_task(run)}"


def _base(run: Overview) -> str:
    return run.base_branch or run.base_commit or "HEAD"


def _because(run: Overview) -> str:
    return f": {run.cause}" if run.cause else ""


def _doing(run: Overview) -> str:
    return DOING[run.at] if run.at else "starting"


def _when(run: Overview) -> str:
    return f"{'after' if run.at_ended else 'while'} {_doing(run)}"


def _again(run: Overview, now: TaskNow) -> str:
    """How the task is tried again, by what it is now."""
    if now.status in {Status.FAILED, Status.CANCELLED}:
        return f"runner requeue {_task(run)}"
    if now.status in {Status.COMPLETED, Status.BLOCKED, Status.IN_PROGRESS}:
        return _show(run)
    return "runner claim --wait" if now.parked else f"runner claim {_task(run)}"
