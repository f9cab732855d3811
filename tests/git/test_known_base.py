"""Where a branch would start, as far as the checkout knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import UsageProblem
from runner.git.known_base import known_base
from runner.git.repository import Repository
from tests.support.git import Sandbox


@pytest.fixture
def checkout(tmp_path: Path) -> Sandbox:
    return Sandbox.create(tmp_path / "widget", files={"a.py": "x = 1\n"})


def opened(checkout: Sandbox) -> Repository:
    return Repository.open(checkout.path, source=dict(os.environ))


def test_without_a_remote_it_is_the_local_branch(checkout: Sandbox) -> None:
    base = known_base(opened(checkout))

    assert (base.branch, base.remote, base.commit_id) == ("main", None, checkout.git("rev-parse", "main"))


def test_what_is_known_of_the_remote_goes_before_the_local_branch(checkout: Sandbox, tmp_path: Path) -> None:
    checkout.add_remote(tmp_path / "origin.git")
    pushed = checkout.git("rev-parse", "main")
    checkout.commit("not pushed", {"a.py": "x = 2\n"})

    base = known_base(opened(checkout), "main")

    assert (base.remote, base.commit_id) == ("origin", pushed)


def test_a_local_branch_that_the_remote_has_not_is_found(checkout: Sandbox, tmp_path: Path) -> None:
    checkout.add_remote(tmp_path / "origin.git")
    checkout.git("branch", "topic")

    assert known_base(opened(checkout), "topic").branch == "topic"


def test_a_branch_that_is_missing_is_told_with_those_that_are_there(checkout: Sandbox) -> None:
    with pytest.raises(UsageProblem, match="there is no branch develop to start from") as told:
        known_base(opened(checkout), "develop")

    assert told.value.hint == "branches: main"


def test_a_branch_that_may_be_new_on_the_remote_is_told_so(checkout: Sandbox, tmp_path: Path) -> None:
    checkout.add_remote(tmp_path / "origin.git")

    with pytest.raises(UsageProblem) as told:
        known_base(opened(checkout), "develop")

    assert "git fetch origin" in told.value.hint


def test_an_empty_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="has no commit yet"):
        known_base(opened(Sandbox.create(tmp_path / "empty")))


def test_a_head_that_is_on_no_branch_is_told(checkout: Sandbox) -> None:
    checkout.git("checkout", "-q", "--detach")
    checkout.git("branch", "-m", "main", "trunk")

    with pytest.raises(UsageProblem, match="HEAD is detached"):
        known_base(opened(checkout))


def test_a_name_that_is_none_for_a_branch_is_refused(checkout: Sandbox) -> None:
    with pytest.raises(UsageProblem):
        known_base(opened(checkout), "-a b")
