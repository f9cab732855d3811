"""A runner killed while claude works: the conversation goes on where that pays, and each part is paid for once."""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import replace

import pytest

from tests.faults.kill_table import CALL_NANO, WANTED, wanted
from tests.faults.scene import AGENT, Scene


def kill_in_the_middle(scene: Scene, *, group: bool = False) -> None:
    """Start a claim, let claude write its file, and kill the runner while claude goes on."""
    wait = scene.claude / "wait"
    wait.touch()
    claim = scene.start("claim")
    scene.wait_for_work()
    (os.killpg if group else os.kill)(claim.pid, signal.SIGKILL)
    claim.communicate()
    wait.unlink()


@pytest.mark.quick
def test_the_conversation_goes_on_and_each_part_is_paid_for_once(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    assert scene.alive() == []
    scene.plan(writes={"calc.py": "def add(a, b):\n    return a + b\n"}, text="The rest of it is done.")

    ended = scene.run("claim")

    first, second = scene.calls()
    assert second["resumed"]
    assert second["session"] == first["session"]
    assert second["prompt"].startswith("The runner you worked for was ended from outside")
    found = scene.found()
    assert CALL_NANO < found.cost_nano < 2 * CALL_NANO + 20_000_000, ended
    assert (found.commits, found.pulls, found.completions, found.holds) == (1, 1, 1, 0)
    assert scene.shown("told.txt", "calc.py") == ["half", "def add(a, b):\n    return a + b"]


def test_with_its_whole_process_group_the_same(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene, group=True)

    scene.run("claim")

    assert scene.alive() == []
    assert scene.found().pulls == WANTED.pulls
    assert scene.calls()[-1]["resumed"]


def test_a_conversation_that_is_gone_is_begun_anew(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    for session in (scene.claude / "sessions").iterdir():
        session.unlink()
    scene.plan(writes={"calc.py": "def add(a, b):\n    return a + b\n"}, text="All of it is done.")

    ended = scene.run("claim")

    assert [call["unknown"] for call in scene.calls()] == [False, True, False]
    assert "starting afresh" in ended.out
    assert scene.shown("calc.py") == ["def add(a, b):\n    return a + b"]
    assert not scene.origin_has("told.txt")


def test_a_work_tree_that_is_gone_begins_anew(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    (tree,) = (scene.state / "worktrees").glob("*/T-1")
    shutil.rmtree(tree)

    scene.run("claim")

    assert scene.calls()[-1]["resumed"] is False
    assert scene.found().pulls == 1


def test_a_repair_that_was_cut_off_is_asked_for_again(scene: Scene) -> None:
    scene.checkout.commit(
        "a green check", {"check_calc.py": "from calc import add\n\nassert add(2, 0) == 2\n"}
    )
    scene.checkout.git("push", "-q", "origin", "main")
    scene.plan(writes={"calc.py": "def add(a, b):\n    return 7\n"}, text="Broken.")
    scene.run("claim", place="after:claude begun=6", code=-9)
    calls = len(scene.calls())
    scene.plan(writes={"calc.py": "def add(a, b):\n    return a + b\n"}, text="Repaired.")

    scene.run("claim")

    assert (
        "are red with your change" in scene.calls()[-1]["prompt"] or "is red" in scene.calls()[-1]["prompt"]
    )
    assert len(scene.calls()) == calls + 1
    assert scene.found().pulls == 1


def test_what_was_cut_off_can_be_replayed(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    scene.plan(writes={"calc.py": "def add(a, b):\n    return a + b\n"}, text="The rest of it is done.")
    scene.run("claim")
    (run,) = (scene.state / "runs").glob("r-*")

    replay = scene.run("replay", run.name, "--json")

    assert '"outcome": "done"' in replay.out
    assert '"same_tree": true' in replay.out


def test_runner_resume_names_the_run(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    (run_id,) = scene.unfinished()

    ended = scene.run("resume", run_id, "--json")

    assert '"outcome": "done"' in ended.out
    assert scene.found().pulls == 1
    again = scene.run("resume", run_id, code=2)
    assert "has ended" in again.err


@pytest.mark.quick
def test_a_run_killed_before_claude_is_undone_by_resume(scene: Scene) -> None:
    scene.run("claim", place="after:9", code=-9)
    (run_id,) = scene.unfinished()

    ended = scene.run("resume", run_id, code=None)

    assert "undone" in ended.out
    assert (scene.found().status, scene.found().attempts, scene.found().holds) == ("pending", 0, 0)
    assert scene.leftovers() == ()
    assert scene.unfinished() == []


@pytest.mark.quick
def test_a_claim_that_the_queue_has_forgotten_takes_no_other_task(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    kill_in_the_middle(scene)
    scene.run("cancel", "T-1")
    scene.run("submit", "Another one")
    scene.forget_claims()
    (run_id,) = scene.unfinished()

    ended = scene.run("resume", run_id, code=None)

    assert ended.code in {3, 130}, ended
    assert scene.unfinished() == []
    assert scene.statuses() == {"T-1": "cancelled", "T-2": "pending"}
    assert scene.found().holds == 0


@pytest.mark.quick
def test_a_hold_that_was_settled_meanwhile_is_held_anew_for_the_rest(scene: Scene) -> None:
    scene.run("claim", place="group:after:claude begun=3", code=-9)
    (settled,) = scene.ledger().reap()  # as another run does whose way it is in

    scene.run("claim")

    # Nobody knew what the dead one had spent, so all that it held was charged; the rest is held and paid beside it.
    one = wanted(scene)
    assert settled.agent_id == AGENT
    assert scene.found() == replace(one, cost_nano=settled.cost_nano + one.cost_nano)
