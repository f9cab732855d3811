"""`runner config`: see, set, check and take over settings."""

from __future__ import annotations

import stat
import tomllib

import pytest

from runner.settings.keys import KEYS
from tests.cli.console import Console

SEED = "base_url: https://queue.example.org\ntoken: sekret\nagent_id: seedling\n"


def test_show_lists_every_key_with_its_value(console: Console) -> None:
    shown = console.ok("config", "show").splitlines()

    assert shown[0].split() == ["KEY", "VALUE"]
    assert [line.split()[0] for line in shown[1:]] == list(KEYS)
    assert "agent_id                   me" in shown
    assert "pull_request.draft         false" in shown
    assert "context.exclude            -" in shown


def test_show_says_where_each_value_came_from(console: Console) -> None:
    console.ok("config", "set", "claude.model", "sonnet")

    shown = console.ok("--project", "widget", "config", "show", "--origin")

    origins = {line.split()[0]: line.split(maxsplit=2)[2] for line in shown.splitlines()[1:]}
    assert origins["agent_id"] == "environment RUNNER_AGENT_ID"
    assert origins["project"] == "flag --project"
    assert origins["claude.model"].startswith(str(console.settings))
    assert origins["task.lease_s"] == "default"


def test_show_narrows_to_what_begins_with_a_key(console: Console) -> None:
    rows = console("config", "show", "claude", "task.lease_s", "--json").json

    assert all(row["key"].startswith(("claude.", "task.lease_s")) for row in rows)
    assert set(rows[0]) == {"key", "value", "origin", "doc"}
    assert console("config", "show", "zzz").error[:2] == (
        2,
        "no key begins with zzz; `runner config show` lists them all",
    )


def test_a_value_is_set_and_taken_out_again(console: Console) -> None:
    assert console.ok("config", "set", "claude.model", "sonnet") == "claude.model = sonnet"
    assert tomllib.loads(console.settings.read_text()) == {"claude": {"model": "sonnet"}}
    assert console.ok("config", "set", "claude.model", "") == "claude.model is unset"
    assert console.ok("config", "set", "claude.model", "") == "claude.model was not set"
    assert console("config", "set", "capabilities", "gpu,web", "--json").json == {
        "key": "capabilities",
        "value": ["gpu", "web"],
    }


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("claude.modle", "x", "claude.modle: "),
        ("claude.max_turns", "many", "claude.max_turns: wants a whole number"),
    ],
)
def test_what_no_key_takes_is_refused(console: Console, key: str, value: str, message: str) -> None:
    code, told, _ = console("config", "set", key, value).error

    assert code == 2
    assert told.startswith(message)
    assert not console.settings.exists()


def test_validate_looks_at_every_file(console: Console) -> None:
    console.ok("config", "set", "claude.model", "sonnet")

    assert console.ok("config", "validate") == "2 values in 1 file: 0 errors"
    console.settings.write_text("[claude]\nmodle = 'x'\n")
    console.limits.write_text("[agent.default]\ndaily_jobs = 'x'\n")
    people, programs = console("config", "validate"), console("config", "validate", "--json")

    assert people.code == programs.code == 2
    assert people.out.splitlines()[0].startswith(f"error: {console.settings}:2: claude.modle: ")
    assert people.out.splitlines()[1].startswith(f"error: {console.limits}: agent.default.daily_jobs ")
    assert people.out.splitlines()[-1].endswith(": 2 errors")
    assert set(programs.json) == {"problems", "warnings", "files", "keys"}
    assert len(programs.json["problems"]) == 2


def test_path_says_where_everything_is(console: Console) -> None:
    places = console("config", "path", "--json").json

    assert set(places) == {"settings", "credentials", "limits", "state", "cache", "log"}
    assert places["settings"] == str(console.settings)
    assert f"limits:      {console.limits}" in console.ok("config", "path").splitlines()


def test_import_takes_over_the_seed_systems_settings(console: Console) -> None:
    seed = console.home / ".core/agentic.yaml"
    seed.parent.mkdir()
    seed.write_text(SEED)

    first = console.ok("config", "import")
    console.ok("config", "set", "agent_id", "mine")
    again = console.ok("config", "import")
    over = console("config", "import", "--overwrite", "--json").json

    assert first.startswith("took over: ")
    assert "agent_id" in first
    assert "kept yours: agent_id (--overwrite replaces them)" in again
    assert "agent_id" in over["wrote"]
    assert seed.read_text() == SEED
    credentials = console.settings.with_name("credentials.toml")
    assert stat.S_IMODE(credentials.stat().st_mode) == 0o600
    assert "sekret" not in first + again


def test_import_of_nothing_is_told(console: Console) -> None:
    assert console("config", "import").error == (
        2,
        f"nothing to import: there is no {console.home}/.core/agentic.yaml",
        "run `runner init`",
    )


def test_a_token_is_shown_as_set_and_never_as_it_is(console: Console) -> None:
    console.set(RUNNER_BASE_URL="https://queue.example.org", RUNNER_TOKEN="sekret-token-0123456789")

    shown = console.ok("config", "show", "--origin")

    assert "sekret" not in shown
    assert shown.splitlines()[-1].startswith("token                      set")
