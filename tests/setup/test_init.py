"""The first set-up of a machine."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from runner.allowance.limits import SAFE_DEFAULTS, parse_limits
from runner.allowance.model import Limits
from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.load import load
from runner.setup.init import COMMENTS, Answers, allowance_text, init


@pytest.fixture
def paths() -> Paths:
    return Paths.from_environment(os.environ)


def limits_in(path: Path) -> Limits:
    return parse_limits(path.read_text(), file_name=path.name).default


def test_a_bare_account_gets_settings_and_a_safe_allowance(paths: Paths) -> None:
    done = init(paths, environment=os.environ)

    assert done.wrote == (paths.config_file, paths.allowance_file)
    assert (done.kept, done.next_steps) == ((), ())
    assert limits_in(paths.allowance_file) == SAFE_DEFAULTS
    assert {path.stat().st_mode & 0o777 for path in done.wrote} == {0o600}
    assert paths.config.stat().st_mode & 0o777 == 0o700
    assert load(paths, environment={}).settings.agent_id is None


def test_every_limit_has_a_comment_above_it(paths: Paths) -> None:
    limits = replace(SAFE_DEFAULTS, models=("sonnet",))

    lines = allowance_text(limits).split("\n")

    for key, comment in COMMENTS.items():
        place = next(number for number, line in enumerate(lines) if line.startswith(f"{key} = "))
        assert lines[place - 1] == f"# {comment}"


def test_answers_are_written_and_read_back(paths: Paths) -> None:
    answers = Answers(
        agent_id="ada@laptop",
        base_url="https://queue.example.org",
        model="opus",
        limits=Limits(daily_tokens=7, models=("opus", "sonnet")),
    )

    init(paths, environment=os.environ, answers=answers)

    settings = load(paths, environment={}).settings
    assert (settings.agent_id, settings.base_url, settings.claude.model) == (
        "ada@laptop",
        "https://queue.example.org",
        "opus",
    )
    assert limits_in(paths.allowance_file) == answers.limits


def test_nothing_that_is_there_is_touched(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text("# mine\n")

    first = init(paths, environment=os.environ, answers=Answers(agent_id="ada"))
    paths.allowance_file.write_text("# mine too\n")
    second = init(paths, environment=os.environ)

    assert (first.wrote, first.kept) == ((paths.allowance_file,), (paths.config_file,))
    assert (second.wrote, second.kept) == ((), (paths.config_file, paths.allowance_file))
    assert paths.config_file.read_text() == "# mine\n"
    assert paths.allowance_file.read_text() == "# mine too\n"


@pytest.mark.parametrize(
    "answers", [Answers(agent_id="a b"), Answers(base_url="http://queue.example.org"), Answers(model="a\nb")]
)
def test_a_bad_answer_writes_nothing(paths: Paths, answers: Answers) -> None:
    with pytest.raises(SettingsProblem):
        init(paths, environment=os.environ, answers=answers)

    assert not paths.config.exists()


def test_settings_that_are_wrong_already_write_nothing(paths: Paths) -> None:
    paths.config.mkdir(parents=True)
    paths.config_file.write_text("a = 1\n")

    with pytest.raises(SettingsProblem, match="is no setting"):
        init(paths, environment=os.environ)

    assert not paths.allowance_file.exists()


def test_a_repository_with_files_of_its_own_is_pointed_at_and_not_written_to(
    paths: Paths, tmp_path: Path
) -> None:
    (tmp_path / ".runner.toml").write_text("[claude]\nmax_turns = 5\n")

    done = init(paths, environment=os.environ, top=tmp_path)

    assert done.next_steps == (
        "this repository has settings or prompts of its own: look at it, then run `runner trust`",
    )
    assert [path.name for path in tmp_path.iterdir()] == [".runner.toml"]


def test_a_seed_file_is_pointed_at(paths: Paths, home: Path) -> None:
    (home / ".core").mkdir()
    (home / ".core/agentic.yaml").write_text("agent_id: ada\n")

    done = init(paths, environment=os.environ)

    assert "`runner config import` takes them over" in done.next_steps[0]
