"""Where a branch starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import GitFailed, UsageProblem
from runner.git import base as base_module
from runner.git.base_choice import Tips, choose_base, choose_remote
from runner.git.model import Base
from tests.git.world import World
from tests.support.git import Sandbox

Online = tuple[World, Sandbox]


def _tips(
    *, local: str | None = None, known: str | None = None, fetched: str | None = None, trouble: str = ""
) -> Tips:
    return Tips(branch="main", remote="origin", local=local, known=known, fetched=fetched, trouble=trouble)


@pytest.mark.parametrize(
    ("tips", "left_out", "commit_id", "note"),
    [
        (_tips(local="l", known="k", fetched="f"), False, "f", ""),
        (_tips(local="l", known="k", fetched="f"), True, "f", "commits here that origin does not have"),
        (
            _tips(local="l", known="k", trouble="no network"),
            False,
            "k",
            "(no network); the work starts from what was",
        ),
        (
            _tips(local="l", trouble="no network"),
            False,
            "l",
            "(no network); the work starts from the local main",
        ),
        (
            _tips(local="l", known="k"),
            False,
            "l",
            "origin has no branch main; the work starts from the local one",
        ),
    ],
)
def test_the_newest_tip_is_chosen_and_anything_else_is_noted(
    tips: Tips, left_out: bool, commit_id: str, note: str
) -> None:
    base = choose_base(tips, left_out=left_out)

    assert base is not None
    assert base.commit_id == commit_id
    assert note in base.note


def test_no_tip_is_no_base() -> None:
    assert choose_base(_tips(known="k"), left_out=False) is None
    assert choose_base(_tips(trouble="no network"), left_out=False) is None


@pytest.mark.parametrize(
    ("names", "push_default", "chosen"),
    [
        ((), None, None),
        (("fork", "origin"), None, "origin"),
        (("fork", "origin"), "fork", "fork"),
        (("z", "a"), "gone", "a"),
    ],
)
def test_one_remote_is_chosen(names: tuple[str, ...], push_default: str | None, chosen: str | None) -> None:
    assert choose_remote(names, push_default) == chosen


def test_a_branch_starts_from_what_the_remote_has_now(online: Online, tmp_path: Path) -> None:
    world, origin = online
    colleague = Sandbox(tmp_path / "colleague")
    origin.git("clone", "-q", str(origin.path), str(colleague.path))
    newest = colleague.commit("newer", {"newer": "x"})
    colleague.git("push", "-q", "origin", "main")
    refs = world.checkout.git("for-each-ref")

    base = world.clone().resolve_base()

    assert base == Base(branch="main", commit_id=newest, remote="origin")
    assert world.checkout.git("for-each-ref") == refs


def test_commits_that_were_not_pushed_are_left_out_and_noted(online: Online) -> None:
    world, origin = online
    world.checkout.commit("not pushed", {"mine": "x"})

    base = world.clone().resolve_base()

    assert base.commit_id == origin.head()
    assert "main has commits here that origin does not have" in base.note


def test_a_checkout_that_is_behind_needs_no_note(online: Online) -> None:
    world, _ = online
    world.checkout.commit("second", {"a": "x"})
    world.checkout.git("push", "-q")
    world.checkout.git("reset", "-q", "--hard", "HEAD~1")

    assert world.clone().resolve_base().note == ""


def test_the_default_of_the_remote_is_asked_for_when_the_checkout_does_not_know_it(online: Online) -> None:
    world, origin = online
    world.checkout.git("checkout", "-q", "-b", "somebody-s-idea")

    assert world.clone().resolve_base().branch == "main"
    assert origin.branches() == ["main"]


def test_the_default_that_the_checkout_knows_is_used(online: Online) -> None:
    world, origin = online
    origin.git("branch", "trunk", "main")
    world.checkout.git("fetch", "-q")
    world.checkout.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")

    assert world.clone().resolve_base().branch == "trunk"


def test_without_a_network_what_was_last_seen_is_used(online: Online, tmp_path: Path) -> None:
    world, origin = online
    seen = world.checkout.head()
    world.checkout.commit("not pushed", {"mine": "x"})
    origin.path.rename(tmp_path / "away")

    base = world.clone().resolve_base("main")

    assert base.commit_id == seen
    assert "origin could not be asked (" in base.note


def test_a_remote_that_does_not_answer_in_time_is_no_obstacle(
    online: Online, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = online
    world.checkout.git("remote", "set-url", "origin", "ssh://git@host.invalid/acme/widget.git")
    world.checkout.git("config", "core.sshCommand", "sleep 60; true")
    clone = world.clone()
    monkeypatch.setattr(base_module, "NETWORK_S", 0.5)

    base = clone.resolve_base()

    assert base.branch == "main"
    assert "no answer in 0.5 seconds" in base.note


def test_without_a_network_and_without_a_name_it_is_the_current_branch(
    online: Online, tmp_path: Path
) -> None:
    world, origin = online
    origin.path.rename(tmp_path / "away")

    assert world.clone().resolve_base().branch == "main"


def test_without_a_network_and_knowledge_it_is_the_remote_s_trouble(online: Online, tmp_path: Path) -> None:
    world, origin = online
    origin.path.rename(tmp_path / "away")

    with pytest.raises(GitFailed, match="cannot get release from origin: ") as caught:
        world.clone().resolve_base("release")

    assert "git remote -v" in caught.value.hint


def test_a_branch_that_the_remote_does_not_have_is_taken_from_the_checkout(online: Online) -> None:
    world, _ = online
    world.checkout.git("checkout", "-q", "-b", "topic")
    mine = world.checkout.commit("mine", {"mine": "x"})

    base = world.clone().resolve_base("topic")

    assert base.commit_id == mine
    assert base.note == "origin has no branch topic; the work starts from the local one"


@pytest.mark.parametrize("with_remote", [True, False])
def test_a_base_that_is_gone_is_told_with_those_that_are_there(
    repository: Sandbox, tmp_path: Path, with_remote: bool
) -> None:
    world = World(checkout=repository, state=tmp_path / "state")
    if with_remote:
        repository.add_remote(tmp_path / "origin.git")
    repository.git("branch", "develop")

    with pytest.raises(UsageProblem, match="there is no branch release to start from") as caught:
        world.clone().resolve_base("release")

    known = ", origin/main" if with_remote else ""
    assert caught.value.hint == f"branches: develop, main{known}"


def test_a_name_that_is_none_is_refused(world: World) -> None:
    with pytest.raises(UsageProblem, match="cannot be the name of a branch"):
        world.clone().resolve_base("--upload-pack=touch /tmp/x")


def test_an_empty_repository_is_told_to_make_a_commit(tmp_path: Path) -> None:
    world = World(checkout=Sandbox.create(tmp_path / "empty"), state=tmp_path / "state")

    with pytest.raises(UsageProblem, match="has no commit yet") as caught:
        world.clone().resolve_base()

    assert "git commit" in caught.value.hint


def test_an_empty_checkout_of_a_filled_remote_works(online: Online, tmp_path: Path) -> None:
    _, origin = online
    checkout = Sandbox.create(tmp_path / "empty")
    checkout.git("remote", "add", "origin", str(origin.path))
    world = World(checkout=checkout, state=tmp_path / "state")

    tree, base = world.start()

    assert base.commit_id == origin.head()
    assert (tree.path / "calc.py").is_file()


def test_without_a_remote_it_is_the_current_branch(world: World) -> None:
    world.checkout.git("checkout", "-q", "-b", "topic")
    mine = world.checkout.commit("mine", {"mine": "x"})

    assert world.clone().resolve_base() == Base(branch="topic", commit_id=mine, remote=None)


def test_a_detached_head_falls_back_to_main(world: World) -> None:
    world.checkout.git("checkout", "-q", "--detach")

    assert world.clone().resolve_base().branch == "main"


def test_a_detached_head_without_a_main_asks_for_a_name(world: World) -> None:
    world.checkout.git("branch", "-m", "main", "trunk")
    world.checkout.git("checkout", "-q", "--detach")

    with pytest.raises(UsageProblem, match="HEAD is detached"):
        world.clone().resolve_base()

    assert world.clone().resolve_base("trunk").branch == "trunk"


def test_tags_come_along(world: World) -> None:
    world.checkout.git("tag", "-a", "-m", "one", "v1")

    tree, _ = world.start()

    assert Sandbox(tree.path).git("describe") == "v1"


def test_branches_that_take_each_other_s_place_are_no_trouble(world: World) -> None:
    world.checkout.git("branch", "a")
    world.clone().resolve_base("a")
    world.checkout.git("branch", "-m", "a", "a/b")

    assert world.clone().resolve_base("a/b").branch == "a/b"
