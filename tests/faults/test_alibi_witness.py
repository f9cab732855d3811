"""What the checkout loses in the seconds in which only checks run is the run's; what goes into a stash is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.runs import watching
from runner.runs.claiming import reserve_and_claim
from runner.runs.run import Run
from runner.tasks.model import Outcome
from tests.runs.world import World
from tests.support.fake_claude import FakeClaude


@pytest.fixture
def world(home: Path, tmp_path: Path) -> World:
    return World(tmp_path, dict(os.environ))


@pytest.fixture
def run(world: World) -> Run:
    """Claimed, and its alibi begun: two unsaved files are in the checkout."""
    world.submit()
    tools = world.tools(FakeClaude(writes={}))
    base = tools.clone.resolve_base(world.policy.base)
    run = reserve_and_claim(tools, world.policy, base, task_id=None, stop=world.stop)
    world.checkout.write({"notes.txt": "precious\n", "calc.py": "dirty\n"})
    watching.begin(run)
    return run


def test_what_is_lost_while_the_checks_run_is_the_run_s(world: World, run: Run) -> None:
    with watching.witnessed(run):
        (world.checkout.path / "notes.txt").unlink()

    judged = watching.broken_alibi(run)

    assert judged is not None
    assert judged.outcome is Outcome.NEEDS_INPUT
    assert "file notes.txt is gone" in judged.cause
    assert "while the checks ran" in judged.cause


def test_what_the_developer_does_in_those_seconds_is_theirs(world: World, run: Run) -> None:
    with watching.witnessed(run):
        world.checkout.write({"notes.txt": "edited\n", "more.txt": "x\n"})
        world.checkout.git("stash", "-q")
        world.checkout.commit("mine", {"other.txt": "x\n"})

    judged = watching.broken_alibi(run)

    assert judged is None
    assert run.verdict is not None
    assert run.verdict.theirs


def test_what_was_lost_before_the_checks_is_not_witnessed(world: World, run: Run) -> None:
    (world.checkout.path / "notes.txt").unlink()
    with watching.witnessed(run):
        pass

    judged = watching.broken_alibi(run)

    assert judged is None
    assert run.witnessed == ()
    assert run.verdict is not None
    assert "file notes.txt is gone" in run.verdict.warning


def test_a_checkout_that_cannot_be_looked_at_is_no_witness(world: World, run: Run) -> None:
    head = world.checkout.path / ".git/HEAD"
    text = head.read_text()
    with watching.witnessed(run):
        (world.checkout.path / "notes.txt").unlink()
        head.unlink()
    head.write_text(text)

    assert run.witnessed == ()
    assert watching.broken_alibi(run) is None


def test_more_uses_than_are_held_are_read_from_the_recorded_streams(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "USES_LIMIT", 1)
    gone = f'{{"command": "rm {world.checkout.path}/notes.txt"}}'
    lines = [
        f'{{"message": {{"content": [{{"type": "tool_use", "name": "Bash", "input": {words}}}]}}}}\n'.encode()
        for words in ('{"command": "ls"}', gone)
    ]
    for line in lines:
        watching.notice(run, line)
    (run.record.folder / "stream.jsonl").write_bytes(b"".join(lines))
    (world.checkout.path / "notes.txt").unlink()

    judged = watching.broken_alibi(run)

    assert len(run.uses) == 1
    assert judged is not None
    assert "notes.txt is gone" in judged.cause
