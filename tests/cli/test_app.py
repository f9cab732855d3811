"""What a command asks `App` for: who acts, where, for which project."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from runner.cli.main import run
from runner.errors import SettingsProblem, UsageProblem
from runner.settings.grants import trust_file
from runner.wiring.app import App, Flags
from runner.wiring.runs import denied_paths, scoped_rules
from tests.support.git import Sandbox


def app(*, flags: Flags | None = None, **variables: str) -> App:
    return App(environ={**os.environ, **variables}, flags=flags)


def test_an_agent_without_a_name_is_user_at_host(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "Ada L.")

    name, _, host = app().agent_id.partition("@")

    assert name == "Ada-L"
    assert host


def test_a_user_whom_the_system_does_not_know_is_a_number(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> object:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert app().agent_id.startswith(f"uid-{os.getuid()}@")


def test_the_flag_goes_before_the_variable_and_a_later_word_before_both(home: Path) -> None:
    made = app(flags=Flags(agent="flag", project="p"), RUNNER_AGENT_ID="variable")
    before = made.agent_id

    made.act_as(agent="later")

    assert (before, made.agent_id, made.project) == ("flag", "later", "p")


@pytest.mark.parametrize(
    ("url", "project"),
    [
        ("git@github.com:acme/widget.git", "github.com/acme/widget"),
        ("https://token@github.com/acme/widget", "github.com/acme/widget"),
    ],
)
def test_the_project_is_the_remote_in_one_spelling(
    repository: Sandbox, monkeypatch: pytest.MonkeyPatch, url: str, project: str
) -> None:
    repository.git("remote", "add", "origin", url)
    (repository.path / "below").mkdir()
    monkeypatch.chdir(repository.path / "below")

    assert app().project == project


def test_without_a_remote_the_project_is_the_real_path(
    repository: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(repository.path)
    monkeypatch.chdir(tmp_path / "link")

    assert app().project == str(repository.path.resolve())


def test_variables_name_the_project_too(repository: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.path)

    assert app(AGENTIC_PROJECT="seed").project == "seed"
    assert app(AGENTIC_PROJECT="seed", RUNNER_PROJECT="ours").project == "ours"


def test_a_stored_token_is_hidden_from_texts(home: Path) -> None:
    made = app(RUNNER_BASE_URL="https://queue.example.org")
    made.paths.credentials_file.parent.mkdir(parents=True)
    made.paths.credentials_file.write_text(
        '[origin."https://queue.example.org:443"]\ntoken = "very-s3cret-w0rd"\n'
    )
    made.paths.credentials_file.chmod(0o600)

    assert "very-s3cret-w0rd" not in made.redactor.text("the token is very-s3cret-w0rd")


def test_only_templates_of_the_trusted_folder_itself_are_prompts(
    repository: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.path)
    repository.write({".runner/prompts/task.md.j2": "Ours\n", ".runner/prompts/old/ask.md.j2": "Old\n"})
    assert run(["trust", "--yes"]) == 0

    made = app()
    assert made.prompts.source("task") == "Ours"
    assert made.prompts.source("ask") != "Old"


def test_a_folder_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(UsageProblem, match="does not exist any more"):
        _ = app().cwd


@pytest.mark.parametrize("name", ["RUNNER_BASE_URL", "AGENTIC_BASE_URL"])
def test_a_task_api_that_cannot_be_reached_yet_is_refused_not_passed_over(home: Path, name: str) -> None:
    with pytest.raises(SettingsProblem, match="only the queue on this machine"):
        _ = App(environ={**os.environ, name: "https://queue.example.org"}).board


def test_a_task_api_in_the_settings_is_refused_too(home: Path) -> None:
    file = app().paths.config_file
    file.parent.mkdir(parents=True)
    file.write_text('base_url = "https://queue.example.org"\n')

    with pytest.raises(SettingsProblem, match=r"config\.toml:1"):
        _ = app().claims


def test_a_word_about_an_address_is_no_address(home: Path) -> None:
    file = app().paths.config_file
    file.parent.mkdir(parents=True)
    file.write_text("# base_url = none yet\n")

    assert app().board.counts()


def test_claude_is_kept_from_everything_of_ours_but_the_work_trees(home: Path) -> None:
    ours = app()
    ours.board.counts()
    for folder in (ours.paths.clones, ours.paths.worktrees, ours.paths.runs, ours.paths.allowance_folder):
        folder.mkdir(parents=True, exist_ok=True)
    trust_file(ours.paths).write_text("")

    denied = denied_paths(ours)

    open_to_it = {path.name for path in ours.paths.state.iterdir() if str(path) not in denied}
    assert open_to_it == {"worktrees"}
    assert {str(ours.paths.config), str(ours.paths.cache)} <= set(denied)


def test_a_rule_without_a_scope_is_refused_before_anything_is_claimed(home: Path) -> None:
    with pytest.raises(SettingsProblem, match="too wide"):
        scoped_rules(("Bash(git log *)", "Bash(*)"))
