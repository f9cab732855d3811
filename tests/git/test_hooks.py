"""The developer's hooks in a run: no keys, no time without end, nobody left behind; and they work as ever."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from runner.errors import ChildTimedOut, GitFailed, Stopped
from runner.git.clone import PrivateClone
from runner.git.hooks import is_only_lfs
from runner.git.repository import Repository
from runner.process.stop import Stop, StopReason
from tests.git.hooking import AT_COMMIT, beating, changed, hook, is_still
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox
from tests.support.needs import needs_program

SECRETS = {
    "SSH_AUTH_SOCK": "/run/hush-1",
    "GH_TOKEN": "hush-2",
    "GITHUB_TOKEN": "hush-3",
    "ANTHROPIC_API_KEY": "hush-4",
    "AWS_SECRET_ACCESS_KEY": "hush-5",
    "GOOGLE_APPLICATION_CREDENTIALS": "hush-6",
    "GIT_ASKPASS": "/bin/hush-7",
    "SSH_ASKPASS": "/bin/hush-8",
    "DATABASE_PASSWORD": "hush-9",
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "http.https://git.example.org/.extraHeader",
    "GIT_CONFIG_VALUE_0": "Authorization: Basic hush-10",
    "GIT_CONFIG_KEY_1": "hooks.shade",
    "GIT_CONFIG_VALUE_1": "blue",
    "GNUPGHOME": "/hush-11",
}

Online = tuple[World, Sandbox]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("name", AT_COMMIT)
def test_a_commit_hook_sees_no_key_to_anything(world: World, tmp_path: Path, name: str) -> None:
    world.checkout.git("config", "http.https://git.example.org/.extraHeader", "Authorization: Basic hush-12")
    hook(world, name, f"env > {tmp_path}/seen\n")

    world.committed({"a": "1\n"})

    seen = (tmp_path / "seen").read_text()
    assert f"HOME={os.environ['HOME']}\n" in seen
    assert "hush" not in seen
    assert "GIT_CONFIG_PARAMETERS" not in seen


@pytest.mark.usefixtures("secrets")
def test_a_push_hook_sees_none_though_git_itself_has_them(online: Online, tmp_path: Path) -> None:
    world, origin = online
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nenv > {tmp_path}/ssh-seen\nexec git receive-pack {origin.path}\n")
    ssh.chmod(0o755)
    world.checkout.git("config", "core.sshCommand", str(ssh))
    world.checkout.git("remote", "set-url", "--push", "origin", "ssh://git:hush-13@git.invalid/widget.git")
    hook(world, "pre-push", f'env > {tmp_path}/seen; echo "$@" >> {tmp_path}/seen; cat >> {tmp_path}/seen\n')
    tree = world.committed({"a": "1\n"})

    tree.push(world.branch, None, "origin")
    seen, ssh_seen = (tmp_path / "seen").read_text(), (tmp_path / "ssh-seen").read_text()

    assert "hush" not in seen
    assert "origin ssh://git@git.invalid/widget.git" in seen
    assert f"{tree.committed()} refs/heads/{world.branch}" in seen
    assert "SSH_AUTH_SOCK=/run/hush-1" in ssh_seen
    assert "GH_TOKEN=hush-2" in ssh_seen


@pytest.mark.usefixtures("secrets")
def test_what_the_settings_open_to_checks_is_open_to_hooks(world: World, tmp_path: Path) -> None:
    hook(world, "pre-commit", f"env > {tmp_path}/seen\n")
    clone = PrivateClone.ensure(
        Repository.open(world.checkout.path),
        world.state / "clones",
        shown_to_hooks=("SSH_AUTH_SOCK", "AWS_*"),
    )
    base = clone.resolve_base()
    tree = clone.add_work_tree(world.state / "work", world.branch, base)
    Sandbox(tree.path).write({"a": "1\n"})

    tree.commit(base.commit_id, text_of_run())

    seen = (tmp_path / "seen").read_text()
    assert "SSH_AUTH_SOCK=/run/hush-1\n" in seen
    assert "AWS_SECRET_ACCESS_KEY=hush-5\n" in seen
    assert "hush-2" not in seen


@pytest.mark.usefixtures("secrets")
def test_a_hook_finds_the_settings_it_would_find_in_the_checkout(world: World, tmp_path: Path) -> None:
    world.checkout.git("config", "hooks.allowNonAscii", "true")
    world.checkout.git("config", "user.email", "local@example.org")
    ask = "git config --get"
    hook(
        world,
        "pre-commit",
        f"{{ {ask} hooks.allownonascii; {ask} user.email; {ask} hooks.shade; git rev-parse --git-path hooks;"
        f" }} > {tmp_path}/seen\n",
    )

    world.committed({"a": "1\n"})

    hooks = world.checkout.path / ".git/hooks"
    assert (tmp_path / "seen").read_text() == f"true\nlocal@example.org\nblue\n{hooks}\n"


@pytest.mark.parametrize("name", AT_COMMIT)
def test_a_daemon_that_a_commit_hook_left_is_gone_with_it(world: World, tmp_path: Path, name: str) -> None:
    beat = tmp_path / "beat"
    hook(world, name, beating(beat))

    world.committed({"a": "1\n"})

    assert is_still(beat)


def test_a_daemon_that_a_push_hook_left_is_gone_with_it(online: Online, tmp_path: Path) -> None:
    world, origin = online
    beat = tmp_path / "beat"
    hook(world, "pre-push", beating(beat))
    tree = world.committed({"a": "1\n"})

    tree.push(world.branch, None, "origin")

    assert is_still(beat)
    assert world.branch in origin.branches()


@pytest.mark.parametrize("name", AT_COMMIT)
def test_a_hook_that_hangs_is_ended_with_all_it_started(world: World, tmp_path: Path, name: str) -> None:
    beat = tmp_path / "beat"
    hook(world, name, f"trap '' INT TERM\n{beating(beat)}while :; do sleep 1; done\n")
    tree, base = changed(world)

    with pytest.raises(ChildTimedOut, match="git commit was ended after 1 seconds") as caught:
        tree.commit(base, text_of_run(), timeout_s=1.0)

    assert "a hook" in caught.value.hint
    assert is_still(beat)
    assert (tree.path / "a").read_text() == "1\n"


def test_a_stop_ends_a_hook(world: World, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    hook(world, "pre-commit", f"{beating(beat)}sleep 60\n")
    tree, base = changed(world)
    stop = Stop()

    def stop_soon() -> None:
        while not beat.exists():
            time.sleep(0.01)
        stop.set(StopReason.INTERRUPTED)

    thread = threading.Thread(target=stop_soon)
    thread.start()
    with pytest.raises(Stopped):
        tree.commit(base, text_of_run(), stop=stop)
    thread.join()

    assert is_still(beat)


def test_a_hook_without_a_first_line_is_read_by_the_shell(world: World) -> None:
    hook(world, "commit-msg", 'echo "Checked-by: hook" >> "$1"\n', first="")

    tree = world.committed({"a": "1\n"})

    assert "Checked-by: hook" in Sandbox(tree.path).log("HEAD")[0]


def test_a_hook_that_cannot_be_started_refuses_in_words(world: World) -> None:
    path = hook(world, "pre-commit", "", first="#!/no/such/interpreter\n")
    tree, base = changed(world)

    with pytest.raises(GitFailed, match="cannot be started") as caught:
        tree.commit(base, text_of_run())

    assert str(path) in str(caught.value)


def test_a_hook_that_is_killed_refuses(world: World) -> None:
    hook(world, "pre-commit", "echo dying >&2; kill -9 $$\n")
    tree, base = changed(world)

    with pytest.raises(GitFailed, match="dying"):
        tree.commit(base, text_of_run())


def test_hooks_of_husky_work(world: World, tmp_path: Path) -> None:
    world.checkout.write(
        {
            ".husky/_/h": 'n=$(basename "$0"); s=$(dirname "$(dirname "$0")")/$n\n[ ! -f "$s" ] || sh -e "$s" "$@"\n',
            ".husky/_/pre-commit": '#!/usr/bin/env sh\n. "$(dirname "$0")/h"',
            ".husky/pre-commit": f"pwd > {tmp_path}/seen\n",
        }
    )
    (world.checkout.path / ".husky/_/pre-commit").chmod(0o755)
    world.checkout.git("config", "core.hooksPath", ".husky/_")

    tree = world.committed({"a": "1\n"})

    assert (tmp_path / "seen").read_text() == f"{tree.path}\n"


def test_samples_and_files_that_are_no_programs_are_not_called(world: World, tmp_path: Path) -> None:
    hook(world, "pre-commit.sample", f"touch {tmp_path}/ran\n")
    hook(world, "commit-msg", f"touch {tmp_path}/ran\n").chmod(0o644)

    world.committed({"a": "1\n"})

    assert not (tmp_path / "ran").exists()


def test_a_hook_that_was_removed_is_called_no_more(world: World) -> None:
    path = hook(world, "pre-commit", "exit 1\n")
    tree, base = changed(world)
    with pytest.raises(GitFailed):
        tree.commit(base, text_of_run())
    path.unlink()

    assert tree.commit(base, text_of_run())


@pytest.mark.usefixtures("secrets")
def test_the_hook_of_git_lfs_has_what_the_push_has(
    online: Online, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_program("git-lfs")
    world, _ = online
    world.checkout.git("lfs", "install", "--local")
    lfs = tmp_path / "bin" / "git-lfs"
    lfs.parent.mkdir()
    lfs.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\n")
    lfs.chmod(0o755)
    (world.checkout.path / ".git/hooks/post-commit").unlink()
    tree = world.committed({"a": "1\n"})
    monkeypatch.setenv("PATH", f"{lfs.parent}:{os.environ['PATH']}")

    world.clone().work_tree(tree.path).push(world.branch, None, "origin")

    assert is_only_lfs(world.checkout.path / ".git/hooks/pre-push")
    assert "SSH_AUTH_SOCK=/run/hush-1" in (tmp_path / "seen").read_text()
