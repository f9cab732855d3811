"""What every ClaudeRunner keeps: one suite over the fake, the recording and the real program.

A subclass gives a `driver` fixture: how to make one that writes the given files and then says "done".
"""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.allowance.model import Tokens
from runner.claude.protocol import ClaudeRunner
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import Heard, asked, run

KINDS = {"started", "text", "tool", "denied", "retry", "limit", "usage"}

Driver = Callable[..., ClaudeRunner]
"""`driver({name: text}, ...)`: one mapping of files for each call to come."""


def left_behind(mark: str) -> list[str]:
    """Processes whose command line has `mark` in it, such as the id of a conversation: "PID ARGUMENTS"."""
    ps = ["ps", "-ww", "-eo", "pid=,args="]  # without -ww it cuts its lines at 80 characters
    table = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    return [row for row in table.splitlines() if mark in row]


class ClaudeRunnerContract:
    """Run by pytest for each driver."""

    @pytest.fixture
    def driver(self) -> Driver:
        raise NotImplementedError

    def test_a_call_does_the_work_and_says_so(self, driver: Driver, workdir: Path) -> None:
        result = run(driver({"new.py": "x = 1\n", "docs/a.md": "# A\n"}), asked(workdir))

        assert result.outcome is Outcome.DONE
        assert result.text == "done"
        assert (workdir / "new.py").read_text() == "x = 1\n"
        assert (workdir / "docs/a.md").read_text() == "# A\n"
        assert (workdir / "calc.py").read_text().endswith("a - b\n")

    def test_nothing_is_written_beside_the_work_tree(self, driver: Driver, workdir: Path) -> None:
        before = sorted(path.name for path in workdir.parent.iterdir())

        run(driver({"new.py": "x = 1\n"}), asked(workdir))

        assert sorted(path.name for path in workdir.parent.iterdir()) == before

    def test_the_prompt_is_made_once(self, driver: Driver, workdir: Path) -> None:
        made: list[str] = []

        def prompt() -> str:
            made.append("prompt")
            return "Do it."

        run(driver({}), asked(workdir, prompt=prompt))

        assert made == ["prompt"]

    def test_the_result_belongs_to_the_asked_conversation(self, driver: Driver, workdir: Path) -> None:
        request = asked(workdir)

        assert run(driver({}), request).session_id == request.session_id

    def test_what_it_cost_is_part_of_the_result(self, driver: Driver, workdir: Path) -> None:
        result = run(driver({"new.py": "x\n"}), asked(workdir))

        assert result.tokens.counted > 0
        assert result.cost_nano_usd > 0
        assert (result.total_tokens, result.total_cost_nano_usd) == (result.tokens, result.cost_nano_usd)
        assert not result.estimated
        assert result.turns > 0
        assert result.model

    def test_a_second_call_goes_on_and_counts_only_itself(self, driver: Driver, workdir: Path) -> None:
        claude = driver({"one.py": "1\n"}, {"two.py": "2\n"})
        request = asked(workdir)

        first = run(claude, request)
        second = run(
            claude,
            replace(
                request,
                resume=True,
                spent_before_nano_usd=first.total_cost_nano_usd,
                tokens_before=first.total_tokens,
            ),
        )

        assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.DONE)
        assert (workdir / "one.py").exists()
        assert (workdir / "two.py").exists()
        assert second.session_id == first.session_id
        assert second.cost_nano_usd == first.cost_nano_usd
        assert second.total_cost_nano_usd == 2 * first.cost_nano_usd
        assert second.total_tokens == first.tokens + second.tokens

    def test_it_tells_what_it_does_in_messages_and_lines(self, driver: Driver, workdir: Path) -> None:
        heard = Heard()

        run(driver({"new.py": "x\n"}), asked(workdir), heard=heard)

        assert {message.kind for message in heard.messages} <= KINDS
        assert heard.messages[0].kind == "started"
        assert heard.texts("tool") == ["Write new.py"]
        assert all(message.text.isprintable() for message in heard.messages)
        assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in heard.lines)
        assert len(heard.lines) >= 3

    def test_the_running_numbers_never_fall(self, driver: Driver, workdir: Path) -> None:
        heard = Heard()

        result = run(driver({"new.py": "x\n"}), asked(workdir), heard=heard)

        counted = [message.tokens.counted for message in heard.messages]
        assert counted == sorted(counted)
        assert counted[-1] <= result.tokens.counted
        assert heard.messages[-1].cost_nano_usd <= result.cost_nano_usd

    @pytest.mark.parametrize(
        ("reason", "outcome"),
        [(StopReason.CANCELLED, Outcome.CANCELLED), (StopReason.LEASE_LOST, Outcome.LEASE_LOST)],
    )
    def test_stopped_before_the_start_it_costs_and_changes_nothing(
        self, driver: Driver, workdir: Path, reason: StopReason, outcome: Outcome
    ) -> None:
        stop, heard = Stop(), Heard()
        stop.set(reason)

        result = run(driver({"new.py": "x\n"}), asked(workdir, prompt=pytest.fail), stop=stop, heard=heard)

        assert (result.outcome, result.cost_nano_usd, result.tokens) == (outcome, 0, Tokens())
        assert (heard.messages, heard.lines) == ([], [])
        assert [path.name for path in workdir.iterdir()] == ["calc.py"]

    @pytest.mark.parametrize(
        ("fields", "outcome"),
        [({"budget_nano_usd": 0}, Outcome.BUDGET), ({"timeout_s": 0.0}, Outcome.TIMEOUT)],
    )
    def test_without_money_or_time_it_is_not_started(
        self, driver: Driver, workdir: Path, fields: dict[str, float], outcome: Outcome
    ) -> None:
        request = asked(workdir, prompt=pytest.fail, resume=True, spent_before_nano_usd=7, **fields)

        result = run(driver({"new.py": "x\n"}), request)

        assert (result.outcome, result.cost_nano_usd, result.total_cost_nano_usd) == (outcome, 0, 7)
        assert [path.name for path in workdir.iterdir()] == ["calc.py"]

    @pytest.mark.parametrize(
        ("reason", "outcome"),
        [
            (StopReason.CANCELLED, Outcome.CANCELLED),
            (StopReason.INTERRUPTED, Outcome.CANCELLED),
            (StopReason.TOKENS, Outcome.BUDGET),
        ],
    )
    def test_stopped_while_it_works_it_ends_with_that_result_and_leaves_nobody(
        self, driver: Driver, workdir: Path, reason: StopReason, outcome: Outcome
    ) -> None:
        stop = Stop()
        request = asked(workdir, session_id=str(uuid.uuid4()))

        result = run(
            driver({"new.py": "x\n"}), request, stop=stop, on_message=lambda _: (stop.set(reason), None)[1]
        )

        assert result.outcome is outcome
        assert result.session_id == request.session_id
        assert left_behind(request.session_id) == []
        assert not (workdir / "new.py").exists()

    def test_an_error_of_the_listener_ends_the_call_and_leaves_nobody(
        self, driver: Driver, workdir: Path
    ) -> None:
        request = asked(workdir)

        def fail(_: object) -> None:
            raise LookupError("listener")

        with pytest.raises(LookupError):
            run(driver({"new.py": "x\n"}), request, on_message=fail)

        assert left_behind(request.session_id) == []

    def test_an_error_in_the_prompt_ends_the_call_and_leaves_nobody(
        self, driver: Driver, workdir: Path
    ) -> None:
        def prompt() -> str:
            raise LookupError("prompt")

        request = asked(workdir, prompt=prompt)

        with pytest.raises(LookupError):
            run(driver({"new.py": "x\n"}), request)

        assert left_behind(request.session_id) == []
        assert not (workdir / "new.py").exists()
