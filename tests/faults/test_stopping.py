"""`runner stop`: one run at work, several, none, somebody else's; it waits for the end, unless --now is said."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.faults.at_work import Terminal, claude_at_work, ended, stubborn_claude, wait_for
from tests.faults.kill_table import CALL_NANO, WANTED
from tests.faults.scene import Scene


def test_the_only_run_at_work_ends_in_good_order_and_stop_waits_for_it(scene: Scene) -> None:
    with claude_at_work(scene) as claim:
        (run_id,) = scene.unfinished()

        stopped = scene.run("stop", "--json")
        left = scene.unfinished()
        code, said = ended(claim)

    found = scene.found()
    assert json.loads(stopped.out) == {
        "run_id": run_id,
        "ended": True,
        "unfinished": False,
        "outcome": "cancelled",
    }
    assert left == []
    assert code == 130, said
    assert '"outcome": "cancelled"' in said
    assert (found.status, found.attempts, found.holds, found.leftovers) == ("pending", 0, 0, ())
    assert 0 < found.cost_nano < 2 * CALL_NANO
    assert (found.pulls, found.branches) == (0, ())
    assert scene.alive() == []


@pytest.mark.quick
def test_now_ends_it_at_once_and_the_next_claim_goes_on_with_it(scene: Scene) -> None:
    stubborn_claude(scene)
    with claude_at_work(scene) as claim:
        (run_id,) = scene.unfinished()

        stopped = scene.run("stop", "--now")
        code, said = ended(claim)
        alive = scene.alive()

    assert f"{run_id} has ended" in stopped.out
    assert f"`runner resume {run_id}`" in stopped.out
    assert code == 130, said
    assert alive == []
    assert scene.unfinished() == [run_id]

    scene.run("claim")

    first, second = scene.calls()
    found = scene.found()
    assert (second["resumed"], second["session"]) == (True, first["session"])
    assert (found.commits, found.pulls, found.completions, found.holds) == (1, 1, 1, 0)
    assert (found.attempts, found.leftovers, found.unfinished) == (1, (), 0)


@pytest.mark.parametrize("words", [("stop",), ("stop", "--now")])
def test_a_run_in_the_background_of_a_script_that_hears_no_ctrl_c_ends_too(
    scene: Scene, words: tuple[str, ...]
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what a shell does before `runner claim &`
    try:
        with claude_at_work(scene) as claim:
            signal.signal(signal.SIGINT, before)
            scene.run(*words)
            code, said = ended(claim)
    finally:
        signal.signal(signal.SIGINT, before)

    assert code == 130, said
    assert scene.alive() == []


@pytest.mark.long
def test_of_several_one_has_to_be_named_and_the_others_go_on(scene: Scene) -> None:
    scene.run("submit", "Fix add again")
    with claude_at_work(scene) as first:
        (one,) = scene.unfinished()
        second = scene.start("--agent", "other", "claim", "--json")
        wait_for(scene.state / "worktrees" / tree_folder(scene) / "T-2/calc.py")
        (other,) = set(scene.unfinished()) - {one}

        asked = scene.run("stop", code=2)
        named = scene.run("stop", one[:-3], "--json")
        code, _ = ended(first)
        still = scene.unfinished()
        (scene.claude / "wait").unlink()
        other_code, said = ended(second)

    assert one in asked.err
    assert other in asked.err
    assert "name the one to end" in asked.err
    assert json.loads(named.out)["run_id"] == one
    assert code == 130
    assert still == [other]
    assert other_code == 0, said


def tree_folder(scene: Scene) -> str:
    (folder,) = (scene.state / "worktrees").iterdir()
    return folder.name


def test_without_a_run_at_work_there_is_nothing_to_end(scene: Scene) -> None:
    none = scene.run("stop", code=2)
    scene.run("claim", place="after:9", code=-9)
    (killed,) = scene.unfinished()
    still_none = scene.run("stop", code=2)
    named = scene.run("stop", killed, code=2)
    unknown = scene.run("stop", "r-0", code=1)

    assert "no run is at work" in none.err
    assert "no run is at work" in still_none.err
    assert f"{killed} is not at work" in named.err
    assert "no run starts with 'r-0'" in unknown.err


def test_work_that_is_being_pushed_is_delivered_first(scene: Scene, tmp_path: Path) -> None:
    scene.hook_of_origin(f"touch {tmp_path}/pushing; sleep 2\n")
    claim = scene.start("claim", "--json")
    wait_for(tmp_path / "pushing")

    stopped = scene.run("stop")
    code, said = ended(claim)

    found = scene.found()
    assert code == 0, said
    assert stopped.out.rstrip().endswith("has ended: done")
    assert "told to stop when the work was done" in said
    assert (found.commits, found.branches, found.pulls, found.completions) == (1, WANTED.branches, 1, 1)
    assert (found.status, found.attempts, found.holds, found.leftovers) == ("completed", 1, 0, ())


def test_who_waits_at_a_terminal_sees_what_for(scene: Scene, tmp_path: Path) -> None:
    scene.hook_of_origin(f"touch {tmp_path}/pushing; sleep 2\n")
    claim = scene.start("claim", "--json")
    wait_for(tmp_path / "pushing")

    with Terminal(scene, "stop") as terminal:
        terminal.wait_to_see("waiting for")
        code = terminal.ended()
        screen = terminal.screen
    ended(claim)

    assert code == 0
    assert "waiting for the run to end" in screen
    assert screen.rstrip().endswith("has ended: done")
    assert "\x1b[2K" in screen.split("waiting for")[-1], "nothing of the moving line is left"
