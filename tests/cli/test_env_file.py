"""A `.env` in a real checkout: one that git tracks, one that it ignores, and trust in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.wiring.tracked import is_tracked
from tests.cli.console import Console
from tests.support.git import Sandbox

WORDS = "AGENTIC_AGENT_ID=big-spender\n"


@pytest.fixture
def console(console: Console) -> Console:
    console.unset("RUNNER_AGENT_ID")
    console.ok("config", "set", "agent_id", "me")
    return console


def agent(console: Console) -> str:
    return str(console("config", "show", "agent_id", "--json").json[0]["value"])


def test_an_ignored_file_is_followed(console: Console, repository: Sandbox) -> None:
    repository.commit("ignore it", {".gitignore": ".env\n"})
    repository.write({".env": WORDS})

    assert agent(console) == "big-spender"


def test_a_committed_file_is_not_and_is_told(console: Console, repository: Sandbox) -> None:
    repository.commit("theirs", {".env": WORDS})

    said = console("config", "show", "agent_id")

    assert said.out.split()[-2:] == ["agent_id", "me"]
    assert said.err == (
        f"warning: {repository.path / '.env'}: AGENTIC_AGENT_ID is ignored, because git tracks this file: "
        "look at it, then run `runner trust`, or use your own settings\n"
    )
    assert "AGENTIC_AGENT_ID is ignored" in console.ok("config", "validate")


def test_every_command_that_asks_who_acts_says_so_once(console: Console, repository: Sandbox) -> None:
    repository.commit("theirs", {".env": WORDS})
    console.ok("submit", "Something")

    for words in (["allowance", "show"], ["take", "T-1"], ["claim"]):
        assert console(*words).err.count("AGENTIC_AGENT_ID is ignored") == 1, words
    assert console("--version").err == ""


def test_a_committed_file_can_be_trusted_and_only_our_lines_are_shown(
    console: Console, repository: Sandbox
) -> None:
    repository.commit("theirs", {".env": f"DATABASE=secret\n{WORDS}"})

    said = console("trust", typed="y\n")

    assert said.out == f"{repository.path} is trusted: .env\n"
    assert "--- .env\nAGENTIC_AGENT_ID=big-spender\n" in said.err
    assert "secret" not in said.err
    assert agent(console) == "big-spender"


def test_another_spelling_may_be_the_same_file(repository: Sandbox) -> None:
    repository.commit("theirs", {".ENV": WORDS, "below/.env": WORDS})

    assert is_tracked(repository.path / ".env", os.environ)
    assert is_tracked(repository.path / "below/.env", os.environ)


def test_a_pattern_in_a_file_is_not_confused_with_others(repository: Sandbox) -> None:
    repository.commit("theirs", {"x.env": WORDS, "below/.env": WORDS})

    assert not is_tracked(repository.path / ".env", os.environ)


def test_in_doubt_others_may_have_written_it(tmp_path: Path) -> None:
    assert is_tracked(tmp_path / ".env", os.environ)
    assert is_tracked(tmp_path / ".env", {"PATH": str(tmp_path)})
