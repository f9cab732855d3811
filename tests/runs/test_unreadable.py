"""A pipe in the place of git's rules: a person is asked about it, and the rest of the change is not lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.claude.protocol import ClaudeRequest
from runner.process.stop import StopReason
from runner.runs.model import RunReport
from runner.tasks.model import Outcome, Status
from tests.runs.world import FIXED, World, run_folder
from tests.support.fake_claude import FakeClaude


def plain(place: Path) -> None:
    place.write_text("*.log\n")


def pipe(place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    os.mkfifo(place)


def link_out(place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(__file__)


def leaving(act: Callable[[Path], None], name: str) -> FakeClaude:
    """A Claude that repairs the file, and leaves that behind."""

    def during(request: ClaudeRequest) -> None:
        act(request.workdir / name)

    return FakeClaude(writes=FIXED, during=during)


def go_on(world: World, claude: FakeClaude) -> RunReport:
    """A person answers, and the task is claimed again."""
    world.board.answer("T-1", "Without it.")
    return world.claim(claude)


def publish(world: World, act: Callable[[Path], None]) -> None:
    act(world.checkout.path / ".gitignore")
    world.checkout.git("add", "-A")
    world.checkout.git("commit", "-q", "-m", "rules")
    world.checkout.git("push", "-q", "origin", "main")


@pytest.mark.parametrize("act", [pipe, link_out])
@pytest.mark.parametrize("name", [".gitignore", "sub/.gitattributes"])
def test_a_person_is_asked_and_the_rest_of_the_change_goes_on(
    world: World, act: Callable[[Path], None], name: str
) -> None:
    world.submit()

    asked = world.claim(leaving(act, name))
    claude = FakeClaude(text="It is done.")
    report = go_on(world, claude)

    assert asked.outcome is Outcome.NEEDS_INPUT
    assert asked.cause.startswith(f"{name} is ")
    assert f"The change without {name} is kept." in asked.question
    assert "the change so far: `git apply" in asked.hint
    assert claude.requests[0].resume
    assert report.outcome is Outcome.DONE
    assert world.origin
    assert world.origin.git("diff", "--name-only", "main", str(report.branch)) == "calc.py"
    assert world.origin.git("show", f"{report.branch}:calc.py") == FIXED["calc.py"].strip()


def test_rules_that_were_there_before_are_there_again(world: World) -> None:
    publish(world, plain)
    world.submit()

    world.claim(leaving(pipe, ".gitignore"))
    report = go_on(world, FakeClaude(text="It is done."))

    assert world.origin
    assert world.origin.git("diff", "--name-only", "main", str(report.branch)) == "calc.py"


def test_what_a_check_leaves_is_asked_about_too(world: World) -> None:
    world.commands = ("sh -c 'if grep -q \"a + b\" calc.py; then mkfifo .gitignore; fi'",)
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.NEEDS_INPUT
    assert ".gitignore is not a file but a pipe" in report.question
    assert world.board.get("T-1").status is Status.BLOCKED


def test_where_it_cannot_be_taken_out_the_files_are_kept_as_they_are(world: World) -> None:
    publish(world, link_out)
    world.submit()

    asked = world.claim(FakeClaude(writes=FIXED))

    files = run_folder(world, asked.run_id) / "files"
    assert asked.outcome is Outcome.NEEDS_INPUT
    assert f".gitignore is a link that leads out of the work tree, to {__file__}, so" in asked.question
    assert "The files are kept as they are." in asked.question
    assert f"the files are in {files}" in asked.hint
    assert (files / "calc.py").read_text() == FIXED["calc.py"]


def test_a_run_that_was_told_to_stop_asks_nothing(world: World) -> None:
    world.submit()

    def cancelled(place: Path) -> None:
        pipe(place)
        world.stop.set(StopReason.INTERRUPTED, "interrupted")

    report = world.claim(leaving(cancelled, ".gitignore"))

    assert (report.outcome, report.cause, report.question) == (Outcome.CANCELLED, "interrupted", "")
    assert "the change so far: `git apply" in report.hint
