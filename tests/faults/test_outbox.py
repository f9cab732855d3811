"""A report that nobody takes now: the folder of the run keeps it, and it arrives once, by `claim` or `resume` alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from runner.storage.database import Database
from runner.tasks.schema import TASKS
from tests.faults.kill_table import CALL_NANO, wanted
from tests.faults.scene import Scene
from tests.faults.slow_acts import slow
from tests.peers.github import Trouble

Away = Callable[[Scene], AbstractContextManager[None]]
LOOKS = (("list",), ("show", "T-1"), ("status",), ("runs",), ("runs", "show", "{run}"), ("clean",))


@contextmanager
def locked(scene: Scene) -> Iterator[None]:
    """Another process has the queue's turn, and does not give it back."""
    with Database(scene.state / "queue.db", schemas=(TASKS,)) as database, database.transaction():
        yield


@contextmanager
def moved_away(scene: Scene) -> Iterator[None]:
    """Somebody has put the queue's file elsewhere, and made sure that there is no new one."""
    files = list(scene.state.glob("queue.db*"))
    for file in files:
        file.rename(file.with_name(f"away-{file.name}"))
    (scene.state / "queue.db").mkdir()
    yield
    (scene.state / "queue.db").rmdir()
    for file in scene.state.glob("queue.db*"):
        file.unlink()
    for file in files:
        file.with_name(f"away-{file.name}").rename(file)


def run_id_of(scene: Scene) -> str:
    (run_id,) = scene.unfinished()
    return run_id


@pytest.mark.parametrize("how", ["claim", "resume"])
@pytest.mark.parametrize("away", [pytest.param(locked, marks=pytest.mark.long), moved_away])
def test_a_queue_out_of_reach_at_the_end_hears_of_it_once_when_it_is_back(
    scene: Scene, how: str, away: object
) -> None:
    assert callable(away)
    with slow(scene, "gh pr create done") as gate:
        claim = scene.start("claim")
        gate.wait()
        with away(scene):
            gate.open()
            out, err = claim.communicate(timeout=120)
    run_id = run_id_of(scene)

    assert claim.returncode in {4, 5}, out + err
    assert "Traceback" not in err
    assert (scene.found().status, scene.found().completions) == ("in_progress", 0)
    assert (scene.found().pulls, scene.found().cost_nano, scene.found().holds) == (1, CALL_NANO, 0)

    scene.run(*(("claim",) if how == "claim" else ("resume", run_id)))

    assert scene.found() == wanted(scene)
    assert len(scene.calls()) == 1


@contextmanager
def late(scene: Scene, act: str, away: Away) -> Iterator[str]:
    """A claim that did the act, finds the queue out of reach, and whose lease has run out; what it has said."""
    scene.environ["RUNNER_TASK_LEASE_S"] = "3"
    with slow(scene, act) as gate:
        claim = scene.start("claim")
        gate.wait()
        with away(scene):
            time.sleep(3.5)
            gate.open()
            out, err = claim.communicate(timeout=120)
            assert claim.returncode == 5, out + err
            yield err


@pytest.mark.parametrize("away", [pytest.param(locked, marks=pytest.mark.long), moved_away])
@pytest.mark.parametrize(
    ("act", "branches"),
    [("post-commit hook", 0), pytest.param("push done", 1, marks=pytest.mark.long)],
)
def test_nothing_leaves_when_the_lease_may_have_run_out_and_the_queue_cannot_say(
    scene: Scene, away: Away, act: str, branches: int
) -> None:
    with late(scene, act, away) as err:
        pass
    found = scene.found()

    assert "the work is done, but not delivered: the queue cannot be asked whether T-1 is still ours" in err
    assert "The work is kept: `git" in err
    assert (len(found.branches), found.pulls, found.completions, found.holds) == (branches, 0, 0, 0)
    assert found.cost_nano == CALL_NANO

    scene.run("resume", run_id_of(scene))

    assert scene.found() == wanted(scene)
    assert len(scene.calls()) == 1


@pytest.mark.long
def test_who_took_the_task_meanwhile_keeps_it(scene: Scene) -> None:
    with late(scene, "post-commit hook", moved_away):
        pass
    scene.run("--agent", "other", "take", "T-1")

    ended = scene.run("resume", run_id_of(scene), code=3)

    assert "T-1: lease_lost" in ended.out
    assert "The work is kept: `git" in ended.out
    assert (scene.found().branches, scene.found().pulls, scene.found().status) == ((), 0, "in_progress")


@pytest.mark.long
def test_while_the_lease_surely_runs_a_silent_queue_holds_nothing_up(scene: Scene) -> None:
    with slow(scene, "post-commit hook") as gate:
        claim = scene.start("claim")
        gate.wait()
        with moved_away(scene):
            gate.open()
            out, err = claim.communicate(timeout=120)

    assert claim.returncode == 5, out + err
    assert f"runner resume {run_id_of(scene)}" in err
    assert (scene.found().pulls, len(scene.found().branches)) == (1, 1)


def unreachable_and_killed(scene: Scene) -> str:
    """Neither forge nor queue can be reached after the push, and then the runner is killed; the run's id."""
    scene.github.trouble(Trouble.RESET, operation="PullRequestCreate", times=None)
    with slow(scene, "push done") as gate:
        claim = scene.start("claim")
        gate.wait()
        with locked(scene):
            gate.open()
            until_it_waits(scene)
            claim.kill()
            claim.communicate()
    return run_id_of(scene)


def until_it_waits(scene: Scene) -> None:
    """Until the run has noted that its delivery waits."""
    path = scene.state / "runs" / run_id_of(scene) / "run.json"
    until = time.monotonic() + 60
    while not json.loads(path.read_text()).get("waiting"):
        assert time.monotonic() < until, "it never came to wait"
        time.sleep(0.05)


def back(scene: Scene) -> None:
    """The forge answers again, and the time to wait is over."""
    scene.github.troubles_end()
    path = scene.state / "runs" / run_id_of(scene) / "run.json"
    facts = json.loads(path.read_text())
    if facts.get("waiting"):
        facts["waiting"]["until"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        path.write_text(json.dumps(facts))


@pytest.mark.long
@pytest.mark.parametrize("how", ["claim", "resume"])
def test_both_out_of_reach_and_the_process_killed_the_report_arrives_once(scene: Scene, how: str) -> None:
    run_id = unreachable_and_killed(scene)
    back(scene)

    for words in LOOKS:
        scene.run(*(word.format(run=run_id) for word in words))
    looked = scene.found()
    scene.run(*(("claim",) if how == "claim" else ("resume", run_id)))

    assert (looked.pulls, looked.completions, looked.unfinished) == (0, 0, 1)
    assert scene.found() == wanted(scene)
    assert len(scene.calls()) == 1
    assert scene.run("claim", code=4).out == ""
    assert scene.found().completions == 1


@pytest.mark.long
def test_a_commit_in_the_checkout_delivers_nothing(scene: Scene) -> None:
    unreachable_and_killed(scene)
    back(scene)

    scene.checkout.commit("by hand", {"note.txt": "x\n"})

    assert (scene.found().pulls, scene.found().completions, len(scene.unfinished())) == (0, 0, 1)


@pytest.mark.long
def test_what_waits_can_be_seen(scene: Scene) -> None:
    run_id = unreachable_and_killed(scene)

    listed = json.loads(scene.run("runs", "--json").out)
    shown = scene.run("runs", "show", run_id)
    status = json.loads(scene.run("status", "--json").out)
    lines = scene.run("status").out

    assert [(row["run_id"], row["state"]) for row in listed] == [(run_id, "waiting")]
    assert f"runner resume {run_id}" in shown.out
    assert [(run["run_id"], run["task_id"], run["state"]) for run in status["unfinished"]] == [
        (run_id, "T-1", "waiting")
    ]
    assert "Running:   nothing" in lines
    assert f"Waiting:   {run_id} (T-1) until " in lines
