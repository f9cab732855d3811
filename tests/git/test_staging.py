"""What a commit of everything would take, found out without a trace."""

from __future__ import annotations

from pathlib import Path

from runner.git.repository import Repository
from runner.git.staging import everything
from tests.support.git import Sandbox


def traces(repository: Sandbox) -> tuple[str, ...]:
    index = (repository.path / ".git/index").read_bytes().hex()
    return (index, repository.git("count-objects"), repository.git("status", "--porcelain"))


def test_everything_is_seen_and_nothing_is_changed(repository: Sandbox) -> None:
    repository.write({"calc.py": "x\n", "sub/n\u00e4me": "y\n", "junk.tmp": "z", ".gitignore": "*.tmp\n"})
    (repository.path / "README.md").unlink()
    repository.git("status")
    before = traces(repository)

    found = everything(Repository.open(repository.path / "sub"))

    assert found.files == (".gitignore", "README.md", "calc.py", "sub/n\u00e4me")
    assert found.untracked == (".gitignore", "sub/n\u00e4me")
    assert b"+x\n" in found.patch
    assert traces(repository) == before


def test_what_a_person_staged_is_not_new_any_more(repository: Sandbox) -> None:
    repository.write({"a": "x\n", "b": "x\n"})
    repository.git("add", "a")

    found = everything(Repository.open(repository.path))

    assert (found.files, found.untracked) == (("a", "b"), ("b",))


def test_settings_and_attributes_hide_nothing(repository: Sandbox) -> None:
    for key in ("diff.noprefix", "diff.external", "diff.relative"):
        repository.git("config", key, "true")
    repository.write({".gitattributes": "*.md binary\n", "a.md": "secret\n"})

    patch = everything(Repository.open(repository.path)).patch

    assert b"diff --git a/a.md b/a.md" in patch
    assert b"GIT binary patch" in patch


def test_before_the_first_commit_and_in_a_linked_work_tree(tmp_path: Path, repository: Sandbox) -> None:
    empty = Sandbox.create(tmp_path / 'em:p"ty')
    empty.write({"a": "x\n"})
    linked = Sandbox(tmp_path / "linked")
    repository.git("worktree", "add", "-q", "-b", "side", str(linked.path))
    linked.write({"calc.py": "x\n"})

    assert everything(Repository.open(empty.path)).files == ("a",)
    assert everything(Repository.open(linked.path)).files == ("calc.py",)


def test_nothing_is_nothing(repository: Sandbox) -> None:
    found = everything(Repository.open(repository.path))

    assert (found.files, found.untracked, found.patch) == ((), (), b"")
