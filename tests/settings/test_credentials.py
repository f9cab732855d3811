"""Tokens: bound to an origin, private, never shown."""

from __future__ import annotations

import tomllib

import pytest

from runner.errors import SettingsProblem
from runner.settings.credentials import Credentials, load_credentials, write_token
from tests.settings.conftest import Desk

QUEUE = "https://queue.example.org"


def tokens(desk: Desk, *, base_url: str | None = None, **environment: str) -> Credentials:
    return load_credentials(desk.paths, environment=environment, base_url=base_url)


def test_a_token_goes_to_its_own_scheme_host_and_port_only(desk: Desk) -> None:
    desk.credentials(f'[origin."{QUEUE}"]\ntoken = "abc"\n')

    found = tokens(desk)

    assert found.token_for(f"{QUEUE}/api/v1") == "abc"
    assert found.token_for("HTTPS://Queue.Example.org:443/") == "abc"
    assert found.token_for("https://queue.example.org:8443") is None
    assert found.token_for("https://queue.example.org.evil.example.org") is None
    assert found.require(QUEUE) == "abc"
    assert found.secrets == ("abc",)


def test_no_token_is_sent_in_the_clear_to_another_machine(desk: Desk) -> None:
    desk.credentials('[origin."http://127.0.0.1:8080"]\ntoken = "abc"\n')

    found = tokens(desk)

    assert found.token_for("http://127.0.0.1:8080") == "abc"
    with pytest.raises(SettingsProblem, match="use https"):
        found.token_for("http://queue.example.org")


def test_a_token_of_the_environment_belongs_to_the_address_of_the_user(desk: Desk) -> None:
    found = tokens(desk, base_url=QUEUE, AGENTIC_TOKEN=" abc\n")

    assert found.token_for(QUEUE) == "abc"
    assert found.token_for("https://other.example.org") is None
    assert found.by_origin["https://queue.example.org:443"].origin == "environment AGENTIC_TOKEN"


def test_our_variable_beats_the_seeds_and_both_beat_the_file(desk: Desk) -> None:
    desk.credentials(f'[origin."{QUEUE}"]\ntoken = "file"\n')

    assert tokens(desk, base_url=QUEUE).token_for(QUEUE) == "file"
    assert tokens(desk, base_url=QUEUE, AGENTIC_TOKEN="seed", RUNNER_TOKEN="").token_for(QUEUE) == "seed"
    assert tokens(desk, base_url=QUEUE, AGENTIC_TOKEN="seed", RUNNER_TOKEN="ours").token_for(QUEUE) == "ours"


def test_a_project_cannot_draw_the_token_to_an_address_of_its_own(desk: Desk) -> None:
    desk.config(f'base_url = "{QUEUE}"\n')
    desk.dotenv("AGENTIC_BASE_URL=https://evil.example.org\n")

    url = desk.load(AGENTIC_TOKEN="abc").settings.base_url
    found = tokens(desk, base_url=url, AGENTIC_TOKEN="abc")

    assert found.token_for(QUEUE) == "abc"
    assert found.token_for("https://evil.example.org") is None


def test_a_file_that_others_can_read_is_refused_with_the_remedy(desk: Desk) -> None:
    desk.credentials(f'[origin."{QUEUE}"]\ntoken = "abc"\n')
    desk.paths.credentials_file.chmod(0o644)

    with pytest.raises(SettingsProblem, match="other users can read") as caught:
        tokens(desk)
    with pytest.raises(SettingsProblem, match="other users can read"):
        write_token(desk.paths, QUEUE, "new")

    assert caught.value.hint == f"run: chmod 600 '{desk.paths.credentials_file}'"


def test_what_is_wrong_in_the_file_is_told_without_any_secret(desk: Desk) -> None:
    desk.credentials(
        'hush = "hush"\n[origin."http://queue.example.org"]\ntoken = "hush"\n'
        '[origin."https://a.example.org"]\ntokn = "hush"\n[origin."https://b.example.org"]\ntoken = "hush hush"\n'
        '[origin."https://c.example.org"]\ntoken = ""\n[origin."https://d.example.org"]\ntoken = "a"\n'
        '[origin."https://D.example.org:443"]\ntoken = "hush"\n[origin]\n"https://e.example.org" = "hush"\n'
    )

    with pytest.raises(SettingsProblem) as caught:
        tokens(desk)

    file = desk.paths.credentials_file
    assert str(caught.value).split("\n") == [
        f'{file}:1: wants tables such as [origin."https://host:443"]',
        f"{file}:2: plain http is for this machine only (127.0.0.1, localhost); use https",
        f'{file}:4: wants exactly one line: token = "..."',
        f"{file}:6: the token holds spaces or characters that cannot be sent",
        f"{file}:8: the token is empty",
        f"{file}:12: this origin is there twice",
        f'{file}:15: wants exactly one line: token = "..."',
    ]


def test_a_file_of_another_shape_is_told(desk: Desk) -> None:
    desk.credentials('origin = "hush"\n')

    with pytest.raises(SettingsProblem, match=r":1: wants tables such as"):
        tokens(desk)


@pytest.mark.parametrize("token", ["a b", "a\nX-Header: b", "é", "x" * 9000])
def test_a_token_that_cannot_be_sent_is_refused_without_being_repeated(desk: Desk, token: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        tokens(desk, base_url=QUEUE, RUNNER_TOKEN=token)
    with pytest.raises(SettingsProblem, match="the token"):
        write_token(desk.paths, QUEUE, token)

    assert str(caught.value).startswith("environment RUNNER_TOKEN: the token ")
    assert token not in str(caught.value)
    assert not desk.paths.credentials_file.exists()


def test_a_token_is_written_replaced_and_taken_away(desk: Desk) -> None:
    file = desk.paths.credentials_file

    first = write_token(desk.paths, f"{QUEUE}/api", "abc")
    text = file.read_text()
    again = write_token(desk.paths, QUEUE, "abc")
    file.write_text("# mine\n" + text)
    write_token(desk.paths, QUEUE, "def")
    write_token(desk.paths, "http://localhost:1", "xyz")
    replaced = file.read_text()
    gone = write_token(desk.paths, QUEUE, None)

    assert (first, again, gone) == (True, False, True)
    assert tomllib.loads(text) == {"origin": {"https://queue.example.org:443": {"token": "abc"}}}
    assert replaced.startswith("# mine\n")
    assert file.stat().st_mode & 0o777 == 0o600
    assert tokens(desk).secrets == ("xyz",)
    assert not write_token(desk.paths, QUEUE, None)


def test_an_origin_in_another_spelling_is_replaced_not_doubled(desk: Desk) -> None:
    desk.credentials('[origin."https://Queue.example.org"]\ntoken = "old"\n')

    write_token(desk.paths, QUEUE, "new")

    assert tokens(desk).secrets == ("new",)


def test_a_token_is_not_in_the_text_of_a_value(desk: Desk) -> None:
    assert "hush" not in repr(tokens(desk, base_url=QUEUE, RUNNER_TOKEN="hush"))


def test_a_seed_token_for_an_address_in_the_clear_is_refused(desk: Desk) -> None:
    path = desk.seed("token: abc\nbase_url: http://queue.example.org\n")

    with pytest.raises(SettingsProblem, match="use https") as caught:
        tokens(desk, **desk.environment)

    assert str(caught.value).startswith(f"{path}:2: base_url: ")


def test_a_seed_token_without_an_address_belongs_nowhere(desk: Desk) -> None:
    desk.seed("token: abc\n")

    assert tokens(desk, **desk.environment).secrets == ()
