"""The developer's checkout is provably untouched, and their settings hold all the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.repository import Repository
from tests.git.world import World, fingerprint, text_of_run
from tests.support.git import Sandbox
from tests.support.needs import needs_program


def _make_busy(checkout: Sandbox) -> None:
    """Work in progress of every kind: staged, unstaged, untracked, stashed, another branch."""
    checkout.commit("second", {"stashed": "1\n"})
    checkout.write({"stashed": "2\n"})
    checkout.git("stash", "-q")
    checkout.git("branch", "idea")
    checkout.write({"staged": "x\n", "README.md": "changed\n", "untracked": "y\n"})
    checkout.git("add", "staged")


def test_a_whole_delivery_to_a_remote_changes_no_file_of_the_checkout(online: tuple[World, Sandbox]) -> None:
    world, origin = online
    _make_busy(world.checkout)
    before = fingerprint(world.checkout.path)

    tree = world.committed({"calc.py": "fixed\n"})
    tree.push(world.branch, None, "origin")
    world.clone().remove_work_tree(tree.path)

    assert fingerprint(world.checkout.path) == before
    assert origin.branches() == [world.branch, "main"]


def test_a_local_delivery_adds_objects_and_one_ref(world: World) -> None:
    _make_busy(world.checkout)
    before = fingerprint(world.checkout.path)
    refs = world.checkout.git("for-each-ref")

    tree = world.committed({"calc.py": "fixed\n"})
    tree.deliver_local(Repository.open(world.checkout.path), world.branch)

    after = fingerprint(world.checkout.path)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    others = {name for name in changed if not name.startswith(".git/objects/")}
    assert others == {f".git/refs/heads/{world.branch}", f".git/logs/refs/heads/{world.branch}"}
    assert set(world.checkout.git("for-each-ref").splitlines()) - set(refs.splitlines()) == {
        f"{tree.committed()} commit\trefs/heads/{world.branch}"
    }


@pytest.fixture
def hostile(online: tuple[World, Sandbox], home: Path, tmp_path: Path) -> tuple[World, Sandbox]:
    """A checkout whose settings are all of the kind that a clone somewhere else would lose."""
    world, origin = online
    checkout = world.checkout
    checkout.write({".hooks/commit-msg": '#!/bin/sh\necho "Checked-by: hook" >> "$1"\n'})
    (checkout.path / ".hooks/commit-msg").chmod(0o755)
    (home / "work.inc").write_text(
        "[user]\n\tname = Work Ada\n\temail = ada@work.example\n[commit]\n\tgpgSign = true\n[gpg]\n\tformat = ssh\n"
        f"[user]\n\tsigningKey = {tmp_path}/key.pub\n"
    )
    with (home / ".gitconfig").open("a") as config:
        config.write(f'[includeIf "gitdir:{checkout.path}/"]\n\tpath = ~/work.inc\n')
    checkout.git("config", "core.hooksPath", ".hooks")
    checkout.git("config", "core.autocrlf", "true")
    needs_program("ssh-keygen")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key")], check=True)
    return world, origin


def test_identity_signature_hooks_and_line_ends_are_the_developer_s(
    hostile: tuple[World, Sandbox], tmp_path: Path
) -> None:
    world, origin = hostile
    before = fingerprint(world.checkout.path)

    tree, base = world.start()
    seen = (tree.path / "calc.py").read_bytes()
    (tree.path / "calc.py").write_bytes(seen.replace(b"a - b", b"a + b"))
    commit_id = tree.commit(base.commit_id, text_of_run())
    tree.push(world.branch, None, "origin")

    assert b"\r\n" in seen
    assert origin.git("show", f"{commit_id}:calc.py") == "def add(a, b):\n    return a + b"
    assert (
        origin.git("log", "-1", "--format=%an <%ae> %cn", commit_id) == "Work Ada <ada@work.example> Work Ada"
    )
    assert "Checked-by: hook" in origin.log(commit_id)[0]
    assert "BEGIN SSH SIGNATURE" in origin.git("cat-file", "commit", commit_id)
    assert Sandbox(tree.path).git("status", "--porcelain") == ""
    assert fingerprint(world.checkout.path) == before
    assert "signingkey" not in (world.clone().path / "config").read_text().lower()


def test_an_agent_s_own_git_has_the_developer_s_identity(world: World) -> None:
    world.checkout.git("config", "user.email", "local@example.org")

    tree, _ = world.start()

    assert Sandbox(tree.path).git("config", "user.email") == "local@example.org"


def test_an_environment_that_aims_git_elsewhere_has_no_effect(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "From Outside")

    tree = world.committed({"calc.py": "x\n"})

    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.delenv(name)
    assert Sandbox(tree.path).git("log", "-1", "--format=%an") == "From Outside"
    assert not (tmp_path / "elsewhere").exists()


def test_what_the_developer_ignores_for_themselves_is_no_change(world: World, tmp_path: Path) -> None:
    (world.checkout.path / ".git/info").mkdir(exist_ok=True)
    (world.checkout.path / ".git/info/exclude").write_text("*.log\n")
    (tmp_path / "ignore").write_text("*.tmp\n")
    world.checkout.git("config", "core.excludesFile", str(tmp_path / "ignore"))
    tree, base = world.start()

    Sandbox(tree.path).write({"a.log": "x", "b.tmp": "x", "c": "x"})

    assert tree.changes(base.commit_id) == ("c",)


def test_filters_of_the_repository_are_run(world: World) -> None:
    world.checkout.git("config", "filter.shout.clean", "tr a-z A-Z")
    world.checkout.git("config", "filter.shout.smudge", "tr A-Z a-z")
    world.checkout.commit("filtered", {".gitattributes": "*.txt filter=shout\n", "a.txt": "quiet\n"})

    tree, base = world.start()
    smudged = (tree.path / "a.txt").read_text()
    Sandbox(tree.path).write({"b.txt": "new\n"})
    commit_id = tree.commit(base.commit_id, text_of_run())

    assert smudged == "quiet\n"
    assert Sandbox(tree.path).git("show", f"{commit_id}:b.txt") == "NEW"
    assert Sandbox(tree.path).git("show", "--stat", "--format=", commit_id).startswith(" b.txt")


def test_hooks_in_their_usual_place_run_too(world: World) -> None:
    hook = world.checkout.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no commits on Sunday' >&2\nexit 1\n")
    hook.chmod(0o755)
    tree, base = world.start()
    Sandbox(tree.path).write({"a": "x"})

    with pytest.raises(GitFailed, match="the commit was refused: no commits on Sunday") as caught:
        tree.commit(base.commit_id, text_of_run())

    assert "a hook of the repository said no" in caught.value.hint
