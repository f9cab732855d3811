"""What a call of Claude left, looked at: heard is who says stop meanwhile, kept is what a stopped call has changed."""

from __future__ import annotations

import pytest

from runner.errors import Stopped
from runner.git.work_tree import WorkTree
from runner.process.stop import Stop, StopReason
from runner.runs.claiming import reserve_and_claim
from runner.runs.conversing import Conversation
from runner.runs.preparing import make_work_tree
from runner.runs.run import Run
from tests.runs.world import FIXED, World
from tests.support.fake_claude import FakeClaude
from tests.support.git import Sandbox


class Meanwhile(Stop):
    """Ctrl-C comes right when somebody looks whether it came."""

    def check(self) -> None:
        self.set(StopReason.INTERRUPTED, "interrupted")
        super().check()


@pytest.fixture
def begun(world: World) -> tuple[Run, WorkTree]:
    """A run with a work tree in which something was changed."""
    world.submit()
    tools = world.tools(FakeClaude())
    run = reserve_and_claim(tools, world.policy, tools.clone.resolve_base(), task_id=None, stop=Stop())
    tree = make_work_tree(run)
    Sandbox(run.work_tree).write(FIXED)
    return run, tree


def conversation(run: Run, tree: WorkTree) -> Conversation:
    start = tree.plot.ground.git.text("rev-parse", f"{run.base.commit_id}^{{tree}}")
    return Conversation(run, trees=(start, start), calls=1)


def test_ctrl_c_is_heard_while_the_files_are_looked_at(begun: tuple[Run, WorkTree]) -> None:
    run, tree = begun
    run.stop = Meanwhile()

    with pytest.raises(Stopped, match="interrupted"):
        conversation(run, tree).keep_changes(tree)


def test_what_a_call_changed_that_was_stopped_is_kept(begun: tuple[Run, WorkTree]) -> None:
    run, tree = begun
    run.stop.set(StopReason.TOKENS)

    snapshot = conversation(run, tree).keep_changes(tree)

    assert snapshot.changes == ("calc.py",)
