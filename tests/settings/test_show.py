"""What people are shown of their settings."""

from __future__ import annotations

from runner.settings.credentials import load_credentials
from runner.settings.keys import KEYS
from runner.settings.project_files import WorkTree
from runner.settings.show import Report, show, validate
from tests.settings.conftest import Desk


def check(desk: Desk, **environment: str) -> Report:
    return validate(
        desk.paths,
        environment={**desk.environment, **environment},
        project=WorkTree(top=desk.top),
        tracked=lambda _: desk.tracked,
    )


def test_every_key_is_a_row_with_value_and_origin(desk: Desk) -> None:
    desk.config("[claude]\nmax_turns = 5\n")

    rows = show(desk.load())

    assert [row.key for row in rows] == list(KEYS)
    shown = {row.key: (row.value, row.origin) for row in rows}
    assert shown["claude.max_turns"] == (5, f"{desk.paths.config_file}:2")
    assert shown["log.level"] == ("warning", "default")


def test_a_token_is_told_to_be_there_and_never_shown(desk: Desk) -> None:
    desk.config('base_url = "https://queue.example.org"\n')
    found = desk.load()
    url = found.settings.base_url

    none = show(found, load_credentials(desk.paths, environment={}, base_url=url))[-1]
    some = show(found, load_credentials(desk.paths, environment={"RUNNER_TOKEN": "hush"}, base_url=url))[-1]

    assert (none.key, none.value, none.origin) == ("token", None, "default")
    assert (some.key, some.value, some.origin) == ("token", "set", "environment RUNNER_TOKEN")
    assert "hush" not in repr(some)


def test_without_an_address_there_is_no_row_for_a_token(desk: Desk) -> None:
    credentials = load_credentials(desk.paths, environment={}, base_url=None)

    assert show(desk.load(), credentials)[-1].key != "token"


def test_a_sound_set_of_files_is_reported_with_its_counts(desk: Desk) -> None:
    desk.config('agent_id = "ada"\n[claude]\nmax_turns = 5\n')
    desk.project("[context]\nbudget_tokens = 5\n")
    desk.dotenv("AGENTIC_PROJECT=x\n")
    seed = desk.seed("agent_id: bob\n")
    desk.trust()
    desk.credentials("")

    report = check(desk, RUNNER_LOG="debug")

    assert report.sound
    assert (report.problems, report.warnings) == ((), ())
    assert report.keys == 6
    assert report.files == (
        str(desk.paths.config_file),
        str(seed),
        ".runner.toml",
        str(desk.top / ".env"),
        str(desk.paths.credentials_file),
        str(desk.paths.state / "trust.toml"),
    )


def test_all_that_is_wrong_anywhere_is_reported_at_once(desk: Desk) -> None:
    desk.project("[claude]\nmax_turns = 1\n")
    desk.trust()
    desk.config('agnt_id = "x"\n[profile.p]\nproject = ""\nlog = 1\n')
    desk.project("a = \n")
    (desk.paths.state / "trust.toml").chmod(0o644)
    desk.credentials("x = 1\n")
    desk.seed("- a\n")

    report = check(desk, RUNNER_CLAUDE_TIMEOUT_S="0", RUNNER_CLAUDE_MODL="x", RUNNER_OS="Linux")

    assert not report.sound
    ends = [
        "config.toml:1: agnt_id: is no setting; did you mean agent_id?",
        "config.toml:4: log: wants a table: [log]",
        "agentic.yaml: wants `name: value` lines",
        ".runner.toml:1:5: invalid value",
        "environment RUNNER_CLAUDE_TIMEOUT_S: claude.timeout_s: wants a number from 1 to 86400, not 0.0",
        'credentials.toml:1: wants tables such as [origin."https://host:443"]',
        "trust.toml: other users can read or change it (mode 0644); it is not read",
    ]
    assert len(report.problems) == len(ends)
    assert all(any(problem.endswith(end) for problem in report.problems) for end in ends)
    assert report.warnings == (
        "environment RUNNER_CLAUDE_MODL: is not ours; did you mean RUNNER_CLAUDE_MODEL?",
    )


def test_a_token_that_cannot_be_sent_is_reported(desk: Desk) -> None:
    desk.config('base_url = "https://queue.example.org"\n')

    report = check(desk, RUNNER_TOKEN="a b")

    assert report.problems == (
        "environment RUNNER_TOKEN: the token holds spaces or characters that cannot be sent",
    )


def test_an_unknown_profile_is_reported(desk: Desk) -> None:
    report = validate(desk.paths, environment={}, profile="x", folder=desk.top)

    assert report.problems == (f"{desk.paths.config_file}: no profile 'x'; there are none",)
