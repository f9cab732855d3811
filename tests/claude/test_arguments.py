"""The command line of a request, and that the real program takes it as it is meant."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from runner.claude.arguments import arguments, usd
from runner.errors import ClaudeNotStarted, SettingsProblem
from runner.tasks.model import Outcome
from tests.claude.conftest import Speak, asked
from tests.peers.messages_api import text, tool

FOLDER = Path("/my tree")
SESSION = "00000000-0000-4000-8000-000000000000"


def argv(**fields: Any) -> tuple[str, ...]:
    return arguments(asked(FOLDER, **({"session_id": SESSION} | fields)))


def test_a_plain_request_is_this_command_line() -> None:
    assert argv() == (
        "-p",
        "--output-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--strict-mcp-config",
        f"--session-id={SESSION}",
        "--permission-mode=acceptEdits",
        "--setting-sources=user",
        '--settings={"attribution":{"commit":"","pr":""},"includeGitInstructions":false}',
    )


def test_everything_that_can_be_asked_for_is_bound_to_its_flag() -> None:
    line = argv(
        resume=True,
        trusted_project=True,
        tools=("Read", "Bash"),
        rules=("Bash(pytest *)", "Edit(docs/**)"),
        denied=("/state",),
        max_turns=7,
        budget_nano_usd=1_500_000_001,
        model="sonnet[1m]",
        system_prompt="--be brief\n",
    )

    assert line[5:] == (
        f"--resume={SESSION}",
        "--permission-mode=acceptEdits",
        "--setting-sources=user,project,local",
        '--settings={"attribution":{"commit":"","pr":""},"includeGitInstructions":false}',
        "--tools=Read,Bash",
        "--allowedTools=Bash(pytest *)",
        "--allowedTools=Edit(docs/**)",
        "--disallowedTools=Read(//state)",
        "--disallowedTools=Read(//state/**)",
        "--disallowedTools=Edit(//state)",
        "--disallowedTools=Edit(//state/**)",
        "--max-turns=7",
        "--max-budget-usd=1.500000001",
        "--model=sonnet[1m]",
        "--append-system-prompt=--be brief\n",
    )


def test_without_edit_only_reading_tools_are_offered_and_the_others_taken_away() -> None:
    line = argv(edit=False)

    assert "--permission-mode=default" in line
    assert "--tools=Read,Glob,Grep" in line
    assert [part for part in line if part.startswith("--disallowed")] == [
        "--disallowedTools=Edit",
        "--disallowedTools=Write",
        "--disallowedTools=NotebookEdit",
    ]


def test_without_edit_a_rule_for_a_command_brings_the_shell_along() -> None:
    assert "--tools=Read,Glob,Grep,Bash" in argv(edit=False, rules=("Bash(git log *)",))


def test_without_any_tool_the_system_prompt_is_ours_alone() -> None:
    line = argv(tools=(), system_prompt="Be brief.")

    assert "--tools=" in line
    assert "--system-prompt=Be brief." in line


@pytest.mark.parametrize(
    "fields",
    [
        {"rules": ("Bash",)},
        {"rules": ("Read",)},
        {"edit": False, "rules": ("Edit(docs/**)",)},
        {"edit": False, "tools": ("Read", "Edit")},
        {"tools": ("--verbose",)},
        {"tools": ("Read,Bash",)},
        {"tools": ("",)},
        {"denied": ("relative",)},
        {"denied": (str(FOLDER.parent),)},
        {"model": ""},
        {"model": "-p"},
        {"model": "a b"},
        {"model": "a\0"},
        {"system_prompt": "x" * 120_001},
        {"system_prompt": "a\0b"},
    ],
)
def test_what_must_not_reach_a_command_line_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(SettingsProblem) as raised:
        argv(**fields)

    assert raised.value.hint
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("session_id", ["", "--help", "../x", "abc"])
def test_only_a_uuid_can_name_a_conversation(session_id: str) -> None:
    with pytest.raises(ClaudeNotStarted, match="is not the id of a claude conversation"):
        argv(session_id=session_id, resume=True)


@pytest.mark.parametrize(
    ("nano", "decimal"),
    [
        (1, "0.000000001"),
        (999_999_999, "0.999999999"),
        (10**9, "1.000000000"),
        (12 * 10**18 + 5, "12000000000.000000005"),
    ],
)
def test_money_is_written_exactly(nano: int, decimal: str) -> None:
    assert usd(nano) == decimal


def test_the_real_program_takes_every_flag(speak: Speak, tmp_path: Path) -> None:
    spoken = speak(
        text("fine"),
        trusted_project=True,
        tools=("Read", "Bash"),
        rules=("Bash(pytest *)", "Bash(make test)"),
        denied=(str(tmp_path / "state (1), [old]*"),),
        max_turns=7,
        budget_nano_usd=123_456_789_123_456_789,
        model="sonnet",
        system_prompt="--be brief\n-p",
        prompt="--help\n-p",
    )

    request = spoken.requests[0]
    assert spoken.result.outcome is Outcome.DONE
    assert request.model == spoken.result.model == "claude-sonnet-5-5"
    assert "--be brief\n-p" in request.system
    assert "--help\n-p" in request.messages
    assert {"Read", "Bash"} <= set(request.tools)
    assert "Edit" not in request.tools


def test_the_real_program_is_not_asked_to_sign_commits_with_its_own_name(speak: Speak) -> None:
    request = speak(text("fine")).requests[0]

    assert "Co-Authored-By" not in json.dumps(request.body)
    assert "Generated with" not in json.dumps(request.body)


def test_the_real_program_offers_what_was_asked_for(speak: Speak) -> None:
    reading = speak(text("fine"), edit=False).requests[0]
    nothing = speak(text("fine"), tools=(), system_prompt="Be brief.").requests[0]

    assert {"Read", "Glob", "Grep"} <= set(reading.tools)
    assert not {"Edit", "Write", "NotebookEdit", "Bash"} & set(reading.tools)
    assert nothing.tools == ()
    assert "Be brief." in nothing.system


def test_the_real_program_counts_a_budget_and_turns_anew_after_a_resume(speak: Speak) -> None:
    session = str(uuid.uuid4())
    first = speak(text("dear", input_tokens=100_000), session_id=session).result
    later = {
        "session_id": session,
        "resume": True,
        "spent_before_nano_usd": first.total_cost_nano_usd,
        "tokens_before": first.total_tokens,
    }
    assert first.cost_nano_usd == 401_000_000

    enough = speak(text("cheap"), budget_nano_usd=6_000_000, max_turns=1, **later).result
    spent = speak(tool("Bash", command="ls"), text("never"), budget_nano_usd=4_000_000, **later).result

    assert (enough.outcome, enough.cost_nano_usd, enough.total_cost_nano_usd) == (
        Outcome.DONE,
        5_000_000,
        406_000_000,
    )
    assert (spent.outcome, spent.cost_nano_usd) == (Outcome.BUDGET, 5_000_000)
