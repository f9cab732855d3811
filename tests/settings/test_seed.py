"""The seed system's settings are understood (its behaviours 52 to 57), but never from a place it was wrong to trust."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import SettingsProblem
from runner.settings.config_file import set_value
from runner.settings.credentials import load_credentials
from runner.settings.load import load
from runner.settings.seed import read_seed
from tests.settings.conftest import Desk


def test_52_dotenv_gives_project_and_agent_and_the_environment_beats_it(desk: Desk) -> None:
    desk.dotenv("# comment\nno equals\nAGENTIC_PROJECT=\"widget\"\nAGENTIC_AGENT_ID='ada'\nOTHER=x\n")

    alone = desk.load().settings
    beaten = desk.load(AGENTIC_PROJECT="gadget", AGENTIC_AGENT_ID="bob").settings

    assert (alone.project, alone.agent_id) == ("widget", "ada")
    assert (beaten.project, beaten.agent_id) == ("gadget", "bob")


def test_52_an_address_or_token_in_dotenv_is_refused_with_a_warning(desk: Desk) -> None:
    desk.dotenv("AGENTIC_BASE_URL=https://evil.example.org\nAGENTIC_TOKEN=secret\n")

    found = desk.load()

    place = desk.top / ".env"
    assert found.settings.base_url is None
    assert found.warnings == (
        f"{place}: AGENTIC_BASE_URL: an address is never taken from a work tree; "
        "use your own config.toml, credentials.toml or the environment",
        f"{place}: AGENTIC_TOKEN: a token is never taken from a work tree; "
        "use your own config.toml, credentials.toml or the environment",
    )


def test_53_without_an_address_the_queue_is_embedded_also_with_a_token(desk: Desk) -> None:
    found = desk.load(AGENTIC_TOKEN="secret")
    credentials = load_credentials(
        desk.paths, environment={"AGENTIC_TOKEN": "secret"}, base_url=found.settings.base_url
    )

    assert found.settings.base_url is None
    assert credentials.by_origin == {}


def test_53_an_address_without_a_token_is_an_error_where_one_is_needed(desk: Desk) -> None:
    credentials = load_credentials(desk.paths, environment={}, base_url="https://queue.example.org")

    with pytest.raises(SettingsProblem, match=r"no token for https://queue\.example\.org:443"):
        credentials.require("https://queue.example.org/api")


def test_54_without_a_folder_the_current_one_has_the_dotenv(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.dotenv("AGENTIC_PROJECT=widget\n")
    monkeypatch.chdir(desk.top)

    assert load(desk.paths, environment={}).settings.project == "widget"


def test_55_the_yaml_file_is_below_dotenv_and_environment(desk: Desk) -> None:
    desk.seed(
        "base_url: https://queue.example.org/\ntoken: abc\ndefault_project: widget\nagent_id: 007\nother: [1]\n"
    )
    alone = desk.load().settings
    desk.dotenv("AGENTIC_PROJECT=gadget\n")

    assert (alone.base_url, alone.project, alone.agent_id) == ("https://queue.example.org", "widget", "007")
    assert desk.load().settings.project == "gadget"
    assert desk.load(AGENTIC_PROJECT="gizmo").settings.project == "gizmo"
    assert desk.load(AGENTIC_BASE_URL="http://localhost:1").settings.base_url == "http://localhost:1"


def test_55_the_yaml_token_is_bound_to_the_yaml_address(desk: Desk) -> None:
    desk.seed("base_url: https://queue.example.org\ntoken: abc\n")

    credentials = load_credentials(
        desk.paths, environment=desk.environment, base_url="https://other.example.org"
    )

    assert credentials.token_for("https://queue.example.org/api") == "abc"
    assert credentials.token_for("https://other.example.org") is None


def test_56_a_written_setting_makes_its_folder_replaces_and_is_read_back(desk: Desk) -> None:
    set_value(desk.paths, "agent_id", "ada")
    set_value(desk.paths, "agent_id", "bob")

    assert desk.load().settings.agent_id == "bob"
    assert desk.paths.config_file.is_absolute()
    assert desk.paths.config_file.name == "config.toml"
    assert desk.paths.config.stat().st_mode & 0o777 == 0o700


def test_57_variables_that_are_not_set_change_nothing(desk: Desk) -> None:
    desk.config('agent_id = "ada"\nproject = "widget"\nbase_url = "https://queue.example.org"\n')

    empty = desk.load(AGENTIC_BASE_URL="", AGENTIC_PROJECT="", AGENTIC_AGENT_ID="")

    assert empty == desk.load()
    assert empty.settings.agent_id == "ada"


def test_an_empty_dotenv_value_clears_what_is_below(desk: Desk) -> None:
    desk.seed("default_project: widget\n")
    desk.dotenv("AGENTIC_PROJECT=\n")

    assert desk.load().settings.project is None


def test_nulls_empty_texts_and_an_empty_file_are_not_set(desk: Desk) -> None:
    desk.seed('agent_id: ~\ndefault_project: ""\nbase_url:\n? [odd]\n: x\n')
    first = desk.load()
    desk.seed("# nothing\n")

    assert first.settings == desk.load().settings
    assert first.origin("agent_id") == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [\n", ":2:1: is not YAML"),
        ("- a\n- b\n", ": wants `name: value` lines"),
        ("agent_id: [a]\n", ":1: agent_id: wants a text"),
        ("agent_id: a b\n", ":1: agent_id: wants up to 128"),
        ("\nbase_url: http://queue.example.org\n", ":2: base_url: plain http"),
        ("a: \x01\n", ": is not YAML"),
    ],
)
def test_a_malformed_yaml_file_is_one_clear_line(desk: Desk, text: str, message: str) -> None:
    path = desk.seed(text)

    with pytest.raises(SettingsProblem) as caught:
        desk.load()

    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


def test_a_yaml_file_that_is_no_text_is_one_clear_line(desk: Desk) -> None:
    desk.seed("").write_bytes(b"\xff\xfe\xff")

    with pytest.raises(SettingsProblem, match="is not YAML"):
        desk.load()


def test_a_token_that_others_can_read_is_warned_about(desk: Desk) -> None:
    path = desk.seed("token: abc\n", mode=0o644)

    assert desk.load().warnings == (
        f"{path}: other users can read the token in it; run `runner config import`, then delete the file",
    )


def test_without_a_home_folder_there_is_no_seed_file(desk: Desk) -> None:
    assert read_seed({}) is None
    assert read_seed({"HOME": "relative"}) is None
    assert read_seed({"HOME": str(Path("/nowhere"))}) is None


def test_the_token_is_not_in_the_text_of_the_value(desk: Desk) -> None:
    desk.seed("token: abcdef\n")

    assert "abcdef" not in repr(read_seed(desk.environment))
