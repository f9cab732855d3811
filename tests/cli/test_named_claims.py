"""`runner claim TASK` and its dry run: both refuse a task that waits, with the same words and the same exit code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.console import Console

pytestmark = pytest.mark.parametrize("words", [("claim", "T-1"), ("claim", "T-1", "--dry-run")])


def parked(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.park("T-1")


def for_others(console: Console) -> None:
    console.ok("submit", "Fix add", "--requires", "gpu", "--requires", "web")
    console.ok("config", "set", "capabilities", "web")


def held(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.held_by("bob", "T-1")


def taken(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.held_by("me", "T-1")


def blocked(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("update", "T-1", "--status", "blocked")


def ended(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("cancel", "T-1")


@pytest.mark.parametrize(
    ("arrange", "code", "told", "hint"),
    [
        (parked, 4, "T-1 is parked until 2", "runner update T-1 --status pending"),
        (for_others, 4, "T-1 requires gpu, which this agent", "runner config set capabilities web,gpu"),
        (held, 3, "T-1 is held by bob until ", "runner release"),
        (taken, 3, "T-1 is held by you (me) until ", "`runner release T-1` gives it back"),
        (blocked, 3, "T-1 is blocked by hand", "runner update T-1 --status pending"),
        (ended, 3, "T-1 is cancelled: it cannot be claimed", "runner requeue"),
    ],
)
def test_a_task_that_cannot_be_claimed_now_says_why(
    console: Console,
    words: tuple[str, ...],
    arrange: Callable[[Console], None],
    code: int,
    told: str,
    hint: str,
) -> None:
    arrange(console)

    ended_with, message, advice = console(*words).error

    assert (ended_with, message[: len(told)]) == (code, told)
    assert hint in advice
    assert console.holds() == []


def test_a_task_that_waits_for_others_names_them(console: Console, words: tuple[str, ...]) -> None:
    for number in range(3):
        console.ok("submit", f"Task {number}")
    console.ok("cancel", "T-3")
    console.ok("submit", "Later", "--needs", "1", "--needs", "2")
    console.ok("submit", "Never", "--needs", "1", "--needs", "3")
    command, _, *more = words

    assert console(command, "T-4", *more).error[:2] == (4, "T-4 waits for T-1 (pending), T-2 (pending)")
    code, message, hint = console(command, "T-5", *more).error
    assert (code, message) == (3, "T-5 waits for ever for T-3 (cancelled)")
    assert "runner requeue T-3" in hint
