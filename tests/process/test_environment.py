"""What a child may see of our environment."""

from __future__ import annotations

import pytest

from runner.errors import SettingsProblem
from runner.process.environment import child_environment

OURS = {
    "PATH": "/bin",
    "HOME": "/home/ada",
    "LC_ALL": "C.UTF-8",
    "XDG_STATE_HOME": "/home/ada/.local/state",
    "https_proxy": "http://proxy:3128",
    "HTTPS_PROXY": "http://proxy:3128",
    "SSL_CERT_FILE": "/etc/ssl/ca.pem",
    "GIT_DIR": "/elsewhere/.git",
    "GIT_SSH_COMMAND": "ssh -i key",
    "CLAUDECODE": "1",
    "CLAUDE_CODE_CHILD_SESSION": "1",
    "CLAUDE_CODE_SESSION_ID": "s-1",
    "CLAUDE_PID": "17",
    "CLAUDE_CONFIG_DIR": "/home/ada/.claude",
    "GH_TOKEN": "ghp_x",
    "SSH_AUTH_SOCK": "/tmp/agent",
    "AWS_SECRET_ACCESS_KEY": "x",
    "PYTHONPATH": "/elsewhere",
    "LD_PRELOAD": "evil.so",
}


def test_only_the_listed_names_go_through() -> None:
    env = child_environment(OURS)

    assert sorted(env) == [
        "HOME",
        "HTTPS_PROXY",
        "LC_ALL",
        "PATH",
        "SSL_CERT_FILE",
        "XDG_STATE_HOME",
        "https_proxy",
    ]
    assert env["HOME"] == "/home/ada"


def test_extras_are_names_or_prefixes() -> None:
    env = child_environment(OURS, extra=["GH_TOKEN", "GIT_*", "NOT_THERE"])

    assert {"GH_TOKEN", "GIT_DIR", "GIT_SSH_COMMAND"} <= set(env)
    assert "AWS_SECRET_ACCESS_KEY" not in env
    assert "NOT_THERE" not in env


@pytest.mark.parametrize(
    "extra", [["CLAUDE*"], ["CLAUDE_*", "CLAUDECODE"], ["CLAUDE_PID", "CLAUDE_CODE_SESSION_ID"]]
)
def test_no_extra_hands_on_the_marks_of_our_own_session(extra: list[str]) -> None:
    env = child_environment(OURS, extra=extra)

    assert not set(env) & {"CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION", "CLAUDE_CODE_SESSION_ID", "CLAUDE_PID"}


def test_a_claude_prefix_still_hands_on_the_rest() -> None:
    assert child_environment(OURS, extra=["CLAUDE_*"])["CLAUDE_CONFIG_DIR"] == "/home/ada/.claude"


def test_overrides_win_and_add() -> None:
    env = child_environment(OURS, overrides={"HOME": "/nowhere", "NEW": "1"})

    assert (env["HOME"], env["NEW"]) == ("/nowhere", "1")


@pytest.mark.parametrize("pattern", ["*", "", "**", "A*B", "*_TOKEN"])
def test_a_pattern_that_says_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(SettingsProblem, match="PREFIX_") as problem:
        child_environment(OURS, extra=[pattern])

    assert problem.value.hint
