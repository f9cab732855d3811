"""A delivery that cannot be made now: the work is kept, nothing is paid twice, and it arrives once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.kill_table import CALL_NANO, WANTED, wanted
from tests.faults.scene import Scene
from tests.peers.github import Trouble


def unreachable(scene: Scene) -> None:
    """From now on GitHub answers no request to open a pull request."""
    scene.github.trouble(Trouble.RESET, operation="PullRequestCreate", times=None)


def back(scene: Scene) -> None:
    """GitHub answers again, and the time to wait is over."""
    scene.github.troubles_end()
    (run_id,) = scene.unfinished()
    path = scene.state / "runs" / run_id / "run.json"
    facts = json.loads(path.read_text())
    if "waiting" in facts:
        facts["waiting"]["until"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        path.write_text(json.dumps(facts))


@pytest.mark.quick
def test_a_forge_out_of_reach_keeps_the_work_and_says_how_to_go_on(scene: Scene) -> None:
    unreachable(scene)

    ended = scene.run("claim", code=5)

    (run_id,) = scene.unfinished()
    assert f"runner resume {run_id}" in ended.err
    assert "brings it into your checkout" in ended.err
    found = scene.found()
    assert (found.status, found.attempts, found.holds, found.cost_nano) == ("pending", 0, 0, CALL_NANO)
    assert found.branches == WANTED.branches


def test_the_way_back_to_kept_work_works_as_it_is_told(scene: Scene) -> None:
    unreachable(scene)
    ended = scene.run("claim", code=5)
    words = ended.err.split("The work is kept: `")[1].split("`")[0].split()

    scene.checkout.git(*words[1:])

    (branch,) = (name for name in scene.checkout.branches() if name != "main")
    assert scene.checkout.git("show", f"{branch}:calc.py") == "def add(a, b):\n    return a + b"


@pytest.mark.quick
@pytest.mark.parametrize("how", ["claim", "resume"])
def test_when_the_forge_is_back_the_report_arrives_once(scene: Scene, how: str) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    back(scene)
    (run_id,) = scene.unfinished()

    scene.run(*(("claim",) if how == "claim" else ("resume", run_id)))

    assert scene.found() == wanted(scene)
    assert len(scene.calls()) == 1


def test_killed_while_it_waits_it_arrives_once_all_the_same(scene: Scene) -> None:
    unreachable(scene)
    scene.run("claim", place="after:settle begun=1", code=-9)
    scene.github.troubles_end()
    back(scene)

    scene.run("claim")

    assert scene.found() == wanted(scene)


def test_nobody_but_claim_and_resume_delivers(scene: Scene) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    back(scene)

    for words in (("list",), ("status",), ("show", "T-1"), ("runs",)):
        scene.run(*words)

    assert scene.found().pulls == 0
    assert len(scene.unfinished()) == 1


def test_before_its_time_a_claim_leaves_it_alone(scene: Scene) -> None:
    unreachable(scene)
    scene.run("claim", code=5)

    ended = scene.run("claim", code=4)

    assert "no task" in ended.err
    assert len(scene.unfinished()) == 1


def test_a_spent_rate_limit_waits_until_it_resets(scene: Scene) -> None:
    scene.github.trouble(Trouble.RATE_LIMIT, operation="PullRequestCreate", times=None)

    ended = scene.run("claim", code=4)

    assert "runner resume" in ended.err
    not_before = scene.task().not_before
    assert not_before is not None
    assert not_before > datetime.now(UTC) + timedelta(minutes=20)


def test_a_task_that_somebody_else_did_meanwhile_is_left_to_them(scene: Scene, tmp_path: Path) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    scene.run("complete", "T-1")
    back(scene)

    ended = scene.run("claim", code=3)

    assert "lease_lost" in ended.out
    assert scene.found().pulls == 0
    assert scene.unfinished() == []


def the_way_back_works(scene: Scene, hint: str) -> None:
    """The command that a hint tells brings the kept work into the checkout."""
    words = hint.split("The work is kept: `")[1].split("`")[0].split()
    scene.checkout.git(*words[1:])
    (branch,) = (name for name in scene.checkout.branches() if name.startswith("rescue/"))
    assert scene.checkout.git("show", f"{branch}:calc.py") == "def add(a, b):\n    return a + b"


@pytest.mark.parametrize("how", ["claim", "resume"])
def test_a_task_that_was_cancelled_while_its_delivery_waited_ends_as_cancelled(
    scene: Scene, how: str
) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    scene.run("cancel", "T-1")
    back(scene)
    (run_id,) = scene.unfinished()

    ended = scene.run(*(("claim",) if how == "claim" else ("resume", run_id)), "--json", code=130)

    report = json.loads(ended.out)
    assert (report["outcome"], report["cause"]) == ("cancelled", "T-1 was cancelled")
    the_way_back_works(scene, report["hint"])
    found = scene.found()
    assert (found.status, found.attempts, found.holds, found.cost_nano) == ("cancelled", 0, 0, CALL_NANO)
    assert (found.pulls, scene.unfinished()) == (0, [])


def test_killed_before_the_queue_heard_of_its_end_it_is_cancelled_all_the_same(scene: Scene) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    scene.run("cancel", "T-1")
    back(scene)
    (run_id,) = scene.unfinished()
    scene.run("resume", run_id, place="after:report begun=1", code=-9)

    ended = scene.run("resume", run_id, code=130)

    assert "T-1: cancelled (T-1 was cancelled)" in ended.out
    the_way_back_works(scene, ended.out)


def test_a_task_that_went_to_somebody_else_names_the_kept_work_too(scene: Scene) -> None:
    unreachable(scene)
    scene.run("claim", code=5)
    scene.run("update", "T-1", "--status", "pending")
    scene.run("--agent", "other", "take", "T-1")
    scene.checkout.git("checkout", "-q", "main")
    back(scene)
    (run_id,) = scene.unfinished()

    ended = scene.run("resume", run_id, code=3)

    assert "T-1: lease_lost" in ended.out
    the_way_back_works(scene, ended.out)
    assert (scene.found().status, scene.found().pulls) == ("in_progress", 0)


def test_a_token_that_is_refused_is_noticed_before_claude_is_paid(scene: Scene) -> None:
    scene.github.trouble(Trouble.UNAUTHORIZED, times=None)

    ended = scene.run("claim", code=5)

    assert "gh auth" in ended.err
    assert scene.calls() == []
    assert (scene.found().status, scene.found().attempts, scene.found().holds) == ("pending", 0, 0)
    assert scene.leftovers() == ()


def test_a_task_that_is_cancelled_before_its_delivery_is_due_ends_with_the_next_claim(scene: Scene) -> None:
    scene.hook_of_origin('echo "remote: Internal Server Error 502" >&2; exit 1\n')
    scene.run("claim", code=5)
    (run_id,) = scene.unfinished()
    scene.run("cancel", "T-1")

    shown = scene.run("runs", "show", run_id)
    ended = scene.run("claim", "--json", code=130)

    assert "meanwhile the task is cancelled: the next claim ends the run" in shown.out
    assert json.loads(ended.out)["run_id"] == run_id
    the_way_back_works(scene, json.loads(ended.out)["hint"])
    assert scene.unfinished() == []
