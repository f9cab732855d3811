"""What is left of a child whose runner and supervisor were both killed is found and ended; nobody else is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from runner.process import brand, mark, tree
from runner.process.brand import brand_of, new_brand
from runner.process.child import Child
from runner.process.mark import Identity, ProcessMark, end_survivors, identity, lives, mark_in
from tests.process.programs import ESCAPE, comes_true, environment, is_gone, python, read_pid
from tests.support.logs import logged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="brands and adopting need Linux")

RUNNER = """
import json, os, sys
from runner.process.child import Child
with Child([sys.executable, "-I", "-c", *sys.argv[1:]], env=dict(os.environ), timeout_s=60) as child:
    print(json.dumps(child.mark().facts()), flush=True)
    child.wait()
"""

ROOT = Path(__file__).parents[2]
WAITING = ESCAPE + "time.sleep(60)"


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], ProcessMark]]:
    """A runner of its own with a child that runs the code, and the mark it wrote down."""
    argv = [sys.executable, "-c", RUNNER, *arguments]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True) as runner:
        assert runner.stdout is not None
        found = mark_in(json.loads(runner.stdout.readline()))
        assert found is not None
        try:
            yield runner, found
        finally:
            runner.kill()


def kill_both(runner: subprocess.Popen[bytes], found: ProcessMark) -> None:
    """First the supervisor cannot do anything any more, then the runner cannot adopt anybody."""
    os.kill(found.supervisor.pid, signal.SIGSTOP)
    runner.kill()
    runner.wait()
    os.kill(found.supervisor.pid, signal.SIGKILL)


def test_a_tool_that_got_away_is_ended_when_runner_and_supervisor_were_killed(tmp_path: Path) -> None:
    with running(WAITING, str(tmp_path / "pid")) as (runner, found):
        tool = read_pid(tmp_path / "pid")
        kill_both(runner, found)
        assert comes_true(lambda: is_gone(found.child.pid))
        assert not is_gone(tool)

        assert end_survivors(found) == 1

    assert comes_true(lambda: is_gone(tool))
    assert end_survivors(found) == 0


def test_a_stopped_supervisor_is_woken_and_ends_everyone_itself(tmp_path: Path) -> None:
    with running(WAITING, str(tmp_path / "pid")) as (runner, found):
        tool = read_pid(tmp_path / "pid")
        os.kill(found.supervisor.pid, signal.SIGSTOP)
        runner.kill()
        runner.wait()

        end_survivors(found)

    assert all(is_gone(pid) for pid in (tool, found.child.pid, found.supervisor.pid))


def test_a_supervisor_that_does_not_finish_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark, "SUPERVISOR_LIMIT_S", 0.0)
    with running(WAITING, str(tmp_path / "pid")) as (runner, found):
        tool = read_pid(tmp_path / "pid")
        os.kill(found.supervisor.pid, signal.SIGSTOP)
        runner.kill()
        runner.wait()

        end_survivors(found)

    assert comes_true(lambda: all(is_gone(pid) for pid in (tool, found.child.pid, found.supervisor.pid)))


def test_when_the_whole_process_group_of_the_runner_is_killed_nobody_is_left(tmp_path: Path) -> None:
    with running(WAITING, str(tmp_path / "pid")) as (runner, found):
        tool = read_pid(tmp_path / "pid")

        os.killpg(runner.pid, signal.SIGKILL)
        runner.wait()

        assert comes_true(lambda: all(is_gone(pid) for pid in (tool, found.child.pid, found.supervisor.pid)))
    assert end_survivors(found) == 0


def test_while_the_runner_lives_nothing_is_ended(tmp_path: Path) -> None:
    with Child(python(WAITING, str(tmp_path / "pid")), env=environment(), timeout_s=60) as child:
        tool = read_pid(tmp_path / "pid")
        found = child.mark()

        assert end_survivors(found) == 0
        assert not is_gone(tool)
        assert not is_gone(child.pid)


GONE = Identity(pid=2**22 - 1, start_time="1")


def marked(child: Identity, **others: object) -> ProcessMark:
    """A mark of somebody, from a runner that is gone."""
    usual = ProcessMark(child=child, supervisor=GONE, runner=GONE, boot_id=mark._boot_id(), brand=new_brand())
    return replace(usual, **others)  # type: ignore[arg-type]  # each test names the fields it changes


@pytest.mark.parametrize(
    "others", [{"boot_id": "another/1"}, {"child": "younger"}, {"child": "ended"}], ids=str
)
def test_a_number_that_was_given_away_again_is_left_alone(others: dict[str, object]) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        found = marked(identity(stranger.pid))
        if others == {"child": "younger"}:
            others = {"child": replace(found.child, start_time=f"{int(found.child.start_time) - 1}")}
        elif others == {"child": "ended"}:
            others = {"child": replace(found.child, start_time="")}

        ended = end_survivors(replace(found, **others))  # type: ignore[arg-type]

        assert (ended, stranger.poll()) == (0, None)
        stranger.kill()


def test_a_child_without_a_brand_is_ended_with_who_is_below_it() -> None:
    # Nobody of them waits for another one: none ends by itself when that is gone.
    argv = ["sh", "-c", "sleep 60 & sleep 60 & exec sleep 60"]
    with subprocess.Popen(argv, start_new_session=True) as family:
        assert comes_true(lambda: len(tree.below(family.pid)) == 2)
        below = tree.below(family.pid)

        assert end_survivors(marked(identity(family.pid))) == 3

        family.wait()
    assert comes_true(lambda: all(is_gone(pid) for pid in below))


def test_we_ourselves_are_spared() -> None:
    assert end_survivors(marked(identity(os.getpid()), brand=brand_of(os.getpid()) or 1)) == 0


def test_who_cannot_be_ended_is_told_to_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark, "SWEEP_LIMIT_S", -1.0)
    monkeypatch.setattr(mark, "_signal", lambda *_: False)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as family:
        with logged("runner.process") as messages:
            assert end_survivors(marked(identity(family.pid))) == 0

        family.kill()
    assert messages == ["1 processes that an earlier run left behind cannot be ended"]


def test_the_brand_goes_through_everything(tmp_path: Path) -> None:
    with Child(python(WAITING, str(tmp_path / "pid")), env=environment(), timeout_s=60) as child:
        worn = {brand_of(pid) for pid in (child.pid, read_pid(tmp_path / "pid"))}

        assert worn == {child.mark().brand}
        assert brand_of(os.getpid()) not in worn


def test_where_no_brand_can_be_worn_the_child_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    hard_limit = "import resource as r; r.setrlimit(r.RLIMIT_RTTIME, (5, 5))"
    code = f"{hard_limit}; from runner.process import brand; print(brand.wear(brand.new_brand()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"False\n"

    monkeypatch.delattr(resource, "RLIMIT_RTTIME")
    assert not brand.wear(new_brand())
    assert brand_of(GONE.pid) == 0


def test_a_mark_goes_to_json_and_back() -> None:
    with Child(["sleep", "60"], env=environment(), timeout_s=60) as child:
        found = child.mark()

    assert mark_in(json.loads(json.dumps(found.facts()))) == found
    assert found.child.pid == child.pid
    assert not lives(found.child)


@pytest.mark.parametrize(
    "damage",
    [
        None,
        [],
        {"pid": 1},
        {"pid": "7"},
        {"pid": True},
        {"start_time": 5},
        {"supervisor_pid": None},
        {"runner_start_time": None},
        {"boot_id": None},
        {"brand": "x"},
        {"brand": 0},
    ],
)
def test_anything_else_is_no_mark(damage: object) -> None:
    whole = marked(Identity(pid=77, start_time="5")).facts()
    assert mark_in(whole) is not None

    assert mark_in(whole | damage if isinstance(damage, dict) else damage) is None


def test_a_process_that_is_gone_has_no_start_time() -> None:
    assert not lives(identity(GONE.pid))
    assert not mark._signal(GONE, signal.SIGKILL)


def test_another_users_process_is_not_ours_to_reach() -> None:
    class Forbidden:
        def __call__(self, *_: object) -> None:
            raise PermissionError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "pidfd_send_signal", Forbidden())
        assert not mark._signal(identity(os.getpid()), 0)


def test_without_pidfds_the_number_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        assert mark._signal(identity(stranger.pid), signal.SIGKILL)
        assert stranger.wait() == -signal.SIGKILL


def test_elsewhere_the_start_time_comes_from_ps(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = mark._start_time_by_ps(os.getpid())

    assert ours.endswith(tuple("0123456789"))
    assert mark._start_time_by_ps(os.getpid()) == ours
    assert mark._start_time_by_ps(GONE.pid) == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert mark._start_time(os.getpid()) == ours
    monkeypatch.setattr(mark, "_PS", ("/no/such/ps",))
    assert mark._start_time(os.getpid()) == ""


def test_elsewhere_there_is_neither_boot_id_nor_a_list_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mark, "_BOOT_ID", Path("/no/such/file"))
    assert mark._boot_id() == ""

    def nothing(_: str) -> list[str]:
        raise FileNotFoundError

    monkeypatch.setattr(os, "listdir", nothing)
    assert tree.everybody() == []
