"""The supervisor, run by an interpreter that can measure it, and where nobody can adopt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.errors import OutsideTrouble
from runner.process import launch, remembered, supervisor
from runner.process.ending import Grace
from runner.process.exchange import Exchange
from runner.process.launch import Supervised
from runner.process.remembered import Remembered
from runner.process.stop import Stop, StopReason
from tests.process.programs import (
    QUICK,
    comes_true,
    environment,
    is_gone,
    open_descriptors,
    python,
)
from tests.support.logs import logged

ORDINARY = (sys.executable, "-X", "utf8")
"""With site-packages, so that coverage sees it; the isolated one is used by all other tests."""

ways = pytest.mark.parametrize("flags", [(), (supervisor.REMEMBER,)], ids=["adopting", "remembering"])
PASSED_ON = {name: os.environ[name] for name in os.environ if name.startswith("COVERAGE")}


def supervised(
    argv: Sequence[str], flags: Sequence[str] = (), interpreter: Sequence[str] = ORDINARY
) -> Supervised:
    env = environment() | PASSED_ON
    return Supervised(
        argv[0], argv, env=env, cwd=None, with_stdin=False, interpreter=interpreter, flags=flags
    )


def to_end(
    argv: Sequence[str],
    flags: Sequence[str] = (),
    *,
    timeout_s: float = 60.0,
    stop: Stop | None = None,
    grace: Grace = QUICK,
) -> tuple[int | None, bytes]:
    """Exit code and output."""
    out: list[bytes] = []
    with Exchange(
        supervised(argv, flags),
        timeout_s=timeout_s,
        stop=stop,
        grace=grace,
        on_stdout=out.append,
        on_stderr=lambda _: None,
    ) as exchange:
        exchange.to_end()
    return exchange.exit_code, b"".join(out)


@ways
def test_code_and_output_are_passed_on(flags: Sequence[str]) -> None:
    assert to_end(["/bin/sh", "-c", "echo hello; exit 7"], flags) == (7, b"hello\n")


@ways
def test_signals_reach_the_whole_group(flags: Sequence[str]) -> None:
    code = (
        "trap 'echo outer' INT; sh -c \"trap 'echo inner; exit 0' INT; while :; do sleep 0.05; done\"; exit 3"
    )

    ended, out = to_end(["/bin/sh", "-c", code], flags, timeout_s=1.0, grace=Grace())

    assert (ended, sorted(out.split())) == (3, [b"inner", b"outer"])


TOOL = """
import os, signal, sys, time
pid = os.fork()
if pid == 0:
    os.setsid()
    os.execve("/bin/sleep", ["sleep", "60"], {})
with open(sys.argv[1], "w") as file:
    file.write(str(pid))
time.sleep(1.5)
os.kill(os.getpid(), signal.SIGKILL)
"""


@ways
def test_a_tool_with_its_own_session_does_not_outlive_a_killed_child(
    flags: Sequence[str], tmp_path: Path
) -> None:
    ended, _ = to_end(python(TOOL, str(tmp_path / "pid")), flags)

    assert ended == -signal.SIGKILL
    assert is_gone(int((tmp_path / "pid").read_text()))


@ways
def test_the_end_of_the_lifeline_ends_a_deaf_child(flags: Sequence[str]) -> None:
    deaf = ["/bin/sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"]

    assert to_end(deaf, flags, timeout_s=1.0) == (-signal.SIGKILL, b"ready\n")


def test_a_stop_is_passed_on() -> None:
    stop = Stop()
    timer = threading.Timer(0.5, lambda: stop.set(StopReason.CANCELLED))
    timer.start()

    ended, _ = to_end(["/bin/sleep", "60"], stop=stop, grace=Grace())

    timer.join()
    assert ended == -signal.SIGINT


def test_a_program_that_cannot_be_executed_is_told_with_the_system_s_words(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("no interpreter line\n")
    script.chmod(0o755)
    before = open_descriptors()

    with pytest.raises(OSError, match="Exec format error"):
        supervised([str(script)])

    assert open_descriptors() == before


def test_a_python_that_cannot_start_is_no_riddle() -> None:
    before = open_descriptors()

    with pytest.raises(OutsideTrouble, match="supervisor") as trouble:
        supervised(
            ["/bin/true"], interpreter=(sys.executable, "-X", "no-such-option-but-harmless", "-c", "pass")
        )

    assert trouble.value.hint
    assert open_descriptors() == before


def test_a_python_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "START_LIMIT_S", 0.2)
    monkeypatch.setattr(launch, "ABANDON_LIMIT_S", 0.2)
    before = open_descriptors()

    with pytest.raises(OutsideTrouble, match="supervisor"):
        supervised(["/bin/true"], interpreter=("/bin/sh", "-c", "exec sleep 60"))

    assert open_descriptors() == before


def test_a_notice_while_the_runner_lives_means_nothing() -> None:
    launched = supervised(["/bin/sh", "-c", "sleep 0.7; echo undisturbed"])
    out: list[bytes] = []
    with Exchange(
        launched, timeout_s=60, stop=None, grace=QUICK, on_stdout=out.append, on_stderr=lambda _: None
    ) as exchange:
        os.kill(launched.process.pid, signal.SIGUSR1)
        exchange.to_end()

    assert (exchange.exit_code, out) == (0, [b"undisturbed\n"])


RUNNER = """
import os, sys
from tests.process.test_supervisor import supervised
launched = supervised(["/bin/sleep", "60"])
keep = os.dup(launched._lifeline.fileno())
if sys.argv[1] == "held" and os.fork() == 0:
    import time
    time.sleep(5)
    os._exit(0)
print(launched.pid, flush=True)
os.read(0, 1)
"""


@pytest.mark.parametrize("lifeline", ["cut", "held"])
def test_the_end_of_the_runner_ends_the_child(lifeline: str) -> None:
    argv = [sys.executable, "-c", RUNNER, lifeline]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        child_pid = int(runner.stdout.readline())

        runner.kill()

        assert comes_true(lambda: is_gone(child_pid))


def test_survivors_are_counted_and_told() -> None:
    launched = supervised(["/bin/true"])
    launched.process.wait()
    launched._said = b"ended 0 2\n"
    os.read(launched._status.fileno(), 100)

    with logged("runner.process") as messages:
        code = launched.collect()

    assert code == 0
    assert "2 processes" in messages[0]
    for pipe in (launched.process.stdout, launched.process.stderr):
        assert pipe is not None
        pipe.close()


def test_only_the_living_of_one_family_are_remembered() -> None:
    with (
        subprocess.Popen(["sh", "-c", "sleep 60; true"]) as family,
        subprocess.Popen(["sleep", "60"]) as stranger,
    ):
        seen = Remembered(family.pid)
        assert comes_true(lambda: len(seen.look()) == 2)

        ended = seen.end()

        assert ended == 2
        family.wait()
        assert comes_true(lambda: seen.look() == ())
        assert stranger.poll() is None
        stranger.kill()


def test_a_number_that_was_given_away_again_is_somebody_else() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        seen = Remembered(process.pid)
        seen.look()
        seen._started[process.pid] = "Thu Jan  1 00:00:00 1970"

        assert seen.end() == 0
        assert process.poll() is None
        process.kill()


def test_without_ps_nobody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "_PS", ("/no/such/ps",))

    assert Remembered(os.getpid()).look() == ()
