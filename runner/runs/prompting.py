"""The texts that Claude gets in a run, and that a pull request shows, from templates and facts."""

from __future__ import annotations

from runner.context.model import Bundle
from runner.runs.closing import Closing, closing_of
from runner.runs.model import Check, Evidence
from runner.runs.patches import START_PATCH
from runner.runs.protected import IN_WORDS
from runner.runs.repairs import repair_notes
from runner.runs.run import Run

CHECKS_KEY = "checks.commands"
UNTRUSTED = "These are not this repository's own checks: nobody trusted those on the machine of the run."


def task_prompt(run: Run, bundle: Bundle, *, resumed: bool, allowed: tuple[str, ...] = ()) -> str:
    """The first prompt: the task as data, what is known of the repository, and the rules of the work.

    `allowed` are the patterns of protected files that people let this task change.
    """
    return run.tools.prompts.render(
        "task",
        task=run.task,
        bundle=bundle,
        checks=run.tools.checks.commands,
        attempt=run.task.attempts_used + 1,
        resumed=resumed,
        begun=(run.record.folder / START_PATCH).exists(),
        protected=(*IN_WORDS, *run.policy.protected),
        allowed=allowed,
    )


def repair_prompt(run: Run, red: tuple[Check, ...], *, number: int) -> str:
    """The prompt of a repair, numbered from 1: what turned red, with the end of its output."""
    checks = [
        {
            "command": check.command,
            "exit_code": "a time-out" if check.timed_out else check.exit_code,
            "output": check.tail,
        }
        for check in red
    ]
    return run.tools.prompts.render(
        "repair", checks=checks, round=number, rounds_left=run.policy.repairs - number
    )


def pull_request_text(run: Run, *, unproven: bool, closing: Closing | None = None) -> str:
    """Summary, task, evidence, a note on AI help, and what it closes; text from outside is still as it came."""
    closing = closing or closing_of(run.task, run.tools.checkout)
    untrusted = CHECKS_KEY in run.policy.ignored
    return run.tools.prompts.render(
        "pull_request",
        task=run.task,
        summary=run.summary,
        checks=evidence_rows(run.evidence),
        red=[{"command": check.command, "output": check.tail} for check in run.evidence.turned_red],
        notes=_notes(run, untrusted=untrusted),
        touched=[{"path": item.path, "why": item.why} for item in run.touched],
        model=run.held.model,
        run=run.run_id,
        untrusted=untrusted,
        draft=unproven,
        closes=closing.issues,
        named=closing.named,
    )


def _notes(run: Run, *, untrusted: bool) -> list[str]:
    repairs = repair_notes(run.record.data.get("steps"), run.evidence)
    alone = [UNTRUSTED] if untrusted and run.evidence.result else []
    return [*alone, *evidence_notes(run.evidence), *repairs]


def evidence_rows(evidence: Evidence) -> list[dict[str, str]]:
    """One row per check: what it said before and what it says now."""
    before = {check.command: check_word(check) for check in evidence.base}
    return [
        {"command": check.command, "base": before.get(check.command, "not run"), "result": check_word(check)}
        for check in evidence.result
    ]


def evidence_notes(evidence: Evidence) -> list[str]:
    """What a reader of the table should know besides."""
    turned_red = {check.command for check in evidence.turned_red}
    return [
        f"`{check.command}` was red before this change too."
        for check in evidence.result
        if not check.green and check.command not in turned_red
    ]


def check_word(check: Check) -> str:
    """How a check ended, for people."""
    if check.timed_out:
        return "timed out"
    return "passed" if check.green else f"failed (exit {check.exit_code})"


def go_on_prompt(run: Run) -> str:
    """What a conversation is told that was cut off with the runner."""
    return run.tools.prompts.render("go_on")
