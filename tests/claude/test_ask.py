"""Questions outside any run (behaviours 104 and 105 of the seed)."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import pytest

from runner.claude.ask import AskDefaults, ask
from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeRequest, Message
from runner.errors import ClaudeNotStarted
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import Script
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import MessagesApi, text, tool
from tests.support.fake_claude import FakeClaude

SESSION = str(uuid4())


def requested(tmp_path: Path, **options: object) -> ClaudeRequest:
    claude = FakeClaude()
    ask(claude, "What is this?", tmp_path, session_id=SESSION, **options)  # type: ignore[arg-type]
    return claude.requests[0]


def test_a_question_reads_and_changes_nothing_by_default(tmp_path: Path) -> None:
    request = requested(tmp_path)

    assert request.tools == ("Read", "Glob", "Grep")
    assert not request.edit
    assert request.prompt() == "What is this?"
    assert (request.workdir, request.session_id) == (tmp_path, SESSION)
    assert not request.trusted_project


def test_a_shell_comes_only_with_scoped_rules(tmp_path: Path) -> None:
    request = requested(tmp_path, defaults=AskDefaults(rules=("Bash(git log *)",)))

    assert request.tools == ("Read", "Glob", "Grep", "Bash")
    assert request.rules == ("Bash(git log *)",)


def test_rules_for_changing_files_count_only_with_editing(tmp_path: Path) -> None:
    defaults = AskDefaults(rules=("Edit(docs/**)", "Bash(make *)"))

    assert requested(tmp_path, defaults=defaults).rules == ("Bash(make *)",)
    assert requested(tmp_path, defaults=defaults, edit=True).rules == defaults.rules


def test_editing_is_honoured_for_one_question_and_as_a_default(tmp_path: Path) -> None:
    once = requested(tmp_path, edit=True)
    always = requested(tmp_path, defaults=AskDefaults(edit=True))
    not_this_time = requested(tmp_path, edit=False, defaults=AskDefaults(edit=True))

    assert once.edit
    assert once.tools == always.tools == ("Read", "Glob", "Grep", "Edit", "Write")
    assert always.edit
    assert not not_this_time.edit
    assert not_this_time.tools == ("Read", "Glob", "Grep")


def test_the_tools_of_a_question_go_before_the_defaults(tmp_path: Path) -> None:
    defaults = AskDefaults(tools=("Read",))

    assert requested(tmp_path, defaults=defaults).tools == ("Read",)
    assert requested(tmp_path, defaults=defaults, tools=("Grep",)).tools == ("Grep",)
    assert requested(tmp_path, defaults=AskDefaults(tools=())).tools == ("Read", "Glob", "Grep")


def test_the_other_defaults_reach_claude(tmp_path: Path) -> None:
    defaults = AskDefaults(
        model="haiku",
        budget_nano_usd=5,
        max_turns=3,
        timeout_s=7.0,
        denied=("/state",),
        trusted_project=True,
    )

    request = requested(tmp_path, defaults=defaults)

    assert (request.model, request.budget_nano_usd, request.max_turns) == ("haiku", 5, 3)
    assert (request.timeout_s, request.denied, request.trusted_project) == (7.0, ("/state",), True)


def test_a_task_hears_how_far_the_question_is(tmp_path: Path) -> None:
    heard: list[tuple[int, str]] = []
    messages: list[Message] = []
    lines: list[bytes] = []

    result = ask(
        FakeClaude(writes={"a": "b"}),
        "What?",
        tmp_path,
        session_id=SESSION,
        progress=lambda percent, word: heard.append((percent, word)),
        on_message=messages.append,
        on_line=lines.append,
    )

    assert result.outcome is Outcome.DONE
    assert heard == [(10, "started"), (50, "running"), (100, "completed")]
    assert [message.kind for message in messages] == ["started", "tool"]
    assert lines


def test_a_question_that_fails_is_done_for_its_task_too(tmp_path: Path) -> None:
    heard: list[tuple[int, str]] = []
    claude = FakeClaude(outcome=Outcome.OVERLOADED)

    result = ask(claude, "?", tmp_path, session_id=SESSION, progress=lambda *said: heard.append(said))

    assert result.outcome is Outcome.OVERLOADED
    assert heard[-1] == (100, "failed")


def test_a_claude_that_does_not_start_is_an_error_and_a_failure(script: Script, tmp_path: Path) -> None:
    heard: list[tuple[int, str]] = []

    with pytest.raises(ClaudeNotStarted):
        ask(
            script("sleep 0.1; exit 3"),
            "?",
            tmp_path,
            session_id=SESSION,
            progress=lambda *said: heard.append(said),
        )

    assert heard == [(10, "started"), (100, "failed")]


def test_a_question_can_be_stopped(tmp_path: Path) -> None:
    stop = Stop()
    stop.set(StopReason.INTERRUPTED)

    assert ask(FakeClaude(), "?", tmp_path, session_id=SESSION, stop=stop).outcome is Outcome.CANCELLED


def test_the_real_program_answers_and_leaves_the_folder_alone(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "secret plan.md").write_text("# BANANA\n")
    answers = [
        tool("Read", file_path="{cwd}/secret plan.md"),
        tool("Write", file_path="{cwd}/new.md", content="x"),
        text("It is about bananas."),
    ]

    with MessagesApi(answers) as api:
        claude = ClaudeProgram(real_claude(), claude_environment(api.url), max_retries=0)
        result = ask(claude, "What is this?", folder, session_id=SESSION)

    assert (result.outcome, result.text) == (Outcome.DONE, "It is about bananas.")
    assert "BANANA" in json.dumps(api.requests[1].body)
    assert [path.name for path in folder.iterdir()] == ["secret plan.md"]
