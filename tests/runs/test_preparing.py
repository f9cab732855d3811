"""What is made ready before Claude starts: set-up, copies, context, and what people are told about it."""

from __future__ import annotations

import json

import pytest

from runner.claude.protocol import ClaudeRequest
from runner.runs.ahead import Ahead
from runner.tasks.model import FileReference, Outcome
from tests.runs.world import FIXED, World, run_folder
from tests.support.fake_claude import FakeClaude


class Looks(FakeClaude):
    """Notes which files are there when Claude starts."""

    def __init__(self) -> None:
        super().__init__(writes=FIXED, during=self.look)
        self.seen: dict[str, str] = {}

    def look(self, request: ClaudeRequest) -> None:
        files = (path for path in request.workdir.rglob("*") if path.is_file() and path.name != ".git")
        self.seen = {path.relative_to(request.workdir).as_posix(): path.read_text() for path in files}


def test_set_up_commands_run_in_the_work_tree_before_claude(world: World) -> None:
    world.checkout.commit("ignore", {".gitignore": "deps/\n"})
    world.checkout.git("push", "-q", "origin", "main")
    world.set(setup=("mkdir deps", "touch deps/installed"))
    world.submit()
    claude = Looks()

    report = world.claim(claude)

    assert "deps/installed" in claude.seen
    assert not (world.checkout.path / "deps").exists()
    assert report.outcome is Outcome.DONE


def test_named_files_and_folders_are_copied_from_the_checkout(world: World) -> None:
    world.checkout.commit("ignore", {".gitignore": ".env\nnode_modules/\n"})
    world.checkout.git("push", "-q", "origin", "main")
    world.checkout.write({".env": "PORT=1\n", "node_modules/a/index.js": "a\n"})
    world.set(copy=(".env", "node_modules", "not-there"))
    world.submit()
    claude = Looks()

    report = world.claim(claude)

    assert claude.seen[".env"] == "PORT=1\n"
    assert claude.seen["node_modules/a/index.js"] == "a\n"
    assert world.origin
    tracked = world.origin.git("ls-tree", "-r", "--name-only", str(report.branch)).split()
    assert ".env" not in tracked


def test_the_context_of_a_run_has_its_named_files_first_and_a_receipt(world: World) -> None:
    world.submit(description="add() is wrong", files=(FileReference(path="calc.py", start=1, end=2),))
    claude = FakeClaude(writes=FIXED)

    report = world.claim(claude)

    bundle = json.loads((run_folder(world, report.run_id) / "bundle.json").read_text())
    assert bundle["items"][0]["path"] == "calc.py"
    assert bundle["items"][0]["excerpts"] == [{"start": 1, "end": 2}]
    assert bundle["tokens"] <= bundle["budget"]
    assert "return a - b" in claude.prompts[0]


def test_what_cannot_be_reached_is_a_warning_of_the_report(world: World) -> None:
    world.checkout.git("remote", "set-url", "origin", str(world.checkout.path / "gone.git"))
    world.set(pull_request=False)
    world.submit()

    report = world.claim(FakeClaude(text="nothing to do"))

    assert any("origin" in warning for warning in report.warnings)


def test_a_repository_inside_the_work_tree_is_named_and_left_out(world: World) -> None:
    world.submit()

    def make_one(request: ClaudeRequest) -> None:
        (request.workdir / "inner").mkdir()
        world.checkout.git("init", "-q", str(request.workdir / "inner"))

    report = world.claim(FakeClaude(writes=FIXED, during=make_one))

    assert any(warning.startswith("inner") for warning in report.warnings)


def test_what_is_done_ahead_tells_its_result_or_its_error() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    good, bad = Ahead(lambda: 7, name="good"), Ahead(fail, name="bad")
    bad.wait()

    assert good.result() == 7
    with pytest.raises(ZeroDivisionError):
        bad.result()
