"""Changing the allowance file: comments stay, nothing is half written, no limit is lifted by accident."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runner.allowance.limits import SAFE_DEFAULTS
from runner.allowance.limits_edit import set_limits
from runner.allowance.limits_file import LimitsFile
from runner.allowance.model import Limits
from runner.errors import SettingsProblem


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "allowance.toml"


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_first_file_keeps_the_other_safe_defaults(path: Path) -> None:
    tables = set_limits(path, {"daily_tokens": 5})

    assert tables.default.daily_tokens == 5
    assert tables.default.daily_cost_nano == SAFE_DEFAULTS.daily_cost_nano
    assert LimitsFile(path).tables() == tables
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_first_file_may_be_for_one_agent(path: Path) -> None:
    set_limits(path, {"daily_tokens": None, "daily_jobs": 3}, agent_id="ada@laptop")

    limits = LimitsFile(path)

    assert limits("grace") == SAFE_DEFAULTS
    assert (limits("ada@laptop").daily_tokens, limits("ada@laptop").daily_jobs) == (None, 3)


def test_comments_and_order_stay(path: Path) -> None:
    written(
        path,
        "# mine\n[agent.default]\ndaily_jobs = 5 # for the team\ndaily_tokens = 9\n\n# grace\n[agent.x]\n",
    )

    set_limits(path, {"daily_jobs": 6, "run_cost_usd": "1.25"})

    assert path.read_text() == (
        "# mine\n[agent.default]\ndaily_jobs = 6 # for the team\ndaily_tokens = 9\n"
        'run_cost_usd = "1.25"\n\n# grace\n[agent.x]\n'
    )


@pytest.mark.parametrize(
    ("before", "agent", "limits"),
    [
        ("", None, Limits(daily_jobs=6)),
        ("[agent.me]\nrun_tokens = 1\n", None, Limits(daily_jobs=6, run_tokens=1)),
        ("agent.default.run_tokens = 1\n", None, Limits(daily_jobs=6, run_tokens=1)),
        ("agent = { default = { run_tokens = 1 } }\n", None, Limits(daily_jobs=6, run_tokens=1)),
        ("[agent.default]\nrun_tokens = 1\n[agent.x]\n", "me", Limits(daily_jobs=6, run_tokens=1)),
        ("[agent]\n", "me", Limits(daily_jobs=6)),
        (
            "[agent.default]\nrun_tokens = 1\n[agent.x]\n[agent.me]\ndaily_jobs = 9\n",
            "me",
            Limits(daily_jobs=6, run_tokens=1),
        ),
    ],
)
def test_any_shape_of_file_takes_a_change(path: Path, before: str, agent: str | None, limits: Limits) -> None:
    written(path, before)

    set_limits(path, {"daily_jobs": 6}, agent_id=agent)

    assert LimitsFile(path)("me") == limits


def test_a_limit_is_taken_away(path: Path) -> None:
    written(path, "[agent.default]\ndaily_jobs = 5\n[agent.me]\ndaily_tokens = 1\n")

    set_limits(path, {"daily_jobs": None})
    set_limits(path, {"daily_tokens": None, "run_tokens": None}, agent_id="me")

    assert LimitsFile(path)("me") == Limits()
    assert path.read_text() == "[agent.default]\n[agent.me]\n"


def test_taking_away_for_one_agent_does_not_let_the_default_through(path: Path) -> None:
    written(path, "[agent.default]\ndaily_jobs = 5\n[agent.me]\ndaily_jobs = 1\n")

    set_limits(path, {"daily_jobs": None, "models": ("a", "b")}, agent_id="me")

    assert LimitsFile(path)("me") == Limits(models=("a", "b"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"daily_tokens": -5}, "agent.default.daily_tokens is -5"),
        ({"daily_cost_usd": "-1"}, "agent.default.daily_cost_usd is '-1'"),
        ({"daily_token": 5}, "did you mean daily_tokens"),
        ({"models": ()}, "agent.default.models is"),
    ],
)
def test_a_wrong_value_changes_nothing(path: Path, changes: dict[str, object], problem: str) -> None:
    written(path, "[agent.default]\ndaily_jobs = 5\n")

    with pytest.raises(SettingsProblem, match=problem):
        set_limits(path, changes)
    assert path.read_text() == "[agent.default]\ndaily_jobs = 5\n"
    assert [file.name for file in path.parent.iterdir()] == ["allowance.toml"]


def test_a_wrong_first_value_makes_no_file(path: Path) -> None:
    with pytest.raises(SettingsProblem):
        set_limits(path, {"daily_tokens": True})
    assert not path.exists()


def test_a_wrong_value_can_be_put_right(path: Path) -> None:
    written(path, "[agent.default]\ndaily_jobs = -5\n")

    set_limits(path, {"daily_jobs": 5})

    assert LimitsFile(path)("me") == Limits(daily_jobs=5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[agent.default\n", "not valid TOML"),
        ("agent = 5\n", "agent is not a table"),
        ("[agent]\ndefault = 5\n", "agent.default is not a table"),
        ("[agent]\nme = 5\n", "agent.me is not a table"),
    ],
)
def test_a_file_that_is_no_allowance_is_left_alone(path: Path, text: str, problem: str) -> None:
    written(path, text)

    with pytest.raises(SettingsProblem, match=problem):
        set_limits(path, {"daily_jobs": 5}, agent_id="me")
    assert path.read_text() == text


def test_a_file_that_is_no_text_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"\xff")

    with pytest.raises(SettingsProblem, match="UTF-8"):
        set_limits(path, {"daily_jobs": 5})


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsProblem, match="cannot be written"):
        set_limits(tmp_path / "file" / "allowance.toml", {"daily_jobs": 5})


def test_a_linked_file_stays_a_link(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("# shared\n")
    path.parent.mkdir()
    path.symlink_to(target)

    set_limits(path, {"daily_jobs": 5})

    assert path.is_symlink()
    assert target.read_text().startswith("# shared\n")
    assert LimitsFile(path)("me").daily_jobs == 5


def test_changes_at_the_same_time_are_all_kept(path: Path) -> None:
    names = [f"agent-{number}" for number in range(8)]
    threads = [
        threading.Thread(target=set_limits, args=(path, {"daily_jobs": 7}), kwargs={"agent_id": name})
        for name in names
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(LimitsFile(path).tables().agents) == set(names)
