"""Running a program to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.errors import OutsideTrouble, ProgramMissing
from runner.process.run import Completed, run
from runner.process.stop import Stop, StopReason
from tests.process.programs import (
    QUICK,
    appears,
    comes_true,
    environment,
    interrupted_soon,
    is_gone,
    open_descriptors,
    python,
    read_pid,
)

both = pytest.mark.parametrize("sweep", [False, True], ids=["grouped", "swept"])


@both
@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_the_exit_code_is_passed_on(code: int, sweep: bool) -> None:
    done = run(
        ["sh", "-c", f"echo out; echo err >&2; exit {code}"], env=environment(), timeout_s=30, sweep=sweep
    )

    assert done == Completed(
        argv=("sh", "-c", f"echo out; echo err >&2; exit {code}"),
        exit_code=code,
        stdout=b"out\n",
        stderr=b"err\n",
        timed_out=False,
        stopped=False,
    )


@both
@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGINT", "SIGUSR1"])
def test_a_death_by_signal_is_a_negative_code(name: str, sweep: bool) -> None:
    number = signal.Signals[name]

    done = run(
        ["sh", "-c", f"ulimit -c 0; kill -{number.value} $$"], env=environment(), timeout_s=30, sweep=sweep
    )

    assert done.exit_code == -number
    assert not done.stopped


@both
def test_input_of_any_length_does_not_block_a_child_that_writes_first(sweep: bool) -> None:
    data = os.urandom(3_000_000)

    done = run(
        python("import sys; sys.stdout.write('x' * 1_000_000); sys.stdout.flush(); "
               "sys.stdout.buffer.write(sys.stdin.buffer.read())"),
        env=environment(), timeout_s=30, input_bytes=data, sweep=sweep,
    )  # fmt: skip

    assert done.stdout == b"x" * 1_000_000 + data


@both
def test_a_child_that_wants_no_input_is_no_error(sweep: bool) -> None:
    done = run(["true"], env=environment(), timeout_s=30, input_bytes=b"x" * 1_000_000, sweep=sweep)

    assert done.exit_code == 0


@both
def test_without_input_the_child_reads_an_end(sweep: bool) -> None:
    assert run(["cat"], env=environment(), timeout_s=30, sweep=sweep).stdout == b""


@both
def test_the_environment_is_exactly_what_was_given(sweep: bool) -> None:
    env = {"PATH": os.environ["PATH"], "ONLY": "this"}

    done = run(python("import os; print(sorted(os.environb))"), env=env, timeout_s=30, sweep=sweep)

    # Python adds LC_CTYPE for itself in the C locale: look at what the kernel was given instead.
    seen = run(["sh", "-c", "cat /proc/$$/environ"], env=env, timeout_s=30, sweep=sweep)
    assert done.exit_code == 0
    assert sorted(seen.stdout.rstrip(b"\0").split(b"\0")) == sorted(
        f"{k}={v}".encode() for k, v in env.items()
    )


def test_a_ctype_that_was_given_reaches_a_swept_child() -> None:
    env = environment() | {"LC_CTYPE": "POSIX"}

    done = run(["sh", "-c", "echo $LC_CTYPE"], env=env, timeout_s=30, sweep=True)

    assert done.stdout == b"POSIX\n"


@both
def test_arguments_pass_byte_by_byte_and_no_shell_reads_them(sweep: bool) -> None:
    odd = "a b;$(touch x)'\"\n\udcff\u20ac"

    done = run(["printf", "%s", odd], env=environment(), timeout_s=30, sweep=sweep)

    assert done.stdout == odd.encode("utf-8", "surrogateescape")


@both
def test_the_child_works_in_the_given_folder(sweep: bool, tmp_path: Path) -> None:
    # A module of that name would be picked up by an interpreter that looks at its working folder.
    (tmp_path / "signal.py").write_text("raise SystemExit(99)\n")

    done = run(["pwd", "-P"], env=environment(), cwd=tmp_path, timeout_s=30, sweep=sweep)

    assert done.stdout.decode().rstrip("\n") == str(tmp_path.resolve())


@both
def test_the_child_has_our_pipes_only_and_ordinary_signals(sweep: bool) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if sweep else signal.getsignal(signal.SIGINT)
    try:
        done = run(
            ["sh", "-c", "ls -x /proc/$$/fd; exec grep -E 'Sig(Ign|Blk)' /proc/self/status"],
            env=environment(), timeout_s=30, sweep=sweep,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)

    descriptors, blocked, ignored = done.stdout.decode().splitlines()
    assert descriptors.split() == ["0", "1", "2"]
    assert {int(line.split()[1], 16) for line in (blocked, ignored)} == {0}


@both
def test_the_child_has_a_session_of_its_own(sweep: bool) -> None:
    done = run(python("import os; print(os.getsid(0) == os.getpid() == os.getpgid(0))"), env=environment(),
               timeout_s=30, sweep=sweep)  # fmt: skip

    assert done.stdout == b"True\n"


@both
def test_a_missing_program_is_named_with_a_hint(sweep: bool) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program") as problem:
        run(["no-such-program"], env=environment(), timeout_s=30, sweep=sweep)

    assert "install" in problem.value.hint


@both
@pytest.mark.parametrize(
    ("arguments", "words"), [(["x" * 200_000], "Argument list too long"), (["a\0b"], "null byte")]
)
def test_what_the_system_refuses_to_start_is_one_clear_error(
    arguments: list[str], words: str, sweep: bool
) -> None:
    before = open_descriptors()

    with pytest.raises(ProgramMissing, match=words):
        run(["true", *arguments], env=environment(), timeout_s=30, sweep=sweep)

    assert open_descriptors() == before


@both
def test_a_file_that_is_no_program_is_one_clear_error(sweep: bool, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("no interpreter line\n")
    script.chmod(0o755)
    before = open_descriptors()

    with pytest.raises(ProgramMissing, match="Exec format error") as problem:
        run([str(script)], env=environment(), timeout_s=30, sweep=sweep)

    assert problem.value.exit_code == 5
    assert open_descriptors() == before


def test_a_folder_that_is_gone_is_told_apart_from_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(OutsideTrouble, match="not a folder") as problem:
        run(["true"], env=environment(), cwd=tmp_path / "gone", timeout_s=30)

    assert not isinstance(problem.value, ProgramMissing)


@both
def test_too_long_is_interrupted_first(sweep: bool) -> None:
    polite = "trap 'echo interrupted; exit 0' INT; echo ready; while :; do sleep 0.05; done"

    done = run(["sh", "-c", polite], env=environment(), timeout_s=0.5, sweep=sweep)

    assert (done.exit_code, done.timed_out, done.stopped) == (0, True, False)
    assert done.stdout == b"ready\ninterrupted\n"


@both
def test_then_terminated(sweep: bool) -> None:
    stubborn = "trap '' INT; trap 'echo terminated; exit 9' TERM; while :; do sleep 0.05; done"

    done = run(["sh", "-c", stubborn], env=environment(), timeout_s=0.5, sweep=sweep, grace=QUICK)

    assert (done.exit_code, done.timed_out) == (9, True)
    assert done.stdout == b"terminated\n"


@both
def test_then_killed(sweep: bool) -> None:
    deaf = "trap '' INT TERM; echo deaf; while :; do sleep 0.05; done"

    done = run(["sh", "-c", deaf], env=environment(), timeout_s=0.5, sweep=sweep, grace=QUICK)

    assert (done.exit_code, done.timed_out) == (-signal.SIGKILL, True)
    assert done.stdout == b"deaf\n"


@both
def test_a_stop_ends_it_at_once(sweep: bool) -> None:
    stop = Stop()
    timer = threading.Timer(0.2, lambda: stop.set(StopReason.LEASE_LOST))
    timer.start()

    done = run(["sleep", "60"], env=environment(), timeout_s=60, stop=stop, sweep=sweep)

    timer.join()
    assert (done.exit_code, done.stopped, done.timed_out) == (-signal.SIGINT, True, False)


def test_a_stop_that_was_set_before_starts_nothing(tmp_path: Path) -> None:
    stop = Stop()
    stop.set(StopReason.LEASE_LOST)

    done = run(["touch", str(tmp_path / "effect")], env=environment(), timeout_s=30, stop=stop)

    assert done.stopped
    assert done.exit_code != 0
    assert not (tmp_path / "effect").exists()


def test_a_signal_handler_can_stop_the_call_that_it_interrupts() -> None:
    stop = Stop()

    with interrupted_soon(lambda: stop.set(StopReason.INTERRUPTED)):
        done = run(["sleep", "60"], env=environment(), timeout_s=60, stop=stop)

    assert done.stopped


def test_many_calls_leave_nothing_on_the_stop() -> None:
    stop, before, threads = Stop(), open_descriptors(), threading.active_count()

    for sweep in (False, True):
        run(["true"], env=environment(), timeout_s=30, stop=stop, sweep=sweep)

    assert stop._callbacks == []
    assert open_descriptors() == before
    assert threading.active_count() == threads


@both
def test_a_grandchild_in_the_same_group_is_gone_with_the_child(sweep: bool, tmp_path: Path) -> None:
    done = run(
        ["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/pid; echo done"],
        env=environment(),
        timeout_s=30,
        sweep=sweep,
    )

    assert done.stdout == b"done\n"
    assert comes_true(lambda: is_gone(read_pid(tmp_path / "pid")))


def test_a_stranger_that_holds_the_output_open_does_not_hold_us(tmp_path: Path) -> None:
    code = f"setsid sh -c 'echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 60' & " \
           f"while [ ! -e {tmp_path}/pid ]; do sleep 0.02; done; echo done"  # fmt: skip

    done = run(["sh", "-c", code], env=environment(), timeout_s=30)

    assert (done.exit_code, done.stdout) == (0, b"done\n")
    os.kill(read_pid(tmp_path / "pid"), signal.SIGKILL)


def test_output_beyond_the_limit_keeps_both_ends() -> None:
    done = run(python("print('A' * 50_000 + 'Z' * 50_000, end='')"), env=environment(), timeout_s=30,
               output_limit_bytes=1000)  # fmt: skip

    assert done.truncated
    assert done.stdout == b"A" * 500 + b"\n[... 99000 bytes left out ...]\n" + b"Z" * 500


def test_where_the_end_of_a_process_cannot_be_waited_for_it_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "pidfd_open")

    done = run(
        python("import os, time; os.close(1); os.close(2); time.sleep(0.1)"), env=environment(), timeout_s=30
    )

    assert done.exit_code == 0


INTERRUPTED = """
import os, sys
from runner.process.run import run
try:
    run(["sh", "-c", "echo $$ > $0.new; mv $0.new $0; exec sleep 60", sys.argv[1]], env=dict(os.environ), timeout_s=60,
        sweep=sys.argv[2] == "True")
except KeyboardInterrupt:
    print("interrupted")
"""


@both
def test_a_keyboard_interrupt_passes_and_leaves_no_child(sweep: bool, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "pid"), str(sweep)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, start_new_session=True) as caller:
        assert appears(tmp_path / "pid")

        caller.send_signal(signal.SIGINT)
        said = caller.communicate(timeout=30)[0]

    assert said == b"interrupted\n"
    assert is_gone(read_pid(tmp_path / "pid"))
