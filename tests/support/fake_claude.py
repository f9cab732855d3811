"""A Claude of our own for tests: writes the given files and ends as told; keeps everything it was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runner.allowance.model import Tokens
from runner.claude.answer import ended_before_start, unstarted
from runner.claude.outcome import STOPPED
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message, ToolDenial
from runner.process.stop import Stop
from runner.tasks.model import Outcome
from tests.support.claude_lines import init, message, result, said, used

FAKE_TOKENS = Tokens(input=10, output=5)
FAKE_COST_NANO_USD = 140_000


class FakeClaude:
    """`writes` are files of the first call, `repairs` those of the calls after it, one mapping each.

    With several `outcomes` each call takes the next; the last one stays.
    """

    def __init__(
        self,
        *,
        writes: dict[str, str] | None = None,
        repairs: tuple[dict[str, str], ...] = (),
        outcome: Outcome = Outcome.DONE,
        outcomes: tuple[Outcome, ...] = (),
        text: str = "done",
        denials: tuple[ToolDenial, ...] = (),
        tokens: Tokens = FAKE_TOKENS,
        cost_nano_usd: int = FAKE_COST_NANO_USD,
        session_id: str = "",
        retry_at: datetime | None = None,
        during: Callable[[ClaudeRequest], None] | None = None,
    ) -> None:
        """`session_id` replaces the asked one (a conversation started over); `during` is called while it works."""
        self.outcomes = outcomes or (outcome,)
        self.text = text
        self.denials = denials
        self.tokens = tokens
        self.cost_nano_usd = cost_nano_usd
        self.prompts: list[str] = []
        self.requests: list[ClaudeRequest] = []
        self._writes = (writes or {}, *repairs)
        self._session_id = session_id
        self._retry_at = retry_at
        self._during = during

    def run(
        self,
        request: ClaudeRequest,
        *,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
        stop: Stop,
    ) -> ClaudeResult:
        early = ended_before_start(request, stop)
        if early is not None:
            return early
        self.requests.append(request)
        self.prompts.append(request.prompt())
        turn = len(self.requests) - 1
        writes = self._writes[turn] if turn < len(self._writes) else {}
        on_line(init(request.session_id))
        on_message(Message(kind="started", text="claude fake", tokens=Tokens(), cost_nano_usd=0))
        for name, text in writes.items():
            if stop.is_set():
                break
            self._write(request, name, text, on_message, on_line)
        if self._during is not None:
            self._during(request)
        return self._result(request, turn, on_line, stop)

    def _write(
        self,
        request: ClaudeRequest,
        name: str,
        text: str,
        on_message: Callable[[Message], None],
        on_line: Callable[[bytes], None],
    ) -> None:
        path = request.workdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        on_line(message(f"msg-{name}", used("Write", file_path=str(path), content=text)))
        on_message(Message(kind="tool", text=f"Write {name}", tokens=self.tokens, cost_nano_usd=0))

    def _result(
        self, request: ClaudeRequest, turn: int, on_line: Callable[[bytes], None], stop: Stop
    ) -> ClaudeResult:
        if stop.reason is not None:
            return unstarted(request, STOPPED[stop.reason], f"stopped: {stop.reason.value.replace('_', ' ')}")
        total = request.spent_before_nano_usd + self.cost_nano_usd
        usage = {"input_tokens": self.tokens.input, "output_tokens": self.tokens.output}
        on_line(message("msg-last", said(self.text), usage=usage))
        on_line(result(self.text, cost_usd=total / 1e9, tokens=request.tokens_before + self.tokens))
        return ClaudeResult(
            outcome=self.outcomes[min(turn, len(self.outcomes) - 1)],
            text=self.text,
            tokens=self.tokens,
            cost_nano_usd=self.cost_nano_usd,
            session_id=self._session_id or request.session_id,
            denials=self.denials,
            turns=1,
            model=request.model or "fake",
            retry_at=self._retry_at,
            total_cost_nano_usd=total,
            total_tokens=request.tokens_before + self.tokens,
        )
