"""A program that another one starts for us: its environment is chosen, and nobody of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.file_lock import try_lock, unlock
from runner.process import attended
from runner.process.launch import ISOLATED
from tests.process.programs import ESCAPE, comes_true, is_gone, read_pid

ROOT = str(Path(attended.__file__).parents[2])


def start(
    folder: Path, *argv: str, passed: tuple[str, ...] = ("PATH",), given: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    (folder / "plan").write_bytes(attended.plan(str(folder / "lock"), passed, given or {}))
    return subprocess.Popen(
        (*ISOLATED, "-c", attended.BOOT, ROOT, str(folder / "plan"), *argv),
        env={"PATH": os.environ["PATH"], "KEY": "hush", "MANY_A": "1", "MANY_B": "2"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(folder: Path, *argv: str, given_input: bytes = b"") -> tuple[int, bytes, bytes]:
    with start(folder, *argv) as process:
        out, err = process.communicate(given_input, timeout=30)
    return process.returncode, out, err


def test_it_has_the_streams_and_the_exit_code_of_the_program(tmp_path: Path) -> None:
    assert run(tmp_path, "/bin/sh", "-c", "cat; echo err >&2; exit 7", given_input=b"in") == (
        7,
        b"in",
        b"err\n",
    )


def test_only_what_is_planned_passes(tmp_path: Path) -> None:
    given = {"ODD": "a=b\n+c", "LC_CTYPE": "C"}

    with start(tmp_path, "/usr/bin/env", "-0", passed=("MANY_*", "PATH"), given=given) as process:
        out, _ = process.communicate(timeout=30)

    seen = dict(line.split("=", 1) for line in out.decode().split("\0") if line)
    assert seen == {"PATH": os.environ["PATH"], "MANY_A": "1", "MANY_B": "2", **given}


def test_a_signal_that_ended_the_program_is_told_as_shells_do(tmp_path: Path) -> None:
    assert run(tmp_path, "/bin/sh", "-c", "kill -TERM $$")[0] == 128 + signal.SIGTERM


def test_a_text_without_a_first_line_is_read_by_the_shell(tmp_path: Path) -> None:
    (tmp_path / "text").write_text('echo "$1"\n')
    (tmp_path / "text").chmod(0o755)

    assert run(tmp_path, str(tmp_path / "text"), "a b") == (0, b"a b\n", b"")


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    code, _, err = run(tmp_path, str(tmp_path / "gone"))

    assert code == attended.NOT_STARTED
    assert err == f"{tmp_path}/gone cannot be started: No such file or directory\n".encode()


def test_addresses_lose_their_passwords(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path, "/bin/echo", "https://ada:hush@git.example.org/a", "origin")

    assert out == b"https://git.example.org/a origin\n"


@pytest.mark.parametrize(
    ("word", "left"),
    [
        ("https://token@host/a", "https://host/a"),
        ("http://a:b@host", "http://host"),
        ("ssh://git:pw@host/a", "ssh://git@host/a"),
        ("ssh://git@host/a", "ssh://git@host/a"),
        ("git@host:a", "git@host:a"),
        ("https://host/a@b", "https://host/a@b"),
        ("/a/path", "/a/path"),
        ("", ""),
    ],
)
def test_what_is_no_password_stays(word: str, left: str) -> None:
    assert attended.without_login(word) == left


def test_nobody_is_left_when_the_program_has_ended(tmp_path: Path) -> None:
    run(tmp_path, sys.executable, "-I", "-c", ESCAPE, str(tmp_path / "pid"))

    assert is_gone(read_pid(tmp_path / "pid"))


def test_nobody_is_left_when_whoever_started_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(attended.plan(str(tmp_path / "lock"), ("PATH",), {}))
    tool = f"{ESCAPE}\ntime.sleep(60)\n"
    argv = (*ISOLATED, "-c", attended.BOOT, ROOT, str(tmp_path / "plan"), sys.executable, "-c", tool)
    starter = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", starter, *argv, str(tmp_path / "pid")], start_new_session=True
    ) as process:
        pid = read_pid(tmp_path / "pid")
        held = try_lock(tmp_path / "lock")

        os.killpg(process.pid, signal.SIGKILL)

    assert held is None
    assert comes_true(lambda: is_gone(pid))
    assert comes_true(lambda: _is_free(tmp_path / "lock"))


def _is_free(lock: Path) -> bool:
    descriptor = try_lock(lock)
    if descriptor is not None:
        unlock(descriptor)
    return descriptor is not None
