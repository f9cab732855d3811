"""One question to Claude outside of a run: held before, settled after, like everything that costs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Spent
from runner.allowance.report import refusal
from runner.allowance.rules import ask_for
from runner.claude.ask import AskDefaults, ask
from runner.claude.protocol import ClaudeResult, Message
from runner.events.model import Event, EventName, EventSink, Value
from runner.process.stop import Stop
from runner.runs.ending import CHARGED_AS_FAILED
from runner.wiring.app import App
from runner.wiring.runs import claude_program, denied_paths, scoped_rules, utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and what Claude may do to find out."""

    text: str
    folder: Path
    tools: tuple[str, ...] = ()
    edit: bool = False
    model: str | None = None


def ask_claude(
    app: App, question: Question, *, tell: Callable[[int, str], None], sink: EventSink, stop: Stop
) -> ClaudeResult:
    """Ask, and book what it cost.

    Raises:
        QuotaExceeded: the allowance denies it.
        ClaudeNotStarted: nothing was spent, and nothing is held any more.
    """
    held = _hold(app, question)

    seen = Spent()

    def show(message: Message) -> None:
        nonlocal seen
        seen = Spent(tokens=message.tokens, cost_nano=message.cost_nano_usd)
        data: dict[str, Value] = {
            "kind": message.kind,
            "text": message.text,
            "cost_nano": message.cost_nano_usd,
        }
        sink.emit(Event(name=EventName.CLAUDE_SAID, at=utc_now(), agent_id=app.agent_id, data=data))

    sink.emit(Event(name=EventName.STEP_STARTED, at=utc_now(), data={"note": "asking claude"}))
    try:
        result = ask(
            claude_program(app),
            app.prompts.render("ask", prompt=question.text, edit=question.edit),
            question.folder,
            session_id=str(uuid.uuid4()),
            tools=question.tools,
            edit=question.edit,
            defaults=_defaults(app, held),
            on_message=show,
            progress=tell,
            stop=stop,
        )
    except BaseException:
        if seen.cost_nano:
            app.ledger.settle(held.id, seen, failed=True)
        else:
            app.ledger.release(held.id)
        raise
    spent = Spent(tokens=result.tokens, cost_nano=result.cost_nano_usd)
    app.ledger.settle(held.id, spent, failed=result.outcome in CHARGED_AS_FAILED)
    sink.emit(Event(name=EventName.STEP_FINISHED, at=utc_now()))
    return result


def _hold(app: App, question: Question) -> Ask:
    limits = app.limits(app.agent_id)
    model = question.model or app.settings.claude.model or (limits.models[0] if limits.models else "")
    held = ask_for(limits, run_id=f"ask-{uuid.uuid4()}", agent_id=app.agent_id, model=model)
    denial = app.ledger.reserve(held, holder_of_this_process()).denial
    if denial:
        raise refusal(denial, held)
    return held


def _defaults(app: App, held: Ask) -> AskDefaults:
    settings = app.settings.claude
    return AskDefaults(
        rules=scoped_rules(settings.rules),
        denied=denied_paths(app),
        model=held.model or None,
        budget_nano_usd=held.cost_nano,
        max_turns=settings.max_turns,
        timeout_s=settings.timeout_s,
    )
