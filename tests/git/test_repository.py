"""Reading a repository: libgit2 and git give the same answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.errors import GitFailed, NotARepository
from runner.git.library_reader import LibraryReader
from runner.git.model import Commit, TreeEntry
from runner.git.reader import Reader
from runner.git.repository import Repository
from tests.git.world import fingerprint
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


@pytest.fixture
def rich(repository: Sandbox) -> Sandbox:
    """Commits, a link, a script, odd names, a submodule's place, staged and unstaged changes."""
    repository.commit(
        "second\nstill the subject\n\nand a body",
        {"sub/ä ö.txt": "umlaut\n", "tab\there": "x\n", "moved": "some text that is long enough\n" * 5},
    )
    (repository.path / "link").symlink_to("calc.py")
    repository.write({"run.sh": "#!/bin/sh\n"})
    (repository.path / "run.sh").chmod(0o755)
    repository.commit("third: ünïcode")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendor")
    repository.git("commit", "-q", "-m", "with a submodule")
    return repository


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
    _conflict(repository)

    assert open_repository(repository.path).tracked_files() == ("README.md", "calc.py")


def _conflict(repository: Sandbox) -> None:
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("side", {"calc.py": "side\n"})
    repository.git("checkout", "-q", "main")
    repository.commit("main", {"calc.py": "main\n"})
    subprocess.run(["git", "merge", "-q", "side"], cwd=repository.path, check=False, capture_output=True)


def test_an_empty_repository_has_nothing(tmp_path: Path) -> None:
    empty = Sandbox.create(tmp_path / "empty")
    empty.write({"staged": "x\n"})
    empty.git("add", "-A")
    for repository in (Repository.open(empty.path), Repository.open(empty.path, light=True)):
        assert repository.head() is None
        assert repository.branch() == "main"
        assert repository.tree() == ()
        assert repository.log() == ()
        assert repository.recent_commits() == ()
        assert repository.tracked_files() == ("staged",)
        assert repository.diff(staged=True) == empty.git("diff", "--staged") + "\n"
        assert repository.default_branch() == "main"
        assert repository.has_changes()


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


def test_it_is_found_from_a_folder_or_a_file_inside(rich: Sandbox) -> None:
    assert Repository.open(rich.path / "sub").top == rich.path
    assert Repository.open(rich.path / "sub" / "ä ö.txt").top == rich.path
    assert Repository.open(rich.path / "not there yet.txt").top == rich.path


def test_no_repository_and_no_work_tree_are_told_apart(rich: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    Sandbox.create(tmp_path / "bare.git", bare=True)

    with pytest.raises(NotARepository, match="is not in a git repository"):
        Repository.open(tmp_path / "plain")
    with pytest.raises(NotARepository, match="bare repository; a work tree is needed"):
        Repository.open(tmp_path / "bare.git")
    with pytest.raises(NotARepository, match="a work tree is needed"):
        Repository.open(rich.path / ".git")
    with pytest.raises(NotARepository, match="there is no folder"):
        Repository.open(tmp_path / "no" / "such")


def test_a_repository_that_git_refuses_is_one_clear_line(rich: Sandbox) -> None:
    rich.git("config", "core.repositoryformatversion", "1")
    rich.git("config", "extensions.fromTheFuture", "true")

    with pytest.raises(GitFailed, match="git cannot read the repository of ") as caught:
        Repository.open(rich.path)

    assert "install a newer git" in caught.value.hint


def test_a_repository_of_another_user_is_told_how_to_be_trusted(rich: Sandbox) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    os.chown(rich.path / ".git", 65534, 65534)
    os.chown(rich.path, 65534, 65534)

    with pytest.raises(GitFailed) as caught:
        Repository.open(rich.path)

    assert "safe.directory" in caught.value.hint


def test_a_sha_256_repository_is_read_by_git(tmp_path: Path) -> None:
    new = Sandbox(tmp_path / "new")
    new.path.mkdir()
    new.git("init", "-q", "-b", "main", "--object-format=sha256")
    new.commit("first", {"a": "text\n"})

    repository = Repository.open(new.path)

    assert repository._library is None
    assert repository.head() == new.head()
    assert repository.blob(repository.tree()[0].blob_id) == b"text\n"
    assert repository.recent_commits()[0].endswith(" first")


def test_objects_that_a_partial_clone_left_out_are_fetched_by_git(rich: Sandbox, tmp_path: Path) -> None:
    rich.git("config", "uploadpack.allowFilter", "true")
    partial = Sandbox(tmp_path / "partial")
    rich.git("clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{rich.path}", str(partial.path))

    repository = Repository.open(partial.path)
    tree = repository.tree()

    assert {entry.size_bytes for entry in tree} == {-1}
    assert [content for _, content in repository.blobs([entry.blob_id for entry in tree])][2] == b"calc.py"


def test_an_index_that_libgit2_does_not_know_is_read_by_git(rich: Sandbox) -> None:
    rich.git("sparse-checkout", "set", "--cone", "--sparse-index", "sub")

    repository = Repository.open(rich.path)

    assert "sub/ä ö.txt" in repository.tracked_files()


def test_what_does_not_exist_is_an_error_in_git_s_words(rich: Sandbox) -> None:
    for repository in (Repository.open(rich.path), Repository.open(rich.path, light=True)):
        with pytest.raises(GitFailed, match="there is no object 0000000"):
            repository.blob("0" * 40)
        with pytest.raises(GitFailed, match="there is no commit 'nope'"):
            repository.tree("nope")
        with pytest.raises(GitFailed, match="there is no commit '--output=x'"):
            repository.log(3, "--output=x")


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
    _conflict(repository)

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


def test_settings_and_remotes_are_told(published: tuple[Sandbox, Sandbox]) -> None:
    checkout, origin = published
    checkout.git("remote", "add", "fork", "short:ada/widget.git")
    checkout.git("config", "url.https://example.org/.insteadOf", "short:")
    repository = Repository.open(checkout.path)

    assert repository.config_value("user.name") == "Ada Developer"
    assert repository.config_value("no.such") is None
    assert repository.remotes() == ("fork", "origin")
    assert repository.main_remote() == "origin"
    assert repository.remote_url() == str(origin.path)
    assert repository.remote_url("fork") == "https://example.org/ada/widget.git"
    assert repository.remote_url("gone") is None


def test_a_repository_without_remotes_has_no_main_one(repository: Sandbox) -> None:
    assert Repository.open(repository.path).main_remote() is None


def test_the_default_branch_is_the_remote_s_then_the_current_one(published: tuple[Sandbox, Sandbox]) -> None:
    checkout, _ = published
    checkout.git("checkout", "-q", "-b", "topic")
    repository = Repository.open(checkout.path)

    before = repository.default_branch()
    checkout.git("remote", "set-head", "origin", "main")

    assert before == "topic"
    assert repository.default_branch() == "main"


def test_a_detached_head_without_main_or_master_has_no_default(repository: Sandbox) -> None:
    repository.git("checkout", "-q", "--detach")
    repository.git("branch", "-m", "main", "trunk")

    assert Repository.open(repository.path).default_branch() is None


def test_libgit2_must_mean_the_same_repository(rich: Sandbox, tmp_path: Path) -> None:
    other = Sandbox.create(tmp_path / "other", files={"a": "a"})

    with pytest.raises(GitFailed, match="leads libgit2 to another repository"):
        LibraryReader(other.path / ".git", rich.path)


def test_without_pygit2_git_answers(rich: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "pygit2.py").write_text("raise ImportError('broken library')\n")
    code = (
        "import sys; from pathlib import Path; from runner.git.repository import Repository\n"
        "print(Repository.open(Path(sys.argv[1])).head())"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(rich.path)],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == rich.head()


def test_a_light_repository_never_loads_libgit2(rich: Sandbox) -> None:
    code = (
        "import sys; from pathlib import Path; from runner.git.repository import Repository\n"
        "r = Repository.open(Path(sys.argv[1]), light=True)\n"
        "r.head(), r.branch(), r.tree(), r.log(), r.status_text(), r.remote_url(), r.tracked_files()\n"
        "sys.exit('pygit2' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(rich.path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )

    assert done.returncode == 0


def test_both_drivers_are_readers(rich: Sandbox) -> None:
    repository = Repository.open(rich.path)
    readers: tuple[Reader | None, ...] = (repository._library, repository._program)

    assert [reader.head() for reader in readers if reader is not None] == [rich.head()] * 2
    assert shutil.which("git")
