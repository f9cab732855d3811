"""A `.env` that came with a repository chooses neither the agent nor the project before the user says so."""

from __future__ import annotations

import pytest

from runner.errors import SettingsProblem
from runner.settings.load import load
from runner.settings.project_files import WorkTree
from runner.settings.show import validate
from tests.settings.conftest import Desk

OURS = "DATABASE=secret\nAGENTIC_AGENT_ID=big-spender\nAGENTIC_PROJECT=theirs\n"


def test_a_file_that_git_does_not_track_is_the_developers_own_word(desk: Desk) -> None:
    desk.dotenv(OURS)

    found = desk.load()

    assert (found.settings.agent_id, found.settings.project) == ("big-spender", "theirs")
    assert (found.warnings, dict(found.env_words)) == ((), {})


def test_a_tracked_file_is_ignored_and_says_so_in_one_line(desk: Desk) -> None:
    desk.tracked = True
    desk.config('agent_id = "me"\n')
    desk.dotenv(OURS)

    found = desk.load()

    assert (found.settings.agent_id, found.settings.project) == ("me", None)
    assert found.own_warnings == (
        f"{desk.top / '.env'}: AGENTIC_AGENT_ID and AGENTIC_PROJECT are ignored, because git tracks this file: "
        "look at it, then run `runner trust`, or use your own settings",
    )


def test_what_nobody_can_tell_is_not_trusted(desk: Desk) -> None:
    desk.dotenv("AGENTIC_AGENT_ID=big-spender\n")

    found = load(desk.paths, environment=desk.environment, project=WorkTree(top=desk.top))

    assert found.settings.agent_id is None
    assert "AGENTIC_AGENT_ID is ignored" in found.warnings[0]


def test_an_empty_value_of_a_tracked_file_does_not_clear_the_users(desk: Desk) -> None:
    desk.tracked = True
    desk.config('agent_id = "me"\n')
    desk.dotenv("AGENTIC_AGENT_ID=\n")

    assert desk.load().settings.agent_id == "me"


def test_a_bad_value_of_a_stranger_stops_nobody(desk: Desk) -> None:
    desk.dotenv("AGENTIC_AGENT_ID=two words\n")
    with pytest.raises(SettingsProblem, match="agent_id"):
        desk.load()

    desk.tracked = True

    assert desk.load().settings.agent_id is None


def test_trust_is_about_our_lines_and_ends_when_they_change(desk: Desk) -> None:
    desk.tracked = True
    desk.dotenv(OURS)
    assert desk.load().env_words == {".env": b"AGENTIC_AGENT_ID=big-spender\nAGENTIC_PROJECT=theirs\n"}

    desk.trust()
    trusted = desk.load()
    desk.dotenv(OURS.replace("secret", "other"))
    still = desk.load()
    desk.dotenv(OURS.replace("theirs", "another"))
    changed = desk.load()

    assert (trusted.settings.agent_id, trusted.warnings) == ("big-spender", ())
    assert still.settings.agent_id == "big-spender"
    assert (changed.settings.agent_id, changed.settings.project) == (None, None)


def test_trust_in_the_settings_and_in_a_env_file_are_two_things(desk: Desk) -> None:
    desk.project('[claude]\nmodel = "opus"\n')
    desk.trust()
    desk.tracked = True
    desk.dotenv(OURS)

    found = desk.load()

    assert found.verdict.trusted
    assert (found.settings.claude.model, found.settings.agent_id) == ("opus", None)


def test_a_tracked_file_without_our_names_is_no_matter(desk: Desk) -> None:
    desk.tracked = True
    desk.dotenv("DATABASE=secret\n")

    assert desk.load().warnings == ()


def test_a_file_below_the_top_is_named_by_its_place(desk: Desk) -> None:
    (desk.top / "below").mkdir()
    (desk.top / "below/.env").write_text(OURS)

    found = load(
        desk.paths,
        environment=desk.environment,
        project=WorkTree(top=desk.top),
        folder=desk.top / "below",
        tracked=lambda _: True,
    )

    assert list(found.env_words) == ["below/.env"]


def test_a_damaged_trust_file_is_one_problem_among_others(desk: Desk) -> None:
    desk.tracked = True
    desk.dotenv(OURS)
    desk.paths.state.mkdir(mode=0o700)
    trust = desk.paths.state / "trust.toml"
    trust.write_text("repository = 1\n")
    trust.chmod(0o600)
    desk.config("nonsense = 1\n")

    report = validate(desk.paths, environment=desk.environment, project=WorkTree(top=desk.top))

    assert len(report.problems) == 2
    assert "nonsense" in report.problems[0]
    assert "is damaged" in report.problems[1]
