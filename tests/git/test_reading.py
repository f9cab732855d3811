"""Reading a repository: libgit2 and git give the same answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.errors import GitFailed
from runner.git.library_reader import LibraryReader
from runner.git.model import Commit, TreeEntry
from runner.git.reader import Reader
from runner.git.repository import Repository
from tests.git.world import leave_conflict
from tests.support.git import Sandbox

Open = Callable[[Path], Repository]


@pytest.fixture(params=["libgit2", "git"])
def open_repository(request: pytest.FixtureRequest) -> Open:
    """Opens a repository so that this one of the two drivers must answer."""
    if request.param == "git":
        return lambda path: Repository.open(path, light=True)

    def strictly(path: Path) -> Repository:
        repository = Repository.open(path)
        assert repository._library is not None
        repository._program = _Refusing()  # type: ignore[assignment]  # nothing may be passed on to git
        return repository

    return strictly


class _Refusing:
    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"git was asked for {name}")


def test_head_and_branch_are_told(rich: Sandbox, open_repository: Open) -> None:
    repository = open_repository(rich.path)

    assert repository.head() == rich.head()
    assert repository.branch() == "main"
    assert repository.resolve("HEAD~1") == rich.git("rev-parse", "HEAD~1")


def test_a_revision_that_means_nothing_is_none(rich: Sandbox, open_repository: Open) -> None:
    repository = open_repository(rich.path)

    for rev in ("nope", "HEAD:calc.py", "", "--all", "HEAD^{tree}"):
        assert repository.resolve(rev) is None


def test_the_tree_has_every_file_and_no_submodule(rich: Sandbox, open_repository: Open) -> None:
    tree = open_repository(rich.path).tree()

    assert [entry.path for entry in tree] == [
        *("README.md", "calc.py", "link", "moved", "run.sh", "sub/ä ö.txt", "tab\there")
    ]
    assert tree[4] == TreeEntry(
        path="run.sh", blob_id=rich.git("rev-parse", "HEAD:run.sh"), size_bytes=10, executable=True
    )
    assert tree[2].link
    assert tree[5].size_bytes == 7


def test_blobs_come_in_order_byte_for_byte(rich: Sandbox, open_repository: Open) -> None:
    (rich.path / "binary").write_bytes(b"\0\n\xff" * 1000)
    rich.commit("binary")
    repository = open_repository(rich.path)
    ids = [entry.blob_id for entry in repository.tree()]

    contents = dict(repository.blobs([*ids, ids[0]]))

    assert [id_ for id_, _ in repository.blobs([*ids, ids[0]])] == [*ids, ids[0]]
    assert contents[rich.git("rev-parse", "HEAD:binary")] == b"\0\n\xff" * 1000
    assert repository.blob(rich.git("rev-parse", "HEAD:link")) == b"calc.py"


def test_history_is_told_newest_first(rich: Sandbox, open_repository: Open) -> None:
    repository = open_repository(rich.path)

    commits = repository.log(3)

    head = rich.head()
    assert repository.recent_commits(3) == tuple(
        f"{rich.git('rev-parse', f'HEAD~{number}')[:7]} {subject}"
        for number, subject in enumerate(("with a submodule", "third: ünïcode", "second still the subject"))
    )
    assert commits[0] == Commit(
        id=head,
        message="with a submodule\n",
        author_name="Ada Developer",
        author_email="ada@example.org",
        committed_at=datetime.fromtimestamp(int(rich.git("log", "-1", "--format=%ct")), UTC),
    )
    assert commits[2].message == "second\nstill the subject\n\nand a body\n"
    assert repository.recent_commits(1, "HEAD~3")[0].endswith(" first")


def test_a_merge_is_told_by_time(
    repository: Sandbox, open_repository: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit_at(second: int, name: str) -> None:
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{2_000_000_000 + second} +0200")
        repository.commit(name, {name: "x"})

    repository.git("checkout", "-q", "-b", "side")
    commit_at(1, "a")
    repository.git("checkout", "-q", "main")
    commit_at(2, "b")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2000000003 +0200")
    repository.git("merge", "-q", "--no-edit", "side")

    subjects = [line.split(" ", 1)[1] for line in open_repository(repository.path).recent_commits()]

    assert subjects == ["Merge branch 'side'", "b", "a", "first"]


def test_tracked_files_are_those_of_the_index(rich: Sandbox, open_repository: Open) -> None:
    rich.write({"staged ü": "x", "untracked": "y"})
    rich.git("add", "staged ü")

    files = open_repository(rich.path).tracked_files()

    assert "staged ü" in files
    assert "untracked" not in files
    assert "vendor" not in files
    assert list(files) == [
        name for name in rich.git("ls-files", "-z").split("\0") if name not in ("", "vendor")
    ]


def test_a_path_in_conflict_is_tracked_once(repository: Sandbox, open_repository: Open) -> None:
    leave_conflict(repository)

    assert open_repository(repository.path).tracked_files() == ("README.md", "calc.py")


def test_a_detached_head_has_no_branch(rich: Sandbox, open_repository: Open) -> None:
    rich.git("checkout", "-q", "--detach")

    assert open_repository(rich.path).branch() is None
    assert Repository.open(rich.path).default_branch() == "main"


def test_a_linked_work_tree_is_a_checkout_of_its_own(
    rich: Sandbox, open_repository: Open, tmp_path: Path
) -> None:
    rich.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))

    repository = open_repository(tmp_path / "linked")

    assert repository.top == tmp_path / "linked"
    assert repository.branch() == "linked"
    assert repository.common_dir == rich.path / ".git"
    assert repository.git_dir == rich.path / ".git/worktrees/linked"
    assert "calc.py" in repository.tracked_files()


def test_a_submodule_is_a_checkout_of_its_own(rich: Sandbox, open_repository: Open, tmp_path: Path) -> None:
    outer = Sandbox.create(tmp_path / "outer", files={"a": "a"})
    outer.git("submodule", "--quiet", "add", str(rich.path), "libs/inner")

    repository = open_repository(tmp_path / "outer/libs/inner/sub")

    assert repository.top == tmp_path / "outer/libs/inner"
    assert repository.head() == rich.head()
    assert repository.branch() == "main"


def test_libgit2_must_mean_the_same_repository(rich: Sandbox, tmp_path: Path) -> None:
    other = Sandbox.create(tmp_path / "other", files={"a": "a"})

    with pytest.raises(GitFailed, match="leads libgit2 to another repository"):
        LibraryReader(other.path / ".git", rich.path)


def test_both_drivers_are_readers(rich: Sandbox) -> None:
    repository = Repository.open(rich.path)
    readers: tuple[Reader | None, ...] = (repository._library, repository._program)

    assert [reader.head() for reader in readers if reader is not None] == [rich.head()] * 2
    assert shutil.which("git")
