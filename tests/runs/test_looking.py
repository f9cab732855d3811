"""What a run would ask and be allowed, without spending or writing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import InvalidTransition, NothingToClaim, UnknownTask, UsageProblem
from runner.git.repository import Repository
from runner.runs.looking import Looker, Preview
from runner.tasks.model import ClaimRequest
from tests.runs.world import CALC_CHECK, LIMITS, PROJECT, World
from tests.support.git import Sandbox


def preview(world: World, task_id: str | None = None, *, at: Path | None = None) -> Preview:
    looker = Looker(
        board=world.board,
        ledger=world.ledger,
        checkout=Repository.open(at or world.checkout.path, source=world.environ),
        prompts=world.prompts,
        commands=(CALC_CHECK,),
        redact=world.redactor.text,
    )
    return looker.preview(world.policy, task_id)


def state_of(world: World) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in world.paths.state.rglob("*")
        if path.is_file() and "queue.db" not in path.name
    }


def test_a_preview_shows_prompt_tokens_and_verdict_and_writes_nothing(world: World) -> None:
    task = world.submit(description="It subtracts.")
    before, checkout = state_of(world), world.fingerprint()

    seen = preview(world)

    assert seen.task.id == task.id
    assert "It subtracts." in seen.prompt
    assert CALC_CHECK in seen.prompt
    assert seen.prompt_tokens > 100
    assert (seen.ask.tokens, seen.verdict.granted) == (LIMITS.run_tokens, True)
    assert seen.branch == "fix/T-1-fix-add"
    assert (state_of(world), world.fingerprint()) == (before, checkout)
    assert world.board.get(task.id).fence == 0


def test_a_denied_preview_names_the_rule(world: World) -> None:
    world.submit()
    world.set(limits=replace(LIMITS, daily_jobs=0))

    denial = preview(world).verdict.denial

    assert denial is not None
    assert denial.rule == "daily_jobs"


def test_the_named_task_is_looked_at(world: World) -> None:
    world.submit("First")
    second = world.submit("Second")

    assert preview(world, second.id).task.id == second.id


def test_no_ready_task_is_told(world: World) -> None:
    with pytest.raises(NothingToClaim):
        preview(world)


def test_an_unknown_task_is_told(world: World) -> None:
    with pytest.raises(UnknownTask):
        preview(world, "T-5")


def test_a_task_that_could_not_be_claimed_is_told(world: World) -> None:
    task = world.submit()
    world.claims.claim(ClaimRequest(agent_id="x", request_id="x", task_id=task.id, project=PROJECT))

    with pytest.raises(InvalidTransition):
        preview(world, task.id)


def test_an_empty_repository_is_told(world: World, tmp_path: Path) -> None:
    world.submit()
    empty = Sandbox.create(tmp_path / "empty")

    with pytest.raises(UsageProblem, match="no commit"):
        preview(world, at=empty.path)


def test_no_secret_is_shown(world: World) -> None:
    world.redactor.add("open-sesame-open-sesame")
    world.submit(description="the word is open-sesame-open-sesame")

    assert "open-sesame" not in preview(world).prompt
