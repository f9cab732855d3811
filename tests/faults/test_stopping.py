"""`runner stop`: one run at work, several, none, somebody else's; it waits for the end, unless --now is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Holder
from runner.errors import OutsideTrouble, UsageProblem
from runner.runs.record import Json, RunRecord
from runner.runs.stopping import StoppedRun, at_work, is_free, stop_run
from tests.faults.at_work import Terminal, claude_at_work, ended, stubborn_claude, wait_for
from tests.faults.kill_table import CALL_NANO, WANTED
from tests.faults.scene import ROOT, Scene


def test_the_only_run_at_work_ends_in_good_order_and_stop_waits_for_it(scene: Scene) -> None:
    with claude_at_work(scene) as claim:
        (run_id,) = scene.unfinished()

        stopped = scene.run("stop", "--json")
        left = scene.unfinished()
        code, said = ended(claim)

    found = scene.found()
    assert json.loads(stopped.out) == {"run_id": run_id, "ended": True, "unfinished": False}
    assert left == []
    assert code == 130, said
    assert '"outcome": "cancelled"' in said
    assert (found.status, found.attempts, found.holds, found.leftovers) == ("pending", 0, 0, ())
    assert 0 < found.cost_nano < 2 * CALL_NANO
    assert (found.pulls, found.branches) == (0, ())
    assert scene.alive() == []


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


@pytest.mark.long
def test_a_step_that_was_begun_is_finished_first(scene: Scene, tmp_path: Path) -> None:
    scene.hook_of_origin(f"touch {tmp_path}/pushing; sleep 2\n")
    claim = scene.start("claim", "--json")
    wait_for(tmp_path / "pushing")

    scene.run("stop")
    pushed = scene.found().branches
    code, said = ended(claim)

    found = scene.found()
    assert code == 130, said
    assert pushed == WANTED.branches
    assert (found.status, found.attempts, found.pulls, found.holds) == ("pending", 0, 0, 0)
    assert found.leftovers == ()

    scene.run("claim")

    assert (scene.found().commits, scene.found().pulls, scene.found().completions) == (1, 1, 1)


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
    assert screen.rstrip().endswith("has ended")
    assert "\x1b[2K" in screen.split("waiting for")[-1], "nothing of the moving line is left"


STUBBORN = """
import signal, sys, time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from runner.allowance.holder import holder_of_this_process
from runner.runs.record import RunRecord

signals = []
for number in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda *_: signals.append(1))
holder = asdict(holder_of_this_process())
record = RunRecord.create(Path(sys.argv[1]), "r-1", lambda: datetime.now(UTC), holder=holder)
print("ready", flush=True)
while len(signals) < int(sys.argv[2]):
    time.sleep(0.02)
"""


@contextmanager
def stubborn(runs: Path, *, until: int) -> Iterator[subprocess.Popen[str]]:
    """A run whose process ends only at the signal of this number."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, str(runs), str(until)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_who_does_not_end_within_the_time_is_still_ending(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=99) as process:
        stopped = stop_run(tmp_path, None, now=False, wait_s=0.2)
        (running,) = at_work(tmp_path)
        process.kill()

    assert stopped == StoppedRun(run_id="r-1", ended=False)
    assert running.run_id == "r-1"


def test_now_asks_until_it_has_ended(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=3) as process:
        stopped = stop_run(tmp_path, "r-1", now=True)
        process.wait(timeout=20)

    assert stopped == StoppedRun(run_id="r-1", ended=True, unfinished=True)
    assert at_work(tmp_path) == ()


def test_now_gives_up_after_its_time(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=99) as process:
        stopped = stop_run(tmp_path, "r-1", now=True, wait_s=0.8)
        process.kill()

    assert not stopped.ended


def held(runs: Path, holder: Holder) -> RunRecord:
    """A run that this process has its hands on, and that says somebody else has."""
    facts: dict[str, Json] = dict(asdict(holder))
    return RunRecord.create(runs, "r-1", lambda: datetime.now(UTC), holder=facts)


def test_a_process_of_another_container_has_to_be_ended_there(tmp_path: Path) -> None:
    here = holder_of_this_process()
    record = held(tmp_path, replace(here, boot_id=here.boot_id.partition("/")[0] + "/1"))

    with pytest.raises(OutsideTrouble, match="cannot be seen from here"):
        stop_run(tmp_path, None, now=False)

    record.let_go()


def test_a_run_without_a_holder_cannot_be_signalled(tmp_path: Path) -> None:
    record = held(tmp_path, Holder(boot_id="", pid=0, started=0))

    with pytest.raises(OutsideTrouble, match="cannot be seen from here"):
        stop_run(tmp_path, "r-1", now=True)

    record.let_go()


AS_SOMEBODY_ELSE = """
import os, sys
from pathlib import Path
from runner.allowance import holder
from runner.errors import OutsideTrouble
from runner.runs.stopping import stop_run

if os.getuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
try:
    stop_run(Path(sys.argv[1]), None, now=False, wait_s=0.1)
except OutsideTrouble as trouble:
    print(trouble)
"""


def test_a_process_of_another_user_has_to_be_ended_by_that_user() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        runs.chmod(0o755)
        # As root the other user is we, seen by nobody; else it is whoever runs the first process.
        holder = holder_of_this_process() if os.getuid() == 0 else process_one()
        record = held(runs, holder)
        record.folder.chmod(0o755)
        for path in record.folder.iterdir():
            path.chmod(0o666)

        done = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE, folder],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        record.let_go()

    assert done.stdout.strip() == f"process {holder.pid} belongs to somebody else", done


def process_one() -> Holder:
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    return replace(holder_of_this_process(), pid=1, started=int(fields[19]))


def test_a_process_that_is_gone_when_the_signal_comes_has_ended(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=1) as process:
        stop_run(tmp_path, None, now=False)
        process.wait(timeout=20)

    with pytest.raises(UsageProblem, match="no run is at work"):
        stop_run(tmp_path, None, now=False)


def test_looking_whether_a_run_is_free_leaves_it_free(tmp_path: Path) -> None:
    record = held(tmp_path, holder_of_this_process())
    record.let_go()

    assert is_free(record)
    assert is_free(record)
