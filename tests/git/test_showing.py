"""Status and diffs, as git shows them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from runner.git.repository import Repository
from tests.git.world import fingerprint, leave_conflict
from tests.support.git import Sandbox

Open = Callable[[Path], Repository]


def test_what_is_staged_is_shown_like_git_shows_it(rich: Sandbox) -> None:
    rich.git("mv", "moved", "elsewhere")
    rich.write({"calc.py": "def add(a, b):\n    return a + b\n", "new ü.txt": "no end", "empty": ""})
    (rich.path / "binary").write_bytes(bytes(range(256)))
    (rich.path / "run.sh").chmod(0o644)
    rich.git("rm", "-q", "README.md")
    rich.git("add", "-A")
    rich.write({"calc.py": "not staged\n"})

    shown = Repository.open(rich.path).diff(staged=True)

    assert shown == rich.git("-c", "core.quotePath=false", "diff", "--staged") + "\n"
    assert "rename to elsewhere" in shown
    assert "b/new ü.txt" in shown


def test_the_status_is_that_of_git(rich: Sandbox) -> None:
    rich.git("mv", "moved", "else where")
    rich.write({"calc.py": "x\n", "sub/neu ß.txt": "x\n", 'quo"te': "x\n", "staged": "x\n"})
    rich.git("add", "staged")
    (rich.path / "README.md").unlink()
    repository = Repository.open(rich.path)

    assert repository.status_text() == rich.git("-c", "core.quotePath=false", "status", "--porcelain") + "\n"
    assert 'R  moved -> "else where"' in repository.status_text()
    assert "sub/neu ß.txt" in repository.status_text()
    assert repository.has_changes()


def test_conflicts_are_in_the_status(repository: Sandbox) -> None:
    leave_conflict(repository)

    assert Repository.open(repository.path).status_text() == "UU calc.py\n"


def test_a_clean_checkout_has_no_changes(repository: Sandbox) -> None:
    opened = Repository.open(repository.path)

    assert opened.status_text() == ""
    assert not opened.has_changes()
    assert opened.diff(staged=False) == ""


def test_staged_and_unstaged_changes_are_shown_apart(repository: Sandbox) -> None:
    repository.write({"calc.py": "staged\n", "untracked": "x\n"})
    repository.git("add", "calc.py")
    repository.write({"calc.py": "unstaged\n"})
    opened = Repository.open(repository.path)

    assert "+staged" in opened.diff(staged=True)
    assert "-staged\n+unstaged" in opened.diff(staged=False)
    assert "untracked" not in opened.diff(staged=True) + opened.diff(staged=False)


def test_drivers_and_colours_of_the_developer_do_not_show(repository: Sandbox) -> None:
    repository.git("config", "diff.external", "echo external")
    repository.git("config", "color.ui", "always")
    repository.git("config", "diff.noprefix", "true")
    repository.write({"calc.py": "x\n"})

    assert Repository.open(repository.path).diff(staged=False).startswith("diff --git a/calc.py b/calc.py\n")


def test_reading_writes_nothing(rich: Sandbox) -> None:
    rich.write({"calc.py": "x\n", "new": "y\n"})
    before = fingerprint(rich.path)
    # Only the time of this one differs: git would like to note in the index that it is the same.
    os.utime(rich.path / "run.sh", (1_000_000_000, 1_000_000_000))

    for repository in (Repository.open(rich.path), Repository.open(rich.path, light=True)):
        assert "run.sh" not in repository.status_text()
        assert "run.sh" not in repository.diff(staged=False)
        repository.diff(staged=True)
        repository.tree()
        repository.log()
        repository.default_branch()

    assert fingerprint(rich.path) == before
