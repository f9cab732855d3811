"""Finding a repository, its settings, and formats that only git reads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import GitFailed, NotARepository
from runner.git.repository import Repository
from tests.support.git import Sandbox

Open = Callable[[Path], Repository]


def test_an_empty_repository_has_nothing(tmp_path: Path) -> None:
    empty = Sandbox.create(tmp_path / "empty")
    assert Repository.open(empty.path).diff(staged=False) == ""
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
