"""`runner ask` and `runner prompts`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console, script
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import MessagesApi, error, text, tool

ANSWER = (
    '{"type": "system", "subtype": "init", "session_id": "s-1", "model": "m"}',
    '{"type": "result", "subtype": "success", "is_error": false, "result": "In clock.py.\\\\n\\\\u001b[2JDone.",'
    ' "num_turns": 1, "duration_ms": 10, "total_cost_usd": 0.01, "permission_denials": [], "stop_reason": "end_turn",'
    ' "terminal_reason": "completed", "modelUsage": {"m": {"inputTokens": 100, "outputTokens": 5,'
    ' "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0, "costUSD": 0.01}}}',
)


@pytest.fixture
def console(console: Console, tmp_path: Path) -> Console:
    """With a program that answers like claude and keeps what it was asked."""
    said = "\n".join(f"echo '{line}'" for line in ANSWER)
    program = script(
        tmp_path / "claude",
        f'if [ "$1" = --version ]; then echo "2.1.0 (Claude Code)"; exit 0; fi\n'
        f'echo "$@" > {tmp_path}/arguments\npwd > {tmp_path}/folder\ncat > {tmp_path}/prompt\n{said}\n',
    )
    console.set(RUNNER_CLAUDE_PROGRAM=program)
    return console


def test_the_answer_is_printed_without_what_moves_the_cursor(console: Console) -> None:
    said = console("ask", "Where is the time zone handled?")

    assert (said.code, said.out) == (0, "In clock.py.\nDone.\n")
    assert said.err == "asking claude\n"


def test_it_is_asked_in_this_folder_and_may_only_read(console: Console, tmp_path: Path) -> None:
    console.ok("ask", "Where?")

    assert (tmp_path / "folder").read_text().strip() == str(Path.cwd())
    assert "Where?" in (tmp_path / "prompt").read_text()
    assert "acceptEdits" not in (tmp_path / "arguments").read_text()


def test_folder_tools_model_and_edit_are_handed_on(console: Console, tmp_path: Path) -> None:
    console.ok("ask", "Mend it", "--dir", str(tmp_path), "--tools", "Read, Grep", "--edit", "--model", "opus")

    arguments = (tmp_path / "arguments").read_text()
    assert (tmp_path / "folder").read_text().strip() == str(tmp_path)
    assert "opus" in arguments
    assert "Grep" in arguments
    assert "acceptEdits" in arguments


def test_the_question_may_come_from_standard_input(console: Console, tmp_path: Path) -> None:
    console.ok("ask", "-", given="Naïve?\n".encode())

    assert "Naïve?" in (tmp_path / "prompt").read_text()


def test_json_has_answer_and_usage(console: Console) -> None:
    value = console("ask", "Where?", "--json").json

    assert value == {
        "outcome": "done",
        "text": "In clock.py.\nDone.",
        "session_id": "s-1",
        "denials": [],
        "usage": {"input_tokens": 100, "output_tokens": 5, "cost_usd": 0.01, "turns": 1},
    }


def test_it_is_booked_like_a_run(console: Console) -> None:
    console.ok("ask", "Where?", "--agent", "ada")

    rules = console("allowance", "show", "--agent", "ada", "--json").json["rules"]
    assert {rule["rule"]: rule["used"] for rule in rules}["daily_tokens"] == 105
    assert console.holds() == []


def test_a_task_is_told_how_far_it_is(console: Console) -> None:
    console.ok("submit", "Fix add")

    console.ok("ask", "Where?", "--task", "1")

    assert console.show("T-1")["progress"] == 100


def test_an_unknown_task_is_told_before_anything_is_spent(console: Console, tmp_path: Path) -> None:
    assert console("ask", "Where?", "--task", "T-9").error[:2] == (1, "there is no task 'T-9'")
    assert not (tmp_path / "prompt").exists()


def test_without_claude_nothing_is_held(console: Console) -> None:
    console.set(RUNNER_CLAUDE_PROGRAM="no-such-claude")

    code, message, _ = console("ask", "Where?").error

    assert (code, message) == (5, "the claude program cannot be run: no-such-claude was not found")
    assert console.holds() == []


def test_without_an_allowance_nothing_is_asked(console: Console, tmp_path: Path) -> None:
    console.ok("allowance", "set", "--daily-jobs", "0")

    assert console("ask", "Where?").error[0] == 4
    assert not (tmp_path / "prompt").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x", "--dir", "nowhere"], "invalid value for '--dir': Directory 'nowhere' does not exist"),
        ([], "missing argument 'PROMPT'"),
        ([""], "the question is empty"),
        (["-"], "the question is empty"),
    ],
)
def test_what_cannot_be_asked_is_refused(console: Console, words: list[str], message: str) -> None:
    assert console("ask", *words).error[:2] == (2, message)


def test_the_real_claude_is_denied_what_was_not_allowed_and_its_trouble_is_told(console: Console) -> None:
    console.set(RUNNER_CLAUDE_PROGRAM=real_claude())

    with MessagesApi(answers=(tool("Bash", command="python3 -c 1"), text("I could not."))) as api:
        console.set(**claude_environment(api.url))
        denied = console("ask", "Try it", "--tools", "Read,Bash")
    with MessagesApi(answers=(error(401),)) as api:
        console.set(ANTHROPIC_BASE_URL=api.url)
        refused = console("ask", "Where?")

    assert (denied.code, denied.out) == (0, "I could not.\n")
    assert "denied: Bash: python3 -c 1\n" in denied.err
    assert (refused.code, refused.out) == (5, "")
    assert "Failed to authenticate" in refused.err


def test_prompts_are_listed_and_shown(console: Console) -> None:
    names = console("prompts", "list", "--json").json

    assert {"task", "repair", "pull_request", "ask", "system"} <= set(names)
    assert console.ok("prompts", "list").splitlines() == names
    assert "## When a person must decide" in console.ok("prompts", "show", "task")
    assert console("prompts", "show", "task", "--json").json["name"] == "task"


def test_an_unknown_prompt_names_those_there_are(console: Console) -> None:
    code, message, hint = console("prompts", "show", "nope").error

    assert (code, message) == (2, "no prompt is named 'nope'")
    assert hint.startswith("there are: ask, ")


def test_a_trusted_repositorys_own_prompt_is_shown(console: Console) -> None:
    own = Path(".runner/prompts/task.md.j2")
    own.parent.mkdir(parents=True)
    own.write_text("Ours: {{ task.title }}\n")

    before = console.ok("prompts", "show", "task")
    console.ok("trust", "--yes")

    assert "Ours" not in before
    assert console.ok("prompts", "show", "task") == "Ours: {{ task.title }}"
