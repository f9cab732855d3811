"""What a run would ask and be allowed, without spending or writing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import AlreadyClaimed, LacksCapability, NothingToClaim, NotReady, UnknownTask, UsageProblem
from runner.git.repository import Repository
from runner.runs.looking import Looker, Preview
from runner.tasks.model import ClaimRequest, Priority
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

    with pytest.raises(AlreadyClaimed, match="T-1 is held by x"):
        preview(world, task.id)


def test_only_what_could_be_claimed_now_is_looked_at(world: World) -> None:
    parked = world.submit("Parked")
    claimed = world.claims.claim(ClaimRequest(agent_id="x", request_id="x", task_id=parked.id))
    world.claims.release(claimed.lease, note="later", park_s=600.0)
    waiting = world.submit("Waiting", needs=(parked.id,))
    special = world.submit("Special", requires=("gpu",))
    ready = world.submit("Ready", priority=Priority.LOW)

    assert preview(world).task.id == ready.id
    for task, error in ((parked, NotReady), (waiting, NotReady), (special, LacksCapability)):
        with pytest.raises(error, match=task.id):
            preview(world, task.id)
    world.set(capabilities=("GPU",))
    assert preview(world).task.id == special.id


def test_a_task_of_another_project_is_not_looked_at(world: World) -> None:
    world.submit()
    world.set(project="elsewhere")

    with pytest.raises(NothingToClaim):
        preview(world)
    with pytest.raises(UsageProblem, match="belongs to the project widget"):
        preview(world, "T-1")


def test_a_base_branch_that_only_the_remote_has_is_found(world: World) -> None:
    world.submit(description="see NEWS")
    world.checkout.git("checkout", "-q", "-b", "develop")
    world.checkout.commit("news", {"only_there.py": "def news_of_develop():\n    return 1\n"})
    world.checkout.git("push", "-q", "origin", "develop")
    world.checkout.git("checkout", "-q", "main")
    world.checkout.git("branch", "-q", "-D", "develop")
    world.submit("news of develop", priority=Priority.CRITICAL)
    world.set(base="develop")

    assert "only_there.py" in preview(world).prompt


def test_an_empty_repository_is_told(world: World, tmp_path: Path) -> None:
    world.submit()
    empty = Sandbox.create(tmp_path / "empty")

    with pytest.raises(UsageProblem, match="no commit"):
        preview(world, at=empty.path)


def test_no_secret_is_shown(world: World) -> None:
    world.redactor.add("open-sesame-open-sesame")
    world.submit(description="the word is open-sesame-open-sesame")

    assert "open-sesame" not in preview(world).prompt
