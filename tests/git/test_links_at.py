"""The symbolic links of a commit."""

from __future__ import annotations

import pytest

from runner.errors import GitFailed
from runner.git.links_at import links_at
from runner.git.repository import Repository
from tests.support.git import Sandbox


def test_every_link_is_there_with_what_it_says(repository: Sandbox) -> None:
    (repository.path / "sub").mkdir()
    said = {"ci": ".github", "sub/again": ".github", "sub/odd \n \udcff name": "a\nb \udcfe", "x": "/etc"}
    for name, target in said.items():
        (repository.path / name).symlink_to(target)
    repository.git("add", ".")
    commit_id = repository.commit("links", {"file.txt": "x\n"})

    assert links_at(Repository.open(repository.path).git, commit_id) == said


def test_without_links_there_are_none(repository: Sandbox) -> None:
    assert links_at(Repository.open(repository.path).git, repository.commit("one", {"file.txt": "x\n"})) == {}


def test_one_whose_content_is_not_here_is_left_out(repository: Sandbox) -> None:
    for name, target in (("gone", "a"), ("kept", "b")):
        (repository.path / name).symlink_to(target)
    repository.git("add", ".")
    commit_id = repository.commit("links", {"file.txt": "x\n"})
    blob = repository.git("rev-parse", f"{commit_id}:gone")
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()

    assert links_at(Repository.open(repository.path).git, commit_id) == {"kept": "b"}


def test_a_commit_that_is_not_there_is_told(repository: Sandbox) -> None:
    with pytest.raises(GitFailed):
        links_at(Repository.open(repository.path).git, "f" * 40)
