"""The one commit of a run, with the developer's hooks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import ChildTimedOut, GitFailed, RunnerError, Stopped
from runner.git.trailers import RunMark, mark_of
from runner.process.stop import Stop, StopReason
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox


def _hook(world: World, name: str, script: str) -> None:
    path = world.checkout.path / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_commit_says_which_run_made_it(world: World) -> None:
    tree = world.committed({"calc.py": "x\n"}, fence=3)

    message = Sandbox(tree.path).log("HEAD")[0]
    assert message == "fix: Fix the clock\n\nTask: T-7\nRun: r-1/3\n"
    assert mark_of(message) == RunMark(task_id="T-7", run_id="r-1", fence=3)


def test_committing_again_replaces_the_commit(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})
    first = tree.commit(base.commit_id, text_of_run())
    Sandbox(tree.path).write({"a": "2\n"})

    second = tree.commit(base.commit_id, text_of_run())

    assert second != first
    assert tree.committed() == second
    assert Sandbox(tree.path).git("rev-list", "--count", f"{base.commit_id}..HEAD") == "1"


def test_no_change_is_no_commit(world: World) -> None:
    tree, base = world.start()

    with pytest.raises(RunnerError, match="there is nothing to commit"):
        tree.commit(base.commit_id, text_of_run())

    assert tree.committed() is None
    assert Sandbox(tree.path).head() == base.commit_id


def test_a_sign_off_is_that_of_the_committer(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    tree.commit(base.commit_id, text_of_run(), sign_off=True)

    message = Sandbox(tree.path).log("HEAD")[0]
    assert message.endswith("Run: r-1/1\nSigned-off-by: Ada Developer <ada@example.org>\n")
    assert mark_of(message) is not None


def test_lines_with_a_comment_character_stay_whatever_the_settings_say(world: World) -> None:
    world.checkout.git("config", "--global", "commit.cleanup", "strip")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    tree.commit(base.commit_id, "subject\n\n# not a comment\n")

    assert Sandbox(tree.path).log("HEAD")[0] == "subject\n\n# not a comment\n"


def test_a_formatter_that_refuses_once_gets_its_changes_committed(world: World) -> None:
    _hook(world, "pre-commit", "grep -q tidy a && exit 0; echo tidy >> a; echo formatted; exit 1")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    commit_id = tree.commit(base.commit_id, text_of_run())

    assert Sandbox(tree.path).git("show", f"{commit_id}:a") == "1\ntidy"


def test_a_formatter_that_is_never_content_is_an_error(world: World) -> None:
    _hook(world, "pre-commit", "echo more >> a; echo never >&2; exit 1")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed, match="the commit was refused: never"):
        tree.commit(base.commit_id, text_of_run())

    assert (tree.path / "a").read_text() == "1\nmore\nmore\n"
    assert tree.committed() is None
    assert Sandbox(tree.path).head() == base.commit_id


def test_a_formatter_that_undoes_everything_is_an_error(world: World) -> None:
    _hook(world, "pre-commit", "rm a; echo undone >&2; exit 1")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed, match="undone"):
        tree.commit(base.commit_id, text_of_run())


def test_a_hook_that_refuses_the_message_is_heard(world: World) -> None:
    _hook(world, "commit-msg", "echo 'error: the subject needs a ticket' >&2; exit 1")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed, match="the commit was refused: the subject needs a ticket"):
        tree.commit(base.commit_id, text_of_run())


def test_hooks_run_in_the_work_tree_and_see_what_will_be_committed(world: World, tmp_path: Path) -> None:
    _hook(world, "pre-commit", f"pwd > {tmp_path}/seen; git diff --staged --name-only >> {tmp_path}/seen")
    tree = world.committed({"a": "1\n"})

    assert (tmp_path / "seen").read_text() == f"{tree.path}\na\n"


def test_the_pre_commit_framework_formats_and_is_obeyed(world: World) -> None:
    hook = "      - {id: tidy, name: tidy, language: system, entry: sed -i s/untidy/tidy/, files: txt$}\n"
    world.checkout.commit(
        "configure", {".pre-commit-config.yaml": f"repos:\n  - repo: local\n    hooks:\n{hook}"}
    )
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"],
        cwd=world.checkout.path,
        check=True,
        capture_output=True,
    )
    tree, base = world.start()
    Sandbox(tree.path).write({"a.txt": "untidy\n", "b.py": "untidy\n"})

    commit_id = tree.commit(base.commit_id, text_of_run())

    assert Sandbox(tree.path).git("show", f"{commit_id}:a.txt") == "tidy"
    assert Sandbox(tree.path).git("show", f"{commit_id}:b.py") == "untidy"
    assert Sandbox(tree.path).git("status", "--porcelain") == ""


def test_a_hook_that_adds_commits_is_found_out(world: World) -> None:
    _hook(world, "post-commit", "[ -e stop ] && exit 0; touch stop; git commit -q --allow-empty -m more")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed, match="is not one commit on its base"):
        tree.commit(base.commit_id, text_of_run())


def test_an_unknown_person_is_told_what_to_set(world: World, home: Path) -> None:
    (home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed) as caught:
        tree.commit(base.commit_id, text_of_run())

    assert "git config --global user.name" in caught.value.hint


def test_a_signature_that_fails_is_told(world: World) -> None:
    world.checkout.git("config", "commit.gpgSign", "true")
    world.checkout.git("config", "gpg.format", "ssh")
    world.checkout.git("config", "user.signingKey", "/nowhere/key.pub")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(GitFailed) as caught:
        tree.commit(base.commit_id, text_of_run())

    assert "signing key" in caught.value.hint


def test_a_hook_that_hangs_is_ended(world: World) -> None:
    _hook(world, "pre-commit", "sleep 60")
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})

    with pytest.raises(ChildTimedOut, match=r"git commit was ended after 0\.3 seconds"):
        tree.commit(base.commit_id, text_of_run(), timeout_s=0.3)


def test_a_stopped_run_does_not_commit(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "1\n"})
    stop = Stop()
    stop.set(StopReason.LEASE_LOST)

    with pytest.raises(Stopped):
        tree.commit(base.commit_id, text_of_run(), stop=stop)

    assert tree.committed() is None
    assert Sandbox(tree.path).head() == base.commit_id
