"""Telling a living process from a dead one, also when its number is used again."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from runner.allowance.holder import holder_of_this_process, is_alive
from runner.allowance.model import Holder


def holder_of(pid: int) -> Holder:
    """The holder that a process of this number would call itself."""
    started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return replace(holder_of_this_process(), pid=pid, started=started)


def test_this_process_is_alive() -> None:
    me = holder_of_this_process()

    assert me.pid == os.getpid()
    assert me.started > 0
    assert is_alive(me) is True


def test_another_process_is_alive_until_it_is_killed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    holder = holder_of(child.pid)
    before = is_alive(holder)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    as_zombie = is_alive(holder)
    child.communicate()

    assert (before, as_zombie, is_alive(holder)) == (True, False, False)


def test_a_number_used_again_is_another_process() -> None:
    me = holder_of_this_process()

    assert is_alive(replace(me, started=me.started - 1)) is False


def test_a_process_of_an_earlier_boot_is_dead() -> None:
    me = holder_of_this_process()

    assert is_alive(replace(me, boot_id="other" + me.boot_id)) is False


def test_of_a_process_in_another_container_nobody_knows() -> None:
    me = holder_of_this_process()

    assert is_alive(replace(me, boot_id=me.boot_id + "9")) is None


def test_a_name_with_brackets_and_blanks_is_no_obstacle(tmp_path: Path) -> None:
    proc = tmp_path
    (proc / "sys/kernel/random").mkdir(parents=True)
    (proc / "sys/kernel/random/boot_id").write_text("b-1\n")
    (proc / "self/ns").mkdir(parents=True)
    (proc / "self/ns/pid").write_text("")
    for name in ("self", "77"):
        (proc / name).mkdir(exist_ok=True)
        (proc / name / "stat").write_text("77 (a) R (b) S " + " ".join(str(n) for n in range(1, 30)))

    holder = holder_of_this_process(proc=str(proc))

    assert (holder.pid, holder.started) == (77, 19)
    assert is_alive(holder, proc=str(proc)) is True


@pytest.fixture
def nowhere(tmp_path: Path) -> str:
    return str(tmp_path / "no-proc")


def test_without_proc_a_process_is_known_by_its_number(nowhere: str) -> None:
    me = holder_of_this_process(proc=nowhere)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert (me.pid, me.started) == (os.getpid(), 0)
    assert is_alive(me, proc=nowhere) is True
    assert is_alive(replace(me, pid=child.pid), proc=nowhere) is False
    assert is_alive(replace(me, pid=1), proc=nowhere) is True


def test_a_holder_from_a_system_with_proc_is_dead_on_one_without(nowhere: str) -> None:
    assert is_alive(holder_of_this_process(), proc=nowhere) is False
