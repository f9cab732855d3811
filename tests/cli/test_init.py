"""`runner init` and `runner trust`: what is asked, of whom, and what without a terminal."""

from __future__ import annotations

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.cli.console import Console, python_runner
from tests.support.git import Sandbox


def test_init_with_yes_asks_nothing_and_writes_both_files(console: Console) -> None:
    assert console.ok("init", "--yes") == f"wrote {console.settings}\nwrote {console.limits}"
    assert console.ok("init", "--yes") == f"kept  {console.settings}\nkept  {console.limits}"
    assert console.ok("config", "validate").endswith(": 0 errors")


@pytest.mark.parametrize("words", [["init"], ["init", "--json"]])
def test_init_without_a_terminal_does_not_hang(console: Console, words: list[str]) -> None:
    assert console(*words).code == 0
    assert console.limits.exists()


def test_init_asks_at_a_terminal(console: Console) -> None:
    said = console("init", typed="ada\nsonnet\nmuch\n12.5\n\n")

    assert said.code == 0
    assert tomllib.loads(console.settings.read_text()) == {"agent_id": "ada", "claude": {"model": "sonnet"}}
    limits = tomllib.loads(console.limits.read_text())["agent"]["default"]
    assert (limits["daily_cost_usd"], limits["run_cost_usd"]) == ("12.50", "2.00")
    assert 'Error: wanted an amount such as "12.50"' in said.err
    assert "Name of this agent [me]: " in said.err


def test_enter_takes_the_default_and_writes_nothing_that_need_not_be(console: Console) -> None:
    console.ok("init", typed="\n\n\n\n")

    assert tomllib.loads(console.settings.read_text()) == {}


def test_init_asks_only_for_what_it_writes(console: Console) -> None:
    console.ok("config", "set", "claude.model", "sonnet")
    limits = console("init", typed="7\n1\n")
    nothing = console("init", typed="")
    console.settings.unlink()
    settings = console("init", typed="ada\n\n")

    assert limits.out == f"wrote {console.limits}\nkept  {console.settings}\n"
    assert nothing.err == ""
    assert settings.out == f"wrote {console.settings}\nkept  {console.limits}\n"


def test_init_interrupted_writes_nothing(console: Console) -> None:
    said = console("init", typed="")

    assert (said.code, said.out) == (130, "")
    assert said.err.endswith("error: interrupted\n")
    assert not console.settings.exists()


def test_init_names_the_next_step(console: Console, repository: Sandbox) -> None:
    repository.write({".runner.toml": '[checks]\ncommands = ["true"]\n'})

    assert console.ok("init", "--yes").splitlines()[-1] == (
        "next: this repository has settings or prompts of its own: look at it, then run `runner trust`"
    )


@pytest.fixture
def own_settings(repository: Sandbox) -> Path:
    repository.write({".runner.toml": '[checks]\ncommands = ["true"]\n'})
    return repository.path


def test_trust_shows_what_it_is_about_and_asks(console: Console, own_settings: Path) -> None:
    said = console("trust", typed="y\n")

    assert said.code == 0
    assert said.out == f"{own_settings} is trusted: .runner.toml\n"
    assert said.err.startswith('--- .runner.toml\n[checks]\ncommands = ["true"]\n')
    assert f"Trust this file of {own_settings}? [y/N]: " in said.err


def test_trust_counts_several_files(console: Console, own_settings: Path) -> None:
    (own_settings / ".runner/prompts").mkdir(parents=True)
    (own_settings / ".runner/prompts/task.md.j2").write_text("{{ task.title }}\x1b[2J\n")

    said = console("trust", typed="y\n")

    assert f"Trust these 2 files of {own_settings}?" in said.err
    assert "\x1b" not in said.err


def test_no_is_no(console: Console, own_settings: Path) -> None:
    said = console("trust", typed="n\n")

    assert (said.code, said.out) == (1, "")
    assert said.err.endswith(f"error: {own_settings} is not trusted\nhint: nothing was changed\n")
    assert console.ok("trust", "--list") == "nothing is trusted"


@pytest.mark.parametrize("words", [["trust"], ["trust", "--json"]])
def test_without_a_terminal_only_a_clear_word_trusts(
    console: Console, own_settings: Path, words: list[str]
) -> None:
    said = console(*words)

    assert said.code == 2
    assert "error: nobody can be asked: standard input is no terminal\n" in said.err
    assert console("trust", "--list", "--json").json == []
    assert console.ok("trust", "--yes") == f"{own_settings} is trusted: .runner.toml"


def test_trust_is_listed_and_taken_back(console: Console, own_settings: Path) -> None:
    granted = console("trust", "--yes", "--json").json
    listed = console("trust", "--list", "--json").json
    table = console.ok("trust", "--list").splitlines()

    assert granted["files"] == [".runner.toml"]
    assert listed == [{"path": str(own_settings), "at": granted["at"], "files": [".runner.toml"]}]
    assert table[0].split() == ["REPOSITORY", "TRUSTED", "AT", "FILES"]
    assert table[1].startswith(str(own_settings))
    assert console.ok("trust", "--revoke") == f"{own_settings} is not trusted any more"
    assert console.ok("trust", "--revoke") == f"{own_settings} was not trusted"
    assert console("trust", "--revoke", "--json").json == {"path": str(own_settings), "revoked": False}


def test_trust_in_a_linked_work_tree_is_the_repositorys(
    console: Console, own_settings: Path, repository: Sandbox, tmp_path: Path
) -> None:
    repository.commit("settings")
    repository.git("worktree", "add", "-q", str(tmp_path / "linked"))
    console.stand_in(tmp_path / "linked")

    said = console("trust", typed="y\n")
    from_there = console("trust", "--list", "--json").json
    console.stand_in(own_settings)
    from_here = console.ok("config", "show", "checks.commands")

    assert f"Trust this file of {own_settings} with all its work trees?" in said.err
    assert said.out == f"{own_settings} with all its work trees is trusted: .runner.toml\n"
    assert [row["path"] for row in from_there] == [str(own_settings)]
    assert from_here.split()[-2:] == ["checks.commands", "true"]
    console.stand_in(tmp_path / "linked")
    assert console("trust", "--revoke", "--json").json == {"path": str(own_settings), "revoked": True}
    assert console.ok("trust", "--revoke") == f"{own_settings} with all its work trees was not trusted"


def test_there_may_be_nothing_to_trust(console: Console) -> None:
    assert console("trust").error[2] == "write a .runner.toml first"
    assert console("trust", "--list", "--revoke").error[:2] == (2, "--list goes without --revoke")


@pytest.mark.parametrize("words", [["trust"], ["trust", "--revoke"]])
def test_trust_needs_a_repository(console: Console, tmp_path: Path, words: list[str]) -> None:
    console.stand_in(tmp_path)

    assert console(*words).error == (2, f"{tmp_path} is not in a git repository", "go to your checkout first")


def test_a_real_terminal_is_asked(console: Console, own_settings: Path) -> None:
    terminal, theirs = os.openpty()
    os.write(terminal, b"y\n")

    done = subprocess.run(**python_runner("trust", cwd=own_settings), stdin=theirs, capture_output=True)

    os.close(theirs)
    os.close(terminal)
    assert (done.returncode, done.stdout) == (0, f"{own_settings} is trusted: .runner.toml\n")
