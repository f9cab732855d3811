"""Reading and ending what is below a process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runner.process import prctl, tree
from tests.process.programs import comes_true, is_gone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

GONE = 2**22 + 1
"""No process has this number: it is above the largest that the kernel gives."""


def three_levels() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sh", "-c", "sh -c 'sleep 60; true'; true"])


def test_children_are_found_level_by_level() -> None:
    with three_levels() as top:
        assert comes_true(lambda: any(map(tree.children_of, tree.children_of(top.pid))))
        (middle,) = tree.children_of(top.pid)
        (bottom,) = tree.children_of(middle)

        taken = tree.kill_below(top.pid)

        assert taken == 2
        assert comes_true(lambda: is_gone(middle) and is_gone(bottom))
        assert top.wait() == 0


def test_without_the_kernel_s_list_children_are_searched_for() -> None:
    with three_levels() as top:
        assert comes_true(lambda: tree.children_of(top.pid) != [])

        assert tree._children_by_search(top.pid) == tree.children_of(top.pid)

        top.kill()
        tree.kill_below(top.pid)


def test_a_thread_that_ends_meanwhile_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        monkeypatch.setattr(os, "listdir", with_a_dead_thread(os.listdir))

        assert child.pid in tree.children_of(os.getpid())

        child.kill()


def with_a_dead_thread(listdir: object) -> object:
    """What the system answers when a thread ends right after it was listed."""
    assert callable(listdir)
    return lambda path: [*listdir(path), str(GONE)] if str(path).endswith("/task") else listdir(path)


def test_who_is_gone_has_no_children_and_takes_no_signal() -> None:
    assert tree.children_of(GONE) == []
    assert tree.start_ticks(GONE) == -1
    assert not tree.kill(GONE)
    assert tree.kill_below(GONE) == 0


def test_a_start_time_tells_two_processes_apart() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert tree.start_ticks(child.pid) > tree.start_ticks(1) >= 0
        child.kill()


def test_prctl_says_whether_it_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert prctl.adopt_orphans()
    assert prctl.adopt_orphans(wanted=False)
    assert not prctl.ask_for_signal_at_parents_end(9999)

    monkeypatch.setattr(sys, "platform", "darwin")

    assert not prctl.adopt_orphans()
