"""The repository's own files as a commit has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import GitFailed, SettingsProblem
from runner.git.repository import Repository
from runner.settings.files import SIZE_LIMIT_BYTES
from runner.wiring.base_files import CommitFiles
from tests.support.git import Sandbox


def files(repository: Sandbox, rev: str = "HEAD") -> CommitFiles:
    git = Repository.open(repository.path, light=True).git
    commit_id = repository.git("rev-parse", rev)
    return CommitFiles(git=git, commit_id=commit_id, top=repository.path, place="main")


def test_files_are_read_from_the_commit_whatever_lies_in_the_checkout(repository: Sandbox) -> None:
    repository.commit("own", {".runner.toml": "a\n", "p/one": "1\n", "p/deep/two": "2\n", "p.txt": "3\n"})
    found = files(repository)
    repository.commit("later", {".runner.toml": "b\n", "p/three": "3\n"})
    (repository.path / "p/one").unlink()

    assert found.read(".runner.toml") == b"a\n"
    assert found.under("p") == found.under("p/") == ("p/deep/two", "p/one")
    assert found.read("p/one") == b"1\n"
    assert found.read("p") is None
    assert found.read("nothing") is None
    assert found.shown / "p" == Path("main/p")


def test_links_and_submodules_are_no_files(repository: Sandbox, tmp_path: Path) -> None:
    library = Sandbox.create(tmp_path / "library", files={"b": "b\n"})
    (repository.path / ".runner.toml").symlink_to("/etc/passwd")
    (repository.path / "p").mkdir()
    (repository.path / "p/link").symlink_to("/etc/passwd")
    repository.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "p/sub"
    )
    repository.commit("links")

    found = files(repository)

    assert found.read(".runner.toml") is None
    assert found.under("p") == ()


def test_names_are_no_patterns(repository: Sandbox) -> None:
    repository.commit("own", {"a/x": "1\n", "b/x": "2\n", ":(glob)b/y": "3\n"})
    found = files(repository)

    assert found.under("*") == ()
    assert found.under(":(glob)b") == (":(glob)b/y",)


def test_a_huge_file_is_a_problem_and_is_not_read(repository: Sandbox) -> None:
    repository.commit("huge", {".runner.toml": "#" * (SIZE_LIMIT_BYTES + 1)})

    with pytest.raises(SettingsProblem, match=r"\.runner\.toml: is larger than 256 KB"):
        files(repository).read(".runner.toml")


def test_an_object_that_was_replaced_is_read_as_it_was_committed(repository: Sandbox) -> None:
    repository.commit("own", {".runner.toml": "a\n", "evil": "b\n"})
    theirs = repository.git("rev-parse", "HEAD:evil")
    repository.git("replace", repository.git("rev-parse", "HEAD:.runner.toml"), theirs)

    assert files(repository).read(".runner.toml") == b"a\n"


def test_a_commit_that_is_not_there_is_told(repository: Sandbox) -> None:
    git = Repository.open(repository.path, light=True).git
    gone = CommitFiles(git=git, commit_id="0" * 40, top=repository.path, place="main")

    with pytest.raises(GitFailed, match="ls-tree"):
        gone.read(".runner.toml")
