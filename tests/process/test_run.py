"""Running a program to its end: what it is given, and what comes back."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from runner.errors import OutsideTrouble, ProgramMissing
from runner.process.run import Completed, run
from tests.process.programs import both, environment, open_descriptors, python

ORDINARY = 2**31 - 1
"""A mask of signals 1 to 31."""


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
    # The C library keeps signals 32 and 33 for itself: what was inherited of them cannot be changed.
    assert {int(line.split()[1], 16) & ORDINARY for line in (blocked, ignored)} == {0}


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


def test_output_beyond_the_limit_keeps_both_ends() -> None:
    done = run(python("print('A' * 50_000 + 'Z' * 50_000, end='')"), env=environment(), timeout_s=30,
               output_limit_bytes=1000)  # fmt: skip

    assert done.truncated
    assert done.stdout == b"A" * 500 + b"\n[... 99000 bytes left out ...]\n" + b"Z" * 500
