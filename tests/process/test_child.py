"""A child that is talked to while it runs."""

from __future__ import annotations

import signal
import threading

import pytest

from runner.errors import ProgramMissing, Stopped
from runner.process import child as child_module
from runner.process.child import Child
from runner.process.stop import Stop, StopReason
from tests.process.programs import QUICK, environment, is_gone, open_descriptors, python


def test_what_is_sent_comes_back_as_lines() -> None:
    with Child(["cat"], env=environment(), timeout_s=30) as child:
        child.send(b"one\ntwo\nthree")

        lines = list(child.lines())

        assert lines == [b"one\n", b"two\n", b"three"]
        assert child.wait() == 0
        assert not child.timed_out


def test_lines_come_while_the_child_still_runs() -> None:
    code = "import sys\nprint('first', flush=True)\nprint(sys.stdin.readline(), end='')"
    with Child(python(code), env=environment(), timeout_s=30) as child:
        # The second line needs input, so the first one must come without an end of anything.
        first = None
        for line in child.lines():
            first = line
            break

        assert first == b"first\n"


def test_lines_of_twenty_megabytes_come_whole() -> None:
    code = "import sys\nfor c in 'ab': sys.stdout.write(c * 20_000_000 + '\\n')"
    with Child(python(code), env=environment(), timeout_s=60) as child:
        lines = list(child.lines())

    assert [(len(line), line[:1], line[-1:]) for line in lines] == [
        (20_000_001, b"a", b"\n"),
        (20_000_001, b"b", b"\n"),
    ]


def test_bytes_are_not_judged() -> None:
    code = r"import os; os.write(1, b'\xe2\x82'); os.write(1, b'\xac\x00\xff\r\n\x1e\n')"
    with Child(python(code), env=environment(), timeout_s=30) as child:
        assert list(child.lines()) == [b"\xe2\x82\xac\x00\xff\r\n", b"\x1e\n"]


def test_a_child_that_writes_before_it_reads_blocks_nobody() -> None:
    code = "import sys\nfor _ in range(40_000): print('x' * 99)\nprint(len(sys.stdin.buffer.read()))"
    with Child(python(code), env=environment(), timeout_s=60) as child:
        child.send(b"y" * 2_000_000)

        lines = list(child.lines())

    assert len(lines) == 40_001
    assert lines[-1] == b"2000000\n"


def test_a_child_that_writes_more_than_fits_has_to_wait_until_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child_module, "BUFFER_LIMIT_BYTES", 1000)
    code = "import os, sys\nsys.stdin.buffer.read(1)\nos.write(1, b'x' * 1_000_000)\nsys.stdin.buffer.read()"
    with Child(python(code), env=environment(), timeout_s=1.0, grace=QUICK) as child:
        child.send(b"y" * 5_000_000)

        assert child.timed_out
        assert sum(map(len, child.lines())) < 500_000


def test_reading_goes_on_after_a_long_send(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "BUFFER_LIMIT_BYTES", 100_000)
    code = (
        "import os, sys\nos.write(1, b'x' * 150_000)\n"
        "while sys.stdin.buffer.read(100_000): pass\nos.write(1, b'y' * 300_000)"
    )
    with Child(python(code), env=environment(), timeout_s=30) as child:
        child.send(b"z" * 1_000_000)

        assert sum(map(len, child.lines())) == 450_000
        assert child.wait() == 0


def test_a_child_that_closes_its_input_is_no_error() -> None:
    with Child(["sh", "-c", "exec <&-; echo fine"], env=environment(), timeout_s=30) as child:
        child.send(b"x" * 1_000_000)

        assert list(child.lines()) == [b"fine\n"]


def test_a_child_that_has_ended_takes_no_more_input() -> None:
    with Child(["true"], env=environment(), timeout_s=30) as child:
        child.wait()

        child.send(b"late")

        assert child.wait() == 0


def test_without_send_the_input_is_empty() -> None:
    with Child(["cat"], env=environment(), timeout_s=30) as child:
        assert list(child.lines()) == []
        assert child.wait() == 0


def test_lines_end_with_the_output_though_the_child_goes_on() -> None:
    with Child(["sh", "-c", "echo last; exec >&-; exec sleep 60"], env=environment(), timeout_s=60) as child:
        assert list(child.lines()) == [b"last\n"]

        child.end()

        assert child.wait() == -signal.SIGINT


def test_output_that_came_while_waiting_can_still_be_read() -> None:
    with Child(["sh", "-c", "echo one; echo two; exit 4"], env=environment(), timeout_s=30) as child:
        assert child.wait() == 4
        assert child.wait() == 4
        assert list(child.lines()) == [b"one\n", b"two\n"]


def test_output_that_nobody_reads_does_not_stop_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_module, "BUFFER_LIMIT_BYTES", 100_000)
    with Child(python("print('x' * 3_000_000)"), env=environment(), timeout_s=30) as child:
        assert child.wait() == 0
        assert 100_000 <= sum(map(len, child.lines())) < 300_000


def test_the_end_of_standard_error_is_kept() -> None:
    code = r"import os; os.write(2, b'x' * 200_000 + b'\xff last words \xe2\x82\xac')"
    with Child(python(code), env=environment(), timeout_s=30) as child:
        child.wait()

    assert child.stderr_tail.endswith("\ufffd last words \u20ac")
    assert len(child.stderr_tail) <= 64 * 1024


def test_the_deadline_ends_it_while_lines_are_read() -> None:
    with Child(["sh", "-c", "echo on; exec sleep 60"], env=environment(), timeout_s=0.5) as child:
        assert list(child.lines()) == [b"on\n"]
        assert child.wait() == -signal.SIGINT
        assert (child.timed_out, child.stopped) == (True, False)


def test_the_stop_ends_it_while_lines_are_read() -> None:
    stop = Stop()
    with Child(["sh", "-c", "echo on; exec sleep 60"], env=environment(), timeout_s=60, stop=stop) as child:
        for _ in child.lines():
            threading.Thread(target=stop.set, args=(StopReason.CANCELLED,)).start()

        assert child.wait() == -signal.SIGINT
        assert (child.timed_out, child.stopped) == (False, True)
    assert stop._callbacks == []


def test_a_stop_that_was_set_before_starts_nothing() -> None:
    stop, before = Stop(), open_descriptors()
    stop.set(StopReason.LEASE_LOST)

    with pytest.raises(Stopped), Child(["cat"], env=environment(), timeout_s=30, stop=stop):
        pytest.fail("it was started")

    assert open_descriptors() == before


def test_another_thread_may_end_it() -> None:
    with Child(["sleep", "60"], env=environment(), timeout_s=60) as child:
        other = threading.Timer(0.2, child.end)
        other.start()

        assert child.wait() == -signal.SIGINT
        assert (child.timed_out, child.stopped) == (False, False)
        other.join()


def test_leaving_the_block_ends_it_however_deaf() -> None:
    deaf = ["sh", "-c", "trap '' INT TERM; echo ready; while :; do sleep 0.05; done"]
    with Child(deaf, env=environment(), timeout_s=60, grace=QUICK) as child:
        assert next(iter(child.lines())) == b"ready\n"
        assert child.pid > 0

    assert is_gone(child.pid)
    assert child.wait() == -signal.SIGKILL


def test_an_error_in_the_block_passes_and_leaves_no_child() -> None:
    before = open_descriptors()

    with pytest.raises(ZeroDivisionError), Child(["sleep", "60"], env=environment(), timeout_s=60) as child:
        raise ZeroDivisionError

    assert is_gone(child.pid)
    assert open_descriptors() == before


def test_a_missing_program_is_known_at_the_start() -> None:
    with pytest.raises(ProgramMissing), Child(["no-such-program"], env=environment(), timeout_s=30):
        pytest.fail("it was started")


def test_the_thread_that_started_it_may_end_first() -> None:
    child = Child(["sh", "-c", "read line; echo got $line"], env=environment(), timeout_s=30)
    starter = threading.Thread(target=child.__enter__)
    starter.start()
    starter.join()

    child.send(b"word\n")
    lines = list(child.lines())
    code = child.wait()
    child.__exit__(None, None, None)

    assert (lines, code) == ([b"got word\n"], 0)


def test_a_silent_child_is_ended_and_how_long_it_was_is_told() -> None:
    with Child(["sleep", "60"], env=environment(), timeout_s=60, grace=QUICK) as child:
        child.limit_silence(0.2)

        assert child.wait() == -signal.SIGINT

    assert child.silent_s >= 0.2
    assert (child.timed_out, child.stopped) == (False, False)


def test_a_child_that_speaks_now_and_then_is_not_silent() -> None:
    # Half a line is enough; what it says on standard error is not.
    code = "import os, time\nfor _ in range(8): os.write(1, b'.'); time.sleep(0.1)"
    with Child(python(code), env=environment(), timeout_s=60, grace=QUICK) as child:
        child.limit_silence(30.0)
        assert next(iter(child.lines())) == b"........"
        assert child.wait() == 0

    assert child.silent_s == 0.0


def test_only_standard_output_breaks_the_silence() -> None:
    code = "import os, time\nfor _ in range(600): os.write(2, b'.'); time.sleep(0.05)"
    with Child(python(code), env=environment(), timeout_s=60, grace=QUICK) as child:
        child.limit_silence(0.4)

        assert child.wait() != 0

    assert child.silent_s >= 0.4


def test_a_child_that_lingers_is_ended_in_time() -> None:
    with Child(["sleep", "60"], env=environment(), timeout_s=60, grace=QUICK) as child:
        child.end_within(0.2)
        child.end_within(30.0)

        assert child.wait() == -signal.SIGINT

    assert (child.timed_out, child.stopped, child.silent_s) == (False, False, 0.0)
