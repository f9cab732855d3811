"""The private clone and its work trees."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from runner.errors import GitFailed, UsageProblem
from runner.git.clone import PrivateClone
from runner.git.creation import clone_name
from runner.git.model import Base
from runner.git.repository import Repository
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox


def test_a_work_tree_has_the_files_of_its_base_on_a_branch_of_its_own(world: World) -> None:
    tree, base = world.start()

    assert base == Base(branch="main", commit_id=world.checkout.head(), remote=None)
    assert sorted(path.name for path in tree.path.iterdir()) == [".git", "README.md", "calc.py"]
    assert Sandbox(tree.path).git("symbolic-ref", "--short", "HEAD") == "fix/T-7-clock"
    assert Sandbox(tree.path).git("status", "--porcelain") == ""
    assert tree.note == ""
    assert Sandbox(tree.path).head() == base.commit_id
    assert tree.committed() is None


def test_the_clone_has_its_own_objects_and_none_of_the_developer_s_branches(world: World) -> None:
    world.checkout.git("branch", "fix/T-7-clock/in-the-way")

    tree, _ = world.start()

    bare = Sandbox(world.clone().path)
    assert bare.branches() == ["fix/T-7-clock"]
    blob = world.checkout.git("rev-parse", "HEAD:calc.py")
    name = Path("objects") / blob[:2] / blob[2:]
    assert (bare.path / name).stat().st_ino != (world.checkout.path / ".git" / name).stat().st_ino
    assert tree.plot.git_dir.parent.parent == bare.path


def test_clone_and_work_trees_are_for_this_user_only(world: World) -> None:
    tree, _ = world.start()
    clone = world.clone().path
    clone.chmod(0o755)

    world.clone()

    folders = (clone, clone.parent, tree.path.parent)
    assert [folder.stat().st_mode & 0o777 for folder in folders] == [0o700] * 3


def test_a_second_run_uses_the_same_clone(world: World) -> None:
    first = world.clone()
    made = (first.path / "objects").stat().st_ino

    second = world.clone()

    assert second.path == first.path
    assert (second.path / "objects").stat().st_ino == made


def test_linked_work_trees_of_one_repository_share_the_clone(world: World, tmp_path: Path) -> None:
    world.checkout.git("worktree", "add", "-q", str(tmp_path / "linked"))

    linked = PrivateClone.ensure(Repository.open(tmp_path / "linked"), world.state / "clones")

    assert linked.path == world.clone().path


@pytest.mark.parametrize(
    ("folder", "start"),
    [("/src/my widget/.git", "my-widget-"), ("/src/.git/modules/lib", "lib-"), ("/§.git", "repository-")],
)
def test_a_clone_is_named_after_its_repository(folder: str, start: str) -> None:
    name = clone_name(Path(folder))

    assert name.startswith(start)
    assert name.endswith(".git")
    assert name != clone_name(Path(folder), sparse=True)


def test_a_damaged_clone_is_made_anew(world: World) -> None:
    path = world.clone().path
    (path / "config").write_text("[broken\n")

    tree, _ = world.start()

    assert (tree.path / "calc.py").is_file()


def test_a_clone_of_another_object_format_is_made_anew(world: World, tmp_path: Path) -> None:
    old = world.clone().path
    world.checkout.path.rename(tmp_path / "gone")
    world.checkout.path.mkdir()
    world.checkout.git("init", "-q", "-b", "main", "--object-format=sha256")
    world.checkout.commit("first", {"a": "a\n"})

    tree, base = world.start()

    assert world.clone().path == old
    assert len(base.commit_id) == 64
    assert (tree.path / "a").is_file()


def test_a_half_made_clone_is_no_obstacle(world: World) -> None:
    path = world.clone().path
    left = path.with_name(f".{path.name}.new")
    left.mkdir()
    shutil.rmtree(path / "objects")

    assert world.clone().path == path
    assert (path / "objects").is_dir()
    assert not left.exists()


def test_objects_behind_links_are_copied(world: World, tmp_path: Path) -> None:
    objects = world.checkout.path / ".git" / "objects"
    target = tmp_path / "elsewhere"
    folder = next(path for path in objects.iterdir() if len(path.name) == 2)
    folder.rename(target)
    folder.symlink_to(target)

    tree, _ = world.start()

    assert (tree.path / "calc.py").is_file()


def test_a_clone_that_cannot_be_made_is_one_clear_line_and_leaves_nothing(world: World) -> None:
    checkout = Repository.open(world.checkout.path)
    (world.checkout.path / ".git" / "packed-refs").write_text("nonsense\n")

    with pytest.raises(GitFailed, match=r"cannot make a private clone of .*: ") as caught:
        PrivateClone.ensure(checkout, world.state / "clones")

    assert "\n" not in str(caught.value)
    assert [path.name for path in (world.state / "clones").iterdir() if path.suffix != ".lock"] == []


def test_a_work_tree_can_be_opened_again(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).write({"new": "x"})

    again = world.clone().work_tree(tree.path)

    assert again.branch == world.branch
    assert again.changes(base.commit_id) == ("new",)


def test_a_work_tree_that_is_not_there_cannot_be_opened(world: World) -> None:
    with pytest.raises(GitFailed, match="there is no whole work tree at"):
        world.clone().work_tree(world.state / "nowhere")


def test_adding_again_starts_afresh(world: World) -> None:
    tree, base = world.start()
    Sandbox(tree.path).commit("the agent's", {"junk": "x"})

    again, _ = world.start()

    assert not (again.path / "junk").exists()
    assert Sandbox(again.path).head() == base.commit_id
    assert len(list((world.clone().path / "worktrees").iterdir())) == 1


def test_an_empty_folder_may_be_used(world: World) -> None:
    (world.state / "work").mkdir(parents=True)

    tree, _ = world.start()

    assert (tree.path / "calc.py").is_file()


def test_a_branch_that_an_agent_left_in_the_way_is_removed(world: World) -> None:
    tree, _ = world.start()
    inside = Sandbox(tree.path)
    inside.git("checkout", "-q", "--detach")
    inside.git("branch", "-D", "-q", world.branch)
    inside.git("branch", "fix")
    inside.git("branch", "fixed")
    clone = world.clone()

    other = clone.add_work_tree(world.state / "other", "fix/T-8", clone.resolve_base())
    clone.add_work_tree(world.state / "third", "fix", clone.resolve_base())

    assert (other.path / "calc.py").is_file()
    assert Sandbox(clone.path).branches() == ["fix", "fixed"]


def test_all_work_trees_are_listed_also_those_that_are_gone(world: World) -> None:
    tree, _ = world.start()
    other, _ = world.start(at="other")
    shutil.rmtree(other.path)

    assert world.clone().work_tree_paths() == (other.path, tree.path)


def test_a_failed_add_leaves_nothing(world: World) -> None:
    clone = world.clone()
    base = Base(branch="main", commit_id="0" * 40, remote=None)

    with pytest.raises(GitFailed, match="cannot make the work tree"):
        clone.add_work_tree(world.state / "work", world.branch, base)

    assert not (world.state / "work").exists()
    assert Sandbox(clone.path).branches() == []


def test_a_bad_branch_name_is_refused_before_anything_is_made(world: World) -> None:
    clone = world.clone()

    with pytest.raises(UsageProblem, match="two dots"):
        clone.add_work_tree(world.state / "work", "a..b", clone.resolve_base())

    assert not (world.state / "work").exists()


def test_hooks_of_a_template_do_not_reach_the_clone(world: World, home: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text("#!/bin/sh\ntouch ran\n")
    (hooks / "post-checkout").chmod(0o755)
    world.checkout.git("config", "--global", "init.templateDir", str(hooks.parent))
    world.checkout.git("config", "core.hooksPath", str(hooks))

    tree, _ = world.start()

    assert not (tree.path / "ran").exists()
    assert not (world.clone().path / "hooks").exists()


def test_settings_that_an_agent_changed_are_put_right(world: World) -> None:
    tree, base = world.start()
    inside = Sandbox(tree.path)
    inside.git("config", "core.fsmonitor", "touch /tmp/never; false")
    inside.git("config", "filter.evil.clean", "touch /tmp/never")

    tree.changes(base.commit_id)

    assert "never" not in (world.clone().path / "config").read_text()


def test_a_program_that_an_agent_put_into_the_settings_is_never_run(
    online: tuple[World, Sandbox], tmp_path: Path
) -> None:
    world, _ = online
    tree, _ = world.start()
    clone = world.clone()
    world.checkout.git("remote", "set-url", "origin", "ssh://git@host.invalid/acme/widget.git")
    poison = (
        f"[core]\n\tsshCommand = touch {tmp_path}/ran; false\n\tfsmonitor = touch {tmp_path}/ran; false\n"
    )
    poison += '[remote "origin"]\n\turl = ssh://git@host.invalid/evil.git\n'
    acts: tuple[Callable[[], object], ...] = (
        lambda: world.clone().resolve_base(),
        clone.resolve_base,
        tree.committed,
        lambda: tree.remote_tip(world.branch, "origin"),
        lambda: clone.remove_work_tree(tree.path),
    )
    for act in acts:
        with (clone.path / "config").open("a") as config:
            config.write(poison)
        with suppress(GitFailed):
            act()

    assert not (tmp_path / "ran").exists()


def test_parallel_runs_take_turns(world: World) -> None:
    failures: list[BaseException] = []

    def one_run(number: int) -> None:
        try:
            clone = world.clone()
            tree = clone.add_work_tree(world.state / f"w{number}", f"fix/{number}", clone.resolve_base())
            Sandbox(tree.path).write({f"{number}.txt": "x"})
            tree.commit(clone.resolve_base().commit_id, text_of_run(task_id=f"T-{number}"))
            clone.remove_work_tree(tree.path, keep_branch=number % 2 == 0)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=one_run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert Sandbox(world.clone().path).branches() == ["fix/0", "fix/2", "fix/4"]
