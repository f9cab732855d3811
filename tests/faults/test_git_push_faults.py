"""A push that is refused: told apart by cause, the remote as it was, the work kept and brought back by one command."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from runner.git.push_faults import HINTS, PASSES_BY_ITSELF, PushFailed, PushFault, fault_of
from runner.git.rescue import rescue_commit, rescue_hint
from tests.faults.push_faults import PLANS, Plan, arranged, script
from tests.git.world import World
from tests.support.git import Sandbox

Online = tuple[World, Sandbox]


@pytest.fixture
def online(published: tuple[Sandbox, Sandbox], tmp_path: Path) -> Online:
    return World(checkout=published[0], state=tmp_path / "state"), published[1]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_refused_push_is_told_apart_and_loses_nothing(online: Online, plan: Plan) -> None:
    world, origin = online
    with arranged(plan, world, origin):
        tree = world.committed({"calc.py": f"fixed {os.urandom(3000).hex()}\n"})
        before = origin.git("for-each-ref")

        with pytest.raises(PushFailed) as caught:
            tree.push(world.branch, None, "origin")

    assert caught.value.fault is plan.fault, str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert origin.git("for-each-ref") == before
    clone = world.clone()
    rescue_commit(clone.ground, "r-1", str(tree.committed()))
    clone.remove_work_tree(tree.path)
    hint = rescue_hint(clone.path, "r-1", top=world.checkout.path)
    subprocess.run(shlex.split(hint), check=True, capture_output=True)
    assert world.checkout.git("show", "rescue/r-1:calc.py").startswith("fixed")


def test_a_moved_base_is_mended_by_one_rebase(online: Online, tmp_path: Path) -> None:
    world, origin = online
    wants_newest = 'read old new ref; git merge-base --is-ancestor main "$new" && exit 0'
    script(origin.path / "hooks/pre-receive", "your branch is behind main", more=wants_newest)
    tree = world.committed({"calc.py": "fixed\n"})
    other = Sandbox(tmp_path / "other")
    origin.git("clone", "-q", str(origin.path), str(other.path))
    other.commit("main goes on", {"other.py": "x\n"})
    other.git("update-ref", "refs/heads/main", "HEAD")
    (origin.path / "hooks/pre-receive").rename(tmp_path / "hook")
    other.git("push", "-q", "origin", "main")
    (tmp_path / "hook").rename(origin.path / "hooks/pre-receive")

    with pytest.raises(PushFailed) as caught:
        tree.push(world.branch, None, "origin")
    base = world.clone().resolve_base()
    message = Sandbox(tree.path).git("log", "-1", "--format=%B")
    rebased = tree.rebase_once(base.commit_id, message)
    tree.push(world.branch, None, "origin")

    assert caught.value.fault is PushFault.MOVED_BASE
    assert rebased.commit_id == origin.git("rev-parse", world.branch)
    assert origin.git("rev-list", "--count", f"main..{world.branch}") == "1"
    assert (tree.path / "other.py").is_file()


def test_every_fault_has_something_to_do() -> None:
    assert set(HINTS) == set(PushFault) - {PushFault.LOCAL, PushFault.UNKNOWN}
    assert PushFault.MOVED_BASE not in PASSES_BY_ITSELF


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("ERROR: Permission to acme/widget.git denied to ada.\nfatal: Could not read", PushFault.PERMISSION),
        ("git@github.com: Permission denied (publickey).\nfatal: Could not read", PushFault.CREDENTIALS),
        (
            "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
            PushFault.NO_REPOSITORY,
        ),
        ("ssh: Could not resolve hostname github.com\nfatal: Could not read", PushFault.UNREACHABLE),
        (
            "error: RPC failed; HTTP 500 curl 22\nfatal: the remote end hung up unexpectedly",
            PushFault.UNREACHABLE,
        ),
        ("fatal: unable to write new index file: No space left on device", PushFault.LOCAL),
        ("fatal: something that nobody ever saw", PushFault.UNKNOWN),
        ("", PushFault.UNKNOWN),
    ],
)
def test_words_of_other_transports_are_told_apart_too(words: str, fault: PushFault) -> None:
    assert fault_of("", words, has_hook=False) is fault
