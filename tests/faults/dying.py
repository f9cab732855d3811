"""Runners that live in this process and can be killed between any two acts: from then on nothing of them does anything.

An exception runs `finally` blocks, a SIGKILL does not. So a killed runner's hands are tied as well: every record,
queue, ledger and forge that it was given refuses each further call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from runner.allowance.model import Holder, Tokens
from runner.claude.answer import ended_before_start, reader_for, to_result
from runner.claude.outcome import Ending
from runner.claude.prices import cost_nano_usd
from runner.claude.protocol import ClaudeRequest, ClaudeResult, Message
from runner.claude.spending import Spending
from runner.errors import OutsideTrouble
from runner.process.stop import Stop, StopReason
from runner.runs.record import RunRecord
from tests.support import claude_lines as lines

ANSWER = Tokens(input=1000, output=50)
ANSWER_NANO = cost_nano_usd(lines.MODEL, ANSWER)
USAGE = {"input_tokens": ANSWER.input, "output_tokens": ANSWER.output}
ANSWERS_PER_CALL = 2


class Killed(BaseException):
    """SIGKILL."""


@dataclass(slots=True, kw_only=True)
class Runner:
    """One process: what befalls it, and at which of its acts (from 1; 0 is never)."""

    number: int
    dies_at: int = 0
    interrupted_at: int = 0
    sleeps_at: int = 0
    asleep: Callable[[], None] = lambda: None
    """What happens in the world while it sleeps."""
    stop: Stop = field(default_factory=Stop)
    acts: int = 0
    dead: bool = False

    @property
    def holder(self) -> Holder:
        return Holder(boot_id="memory", pid=self.number, started=self.number)

    def act(self) -> None:
        """Called before and after each act. Raises: Killed (it is dead, now or since an earlier act)."""
        if self.dead:
            raise Killed
        self.acts += 1
        if self.acts == self.dies_at:
            self.dead = True
            raise Killed
        if self.acts == self.interrupted_at:
            self.stop.set(StopReason.INTERRUPTED, "interrupted")
        if self.acts == self.sleeps_at:
            self.asleep()


class Handed:
    """Something of the world as it was handed to a runner: each call is an act of that runner.

    What its background threads ask for is no act of its own, and refused once it is dead.
    """

    def __init__(
        self, thing: Any, runner: Runner, guard: threading.RLock, before: Callable[[], None]
    ) -> None:
        self._thing, self._runner, self._guard, self._before = thing, runner, guard, before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        return self._wrapped(found) if callable(found) else found

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*words: Any, **named: Any) -> Any:
            mine = threading.current_thread() is threading.main_thread()
            if mine:
                self._runner.act()
            elif self._runner.dead:
                raise OutsideTrouble("its process was killed")
            with self._guard:
                self._before()
                answer = call(*map(self._own, words), **named)
            if mine:
                self._runner.act()
            return answer

        return asked

    def _own(self, word: Any) -> Any:
        """All runners of a test are one process; the ledger is to tell them apart."""
        return self._runner.holder if isinstance(word, Holder) else word


class Stage:
    """Who is at work now; the records of runs are theirs."""

    def __init__(self) -> None:
        self.runner: Runner | None = None

    @contextmanager
    def working(self, runner: Runner) -> Iterator[None]:
        before, self.runner = self.runner, runner
        try:
            yield
        finally:
            self.runner = before


@contextmanager
def mortal_records(stage: Stage) -> Iterator[None]:
    """Each file of a run that is written, and each folder that is thrown away, is an act of who is at work."""
    write, discard = RunRecord.write, RunRecord.discard

    def act(record: RunRecord) -> None:
        try:
            if stage.runner is not None:
                stage.runner.act()
        except Killed:
            record.let_go()  # the system does, when a process ends
            raise

    def dying_write(record: RunRecord, name: str, content: bytes) -> None:
        act(record)
        write(record, name, content)
        act(record)

    def dying_discard(record: RunRecord) -> None:
        act(record)
        discard(record)

    RunRecord.write = dying_write  # type: ignore[assignment,method-assign]  # the one place where all of a run's writes pass
    RunRecord.discard = dying_discard  # type: ignore[assignment,method-assign]  # the same
    try:
        yield
    finally:
        RunRecord.write = write  # type: ignore[method-assign]
        RunRecord.discard = discard  # type: ignore[method-assign]


@dataclass(slots=True)
class Bank:
    """What the API was paid for, and the conversations that it has answered in."""

    paid_nano: int = 0
    known: set[str] = field(default_factory=set)
    calls: int = 0


class PaidClaude:
    """A Claude that can be killed between two answers; each answer is paid for when it is there."""

    def __init__(self, bank: Bank, runner: Runner, writes: dict[str, str], *, crashes: bool = False) -> None:
        self._bank, self._runner, self._writes, self._crashes = bank, runner, writes, crashes

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
        self._runner.act()
        self._bank.calls += 1
        request.prompt()
        reader = reader_for(request)

        def hear(line: bytes) -> None:
            on_line(line)
            for message in reader.read(line):
                on_message(message)

        ending = self._answers(request, hear, stop)
        return to_result(request, reader, ending, duration_s=0.1, session_id=request.session_id)

    def _answers(self, request: ClaudeRequest, hear: Callable[[bytes], None], stop: Stop) -> Ending:
        hear(lines.init(request.session_id))
        if request.resume and request.session_id not in self._bank.known:
            hear(
                lines.result(
                    "No conversation found",
                    is_error=True,
                    subtype="error_during_execution",
                    num_turns=0,
                    since=(Tokens(), 0.0),
                )
            )
            return Ending(exit_code=1)
        for number in range(ANSWERS_PER_CALL):
            self._runner.act()
            if stop.reason is not None:
                return Ending(exit_code=143, stop=stop.reason)
            self._answer(request, hear, f"msg-{self._bank.calls}-{number}")
        for name, text in self._writes.items():
            (request.workdir / name).write_text(text)
            self._runner.act()
        if self._crashes:
            return Ending(exit_code=1)
        hear(self._result(request))
        self._runner.act()
        return Ending(exit_code=0)

    def _answer(self, request: ClaudeRequest, hear: Callable[[bytes], None], message_id: str) -> None:
        self._bank.paid_nano += ANSWER_NANO
        self._bank.known.add(request.session_id)
        hear(lines.started(message_id, input_tokens=ANSWER.input, output_tokens=1))
        hear(lines.delta(input_tokens=ANSWER.input, output_tokens=ANSWER.output))
        hear(lines.message(message_id, lines.said("working"), usage=USAGE))

    def _result(self, request: ClaudeRequest) -> bytes:
        call = Spending()
        for _ in range(ANSWERS_PER_CALL):
            call = Spending(tokens=call.tokens + ANSWER, cost_nano_usd=call.cost_nano_usd + ANSWER_NANO)
        total = request.spent_before_nano_usd + call.cost_nano_usd
        return lines.result(
            "It adds now, and the check passes.",
            cost_usd=total / 1e9,
            tokens=request.tokens_before + call.tokens,
            since=(call.tokens, call.cost_nano_usd / 1e9),
        )
