"""Nobody outlives a swept child, whatever it does to get away; strangers are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.process import sweep, tree
from runner.process.child import Child
from runner.process.run import run
from tests.process.programs import (
    ESCAPE,
    QUICK,
    comes_true,
    environment,
    is_gone,
    open_descriptors,
    python,
    read_pid,
)

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="adopting orphans needs Linux")
pytestmark = needs_linux


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "pid"


def test_a_tool_with_its_own_session_is_gone_with_the_child(pid_file: Path) -> None:
    done = run(python(ESCAPE + "print('done')", str(pid_file)), env=environment(), timeout_s=60, sweep=True)

    assert (done.exit_code, done.stdout) == (0, b"done\n")
    assert is_gone(read_pid(pid_file))


def test_it_is_gone_when_the_child_was_killed(pid_file: Path) -> None:
    killed = ESCAPE + "os.kill(os.getpid(), signal.SIGKILL)"

    done = run(python(killed, str(pid_file)), env=environment(), timeout_s=60, sweep=True)

    assert done.exit_code == -signal.SIGKILL
    assert is_gone(read_pid(pid_file))


def test_it_is_gone_when_the_time_is_over(pid_file: Path) -> None:
    deaf = (
        ESCAPE
        + "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    )

    done = run(
        python(deaf + "time.sleep(60)", str(pid_file)),
        env=environment(),
        timeout_s=1.5,
        sweep=True,
        grace=QUICK,
    )

    assert (done.timed_out, done.exit_code) == (True, -signal.SIGKILL)
    assert is_gone(read_pid(pid_file))


def test_its_end_ends_the_lines(pid_file: Path) -> None:
    code = ESCAPE + "print('last', flush=True)"

    # The tool holds the output open; if it lived, the lines would not end.
    with Child(python(code, str(pid_file)), env=environment(), timeout_s=60) as child:
        assert list(child.lines()) == [b"last\n"]
        assert child.wait() == 0


def test_a_tool_that_runs_away_by_forking_is_caught(tmp_path: Path) -> None:
    hopper = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork():
            os._exit(0)
time.sleep(0.3)
"""
    mark = f"mark-{tmp_path.name}"

    done = run(python(hopper, mark), env=environment(), timeout_s=60, sweep=True)

    assert done.exit_code == 0
    assert processes_with(mark) == []


def test_a_whole_tree_is_gone(tmp_path: Path) -> None:
    grower = """
import os, sys, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
time.sleep(60)
"""
    mark = f"mark-{tmp_path.name}"

    with Child(python(grower, mark), env=environment(), timeout_s=60) as child:
        assert comes_true(lambda: len(processes_with(mark)) == 32 + 1)  # the supervisor knows the mark too
        os.kill(child.pid, signal.SIGKILL)

        assert child.wait() == -signal.SIGKILL
        assert processes_with(mark) == []


KILL_SUPERVISOR = ESCAPE + "os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)"


def test_a_child_that_kills_its_supervisor_ends_too_and_so_does_its_tool(pid_file: Path) -> None:
    done = run(python(KILL_SUPERVISOR, str(pid_file)), env=environment(), timeout_s=60, sweep=True)

    assert done.exit_code == -signal.SIGKILL
    assert not done.timed_out
    assert is_gone(read_pid(pid_file))


def test_strangers_and_the_children_of_others_are_left_alone(pid_file: Path) -> None:
    with (
        subprocess.Popen(["sleep", "60"]) as stranger,
        subprocess.Popen(["sleep", "60"], start_new_session=True) as earlier,
        Child(["sleep", "60"], env=environment(), timeout_s=60) as other,
    ):
        run(python(KILL_SUPERVISOR, str(pid_file)), env=environment(), timeout_s=60, sweep=True)

        spared = [not is_gone(pid) for pid in (stranger.pid, earlier.pid, other.pid)]

        stranger.kill()
        earlier.kill()
    assert spared == [True, True, True]
    assert is_gone(read_pid(pid_file))


def test_a_child_that_stops_its_supervisor_is_ended_from_here(pid_file: Path) -> None:
    stopper = ESCAPE + "os.kill(os.getppid(), signal.SIGSTOP); time.sleep(60)"

    done = run(python(stopper, str(pid_file)), env=environment(), timeout_s=1.5, sweep=True, grace=QUICK)

    assert (done.timed_out, done.exit_code) == (True, -signal.SIGKILL)
    assert is_gone(read_pid(pid_file))


RUNNER = """
import os, sys
from runner.process.child import Child
with Child([sys.executable, "-I", "-c", sys.argv[1], sys.argv[2]], env=dict(os.environ), timeout_s=60) as child:
    print(child.pid, flush=True)
    child.wait()
"""


@pytest.mark.parametrize("with_helpers", [False, True], ids=["alone", "pipes held by a fork"])
def test_when_the_runner_itself_is_killed_everything_ends(with_helpers: bool, pid_file: Path) -> None:
    # A fork of the runner keeps the lifeline open: then only the parent-death signal tells of the end.
    helper = "import os, time\nif os.fork() == 0:\n    time.sleep(3)\n    os._exit(0)\n"
    code = (
        RUNNER.replace("    child.wait()", f"    exec({helper!r})\n    child.wait()")
        if with_helpers
        else RUNNER
    )
    argv = [sys.executable, "-c", code, ESCAPE + "time.sleep(60)", str(pid_file)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, start_new_session=True) as runner:
        assert runner.stdout is not None
        child_pid = int(runner.stdout.readline())
        tool_pid = read_pid(pid_file)

        runner.kill()

        assert comes_true(lambda: is_gone(child_pid) and is_gone(tool_pid))


def test_nothing_is_adopted_any_more_when_no_swept_child_runs(pid_file: Path) -> None:
    run(["true"], env=environment(), timeout_s=60, sweep=True)

    run(
        ["sh", "-c", f"setsid sh -c 'echo $$ > {pid_file}; exec sleep 60' & sleep 0.2"],
        env=environment(),
        timeout_s=60,
    )

    daemon = read_pid(pid_file)
    assert daemon not in tree.children_of(os.getpid())
    os.kill(daemon, signal.SIGKILL)


def test_two_swept_children_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    codes: list[int] = []

    def work(name: str, last: str) -> None:
        done = run(python(ESCAPE + last, str(tmp_path / name)), env=environment(), timeout_s=60, sweep=True)
        codes.append(done.exit_code)

    hostile = threading.Thread(
        target=work, args=("hostile", "os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)")
    )
    peaceful = threading.Thread(target=work, args=("peaceful", "time.sleep(0.5)"))
    before = open_descriptors()
    for thread in (hostile, peaceful):
        thread.start()
    for thread in (hostile, peaceful):
        thread.join()

    assert sorted(codes) == [-signal.SIGKILL, 0]
    assert is_gone(read_pid(tmp_path / "hostile"))
    assert is_gone(read_pid(tmp_path / "peaceful"))
    assert open_descriptors() == before
    assert sweep._swept_children == 0


def processes_with(mark: str) -> list[int]:
    """Everyone alive whose command line holds `mark`."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return [pid for pid in found if not is_gone(pid)]
