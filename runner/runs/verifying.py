"""Is the change good? The checks on the result; what turned red goes back to Claude a few times."""

from __future__ import annotations

from datetime import datetime

from runner.git.putting_back import put_back
from runner.git.work_tree import WorkTree
from runner.runs.conversing import Conversation
from runner.runs.facts import check_facts
from runner.runs.judging import Judgement, judge_answer, judge_evidence
from runner.runs.model import Check, Evidence, Step
from runner.runs.preparing import tell_check
from runner.runs.prompting import repair_prompt
from runner.runs.repairs import repair_intent, repair_title
from runner.runs.run import Run
from runner.runs.watching import witnessed
from runner.tasks.model import Outcome


def verify(
    run: Run, tree: WorkTree, conversation: Conversation, before: tuple[Check, ...], *, repairs: int = 0
) -> tuple[Judgement, datetime | None]:
    """Run the checks; as long as one turned red and repairs are left, ask Claude to repair it.

    `repairs` is how many were made already. Returns the judgement, and when to try again if a usage limit ended one.
    """
    for repairs_left in range(max(run.policy.repairs - repairs, 0), -1, -1):
        measure(run, tree, before)
        judgement = judge_evidence(run.evidence)
        if judgement.outcome is Outcome.DONE or repairs_left == 0:
            return judgement, None
        # What the checks wrote is no repair.
        put_back(tree, run.base.commit_id, run.tree_id)
        red = run.evidence.turned_red
        number = run.policy.repairs - repairs_left + 1
        prompt = run.tools.redactor.text(repair_prompt(run, red, number=number))
        title = repair_title(red, number, run.policy.repairs)
        with run.step(Step.CLAUDE, title, **repair_intent(red, number)):
            result = conversation.ask(prompt)
        snapshot = conversation.keep_changes(tree)
        answer = judge_answer(run.told(result), changed=bool(snapshot.changes))
        if answer.outcome is not Outcome.DONE:
            return _after_failed_repair(answer, judgement), result.retry_at
        run.take_summary(result.text)
    raise AssertionError("the last round returns")


def _after_failed_repair(answer: Judgement, red: Judgement) -> Judgement:
    """A repair that ran out of turns or money leaves red checks; any other ending speaks for itself."""
    if answer.outcome in {Outcome.TURNS, Outcome.BUDGET, Outcome.DONE_NO_CHANGE}:
        return Judgement(
            outcome=Outcome.CHECKS_FAILED, cause=f"{red.cause}; the repair ended with: {answer.cause}"
        )
    return answer


def measure(run: Run, tree: WorkTree, before: tuple[Check, ...]) -> None:
    """Run the checks on the tree as it was kept last; the evidence of the run is theirs."""
    if not run.tools.checks.commands:
        run.evidence = Evidence(tree=run.tree_id)
        return
    with run.step(Step.VERIFY, "running the checks on the result") as facts, witnessed(run):
        results = run.tools.checks.run_all(
            tree.path, stop=run.stop, on_check=lambda check: tell_check(run, check, "result")
        )
        run.evidence = Evidence(base=before, result=results, tree=run.tree_id)
        facts["checks"] = check_facts(results)
