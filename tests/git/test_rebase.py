"""Putting our commit on a newer base: once, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import GitFailed
from tests.git.world import World, fingerprint, text_of_run
from tests.support.git import Sandbox


def _files(folder: Path) -> dict[str, str]:
    return {name: text for name, text in fingerprint(folder).items() if not name.startswith(".git")}


def _new_base(world: World, files: dict[str, str]) -> str:
    world.checkout.commit("main goes on", files)
    return world.clone().resolve_base().commit_id


def test_the_change_stands_on_the_new_base_as_one_commit(world: World) -> None:
    tree = world.committed({"calc.py": "fixed\n", "new/file": "x\n"})
    base = _new_base(world, {"README.md": "# Other\n"})

    rebased = tree.rebase_once(base, text_of_run(2))

    assert rebased.commit_id == tree.committed()
    assert rebased.conflicts == ()
    log = Sandbox(tree.path).git("log", "--format=%P %s", "-1")
    assert log == f"{base} {text_of_run(2).splitlines()[0]}"
    assert tree.changes(base) == ("calc.py", "new/file")
    assert (tree.path / "README.md").read_text() == "# Other\n"


def test_a_conflict_is_an_answer_and_leaves_everything_as_it_was(world: World) -> None:
    tree = world.committed({"calc.py": "ours\n", "kept": "x\n"})
    commit_id = tree.committed()
    before = _files(tree.path)
    base = _new_base(world, {"calc.py": "theirs\n"})

    rebased = tree.rebase_once(base, text_of_run())

    assert rebased.commit_id is None
    assert rebased.conflicts == ("calc.py",)
    assert not rebased.empty
    assert tree.committed() == commit_id
    assert _files(tree.path) == before
    assert Sandbox(tree.path).git("status", "--porcelain") == ""
    assert Sandbox(tree.path).git("rev-parse", world.branch) == commit_id


def test_a_folder_where_we_have_a_file_is_a_conflict_too(world: World) -> None:
    tree = world.committed({"thing": "a file\n"})
    before = _files(tree.path)
    base = _new_base(world, {"thing/inside": "a folder\n"})

    rebased = tree.rebase_once(base, text_of_run())

    assert rebased.conflicts
    assert _files(tree.path) == before


def test_a_base_that_has_the_change_already_is_told(world: World) -> None:
    tree = world.committed({"calc.py": "fixed\n"})
    commit_id = tree.committed()
    base = _new_base(world, {"calc.py": "fixed\n"})

    rebased = tree.rebase_once(base, text_of_run())

    assert rebased.empty
    assert tree.committed() == commit_id


def test_a_hook_that_refuses_leaves_everything_as_it_was(world: World) -> None:
    tree = world.committed({"calc.py": "fixed\n"})
    commit_id = tree.committed()
    base = _new_base(world, {"README.md": "# Other\n"})
    hook = world.checkout.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)

    with pytest.raises(GitFailed, match="not today"):
        tree.rebase_once(base, text_of_run())

    assert tree.committed() == commit_id
    assert (tree.path / "README.md").read_text() == "# Widget\n"


def test_a_base_that_is_not_there_is_told(world: World) -> None:
    tree = world.committed({"calc.py": "fixed\n"})
    commit_id = tree.committed()

    with pytest.raises(GitFailed):
        tree.rebase_once("1" * 40, text_of_run())

    assert tree.committed() == commit_id
    assert Sandbox(tree.path).git("rev-parse", "HEAD") == commit_id


def test_a_note_that_an_agent_forged_is_no_commit(world: World) -> None:
    tree, base = world.start()
    tree.plot.commit_file.write_text("--exec=evil")

    with pytest.raises(GitFailed, match="is not the id of a commit"):
        tree.rebase_once(base.commit_id, text_of_run())


def test_new_links_are_told_with_where_they_lead(world: World) -> None:
    (world.checkout.path / "old").symlink_to("calc.py")
    world.checkout.commit("with a link")
    tree, base = world.start()
    (tree.path / "out").symlink_to("/etc/passwd")
    (tree.path / "old").unlink()
    (tree.path / "old").symlink_to("README.md")
    (tree.path / "plain").write_text("x")

    assert tree.new_links(base.commit_id) == {"old": "README.md", "out": "/etc/passwd"}
