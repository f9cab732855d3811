"""What a person sees while a run goes on."""

from __future__ import annotations

import io
import sys
import time
from datetime import UTC, datetime

import pytest

from runner.cli.progress import LiveProgress, NoProgress, PlainProgress, choose_progress, moving, step_line
from runner.events.model import Event, EventName, Value


def event(name: EventName, **data: Value) -> Event:
    return Event(name=name, at=datetime(2026, 1, 2, tzinfo=UTC), task_id="T-1", data=data)


STORY = (
    event(EventName.RUN_STARTED, title="Fix\nadd"),
    event(EventName.STEP_STARTED, note="checking"),
    event(EventName.CHECK_FINISHED, where="base", command="make test", exit_code=2),
    event(EventName.STEP_FINISHED),
    event(EventName.STEP_STARTED, note="claude is working"),
    event(EventName.CLAUDE_SAID, text="Edit calc.py", cost_nano=1_230_000_000),
)


class Gone(io.StringIO):
    """A terminal whose window was closed."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (event(EventName.STEP_STARTED, note="pushing \x1b[31m"), "pushing [31m"),
        (event(EventName.RUN_STARTED, title="Fix add"), "T-1: Fix add"),
        (event(EventName.CHECK_FINISHED, where="base", command="make", exit_code=0), "base: make: passed"),
        (
            event(EventName.CHECK_FINISHED, where="result", command="make", exit_code=1),
            "result: make: failed (1)",
        ),
        (event(EventName.LEASE_FAILED, cause="disk full"), "the queue does not answer: disk full"),
        (event(EventName.USAGE_SETTLED, tokens=1), ""),
    ],
)
def test_each_event_is_worth_a_line_or_none(told: Event, line: str) -> None:
    assert step_line(told) == line


def test_elsewhere_each_step_is_a_plain_line() -> None:
    out = io.StringIO()
    progress = PlainProgress(out)

    for told in STORY:
        progress.emit(told)
    progress.close()

    assert out.getvalue() == "T-1: Fix add\nchecking\nbase: make test: failed (2)\nclaude is working\n"


def test_a_terminal_shows_a_moving_line_with_what_claude_does_and_costs() -> None:
    out = Screen()
    progress = LiveProgress(out, width=60)

    for told in STORY:
        progress.emit(told)
    deadline = time.monotonic() + 10
    while "$1.23" not in out.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    progress.emit(event(EventName.CLAUDE_SAID, text="Done", cost_nano=0))
    progress.emit(event(EventName.COMMIT_MADE, commit="abc"))
    progress.emit(event(EventName.STEP_FINISHED))
    progress.close()

    drawn = out.getvalue()
    assert "  T-1: Fix add\n" in drawn
    assert "✓ checking\n" in drawn
    assert "claude is working · Edit calc.py · $1.23 · 0s" in drawn
    assert drawn.endswith("✓ claude is working\n")


def test_a_step_that_takes_its_time_says_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Screen()
    progress = LiveProgress(out)
    progress.emit(event(EventName.STEP_STARTED, note="checking"))
    progress._since -= 61

    progress.emit(event(EventName.STEP_STARTED, note="pushing"))
    progress.close()

    assert "✓ checking (61.0s)\n" in out.getvalue()


def test_a_step_that_was_broken_off_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Screen()
    progress = LiveProgress(out)

    progress.emit(event(EventName.STEP_STARTED, note="pushing"))
    progress.close()

    assert out.getvalue().endswith("✗ pushing\n")


def test_nothing_moves_before_the_first_step() -> None:
    out = Screen()

    LiveProgress(out).close()

    assert out.getvalue() == ""


def test_a_line_never_wraps() -> None:
    out = Screen()
    progress = LiveProgress(out, width=20)
    progress.emit(event(EventName.STEP_STARTED, note="x" * 100))
    deadline = time.monotonic() + 10
    while not out.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)

    assert out.getvalue().split("\x1b[2K")[1] == "⠙ " + "x" * 16 + "…"
    progress.close()


@pytest.mark.parametrize("kind", [PlainProgress, LiveProgress])
def test_a_window_that_is_closed_does_not_end_the_work(kind: type[PlainProgress | LiveProgress]) -> None:
    progress = kind(Gone())

    for told in STORY:
        progress.emit(told)

    progress.close()


def test_a_line_moves_while_somebody_waits_and_nothing_is_left_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Screen()
    monkeypatch.setattr(sys, "stderr", out)

    with moving("looking"):
        deadline = time.monotonic() + 10
        while not out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)

    assert out.getvalue().startswith("\r\x1b[2K⠙ looking · 0s")
    assert out.getvalue().endswith("\r\x1b[2K")


def test_elsewhere_nothing_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)

    with pytest.raises(ZeroDivisionError), moving("looking"):
        raise ZeroDivisionError

    assert out.getvalue() == ""


def test_wiping_nothing_writes_nothing() -> None:
    out = Screen()
    progress = LiveProgress(out)

    progress.wipe()
    progress.close()

    assert out.getvalue() == ""


def test_the_kind_follows_from_who_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = []
    for stream in (io.StringIO(), Screen(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        progress = choose_progress()
        progress.emit(STORY[0])
        progress.close()
        chosen.append(type(progress))

    assert chosen == [PlainProgress, LiveProgress, NoProgress]
