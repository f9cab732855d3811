"""Values as they stand in `run.json`, and back: what a later process needs to go on with a run.

A fact that is missing or of another kind reads as its empty value: a record may be of an older version.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime

from runner.allowance.model import Tokens
from runner.claude.protocol import ClaudeResult, ToolDenial
from runner.runs.judging import Judgement
from runner.runs.model import Check, Usage
from runner.runs.record import Json
from runner.tasks.model import ClaimRequest, Ending, Outcome


def text_of(fact: Json) -> str:
    return fact if isinstance(fact, str) else ""


def whole_of(fact: Json) -> int:
    return fact if isinstance(fact, int) and not isinstance(fact, bool) else 0


def number_of(fact: Json) -> float:
    return float(fact) if isinstance(fact, int | float) and not isinstance(fact, bool) else 0.0


def object_of(fact: Json) -> dict[str, Json]:
    return fact if isinstance(fact, dict) else {}


def list_of(fact: Json) -> list[Json]:
    return fact if isinstance(fact, list) else []


def texts_of(fact: Json) -> tuple[str, ...]:
    return tuple(item for item in list_of(fact) if isinstance(item, str))


def time_of(fact: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(fact) if isinstance(fact, str) else None
    except ValueError:
        return None


def outcome_of(fact: Json) -> Outcome | None:
    return next((outcome for outcome in Outcome if outcome.value == fact), None)


def tokens_facts(tokens: Tokens) -> dict[str, Json]:
    return {name.name: getattr(tokens, name.name) for name in fields(Tokens)}


def tokens_of(fact: Json) -> Tokens:
    counts = object_of(fact)
    return Tokens(**{name.name: whole_of(counts.get(name.name)) for name in fields(Tokens)})


def usage_facts(usage: Usage) -> dict[str, Json]:
    return {
        "tokens": tokens_facts(usage.tokens),
        "cost_nano": usage.cost_nano,
        "turns": usage.turns,
        "seconds": usage.seconds,
    }


def usage_of(fact: Json) -> Usage:
    facts = object_of(fact)
    return Usage(
        tokens=tokens_of(facts.get("tokens")),
        cost_nano=whole_of(facts.get("cost_nano")),
        turns=whole_of(facts.get("turns")),
        seconds=number_of(facts.get("seconds")),
    )


def check_facts(checks: tuple[Check, ...]) -> list[Json]:
    """Checks as they stand in `run.json` and `evidence.json`."""
    return [dict(asdict(check)) for check in checks]


def checks_of(fact: Json) -> tuple[Check, ...]:
    rows = [object_of(row) for row in list_of(fact)]
    return tuple(
        Check(
            command=text_of(row.get("command")),
            exit_code=whole_of(row.get("exit_code")),
            seconds=number_of(row.get("seconds")),
            tail=text_of(row.get("tail")),
            timed_out=row.get("timed_out") is True,
        )
        for row in rows
    )


def judgement_facts(judgement: Judgement) -> dict[str, Json]:
    return {
        "outcome": judgement.outcome.value,
        "cause": judgement.cause,
        "question": judgement.question,
        "hint": judgement.hint,
    }


def judgement_of(fact: Json) -> Judgement | None:
    """None when no judgement was recorded."""
    facts = object_of(fact)
    outcome = outcome_of(facts.get("outcome"))
    if outcome is None:
        return None
    return Judgement(
        outcome=outcome,
        cause=text_of(facts.get("cause")),
        question=text_of(facts.get("question")),
        hint=text_of(facts.get("hint")),
    )


def ending_facts(ending: Ending) -> dict[str, Json]:
    return {
        "outcome": ending.outcome.value,
        "output": ending.output,
        "error": ending.error,
        "artifacts": list(ending.artifacts),
        "question": ending.question,
        "retry_at": ending.retry_at.isoformat() if ending.retry_at else None,
        "conversation": ending.conversation,
    }


def ending_of(fact: Json, run_id: str) -> Ending | None:
    """None when no ending was recorded."""
    facts = object_of(fact)
    outcome = outcome_of(facts.get("outcome"))
    if outcome is None:
        return None
    return Ending(
        outcome=outcome,
        run_id=run_id,
        output=text_of(facts.get("output")),
        error=text_of(facts.get("error")),
        artifacts=texts_of(facts.get("artifacts")),
        question=text_of(facts.get("question")),
        retry_at=time_of(facts.get("retry_at")),
        conversation=text_of(facts.get("conversation")) or None,
    )


def request_facts(request: ClaimRequest) -> dict[str, Json]:
    return {
        "agent_id": request.agent_id,
        "request_id": request.request_id,
        "task_id": request.task_id,
        "project": request.project,
        "capabilities": list(request.capabilities),
        "lease_s": request.lease_s,
        "run_id": request.run_id,
        "resume_run": request.resume_run,
    }


def request_of(fact: Json) -> ClaimRequest:
    """The very request that was made: only then does a repeat return the same claim."""
    facts = object_of(fact)
    return ClaimRequest(
        agent_id=text_of(facts.get("agent_id")),
        request_id=text_of(facts.get("request_id")),
        task_id=text_of(facts.get("task_id")) or None,
        project=text_of(facts.get("project")) or None,
        capabilities=texts_of(facts.get("capabilities")),
        lease_s=number_of(facts.get("lease_s")),
        run_id=text_of(facts.get("run_id")),
        resume_run=text_of(facts.get("resume_run")) or None,
    )


def answer_facts(result: ClaudeResult, *, text: str) -> dict[str, Json]:
    """What an answer of Claude means for the run; `text` is its text, redacted."""
    return {
        "outcome": result.outcome.value,
        "text": text,
        "denials": [{"tool": denial.tool, "what": denial.what} for denial in result.denials],
        "retry_at": result.retry_at.isoformat() if result.retry_at else None,
        "session_id": result.session_id,
        "total_cost_nano": result.total_cost_nano_usd,
        "total_tokens": tokens_facts(result.total_tokens),
    }


def answer_of(fact: Json) -> ClaudeResult | None:
    """The answer; what it cost is not in it, the run's usage has that. None when there was none yet."""
    facts = object_of(fact)
    outcome = outcome_of(facts.get("outcome"))
    if outcome is None:
        return None
    rows = [object_of(row) for row in list_of(facts.get("denials"))]
    return ClaudeResult(
        outcome=outcome,
        text=text_of(facts.get("text")),
        tokens=Tokens(),
        cost_nano_usd=0,
        session_id=text_of(facts.get("session_id")),
        denials=tuple(
            ToolDenial(tool=text_of(row.get("tool")), what=text_of(row.get("what"))) for row in rows
        ),
        retry_at=time_of(facts.get("retry_at")),
        total_cost_nano_usd=whole_of(facts.get("total_cost_nano")),
        total_tokens=tokens_of(facts.get("total_tokens")),
    )
