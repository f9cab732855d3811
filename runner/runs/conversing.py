"""Claude's part of a run: each call recorded, its usage booked as it is seen, its tokens capped."""

from __future__ import annotations

import time

from runner.allowance.model import Spent, Tokens
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.errors import ClaudeNotStarted
from runner.events.model import EventName
from runner.git.model import Snapshot
from runner.git.snapshot import patch_of
from runner.git.work_tree import WorkTree
from runner.process.stop import StopReason
from runner.runs.facts import answer_facts, tokens_facts, usage_facts
from runner.runs.model import Usage
from runner.runs.record import Json, private_file
from runner.runs.run import Run
from runner.runs.watching import mark, notice

BOOK_EVERY_S = 1.0
"""How often usage seen in the stream is booked; a booking is a durable write."""


class Conversation:
    """One conversation with Claude over one run: the first call, and repairs that go on with it."""

    def __init__(
        self,
        run: Run,
        *,
        trees: tuple[str, ...],
        calls: int = 0,
        before: ClaudeResult | None = None,
        resume: bool = False,
    ) -> None:
        """`trees` is what the files were before the first call and after each of the `calls` that were answered.

        `before` is the last result of the conversation to go on with, `resume` says to do so without one.
        """
        self._run = run
        self._trees = list(trees)
        self._calls = calls
        self._resume = resume or before is not None
        self._last = before
        if calls == 0:
            run.record.note(
                trees=[*trees],
                answered=0,
                conversation_before=conversation_facts(before) if self._resume else None,
            )
        self._deadline = time.monotonic() + _time_limit_s(run)
        self._booked_at = 0.0

    def ask(self, prompt: str) -> ClaudeResult:
        """One call to its end; the usage of the run grows by what it cost.

        Raises:
            ClaudeNotStarted: nothing was spent.
        """
        self._calls += 1
        run, request = self._run, self._request(prompt)
        spoke = run.spoke
        run.record.note(session_id=run.session_id, claude_started=True, alibi=mark(run))
        run.spoke = True
        with private_file(run.record.folder / self._name("stream", "jsonl")) as file:
            stream = run.tools.redactor.stream()

            def keep(line: bytes) -> None:
                notice(run, line)
                file.write(stream.feed(line))
                # Who is killed now was seen to spend all that this file tells.
                file.flush()

            try:
                result = run.tools.claude.run(
                    request, on_message=self._on_message, on_line=keep, stop=run.stop
                )
            except ClaudeNotStarted:
                run.spoke = spoke
                raise
            finally:
                file.write(stream.finish())
        self._account(result)
        return result

    def keep_changes(self, tree: WorkTree) -> Snapshot:
        """Keep what this call changed in the files, for replay; returns what they are now.

        Raises:
            GitFailed: the files cannot be looked at.
            Stopped: somebody said so meanwhile; what a call changed that was stopped itself is kept all the same.
        """
        stop = None if self._run.stop.is_set() else self._run.stop
        snapshot = tree.snapshot(self._run.base.commit_id, stop=stop)
        before, name = self._trees[self._calls - 1], self._name("changes", "patch")
        if snapshot.tree_id != before:
            self._run.record.write(name, self._run.tools.redactor.without_values(patch_of(tree.plot, before)))
        else:
            (self._run.record.folder / name).unlink(missing_ok=True)
        self._trees[self._calls :] = [snapshot.tree_id]
        self._run.tree_id = snapshot.tree_id
        committed = tree.to_commit(self._run.base.commit_id, snapshot.tree_id)
        self._run.record.note(tree=snapshot.tree_id, to_commit=committed, trees=[*self._trees])
        return snapshot

    def _name(self, stem: str, ending: str) -> str:
        return numbered(stem, self._calls, ending)

    def _request(self, prompt: str) -> ClaudeRequest:
        run, policy = self._run, self._run.policy
        last = self._last
        return ClaudeRequest(
            prompt=lambda: prompt,
            workdir=self._run.work_tree,
            session_id=run.session_id,
            budget_nano_usd=max(run.held.cost_nano - run.due.cost_nano, 1),
            timeout_s=max(self._deadline - time.monotonic(), 1.0),
            model=run.held.model or None,
            max_turns=policy.max_turns,
            system_prompt=run.tools.prompts.render("system"),
            rules=policy.rules,
            denied=policy.denied,
            resume=self._resume or self._calls > 1,
            on_start=lambda mark: run.record.note(child=dict(mark.facts())),
            spent_before_nano_usd=last.total_cost_nano_usd if last else 0,
            tokens_before=last.total_tokens if last else Tokens(),
        )

    def _on_message(self, message: Message) -> None:
        run = self._run
        cost = run.usage.cost_nano + message.cost_nano_usd
        run.emit(EventName.CLAUDE_SAID, kind=message.kind, text=message.text, cost_nano=cost)
        tokens = run.usage.tokens + message.tokens
        run.seen = Spent(tokens=tokens, cost_nano=cost)
        if time.monotonic() - self._booked_at >= BOOK_EVERY_S:
            self._booked_at = time.monotonic()
            run.tools.ledger.seen(run.held.id, run.due)
        cap = run.policy.limits.run_tokens
        if cap is not None and tokens.counted > cap:
            run.stop.set(StopReason.TOKENS, f"the run's cap of {cap} tokens is used up")

    def _account(self, result: ClaudeResult) -> None:
        run = self._run
        self._last = result
        # What a model without a known price has cost nobody can tell: it is not less than what was held.
        cost = max(result.cost_nano_usd, run.held.cost_nano) if result.unpriced else result.cost_nano_usd
        run.usage = Usage(
            tokens=run.usage.tokens + result.tokens,
            cost_nano=run.usage.cost_nano + cost,
            turns=run.usage.turns + result.turns,
            seconds=round(run.usage.seconds + result.duration_s, 3),
        )
        run.session_id = result.session_id or run.session_id
        run.seen = Spent(tokens=run.usage.tokens, cost_nano=run.usage.cost_nano)
        run.tools.ledger.seen(run.held.id, run.due)
        text = run.tools.redactor.text(result.text)
        run.record.note(
            session_id=run.session_id,
            usage=usage_facts(run.usage),
            answered=self._calls,
            conversation=answer_facts(result, text=text),
        )


def numbered(stem: str, call: int, ending: str) -> str:
    """The file of the nth call, from 1."""
    return f"{stem}.{ending}" if call == 1 else f"{stem}-{call}.{ending}"


def _time_limit_s(run: Run) -> float:
    limit = run.policy.limits.job_duration_s
    return run.policy.timeout_s if limit is None else min(run.policy.timeout_s, float(limit))


def conversation_facts(result: ClaudeResult | None) -> dict[str, Json]:
    """What a later reader needs to go on with a conversation and to pay only for its own part."""
    total = result.total_cost_nano_usd if result else 0
    return {
        "total_cost_nano": total,
        "total_tokens": tokens_facts(result.total_tokens if result else Tokens()),
    }
