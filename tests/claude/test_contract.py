"""The contract of ClaudeRunner, over the fake, a recording and the real program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeRunner
from runner.claude.recorded import RecordedClaude
from tests.claude.contract import ClaudeRunnerContract, Driver
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import MessagesApi, text, tools
from tests.support.fake_claude import FakeClaude
from tests.support.recordings import git_apply, record


class TestFakeClaude(ClaudeRunnerContract):
    @pytest.fixture
    def driver(self) -> Driver:
        def make(*writes: dict[str, str]) -> ClaudeRunner:
            return FakeClaude(writes=writes[0], repairs=writes[1:])

        return make


class TestRecordedClaude(ClaudeRunnerContract):
    @pytest.fixture
    def driver(self, tmp_path_factory: pytest.TempPathFactory) -> Driver:
        def make(*writes: dict[str, str]) -> ClaudeRunner:
            place = tmp_path_factory.mktemp("recording")
            return RecordedClaude(record(place / "run", *writes, scratch=place / "scratch"), git_apply)

        return make


class TestClaudeProgram(ClaudeRunnerContract):
    @pytest.fixture
    def driver(self) -> Iterator[Driver]:
        program = real_claude()
        with ExitStack() as running:

            def make(*writes: dict[str, str]) -> ClaudeRunner:
                answers = [
                    answer
                    for files in writes
                    for answer in (
                        tools(*(_write(name, content) for name, content in files.items())),
                        text("done"),
                    )
                    if answer.blocks
                ]
                api = running.enter_context(MessagesApi(answers))
                return ClaudeProgram(program, claude_environment(api.url), max_retries=0)

            yield make


def _write(name: str, content: str) -> tuple[str, dict[str, str]]:
    return "Write", {"file_path": f"{{cwd}}/{name}", "content": content}
