"""Ctrl-C, once and twice, with real processes and at a terminal: in good order, or at once and gone on with later."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from runner.cli.stopping import TWICE_AFTER_S
from runner.errors import EXIT_BUG
from tests.faults.at_work import Terminal, claude_at_work, ended, stubborn_claude
from tests.faults.kill_table import CALL_NANO, WANTED
from tests.faults.scene import FIXED, Scene
from tests.faults.slow_acts import ACTS, Gate, slow

CTRL_C = b"\x03"


def interrupt_twice(claim: subprocess.Popen[str]) -> None:
    claim.send_signal(signal.SIGINT)
    time.sleep(TWICE_AFTER_S * 2)
    claim.send_signal(signal.SIGINT)


def one_of_everything(scene: Scene) -> None:
    found = scene.found()
    assert (found.commits, found.branches, found.pulls, found.completions) == (1, WANTED.branches, 1, 1)
    assert (found.holds, found.leftovers, found.unfinished, found.status) == (0, (), 0, "completed")
    assert scene.alive() == []


@pytest.mark.quick
def test_once_charges_gives_back_and_the_next_claim_goes_on_with_the_conversation(scene: Scene) -> None:
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    with claude_at_work(scene) as claim:
        claim.send_signal(signal.SIGINT)
        code, said = ended(claim)
    stopped, task = scene.found(), scene.task()

    assert code == 130, said
    assert '"outcome": "cancelled"' in said
    (first,) = scene.calls()
    assert task.conversation == first["session"]
    assert (stopped.status, stopped.attempts, stopped.holds, stopped.unfinished) == ("pending", 0, 0, 0)
    assert (stopped.leftovers, stopped.pulls, stopped.branches) == ((), 0, ())
    assert 0 < stopped.cost_nano < 2 * CALL_NANO

    scene.plan(writes=FIXED, text="The rest of it is done.")
    scene.run("claim")

    second = scene.calls()[1]
    assert (second["resumed"], second["session"]) == (True, first["session"])
    assert scene.found().cost_nano == stopped.cost_nano + CALL_NANO
    assert scene.shown("told.txt", "calc.py") == ["half", "def add(a, b):\n    return a + b"]
    one_of_everything(scene)


def test_what_a_wrapper_passes_on_besides_the_terminal_is_still_once(scene: Scene) -> None:
    with claude_at_work(scene) as claim:
        claim.send_signal(signal.SIGINT)
        claim.send_signal(signal.SIGINT)
        code, said = ended(claim)

    assert code == 130
    assert '"outcome": "cancelled"' in said
    assert scene.unfinished() == []


def test_twice_ends_at_once_and_the_next_claim_goes_on_with_the_run(scene: Scene) -> None:
    stubborn_claude(scene)
    scene.plan(writes={"told.txt": "half\n"}, text="half")
    with claude_at_work(scene) as claim:
        interrupt_twice(claim)
        code, said = ended(claim)
        alive = scene.alive()
    (run_id,) = scene.unfinished()

    assert code == 130
    assert "ended at once" in said
    assert alive == []
    assert scene.found().holds == 1

    scene.plan(writes=FIXED, text="The rest of it is done.")
    again = scene.run("claim", "--json")

    first, second = scene.calls()
    assert (second["resumed"], second["session"]) == (True, first["session"])
    assert f'"run_id": "{run_id}"' in again.out
    assert scene.shown("told.txt", "calc.py") == ["half", "def add(a, b):\n    return a + b"]
    one_of_everything(scene)


@pytest.mark.parametrize("times", [1, 2])
def test_before_claude_is_asked_nothing_of_the_run_stays(scene: Scene, times: int) -> None:
    with slow(scene, "check of the base") as gate:
        code, said = interrupted_in(scene, gate, times=times)
    if times == 2:
        (run_id,) = scene.unfinished()
        scene.run("resume", run_id, code=None)

    found = scene.found()
    assert code == 130, said
    assert scene.calls() == []
    assert (found.status, found.attempts, found.holds, found.cost_nano) == ("pending", 0, 0, 0)
    assert (found.leftovers, found.unfinished, found.branches) == ((), 0, ())
    assert scene.alive() == []


def interrupted_in(scene: Scene, gate: Gate, *, times: int) -> tuple[int, str]:
    """How a claim ends that is interrupted in the midst of a slow act; the first time waits for the act."""
    claim = scene.start("claim", "--json")
    gate.wait()
    if times == 1:
        claim.send_signal(signal.SIGINT)
        time.sleep(0.1)
    else:
        interrupt_twice(claim)
    gate.open()
    return ended(claim)


DELIVERY = tuple(act for act in ACTS if act.endswith("hook") or act.startswith(("push ", "gh pr ")))
"""Acts when the work is done: it is delivered before the run stops."""
TWICE = ("set-up", "commit-msg hook", "push received", "gh pr create begun")


@pytest.mark.long
@pytest.mark.parametrize("act", ACTS)
def test_once_in_the_midst_of_any_act_the_next_claim_makes_one_of_everything(scene: Scene, act: str) -> None:
    with slow(scene, act) as gate:
        code, said = interrupted_in(scene, gate, times=1)
    alive = scene.alive()
    scene.run("claim", code=None)

    assert code == (0 if act in DELIVERY else 130), said
    assert act not in DELIVERY or len(scene.calls()) == 1
    assert alive == []
    one_of_everything(scene)


@pytest.mark.long
@pytest.mark.parametrize("act", TWICE)
def test_twice_in_the_midst_of_an_act_the_next_claim_makes_one_of_everything(scene: Scene, act: str) -> None:
    with slow(scene, act) as gate:
        code, said = interrupted_in(scene, gate, times=2)
    alive = scene.alive()
    scene.run("claim")

    assert code == 130, said
    assert alive == []
    one_of_everything(scene)


def test_ctrl_c_at_a_terminal_says_that_it_stops_and_how_to_end_at_once(scene: Scene) -> None:
    wait = scene.claude / "wait"
    wait.touch()
    with Terminal(scene, "claim") as terminal:
        scene.wait_for_work()
        terminal.press(CTRL_C)
        code = terminal.ended()
        screen = terminal.screen
    wait.unlink()

    assert code == 130
    assert screen.count("stopping ... (Ctrl-C again ends it at once)") == 1
    assert "cancelled" in screen
    assert "Traceback" not in screen
    assert scene.unfinished() == []
    assert scene.alive() == []


@pytest.mark.long
def test_ctrl_c_at_a_terminal_when_the_work_is_done_says_that_it_is_delivered_first(scene: Scene) -> None:
    with slow(scene, "push received") as gate, Terminal(scene, "claim") as terminal:
        gate.wait()
        terminal.press(CTRL_C)
        terminal.wait_to_see("delivering it before it stops")
        gate.open()
        code = terminal.ended()
        screen = terminal.screen

    assert code == 0
    assert "stopping ..." not in screen
    assert "pull request:" in screen
    one_of_everything(scene)


@pytest.mark.long
def test_ctrl_c_twice_at_a_terminal_leaves_no_child_and_says_how_to_go_on(scene: Scene) -> None:
    stubborn_claude(scene)
    wait = scene.claude / "wait"
    wait.touch()
    with Terminal(scene, "claim") as terminal:
        scene.wait_for_work()
        terminal.press(CTRL_C)
        terminal.wait_to_see("stopping")
        time.sleep(TWICE_AFTER_S)
        terminal.press(CTRL_C)
        code = terminal.ended()
        screen = terminal.screen
        alive = scene.alive()
    wait.unlink()

    assert code == 130
    assert "gone on with by `runner claim` or `runner resume`" in screen
    assert alive == []
    assert len(scene.unfinished()) == 1

    scene.run("claim")

    one_of_everything(scene)


def test_a_window_that_is_closed_is_an_end_in_good_order(scene: Scene) -> None:
    wait = scene.claude / "wait"
    wait.touch()
    with Terminal(scene, "claim") as terminal:
        scene.wait_for_work()
        terminal.hang_up()
        code = terminal.process.wait(timeout=60)
    wait.unlink()

    found = scene.found()
    assert code != EXIT_BUG
    assert (found.status, found.attempts, found.holds, found.unfinished) == ("pending", 0, 0, 0)
    assert scene.alive() == []


@pytest.mark.long
def test_one_in_the_background_whose_signals_are_off_is_not_ended(scene: Scene) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with claude_at_work(scene) as claim:
            os.kill(claim.pid, signal.SIGINT)
            time.sleep(0.3)
            (scene.claude / "wait").unlink()
            code, said = ended(claim)
    finally:
        signal.signal(signal.SIGINT, before)

    assert code == 0, said
    one_of_everything(scene)
