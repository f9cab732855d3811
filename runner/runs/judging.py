"""What a run amounts to, decided from facts alone; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runner.claude.protocol import ClaudeResult
from runner.prompts import question_in
from runner.runs.model import Check, Evidence
from runner.tasks.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The outcome, and what to tell people about it."""

    outcome: Outcome
    cause: str = ""
    """One line: why it is not `done`."""
    question: str = ""
    """What a person must answer; only with `needs_input`."""
    hint: str = ""
    """What to do, where the outcome alone does not tell."""


def judge_answer(result: ClaudeResult, *, changed: bool, evidence: Evidence | None = None) -> Judgement:
    """Before any check of the result: does Claude's own ending leave work to verify?

    `done` with a change is the only answer that goes on to verification. Without one it is believed only where no check
    of the base (`evidence`) speaks against it.
    """
    if result.outcome is not Outcome.DONE:
        return Judgement(outcome=result.outcome, cause=first_line(result.text) or result.outcome.value)
    asked = question_in(result.text)
    if asked:
        return Judgement(outcome=Outcome.NEEDS_INPUT, cause="claude asks a question", question=asked)
    if changed:
        return Judgement(outcome=Outcome.DONE)
    if result.denials:
        wanted = "; ".join(f"{denial.tool}: {denial.what}" for denial in result.denials[:3])
        return Judgement(
            outcome=Outcome.NEEDS_INPUT,
            cause="claude changed nothing, and was denied what it wanted to do",
            question=f"Claude was not allowed to: {wanted}. Allow it, or say how to do without.",
        )
    red = _commands([check for check in evidence.base if not check.green] if evidence else [])
    if red:
        return Judgement(
            outcome=Outcome.NEEDS_INPUT,
            cause=f"claude changed nothing, and {red} is red",
            question=f"Claude changed nothing and says: {first_line(result.text) or 'nothing'} But {red} is red on the"
            " base. Is the task done? `runner complete TASK` says so; else answer what to do.",
        )
    return Judgement(outcome=Outcome.DONE_NO_CHANGE, cause="nothing had to be changed")


def judge_evidence(evidence: Evidence) -> Judgement:
    """After the checks: green turned red is a failure, red that stays red is not ours."""
    red = evidence.turned_red
    if not red:
        return Judgement(outcome=Outcome.DONE)
    return Judgement(outcome=Outcome.CHECKS_FAILED, cause=f"turned red: {_commands(red)}")


def _commands(checks: Sequence[Check]) -> str:
    return ", ".join(f"`{check.command}`" for check in checks)


def first_line(text: str) -> str:
    """The first line with anything on it, at most 200 characters."""
    return next((line.strip()[:200] for line in text.split("\n") if line.strip()), "")


def sentence(text: str) -> str:
    """The text with a stop at its end, so that another can follow; empty stays empty."""
    return text if not text or text.endswith((".", "!", "?", ":")) else f"{text}."
