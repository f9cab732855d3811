"""Pushing: never over anybody else's commits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from runner.errors import BranchMoved, GitFailed
from runner.git.work_tree import WorkTree
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox

Online = tuple[World, Sandbox]


def _foreign(origin: Sandbox, tmp_path: Path, branch: str, start: str = "main") -> str:
    """Somebody else pushes a commit to `branch`; returns its id."""
    other = Sandbox(tmp_path / "colleague")
    if not other.path.exists():
        origin.git("clone", "-q", str(origin.path), str(other.path))
    other.git("fetch", "-q")
    other.git("checkout", "-q", "-B", branch, f"origin/{start}")
    other.commit("a colleague's", {"theirs": branch})
    other.git("push", "-q", "-f", "origin", branch)
    return other.head()


def _old_run(world: World, fence: int, run_id: str = "r-0") -> WorkTree:
    tree = world.committed({"old": "x\n"}, fence=fence, run_id=run_id)
    tree.push(world.branch, None, "origin")
    return tree


def test_a_branch_arrives_on_the_remote_with_its_one_commit(online: Online) -> None:
    world, origin = online
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")

    assert origin.log(f"main..{world.branch}") == [text_of_run()]
    assert tree.remote_tip(world.branch, "origin") == tree.committed()


def test_pushing_again_is_no_error(online: Online) -> None:
    world, _ = online
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")
    tree.push(world.branch, None, "origin")
    tree.push(world.branch, tree.committed(), "origin")

    assert tree.remote_tip(world.branch, "origin") == tree.committed()


def test_there_is_no_tip_of_a_branch_that_is_not_there(online: Online) -> None:
    world, origin = online
    origin.git("branch", f"x/{world.branch}", "main")
    tree = world.committed({"calc.py": "x\n"})

    assert tree.remote_tip(world.branch, "origin") is None


@pytest.mark.parametrize("expects_it", [True, False])
def test_a_branch_of_somebody_else_is_left_alone(online: Online, tmp_path: Path, expects_it: bool) -> None:
    world, origin = online
    theirs = _foreign(origin, tmp_path, world.branch)
    tree = world.committed({"calc.py": "x\n"})

    with pytest.raises(
        BranchMoved, match=r"fix/T-7-clock on origin has .*: \w{7} Ada Developer: a colleague's"
    ):
        tree.push(world.branch, theirs if expects_it else None, "origin")

    assert origin.git("rev-parse", world.branch) == theirs


@pytest.mark.parametrize("expects_it", [True, False])
def test_a_stale_branch_of_ours_is_replaced(online: Online, expects_it: bool) -> None:
    world, origin = online
    stale = _old_run(world, fence=1).committed()
    tree = world.committed({"calc.py": "x\n"}, fence=2)

    tree.push(world.branch, stale if expects_it else None, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()
    assert origin.log(f"main..{world.branch}") == [text_of_run(2)]


def test_a_stale_branch_on_an_older_base_is_replaced_too(online: Online) -> None:
    world, origin = online
    _old_run(world, fence=1)
    world.checkout.commit("main goes on", {"on": "x"})
    world.checkout.git("push", "-q", "origin", "main")
    tree = world.committed({"calc.py": "x\n"}, fence=2)

    tree.push(world.branch, None, "origin")

    assert origin.log(f"main..{world.branch}") == [text_of_run(2)]


def test_an_earlier_push_of_the_same_run_is_replaced(online: Online) -> None:
    world, origin = online
    _old_run(world, fence=2, run_id="r-1")
    tree = world.committed({"calc.py": "x\n"}, fence=2)

    tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()


def test_a_newer_claim_s_branch_is_never_replaced(online: Online) -> None:
    world, origin = online
    newer = _old_run(world, fence=5, run_id="r-9").committed()
    tree = world.committed({"calc.py": "x\n"}, fence=4)

    with pytest.raises(BranchMoved):
        tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == newer


def test_a_colleague_s_commit_on_top_of_ours_is_kept(online: Online, tmp_path: Path) -> None:
    world, origin = online
    _old_run(world, fence=1)
    theirs = _foreign(origin, tmp_path, world.branch, start=world.branch)
    tree = world.committed({"calc.py": "x\n"}, fence=2)

    with pytest.raises(BranchMoved, match="a colleague's"):
        tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == theirs


def test_a_branch_without_commits_of_its_own_is_taken(online: Online) -> None:
    world, origin = online
    origin.git("branch", world.branch, "main")
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()


def test_a_branch_that_was_deleted_meanwhile_is_made_again(online: Online) -> None:
    world, origin = online
    stale = _old_run(world, fence=1).committed()
    tree = world.committed({"calc.py": "x\n"}, fence=2)
    origin.git("branch", "-q", "-D", world.branch)

    tree.push(world.branch, stale, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()


def test_a_commit_without_our_mark_replaces_nothing(online: Online, tmp_path: Path) -> None:
    world, origin = online
    theirs = _foreign(origin, tmp_path, world.branch)
    tree, base = world.start()
    Sandbox(tree.path).write({"calc.py": "x\n"})
    tree.commit(base.commit_id, "no trailers\n")

    with pytest.raises(GitFailed, match="says nothing of the run that made it"):
        tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == theirs


def test_a_branch_that_never_stands_still_is_given_up(online: Online) -> None:
    world, origin = online
    tree = world.committed({"calc.py": "x\n"})
    # A server whose branch is another each time that it is asked to change it.
    hook = origin.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nunset GIT_QUARANTINE_PATH\nnew=$(git commit-tree -m x main^{tree} -p main)\n"
        f"if git rev-parse -q --verify {world.branch}; then git update-ref -d refs/heads/{world.branch}\n"
        f"else git update-ref refs/heads/{world.branch} main; fi\n"
    )
    hook.chmod(0o755)

    with pytest.raises(BranchMoved, match="does not stand still"):
        tree.push(world.branch, None, "origin")


def test_a_branch_in_the_way_is_told_apart_from_one_that_moved(online: Online) -> None:
    world, origin = online
    origin.git("branch", "fix", "main")
    tree = world.committed({"calc.py": "x\n"})

    with pytest.raises(GitFailed, match="cannot push fix/T-7-clock to origin: ") as caught:
        tree.push(world.branch, None, "origin")

    assert "stands in the way" in caught.value.hint


def test_a_server_that_declines_is_heard(online: Online) -> None:
    world, origin = online
    hook = origin.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'frozen until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    tree = world.committed({"calc.py": "x\n"})

    with pytest.raises(GitFailed, match=r"cannot push .*frozen until Monday; .*hook declined") as caught:
        tree.push(world.branch, None, "origin")

    assert "the server refuses" in caught.value.hint


def test_the_developer_s_pre_push_hook_runs_in_the_work_tree(online: Online, tmp_path: Path) -> None:
    world, _ = online
    hook = world.checkout.path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\necho "$1 $PWD" > {tmp_path}/seen\n')
    hook.chmod(0o755)
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")

    assert (tmp_path / "seen").read_text() == f"origin {tree.path}\n"


def test_a_remote_that_is_gone_is_told_with_what_to_do(online: Online) -> None:
    world, origin = online
    tree = world.committed({"calc.py": "x\n"})
    shutil.rmtree(origin.path)

    with pytest.raises(GitFailed) as pushed:
        tree.push(world.branch, None, "origin")
    with pytest.raises(GitFailed) as asked:
        tree.remote_tip(world.branch, "origin")

    assert "git remote -v" in pushed.value.hint
    assert "git remote -v" in asked.value.hint


def test_a_relative_address_is_meant_from_the_checkout(online: Online) -> None:
    world, origin = online
    world.checkout.git("remote", "set-url", "origin", "../origin.git")
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()


def test_rewritten_addresses_and_their_secrets_stay_out_of_sight(online: Online, tmp_path: Path) -> None:
    world, origin = online
    world.checkout.git("remote", "set-url", "origin", "https://ada:hunter2@git.invalid/acme/widget.git")
    world.checkout.git(
        "config", f"url.{origin.path}.insteadOf", "https://ada:hunter2@git.invalid/acme/widget.git"
    )
    seen = tmp_path / "seen"
    hook = world.checkout.path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    # Our starter is between git and the hook.
    git_s = "/proc/$(cut -d ' ' -f 4 /proc/$PPID/stat)/cmdline"
    hook.write_text(f"#!/bin/sh\ntr '\\0' ' ' < {git_s} > {seen}\n")
    hook.chmod(0o755)
    tree = world.committed({"calc.py": "x\n"})

    tree.push(world.branch, None, "origin")

    assert origin.git("rev-parse", world.branch) == tree.committed()
    assert "git" in seen.read_text()
    assert "--porcelain" in seen.read_text()
    assert "hunter2" not in seen.read_text()
    assert "hunter2" not in (world.clone().path / "config").read_text()
