"""What the page of commands says of `--json` is what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from runner.cli.schemas import OBJECTS, PRINTS
from tests.cli.console import Console, python_runner, script
from tests.support.git import Sandbox
from tests.support.recordings import record

FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
ANSWER = (
    '{"type": "system", "subtype": "init", "session_id": "s-1", "model": "m"}\n'
    '{"type": "result", "subtype": "success", "is_error": false, "result": "Yes.", "num_turns": 1, "duration_ms": 1,'
    ' "total_cost_usd": 0.01, "permission_denials": [], "stop_reason": "end_turn", "terminal_reason": "completed",'
    ' "modelUsage": {}}'
)


@pytest.fixture
def console(console: Console, repository: Sandbox, tmp_path: Path) -> Console:
    """With a little of everything: tasks in all states, settings to trust, a branch of a person's task."""
    (tmp_path / "answer").write_text(ANSWER)
    program = script(
        tmp_path / "claude",
        f'[ "$1" = --version ] && echo 2.1.0 && exit\ncat > /dev/null; cat {tmp_path}/answer\n',
    )
    console.set(RUNNER_CLAUDE_PROGRAM=program)
    seed = console.home / ".core/agentic.yaml"
    seed.parent.mkdir()
    seed.write_text("agent_id: seedling\n")
    repository.commit("settings", {".runner.toml": '[branch]\nprefix = "fix"\n'})
    for number in range(1, 8):
        console.ok("submit", f"Task {number}")
    console.ok("update", "T-4", "--status", "blocked")
    console.ok("cancel", "T-5")
    console.held_by("bob", "T-6")
    return console


@pytest.fixture
def a_run(console: Console, tmp_path: Path) -> str:
    """The id of a run that is over."""
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    run_id = console("claim", "T-1", "--json").json["run_id"]
    console.unset("RUNNER_CLAUDE_RECORDING")
    return str(run_id)


def left_behind(a_run: str, console: Console) -> str:
    """The id of a run that was killed before it asked claude."""
    ended = json.loads((console.state / "runs" / a_run / "run.json").read_text())
    folder = console.state / "runs/r-20990101-000000-000000"
    folder.mkdir()
    kept = {key: ended[key] for key in ("schema", "agent_id", "clone", "checkout")}
    (folder / "run.json").write_text(json.dumps(kept | {"id": folder.name, "steps": []}))
    return folder.name


AT_WORK = """
import sys, time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from runner.allowance.holder import holder_of_this_process
from runner.runs.record import RunRecord

holder = asdict(holder_of_this_process())
record = RunRecord.create(Path(sys.argv[1]), "r-1", lambda: datetime.now(UTC), holder=holder)
print("ready", flush=True)
time.sleep(60)
"""


@contextmanager
def at_work(console: Console) -> Iterator[str]:
    """The id of a run that a living process works on."""
    arguments = python_runner()
    words = [sys.executable, "-c", AT_WORK, str(console.state / "runs")]
    process = subprocess.Popen(
        words, env=arguments["env"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield "r-1"
        process.kill()


ARGUMENTS: dict[str, tuple[str, ...]] = {
    "submit": ("One more",),
    "show": ("T-1",),
    "update": ("T-2", "--note", "x"),
    "answer": ("T-4", "yes"),
    "complete": ("T-2",),
    "cancel": ("T-2",),
    "requeue": ("T-5",),
    "release": ("T-6",),
    "ask": ("Why?",),
    "context": ("--query", "add"),
    "prompts show": ("task",),
    "trust": ("--yes",),
    "config set": ("claude.model", "sonnet"),
    "allowance set": ("--daily-jobs", "5"),
    "take": ("T-7",),
    "commit": ("-m", "work", "--task", "T-7"),
    "pr": ("--task", "T-7"),
}
BEFORE: dict[str, Callable[[Console], object]] = {
    "commit": lambda _: Path("calc.py").write_text("x = 1\n"),
    "pr": lambda console: console.ok("take", "T-7"),
    "trust --list": lambda console: console.ok("trust", "--yes"),
    "allowance show": lambda console: console.hold("r-other"),
}


@pytest.mark.parametrize("command", PRINTS)
def test_a_command_prints_the_object_that_the_page_names(
    console: Console, request: pytest.FixtureRequest, command: str
) -> None:
    if command in BEFORE:
        BEFORE[command](console)
    words = [*command.split(), *ARGUMENTS.get(command, ())]
    if command in {"claim", "claim --dry-run"}:
        words.append("T-3")
    if command in {"runs", "runs show", "replay", "resume"}:
        run_id = request.getfixturevalue("a_run")
        words += [] if command == "runs" else [run_id]
    if command == "resume":
        words[-1] = left_behind(words[-1], console)

    with at_work(console) if command == "stop" else nullcontext():
        said = console(*words, "--json")

    assert said.code in {0, 5}, said
    kind, value = PRINTS[command], said.json
    if kind.startswith("["):
        assert isinstance(value, list)
        assert value
        value = value[0]
    if kind == "[text]":
        assert isinstance(value, str)
    else:
        assert list(value) == list(OBJECTS[kind.strip("[]")])


def test_an_error_prints_the_object_that_the_page_names(console: Console) -> None:
    assert list(console("show", "T-99", "--json").json) == list(OBJECTS["error"])


def keys_in(words: str) -> set[str]:
    """The keys in the braces of a description."""
    inside = words.partition("{")[2].partition("}")[0]
    return {key.strip() for key in inside.split(",")} - {"..."}


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("show T-1", "task.attempts"),
        ("show T-1", "task.result"),
        ("allowance show", "allowance.rules"),
        ("allowance show", "allowance.holds"),
        ("allowance explain", "verdict.ask"),
        ("status", "status.quotas"),
        ("context --query add", "context.items"),
        ("claim T-3 --dry-run", "preview.estimate"),
        ("claim T-3", "report.usage"),
        ("claim T-3", "report.checks"),
    ],
)
def test_what_is_inside_is_named_too(console: Console, a_run: str, command: str, place: str) -> None:
    console.hold("r-other")
    kind, _, key = place.partition(".")

    value: Any = console(*command.split(), "--json").json[key]

    inner = value[0] if isinstance(value, list) else value
    assert keys_in(OBJECTS[kind][key]) <= set(inner)
    assert "..." in OBJECTS[kind][key] or keys_in(OBJECTS[kind][key]) == set(inner)


def test_a_place_in_the_code_has_three_keys(console: Console) -> None:
    console.ok("submit", "x", "--file", "calc.py:1")

    assert set(console.show("T-8")["files"][0]) == keys_in(OBJECTS["task"]["files"])
