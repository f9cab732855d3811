"""One claimed task from work tree to pull request."""

from __future__ import annotations

import json
import re

from runner.allowance.model import Rule
from runner.claude.protocol import ClaudeRequest, ToolDenial
from runner.events.model import EventName
from runner.runs.model import Step
from runner.tasks.model import Outcome, Status
from tests.runs.world import CALC_CHECK, FIXED, World, run_folder
from tests.support.fake_claude import FAKE_COST_NANO_USD, FakeClaude
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox


def test_a_change_becomes_one_commit_one_push_and_one_pull_request(world: World) -> None:
    task = world.submit(labels=("bug",))

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.DONE
    assert report.branch == "fix/T-1-fix-add"
    assert world.origin
    assert world.origin.log("fix/T-1-fix-add") == [
        f"fix: Fix add\n\nTask: T-1\nRun: {report.run_id}/1\n",
        "first\n",
    ]
    assert report.commits == (world.origin.git("rev-parse", "fix/T-1-fix-add"),)
    assert world.board.get(task.id).status is Status.COMPLETED
    result = world.board.get(task.id).result
    assert result is not None
    assert result.artifacts == (report.pull_request,)


def test_the_checkout_of_the_developer_is_as_it_was(world: World) -> None:
    (world.checkout.path / "half-done.py").write_text("unfinished\n")
    before = world.fingerprint()
    world.submit()

    world.claim(FakeClaude(writes=FIXED))

    assert world.fingerprint() == before
    assert world.leftovers() == []


def test_what_claude_used_is_settled_and_nothing_stays_held(world: World) -> None:
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.usage.cost_nano == FAKE_COST_NANO_USD
    assert (world.used(Rule.DAILY_TOKENS), world.held(Rule.DAILY_TOKENS)) == (15, 0)
    assert world.used(Rule.DAILY_JOBS) == 1


def test_without_a_remote_the_branch_arrives_as_one_new_ref(lonely: World) -> None:
    lonely.submit()
    before = lonely.fingerprint()

    report = lonely.claim(FakeClaude(writes=FIXED))

    after = lonely.fingerprint()
    new = set(after["refs"].split("\n")) - set(before["refs"].split("\n"))
    assert [line.split("\t")[1] for line in new] == ["refs/heads/fix/T-1-fix-add"]
    assert report.outcome is Outcome.DONE
    assert {key for key in after if after[key] != before.get(key)} == {"refs"}


def test_nothing_changed_leaves_no_branch_and_completes_the_task(world: World) -> None:
    task = world.submit()

    report = world.claim(FakeClaude(text="It was right already."))

    assert report.outcome is Outcome.DONE_NO_CHANGE
    assert (report.branch, report.commits, report.pull_request) == (None, (), None)
    assert world.origin
    assert world.origin.branches() == ["main"]
    assert world.board.get(task.id).status is Status.COMPLETED
    assert world.leftovers() == []


def test_a_denied_tool_without_a_change_asks_a_person(world: World) -> None:
    task = world.submit()

    report = world.claim(FakeClaude(denials=(ToolDenial(tool="Bash", what="make deploy"),)))

    blocked = world.board.get(task.id)
    assert report.outcome is Outcome.NEEDS_INPUT
    assert blocked.status is Status.BLOCKED
    assert "make deploy" in blocked.question


def test_a_question_blocks_the_task_and_the_answer_goes_on_in_the_same_conversation(world: World) -> None:
    task = world.submit()
    asking = FakeClaude(writes={"notes.txt": "so far\n"}, text="I looked.\n\nQUESTION: Round up or down?")

    first = world.claim(asking)
    world.board.answer(task.id, "Up.")
    goes_on = FakeClaude(writes=FIXED)
    second = world.claim(goes_on)

    assert first.outcome is Outcome.NEEDS_INPUT
    assert second.outcome is Outcome.DONE
    request = goes_on.requests[0]
    assert request.resume
    assert request.session_id == asking.requests[0].session_id
    assert request.spent_before_nano_usd == FAKE_COST_NANO_USD
    assert "Up." in goes_on.prompts[0]
    assert world.origin
    assert world.origin.git("show", f"{second.branch}:notes.txt") == "so far"


def test_an_agents_own_commits_and_branches_are_collapsed_into_ours(world: World) -> None:
    world.submit()

    def commit_by_itself(request: ClaudeRequest) -> None:
        tree = Sandbox(request.workdir)
        tree.git("switch", "-q", "-c", "my-own-idea")
        tree.commit("agent was here", {"extra.py": "x = 1\n"})

    report = world.claim(FakeClaude(writes=FIXED, during=commit_by_itself))

    assert world.origin
    assert len(world.origin.log(str(report.branch))) == 2
    changed = world.origin.git("diff", "--name-only", "main", str(report.branch)).split()
    assert changed == ["calc.py", "extra.py"]
    assert world.origin.branches() == ["fix/T-1-fix-add", "main"]


def test_the_pull_request_shows_the_checks_before_and_after(world: World) -> None:
    world.commands = (CALC_CHECK,)
    world.submit(labels=("bug",))

    report = world.claim(FakeClaude(writes=FIXED, text="It added the wrong way round; now it adds."))

    assert [check.green for check in report.evidence.base] == [False]
    assert [check.green for check in report.evidence.result] == [True]
    assert isinstance(world.forge, FakeForge)
    body = world.forge.opened[0].body
    assert "| `python3 check_calc.py` | failed (exit 1) | passed |" in body
    assert "It added the wrong way round" in body
    assert "- Priority: medium" in body


def test_without_pull_request_the_branch_is_pushed_all_the_same(world: World) -> None:
    world.set(pull_request=False)
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.outcome is Outcome.DONE
    assert report.pull_request is None
    assert world.origin
    assert report.branch in world.origin.branches()


def test_every_step_is_recorded_before_and_after(world: World) -> None:
    world.commands = (CALC_CHECK,)
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    run = json.loads((run_folder(world, report.run_id) / "run.json").read_text())
    assert [step["name"] for step in run["steps"]] == [step.value for step in Step]
    assert all("done_at" in step for step in run["steps"])
    assert run["outcome"] == "done"
    names = {path.name for path in run_folder(world, report.run_id).iterdir()}
    assert names >= {
        "prompt.md",
        "bundle.json",
        "stream.jsonl",
        "changes.patch",
        "evidence.json",
        "outcome.json",
    }


def test_the_task_hears_of_every_step(world: World) -> None:
    task = world.submit()

    world.claim(FakeClaude(writes=FIXED))

    told = [event for event in world.seen.events if event.name is EventName.STEP_STARTED]
    assert [str(event.data["step"]) for event in told][:2] == ["prepare", "context"]
    assert all(event.task_id == task.id for event in told)


def test_no_secret_of_the_environment_reaches_record_commit_or_pull_request(world: World) -> None:
    secret = "hunter2-hunter2-hunter2"  # a value that only this test knows
    world.redactor.add(secret)
    world.submit(description=f"the password is {secret}")

    report = world.claim(FakeClaude(writes=FIXED, text=f"I used {secret} to look at it, all is well now."))

    assert isinstance(world.forge, FakeForge)
    assert world.origin
    folder = run_folder(world, report.run_id)
    leaked = [path.name for path in folder.iterdir() if secret in path.read_text()]
    assert leaked == []
    assert report.outcome is Outcome.NEEDS_INPUT
    assert report.cause == "a secret would leave: value of secret in claude's summary:1"
    assert world.forge.opened == []
    assert world.origin.branches() == ["main"]


def test_run_ids_sort_by_time_and_differ(world: World) -> None:
    world.submit("One")
    world.submit("Two")

    reports = [world.claim(FakeClaude(writes={f"{number}.txt": "x"})) for number in range(2)]

    ids = [report.run_id for report in reports]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"r-\d{8}-\d{6}-[0-9a-f]{6}", run_id) for run_id in ids)


def test_a_second_run_writes_into_its_own_journal_only(world: World) -> None:
    world.submit("One")
    world.submit("Two")
    tools = world.tools(FakeClaude(writes={"one.txt": "1"}))

    first = world.claim_with(tools)
    lines = (run_folder(world, first.run_id) / "events.jsonl").read_text()
    second = world.claim_with(tools)

    assert (run_folder(world, first.run_id) / "events.jsonl").read_text() == lines
    assert second.run_id in (run_folder(world, second.run_id) / "events.jsonl").read_text()


def test_a_renewed_lease_is_told_to_the_sinks(world: World) -> None:
    world.submit()

    world.claim(FakeClaude(writes=FIXED))

    assert EventName.LEASE_RENEWED in {event.name for event in world.seen.events}
