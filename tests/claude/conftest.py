"""The real program against scripted answers, one call in one line."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runner.claude.call import Patience
from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeRequest, ClaudeResult, ClaudeRunner, Message
from runner.process.stop import Stop
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import Answer, MessagesApi, Request
from tests.support.claude_lines import init, result


@dataclass(slots=True)
class Heard:
    """What a call told while it ran."""

    messages: list[Message] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)

    @property
    def stream(self) -> bytes:
        return b"".join(self.lines)

    def texts(self, kind: str) -> list[str]:
        return [message.text for message in self.messages if message.kind == kind]


def asked(workdir: Path, **fields: Any) -> ClaudeRequest:
    """A request with a new session; `prompt` may be a plain text."""
    prompt = fields.pop("prompt", "Do it.")
    defaults: dict[str, Any] = {
        "prompt": prompt if callable(prompt) else lambda: prompt,
        "workdir": workdir,
        "session_id": str(uuid.uuid4()),
        "timeout_s": 60.0,
    }
    return ClaudeRequest(**(defaults | fields))


def run(
    claude: ClaudeRunner,
    request: ClaudeRequest,
    *,
    stop: Stop | None = None,
    heard: Heard | None = None,
    on_message: Callable[[Message], None] = lambda _: None,
) -> ClaudeResult:
    """One call; what it told is in `heard`."""
    heard = heard or Heard()

    def hear(message: Message) -> None:
        heard.messages.append(message)
        on_message(message)

    return claude.run(request, on_message=hear, on_line=heard.lines.append, stop=stop or Stop())


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The result of one call of the real program, what it told, and what the API was asked."""

    result: ClaudeResult
    heard: Heard
    requests: list[Request]

    @property
    def denied(self) -> list[tuple[str, str]]:
        return [(denial.tool, denial.what) for denial in self.result.denials]


Speak = Callable[..., Spoken]


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """A folder with one file for claude to work in."""
    folder = tmp_path / "work tree"
    folder.mkdir()
    (folder / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    return folder


@pytest.fixture
def speak(workdir: Path) -> Speak:
    """`speak(*answers, **fields of the request)`: the real program, once, in `workdir`."""
    program = real_claude()

    def once(
        *answers: Answer, environment: dict[str, str] | None = None, max_retries: int = 0, **fields: Any
    ) -> Spoken:
        heard = Heard()
        with MessagesApi(answers) as api:
            variables = claude_environment(api.url, **(environment or {}))
            claude = ClaudeProgram(program, variables, max_retries=max_retries)
            result = run(claude, asked(workdir, **fields), heard=heard)
        return Spoken(result=result, heard=heard, requests=api.requests)

    return once


INIT = init("s-1").decode()
RESULT = result("done", cost_usd=0.005).decode()

Script = Callable[..., ClaudeProgram]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """`script(body, version=...)`: a ClaudeProgram around a shell script; `$HERE` is a folder of its own."""

    def make(
        body: str, *, version: str = "echo '2.1.330 (Claude Code)'", patience: Patience | None = None
    ) -> ClaudeProgram:
        here = tmp_path / "program"
        here.mkdir()
        (here / "init").write_text(INIT)
        (here / "result").write_text(RESULT)
        path = here / "claude"
        path.write_text(
            f'#!/bin/sh\nHERE={here}\nif [ "$1" = --version ]; then\n{version}\nexit\nfi\n{body}\n'
        )
        path.chmod(0o755)
        return ClaudeProgram(str(path), os.environ, patience=patience)

    return make
