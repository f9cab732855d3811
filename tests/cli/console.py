"""The command line as a person or a program meets it: words in, text and an exit code out."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.allowance.files.ledger import FileLedger
from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits
from runner.cli.main import run
from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import Claimed, ClaimRequest, Ending, Outcome
from runner.tasks.schema import TASKS
from tests.support.git import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> tuple[int, str, str]:
        """Exit code, message and hint; there was exactly one line of each, and nothing on standard output."""
        assert self.out == "", self.out
        lines = [line for line in self.err.splitlines() if line.startswith(("error: ", "hint: "))]
        assert len(lines) == 2, self.err
        return self.code, lines[0].removeprefix("error: "), lines[1].removeprefix("hint: ")


class Terminal(io.StringIO):
    """An input at which somebody sits and has typed already."""

    def isatty(self) -> bool:
        return True


class Console:
    """Types commands in this process; `home` is where they keep their things."""

    def __init__(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
    ) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self.home = home
        self.state = home / ".local/state/runner"
        self.settings = home / ".config/runner/config.toml"
        self.limits = home / ".config/runner/allowance.toml"

    def __call__(self, *words: str, given: bytes = b"", typed: str | None = None) -> Said:
        """Run one command; `given` is its standard input, `typed` the same at a terminal."""
        with self._monkeypatch.context() as patch:
            stdin = io.TextIOWrapper(io.BytesIO(given)) if typed is None else Terminal(typed)
            patch.setattr(sys, "stdin", stdin)
            self._capsys.readouterr()
            code = run(list(words))
        captured = self._capsys.readouterr()
        return Said(code=code, out=captured.out, err=captured.err)

    def ok(self, *words: str, **more: Any) -> str:
        """The standard output of a command that must succeed, without its last newline."""
        said = self(*words, **more)
        assert said.code == 0, said
        return said.out.removesuffix("\n")

    def show(self, task_id: str) -> dict[str, Any]:
        """A task as `show --json` has it."""
        task = json.loads(self.ok("show", task_id, "--json"))
        assert isinstance(task, dict)
        return task

    def stand_in(self, folder: Path) -> None:
        """Go to a folder."""
        self._monkeypatch.chdir(folder)

    def set(self, **variables: str) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def unset(self, *names: str) -> None:
        for name in names:
            self._monkeypatch.delenv(name, raising=False)

    def held_by(self, agent_id: str, task_id: str, *, run_id: str = "") -> Claimed:
        """Let another agent claim a task, as its own process would."""
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            request = ClaimRequest(
                agent_id=agent_id, request_id=f"by-{agent_id}-{task_id}", task_id=task_id, run_id=run_id
            )
            return EmbeddedClaims(database).claim(request)

    def park(self, task_id: str) -> None:
        """Let another agent claim a task and meet a usage limit that resets in an hour."""
        claimed = self.held_by("bob", task_id)
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            later = datetime.now(UTC) + timedelta(hours=1)
            EmbeddedClaims(database).complete(
                claimed.lease, Ending(outcome=Outcome.LIMIT_UNTIL, retry_at=later)
            )

    def events(self, task_id: str) -> list[str]:
        """The names of what happened to a task."""
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            return [event.name for event in EmbeddedBoard(database).events(task_id)]

    def leftovers(self) -> list[str]:
        """Work trees and branches of ours that are still there."""
        trees = [str(path) for path in (self.state / "worktrees").glob("*/*")]
        clones = (self.state / "clones").glob("*.git")
        return trees + [branch for clone in clones for branch in Sandbox(clone).branches()]

    def hold(self, run_id: str, *, limits: Limits | None = None) -> FileLedger:
        """Let another run of the agent `me` hold something of the allowance; returns the ledger that can release it."""
        held = limits or Limits()
        ledger = FileLedger(self.state / "allowance", lambda _: held, time.time)
        ask = Ask(id=run_id, agent_id="me", model="", tokens=1, cost_nano=1)
        assert ledger.reserve(ask, holder_of_this_process()).denial is None
        return ledger

    def holds(self) -> list[Any]:
        """What is held of the allowance right now."""
        held = json.loads(self.ok("allowance", "show", "--json"))["holds"]
        assert isinstance(held, list)
        return held


def script(path: Path, text: str) -> str:
    """A program of our own; returns its path."""
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return str(path)


def python_runner(*words: str, cwd: Path | None = None, **variables: str) -> dict[str, Any]:
    """The arguments of `subprocess.run` for the real program, as text, with a time limit."""
    top = Path(__file__).parents[2]
    return {
        "args": [sys.executable, "-m", "runner", *words],
        "env": {**os.environ, "PYTHONPATH": str(top), **variables},
        "cwd": cwd,
        "text": True,
        "timeout": 60,
        "check": False,
    }


def is_as_before(console: Console, checkout: Sandbox | None = None) -> bool:
    """The task is free, no attempt is used, nothing is held or lying about."""
    task = console.show("T-1")
    assert (task["status"], task["attempts"], task["claimed_by"]) == ("pending", [], None)
    assert console.holds() == []
    assert console.leftovers() == []
    assert checkout is None or checkout.branches() == ["main"]
    return True
