"""Before Claude: a work tree on a fresh branch, the checks on the base, the context, the prompt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from runner.allowance.report import refusal
from runner.allowance.rules import ask_for
from runner.context.bundle import build_bundle
from runner.context.model import Bundle
from runner.context.source import CommitSource
from runner.errors import GhFailed, GitFailed, OutsideTrouble, SettingsProblem
from runner.events.model import EventName
from runner.git.discovery import Place
from runner.git.names import branch_name
from runner.git.repository import Repository
from runner.git.work_tree import WorkTree
from runner.process.run import run as run_program
from runner.runs.ahead import Ahead
from runner.runs.checks import split_command
from runner.runs.facts import check_facts
from runner.runs.holding import expected_tokens
from runner.runs.model import Check, Step
from runner.runs.record import Json
from runner.runs.run import Run


def make_work_tree(run: Run, *, conditions: Sequence[Callable[[], object]] = ()) -> WorkTree:
    """A work tree of the private clone, on a fresh branch from the base, with its dependencies.

    `conditions` raise what would make all further work vain; they are asked before anything is set up or checked.
    """
    task, policy, base, path = run.task, run.policy, run.base, run.work_tree
    branch = branch_name(
        task.id, run.tools.redactor.text(task.title), task.labels, prefix=policy.branch_prefix
    )
    with run.step(
        Step.PREPARE, f"preparing {branch}", branch=branch, base=base.commit_id, work_tree=str(path)
    ):
        run.branch = branch
        run.record.note(
            branch=branch,
            base={"branch": base.branch, "commit": base.commit_id, "remote": base.remote},
            work_tree=str(path),
        )
        tree = run.tools.clone.add_work_tree(path, branch, base, stop=run.stop)
        for note in (*policy.warnings, *filter(None, (base.note, tree.note))):
            run.warn(note)
        for condition in conditions:
            condition()
        check_identity(run)
        copy_files(run.tools.checkout.top, path, policy.copy)
        for command in policy.setup:
            _set_up(run, command, path)
        if policy.copy or policy.setup:
            tree.begin_here(base.commit_id, stop=run.stop)
    return tree


def check_identity(run: Run) -> None:
    """Whether git knows who makes the commit; better asked now than when claude is paid.

    Raises:
        GitFailed: it does not.
    """
    try:
        run.tools.clone.ground.git.run("var", "GIT_COMMITTER_IDENT", doing="git does not know who you are")
    except GitFailed as error:
        raise GitFailed(
            str(error), hint="git config --global user.email you@example.org (and user.name)"
        ) from error


def start_tree(run: Run, tree: WorkTree) -> str:
    """The git tree of the files that Claude begins with: all that is there, if an earlier change was put back."""
    base = run.base.commit_id
    return tree.tree_id(base) if run.task.conversation else tree.begun_as(base)


def _base_tree(run: Run) -> str:
    return run.tools.clone.ground.git.text("rev-parse", "--verify", f"{run.base.commit_id}^{{tree}}")


def copy_files(checkout: Path, work_tree: Path, names: tuple[str, ...]) -> None:
    """Copy what git does not track (a `.env`, an installed folder) from the checkout; links stay links."""
    for name in names:
        source, target = checkout / name, work_tree / name
        for path in (source, target):
            if not Path(os.path.normpath(path)).is_relative_to(checkout if path is source else work_tree):
                raise SettingsProblem(
                    f"work_tree.copy: {name!r} leaves the repository", hint="name a path inside it"
                )
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        elif source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def _set_up(run: Run, command: str, folder: Path) -> None:
    run.stop.check()
    done = run_program(
        split_command(command),
        env=run.tools.setup_environment,
        cwd=folder,
        timeout_s=run.policy.setup_timeout_s,
        stop=run.stop,
        sweep=True,
    )
    run.stop.check()
    if done.exit_code != 0:
        words = run.tools.redactor.text(done.stderr.decode(errors="replace")).strip().split("\n")[-1]
        raise OutsideTrouble(
            f"work_tree.setup: `{command}` ended with {done.exit_code}: {words}",
            hint="run it by hand in a fresh clone; the task was given back",
        )


def check_base(run: Run, tree: WorkTree) -> tuple[Check, ...]:
    """The checks before any change; what is green for this tree already is not run again."""
    if not run.tools.checks.commands:
        return ()
    checks, base_tree = run.tools.checks, _base_tree(run)
    with run.step(Step.CHECK_BASE, "running the checks on the base") as facts:
        known = checks.knows_all(base_tree)
        results = checks.run_base(
            tree.path,
            base_tree,
            stop=run.stop,
            on_check=lambda check: tell_check(run, check, "base"),
        )
        facts["checks"] = check_facts(results)
        if not known:  # what they wrote is nobody's change
            tree.begin_here(run.base.commit_id, stop=run.stop)
    return results


def tell_check(run: Run, check: Check, where: str) -> None:
    run.emit(
        EventName.CHECK_FINISHED,
        where=where,
        command=check.command,
        exit_code=check.exit_code,
        seconds=check.seconds,
    )


def check_access(run: Run) -> None:
    """Whether the forge would take a pull request of ours, asked before claude is paid for one.

    Raises:
        GhFailed: a person must act first. What passes by itself is only a warning.
    """
    if not run.policy.pull_request:
        return
    try:
        run.tools.forge(run.record.folder).check_access()
    except GhFailed as error:
        if error.kind != "later":
            raise
        run.warn(f"before the start: {error}")


def gather(run: Run) -> Bundle:
    """The context: the task's own files and the related code of the base commit, inside the budget.

    It only reads objects of the private clone, so it can be called while the work tree is still being made.
    """
    task, policy, base, clone = run.task, run.policy, run.base.commit_id, run.tools.clone.path
    place = Place(top=clone, git_dir=clone, common_dir=clone)
    repository = Repository(place, run.tools.checkout.source)
    # The first use of these loads their libraries; better now than when somebody waits.
    run.tools.redactor.text(task.title)
    run.tools.prompts.source("task")
    return build_bundle(
        CommitSource(repository, base),
        title=task.title,
        description=task.description,
        files=task.files,
        budget_tokens=policy.context_tokens,
        exclude=policy.context_exclude,
        recent_commits=repository.recent_commits(10, base),
    )


def take_context(run: Run, gathered: Ahead[Bundle]) -> Bundle:
    """The context, and its receipt in the run's folder."""
    with run.step(Step.CONTEXT, "looking for related code") as facts:
        bundle = gathered.result()
        facts.update(tokens=bundle.tokens, files=[item.path for item in bundle.items])
        run.record.write_json("bundle.json", bundle_facts(bundle))
    return bundle


def bundle_facts(bundle: Bundle) -> dict[str, Json]:
    """What context, why, and how many tokens: the receipt of a bundle, without its texts."""
    items: list[Json] = [
        {
            "path": item.path,
            "reason": item.reason,
            "score": None if item in bundle.named else round(item.score, 4),
            "tokens": item.tokens,
            "excerpts": [{"start": excerpt.start, "end": excerpt.end} for excerpt in item.excerpts],
        }
        for item in bundle.items
    ]
    return {
        "tokens": bundle.tokens,
        "budget": bundle.budget,
        "items": items,
        "recent_commits": list(bundle.recent_commits),
        "left_out": list(bundle.left_out),
    }


def resize_hold(run: Run, prompt_tokens: int) -> None:
    """Now that the prompt is known: hold what this run can cost, or give everything back.

    Raises:
        QuotaExceeded: the prompt does not fit the run's cap, or the new hold does not fit the limits.
    """
    with run.step(Step.RESIZE, "checking the allowance", prompt_tokens=prompt_tokens) as facts:
        limits, held = run.policy.limits, run.held
        wanted = ask_for(
            limits,
            run_id=held.id,
            agent_id=held.agent_id,
            model=held.model,
            tokens=expected_tokens(limits, prompt_tokens=prompt_tokens),
            repository=held.repository,
        )
        if wanted != held:
            denial = run.tools.ledger.resize(
                wanted.id, tokens=wanted.tokens, cost_nano=wanted.cost_nano
            ).denial
            if denial:
                raise refusal(denial, wanted)
            run.held = wanted
        facts.update(tokens=wanted.tokens, cost_nano=wanted.cost_nano)
