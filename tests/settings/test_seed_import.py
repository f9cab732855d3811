"""The seed's settings file turned into ours."""

from __future__ import annotations

import tomllib

import pytest

from runner.errors import SettingsProblem
from runner.settings.credentials import load_credentials, write_token
from runner.settings.seed_import import import_seed
from tests.settings.conftest import Desk

SEED = "base_url: https://queue.example.org\ntoken: abc\ndefault_project: widget\nagent_id: ada\n"


def test_everything_arrives_in_our_files_and_a_repeat_changes_nothing(desk: Desk) -> None:
    path = desk.seed(SEED)

    done = import_seed(desk.paths, desk.environment)
    config = desk.paths.config_file.read_text()
    again = import_seed(desk.paths, desk.environment)
    path.unlink()

    assert done.source == path
    assert done.wrote == ("base_url", "project", "agent_id", "token")
    assert (again.wrote, again.kept) == ((), ())
    assert tomllib.loads(config) == {
        "base_url": "https://queue.example.org",
        "project": "widget",
        "agent_id": "ada",
    }
    settings = desk.load().settings
    credentials = load_credentials(desk.paths, environment=desk.environment, base_url=settings.base_url)
    assert (settings.project, settings.agent_id) == ("widget", "ada")
    assert credentials.token_for("https://queue.example.org") == "abc"
    assert desk.paths.config_file.read_text() == config
    assert desk.paths.credentials_file.stat().st_mode & 0o777 == 0o600


def test_other_values_are_kept_until_told_otherwise(desk: Desk) -> None:
    desk.seed(SEED)
    desk.config('# mine\nagent_id = "bob"\n')
    write_token(desk.paths, "https://queue.example.org", "mine")

    kept = import_seed(desk.paths, desk.environment)
    before = desk.paths.config_file.read_text()
    overwritten = import_seed(desk.paths, desk.environment, overwrite=True)

    assert (kept.wrote, kept.kept) == (("base_url", "project"), ("agent_id", "token"))
    assert 'agent_id = "bob"' in before
    assert (overwritten.wrote, overwritten.kept) == (("agent_id", "token"), ())
    assert desk.paths.config_file.read_text().startswith('# mine\nagent_id = "ada"\n')
    assert load_credentials(desk.paths, environment={}, base_url=None).secrets == ("abc",)


def test_a_token_without_an_address_is_left_out_and_told(desk: Desk) -> None:
    path = desk.seed("token: abc\n")

    done = import_seed(desk.paths, desk.environment)

    assert done.left_out == (f"{path}: the token belongs to no address (no base_url); it was left out",)
    assert not desk.paths.credentials_file.exists()


def test_a_file_without_a_token_is_fine(desk: Desk) -> None:
    desk.seed("agent_id: ada\n")

    assert import_seed(desk.paths, desk.environment).wrote == ("agent_id",)


def test_without_a_file_there_is_nothing_to_import(desk: Desk) -> None:
    with pytest.raises(SettingsProblem, match=r"there is no .*/\.core/agentic\.yaml"):
        import_seed(desk.paths, desk.environment)
    with pytest.raises(SettingsProblem, match="there is no home folder"):
        import_seed(desk.paths, {})


@pytest.mark.parametrize("text", ["agent_id: a b\n", "base_url: http://queue.example.org\ntoken: abc\n"])
def test_a_bad_value_imports_nothing(desk: Desk, text: str) -> None:
    desk.seed("default_project: widget\n" + text)

    with pytest.raises(SettingsProblem, match=":2: "):
        import_seed(desk.paths, desk.environment)

    assert not desk.paths.config_file.exists()


@pytest.mark.parametrize("token", ["a b", '"a\\nb"'])
def test_a_token_that_cannot_be_sent_imports_nothing(desk: Desk, token: str) -> None:
    desk.seed(f"base_url: https://queue.example.org\ntoken: {token}\n")

    with pytest.raises(SettingsProblem, match="the token holds spaces"):
        import_seed(desk.paths, desk.environment)

    assert not desk.paths.config_file.exists()
