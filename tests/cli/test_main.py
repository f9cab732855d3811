"""The command as a whole: its help, its version, and how it tells that something is wrong."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from runner import __version__
from runner.cli.main import COMMANDS, SECTIONS
from tests.cli.console import Console


def test_the_version_is_one_line(console: Console) -> None:
    assert console.ok("--version") == f"runner {__version__}"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_command_with_its_whole_first_sentence(console: Console, flag: str) -> None:
    page = console.ok(flag)

    listed = {line.split()[0] for line in page.splitlines() if line.startswith("  ") and line.strip()}
    assert set(COMMANDS) <= listed
    assert "pull request is open.\n" in page
    assert not [line for line in page.splitlines()[1:] if line.endswith("...")]


def test_every_command_stands_in_one_section() -> None:
    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)


def test_the_table_is_sorted_and_each_row_leads_to_a_command() -> None:
    assert list(COMMANDS) == sorted(COMMANDS)
    for place in COMMANDS.values():
        module, _, name = place.partition(":")
        assert getattr(import_module(module), name).callback, place


def test_no_words_at_all_show_the_help_as_a_usage_error(console: Console) -> None:
    said = console()

    assert said.code == 2
    assert said.err.startswith("Usage: runner ")
    assert "  submit " in said.err


def test_a_group_without_a_word_shows_its_help(console: Console) -> None:
    said = console("config")

    assert said.code == 2
    assert "  validate  Check every settings, credentials and limits file.\n" in said.err


def test_a_misspelt_command_names_the_nearest(console: Console) -> None:
    assert console("lst").error == (
        2,
        "there is no command 'lst'; did you mean `runner list`?",
        "`runner --help` shows how",
    )


def test_an_unknown_command_without_a_neighbour_is_told(console: Console) -> None:
    assert console("zzz").error[:2] == (2, "there is no command 'zzz'")


def test_an_unknown_option_is_told_with_the_command_it_was_given_to(console: Console) -> None:
    assert console("list", "--sideways").error == (
        2,
        "no such option '--sideways'",
        "`runner list --help` shows how",
    )
    assert console("--sideways").error == (2, "no such option '--sideways'", "`runner --help` shows how")


def test_an_option_behind_two_dashes_is_no_command(console: Console) -> None:
    assert console("--", "--sideways").error[0] == 2


def test_a_missing_argument_is_told_by_its_name(console: Console) -> None:
    assert console("show").error[:2] == (2, "missing argument 'TASK'")


def test_a_choice_is_told_on_one_line(console: Console) -> None:
    assert console("completion").error[1] == ("missing argument 'SHELL'. Choose from: bash, zsh, fish")


def test_with_json_an_error_is_one_object_too(console: Console) -> None:
    said = console("show", "T-9", "--json")

    assert said.code == 1
    assert said.json == {
        "error": "there is no task 'T-9'",
        "hint": "`runner list` shows the tasks there are",
        "exit_code": 1,
    }
    assert said.err.startswith("error: there is no task 'T-9'\n")


def test_with_json_a_command_line_that_cannot_be_parsed_is_answered_too(console: Console) -> None:
    said = console("list", "--limit", "0", "--json")

    assert said.json["error"] == "invalid value for '--limit': 0 is not in the range 1<=x<=10000"
    assert said.json["exit_code"] == said.code == 2


def test_json_behind_two_dashes_is_a_word_like_any_other(console: Console) -> None:
    said = console("show", "--", "--json")

    assert said.error[1] == "there is no task '--json'"


def test_flags_before_the_command_say_who_acts_and_for_which_project(console: Console) -> None:
    console.ok("--project", "elsewhere", "submit", "Fix add")
    status = console.ok("--agent", "somebody", "status")

    assert console.show("T-1")["project"] == "elsewhere"
    assert status.startswith("Agent:     somebody\n")


def test_flags_behind_the_command_win(console: Console) -> None:
    console.ok("--project", "before", "-v", "submit", "Fix add", "--project", "behind")
    status = console.ok("--agent", "before", "-v", "status", "--agent", "behind")

    assert console.show("T-1")["project"] == "behind"
    assert status.startswith("Agent:     behind\n")


def test_a_profile_chooses_its_settings(console: Console) -> None:
    console.ok("config", "set", "agent_id", "plain")
    console.ok("--profile", "night", "config", "set", "agent_id", "owl")
    console.unset("RUNNER_AGENT_ID")

    assert console.ok("status").startswith("Agent:     plain\n")
    assert console.ok("--profile", "night", "status").startswith("Agent:     owl\n")


def test_verbose_and_the_variable_for_the_log_are_obeyed(console: Console) -> None:
    console.set(RUNNER_LOG="nonsense")

    assert console("list").error[:2] == (2, "'nonsense' is not a log level (RUNNER_LOG)")


def test_a_folder_that_is_gone_is_told(console: Console, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    console.stand_in(gone)
    gone.rmdir()

    code, message, hint = console("submit", "Fix add").error

    assert (code, message) == (2, "the folder you are in does not exist any more")
    assert hint == "go to another"
    console.stand_in(tmp_path)
