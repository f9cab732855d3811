"""What a run leaves of a change that nobody got: in its folder, whole, and told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from runner.process.stop import Stop
from runner.runs.claiming import reserve_and_claim
from runner.runs.leaving import keep_change
from runner.runs.model import Step
from runner.runs.patches import FILES, REST_PATCH, way_to_change
from runner.runs.preparing import make_work_tree
from runner.runs.run import Run
from tests.runs.world import World
from tests.support.fake_claude import FakeClaude
from tests.support.git import Sandbox


@pytest.fixture
def run(world: World) -> Run:
    """A run that has asked Claude, with a work tree."""
    world.submit()
    tools = world.tools(FakeClaude())
    base = tools.clone.resolve_base()
    run = reserve_and_claim(tools, world.policy, base, task_id=None, stop=Stop())
    tree = make_work_tree(run)
    run.spoke = True
    run.record.note(trees=[tree.tree_id(run.base.commit_id)])
    return run


def test_what_was_changed_after_the_last_answer_is_a_patch_that_applies(run: Run, tmp_path: Path) -> None:
    Sandbox(run.work_tree).write({"calc.py": "half done\n", "new/file": "new\n"})

    assert keep_change(run)

    again = Sandbox.create(tmp_path / "again", files={})
    again.git("fetch", "-q", str(run.tools.clone.path), run.base.commit_id)
    again.git("checkout", "-q", run.base.commit_id)
    words = way_to_change(run.record.folder).strip("`")
    subprocess.run(["sh", "-c", words], cwd=again.path, check=True)
    assert (again.path / "calc.py").read_text() == "half done\n"
    assert (again.path / "new/file").read_text() == "new\n"


def test_what_is_kept_already_is_not_kept_twice(run: Run) -> None:
    assert keep_change(run)

    assert not (run.record.folder / REST_PATCH).exists()
    assert way_to_change(run.record.folder) == ""


def test_a_run_that_noted_no_tree_leaves_all_since_its_base(run: Run) -> None:
    run.record.note(trees=[])
    Sandbox(run.work_tree).write({"calc.py": "half done\n"})

    keep_change(run)

    assert b"half done" in (run.record.folder / REST_PATCH).read_bytes()


@pytest.mark.parametrize("how", ["nothing was asked", "it was delivered", "it is gone"])
def test_where_there_is_nothing_to_keep_the_work_tree_may_go(run: Run, how: str) -> None:
    Sandbox(run.work_tree).write({"calc.py": "half done\n"})
    if how == "nothing was asked":
        run.spoke = False
    elif how == "it was delivered":
        with run.record.step(Step.PUSH):
            pass
    else:
        shutil.rmtree(run.work_tree)

    assert keep_change(run)

    assert way_to_change(run.record.folder) == ""


@pytest.mark.parametrize("own", [False, True])
def test_where_git_fails_the_files_themselves_are_kept(run: Run, own: bool) -> None:
    Sandbox(run.work_tree).write({"calc.py": "half done\n"})
    if own:  # a repository that the agent made is no rubbish of ours
        (run.work_tree / ".git").unlink()
        Sandbox(run.work_tree).git("init", "-q")
    shutil.rmtree(run.tools.clone.path)

    assert keep_change(run)

    kept = run.record.folder / FILES
    assert (kept / "calc.py").read_text() == "half done\n"
    assert (kept / ".git").exists() is own
    assert not run.work_tree.exists()
    assert way_to_change(run.record.folder) == f"the files are in {kept}"


def test_what_cannot_even_be_moved_stays_where_it_is_and_is_told(run: Run) -> None:
    shutil.rmtree(run.tools.clone.path)
    (run.record.folder / FILES).write_text("in the way")

    assert not keep_change(run)

    assert run.work_tree.is_dir()
    assert any(str(run.work_tree) in warning for warning in run.warnings)
