"""The short round of house-keeping after a run."""

from __future__ import annotations

import logging
import os
import time

import pytest

from runner.runs.cleaning import CleanReport
from runner.wiring.app import App
from runner.wiring.cleaning import EACH_S, STAMP, clean_quietly
from tests.cli.console import Console
from tests.cli.test_clean import lock_down, run_id
from tests.runs.test_disk import as_plain_user

__all__ = ["run_id"]


@pytest.fixture
def app(console: Console) -> App:
    """As a command would have it, without a stamp of an earlier round."""
    (console.state / STAMP).unlink(missing_ok=True)
    return App(environ=os.environ)


def was_yesterday(console: Console) -> None:
    """The last round was made more than a day ago."""
    yesterday = time.time() - EACH_S - 1
    (console.state / STAMP).touch()
    os.utime(console.state / STAMP, (yesterday, yesterday))


def test_the_first_run_of_all_only_notes_the_day(app: App, console: Console) -> None:
    console.ok("submit", "Fix add")

    assert clean_quietly(app) is None
    assert (console.state / STAMP).exists()


def test_after_a_run_a_short_round_is_made_once_a_day(app: App, run_id: str, console: Console) -> None:
    was_yesterday(console)
    first, second = clean_quietly(app), clean_quietly(app)
    was_yesterday(console)
    third = clean_quietly(app)

    assert first is not None
    assert [thing.name for thing in first.removed] == [run_id]
    assert second is None
    assert isinstance(third, CleanReport)
    assert third.removed == ()


def test_a_clock_that_was_ahead_does_not_put_it_off_for_ever(app: App, run_id: str, console: Console) -> None:
    later = time.time() + 100 * EACH_S
    (console.state / STAMP).touch()
    os.utime(console.state / STAMP, (later, later))

    assert clean_quietly(app) is not None


def test_the_short_round_leaves_the_rest_when_its_time_is_over(
    app: App, run_id: str, console: Console
) -> None:
    was_yesterday(console)

    report = clean_quietly(app, budget_s=0)

    assert report is not None
    assert report.unfinished or report.removed


def test_the_short_round_never_raises(
    app: App, run_id: str, console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    (console.state / STAMP).unlink(missing_ok=True)
    console.settings.parent.mkdir(parents=True, exist_ok=True)
    console.settings.write_text("keep = 3\n")

    with caplog.at_level(logging.WARNING, logger="runner.clean"):
        assert clean_quietly(App(environ=os.environ)) is None

    assert (console.state / "runs" / run_id).exists()


def test_the_short_round_is_silent_where_nothing_can_be_written(
    app: App, run_id: str, console: Console
) -> None:
    (console.state / STAMP).unlink(missing_ok=True)
    lock_down(console, console.state)

    with as_plain_user(console.home):
        report = clean_quietly(app)

    assert report is None
    assert (console.state / "runs" / run_id).exists()
