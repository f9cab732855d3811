"""Calling git: environment, deadlines, errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import ChildTimedOut, GitFailed, ProgramMissing, Stopped
from runner.git import program
from runner.git.failures import hint_for, last_words, without_secrets
from runner.git.program import Git, Reach
from runner.process.stop import Stop, StopReason
from tests.support.git import Sandbox

SOURCE = {
    "PATH": "/usr/bin",
    "HOME": "/home/ada",
    "GIT_DIR": "/elsewhere",
    "GIT_INDEX_FILE": "/elsewhere/index",
    "GIT_WORK_TREE": "/elsewhere",
    "GIT_OBJECT_DIRECTORY": "/elsewhere",
    "GIT_CONFIG_GLOBAL": "/g",
    "GIT_CONFIG_KEY_0": "a.b",
    "GIT_AUTHOR_NAME": "Ada",
    "GNUPGHOME": "/gpg",
    "SSH_AUTH_SOCK": "/agent",
    "GIT_SSH_COMMAND": "ssh -v",
    "GIT_ASKPASS": "/askpass",
    "GH_TOKEN": "token",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "CLAUDECODE": "1",
}


@pytest.mark.parametrize(
    ("reach", "passed"),
    [
        (Reach.READING, {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_KEY_0"}),
        (
            Reach.COMMITTING,
            {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_KEY_0", "GIT_AUTHOR_NAME", "GNUPGHOME", "SSH_AUTH_SOCK"},
        ),
        (Reach.REMOTE, set(SOURCE) - {"AWS_SECRET_ACCESS_KEY", "CLAUDECODE", "PATH", "HOME"}),
    ],
)
def test_a_call_sees_what_its_reach_allows_and_nothing_that_aims_git(reach: Reach, passed: set[str]) -> None:
    aimed = {"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"}

    environment = Git(folder=Path("/"), source=SOURCE).environment(reach)

    assert set(environment) & set(SOURCE) == (passed - aimed) | {"PATH", "HOME"}
    assert environment["GIT_TERMINAL_PROMPT"] == "0"


@pytest.mark.parametrize(
    ("source", "charset"),
    [
        ({"LC_ALL": "de_DE.UTF-8"}, "de_DE.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, "de_DE.UTF-8"),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "de_DE"}, "C.UTF-8"),
        ({}, None),
    ],
)
def test_messages_are_english_and_the_character_set_stays(
    source: dict[str, str], charset: str | None
) -> None:
    environment = Git(folder=Path("/"), source=source).environment(Reach.READING)

    assert environment["LC_MESSAGES"] == "C"
    assert environment.get("LC_CTYPE") == charset
    assert "LC_ALL" not in environment


def test_settings_reach_git_but_not_its_argument_list(repository: Sandbox) -> None:
    odd = "https://h/?a=b"
    git = Git(folder=repository.path).with_settings(
        [(f"url.{odd}.insteadOf", "se=cret\n"), ("user.name", "")]
    )

    assert git.text("config", f"url.{odd}.insteadOf") == "se=cret\n"
    assert git.text("config", "user.name") == ""
    assert not any("se=cret" in argument for argument in git.argv("status"))
    assert "se=cret" not in repr(git)


def test_later_settings_win(repository: Sandbox) -> None:
    git = Git(folder=repository.path).with_settings([("user.name", "a")]).with_settings([("user.name", "b")])

    assert git.text("config", "user.name") == "b"


def test_a_failure_has_git_s_last_words(repository: Sandbox) -> None:
    with pytest.raises(GitFailed, match="git rev-parse failed: ambiguous argument 'nope'"):
        Git(folder=repository.path).run("rev-parse", "nope")
    with pytest.raises(GitFailed, match="cannot look: "):
        Git(folder=repository.path).run("rev-parse", "nope", doing="cannot look")
    with pytest.raises(GitFailed, match="git show-ref failed: exit code 1"):
        Git(folder=repository.path).run("--no-pager", "show-ref", "--verify", "--quiet", "refs/heads/nope")


def test_a_call_that_hangs_is_ended(repository: Sandbox) -> None:
    git = Git(folder=repository.path).with_settings([("alias.hang", "!sleep 60")])

    with pytest.raises(ChildTimedOut, match=r"git hang was ended after 0\.2 seconds"):
        git.run("hang", timeout_s=0.2)


def test_a_stopped_call_says_why(repository: Sandbox) -> None:
    stop = Stop()
    stop.set(StopReason.LEASE_LOST, "somebody else has it")

    with pytest.raises(Stopped, match="somebody else has it"):
        Git(folder=repository.path).run("status", stop=stop)


def test_too_much_output_is_an_error(repository: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OUTPUT_LIMIT_BYTES", 10)

    with pytest.raises(GitFailed, match="git rev-parse wrote more than 10 bytes"):
        Git(folder=repository.path).run("rev-parse", "HEAD")


def test_without_git_it_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match="git was not found"):
        Git(folder=tmp_path, source={"PATH": str(tmp_path)}).run("status")


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("fatal: not here\nhint: try\n", "not here"),
        ("warning: x\nerror: one\nfatal: two\nerror: one\n", "one; two"),
        ("ruff....Failed\n\n- hook id: ruff\n", "ruff....Failed; - hook id: ruff"),
        ("remote: frozen\nremote: \nerror: failed to push some refs to 'x'\n", "frozen"),
        ("!\trefs/a:refs/a\t[remote rejected] (declined)\nDone\n", "[remote rejected] (declined)"),
        ("fatal: unable to access 'https://ada:hunter2@x/y'\n", "unable to access 'https://***@x/y'"),
        ("fatal: \x1b[31mred\x1b[0m \x07bell\u202e\n", "red bell"),
        ("10%\r50%\rfatal: end\n", "end"),
        ("a\nb\nc\nd\ne\n", "b; c; d; e"),
        ("", ""),
    ],
)
def test_the_words_that_matter_are_found(output: str, words: str) -> None:
    assert last_words(output) == words


def test_long_words_are_cut() -> None:
    assert len(last_words("fatal: " + "x" * 1000)) == 300


@pytest.mark.parametrize(
    ("output", "hint"),
    [
        ("fatal: unable to auto-detect email address (got 'x')", "git config --global user.name"),
        ("error: gpg failed to sign the data", "signing key"),
        ("Host key verification failed.", "accept the host's key"),
        ("fatal: could not read Username for 'https://x': terminal prompts disabled", "gh auth setup-git"),
        ("git@github.com: Permission denied (publickey).", "ssh-add"),
        ("fatal: unable to access 'x': Could not resolve host: x", "check the network"),
        ("ssh: connect to host x port 22: Connection refused", "check the network"),
        ("fatal: Could not read from remote repository.", "git fetch"),
        ("fatal: the remote end hung up unexpectedly", "git fetch"),
        ("fatal: 'nope' does not appear to be a git repository", "git remote -v"),
        ("! [remote rejected] x -> x (pre-receive hook declined)", "the server refuses"),
        ("fatal: detected dubious ownership in repository at '/x'", "safe.directory"),
        ("fatal: Unable to create '/x/.git/index.lock': File exists.", "remove the .lock file"),
        (
            "error: cannot lock ref 'refs/heads/a/b': 'refs/heads/a' exists; cannot create",
            "stands in the way",
        ),
        ("fatal: write error: No space left on device", "disk space"),
        ('error: open("x"): Permission denied', "who may write"),
        ("error: unknown option `end-of-options'", "newer git"),
        ("fatal: loose object 1 is corrupt", "git fsck"),
        ("fatal: something new", ""),
    ],
)
def test_known_trouble_comes_with_a_way_out(output: str, hint: str) -> None:
    found = hint_for(output)

    assert hint in found
    assert bool(found) == bool(hint)


def test_addresses_without_secrets_stay() -> None:
    assert without_secrets("see https://x/y and mail a@b") == "see https://x/y and mail a@b"
