"""The files of answers that were given already, wherever they are now: in the work tree, kept aside, or in patches."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import GitFailed
from runner.git.adopting import adopt, new_paths
from runner.git.putting_back import put_back
from runner.git.work_tree import WorkTree
from runner.runs import preparing
from runner.runs.conversing import numbered
from runner.runs.leaving import drop_files, keep_files
from runner.runs.patches import FILES, START_PATCH
from runner.runs.run import Run
from runner.runs.so_far import SoFar


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A work tree with what Claude's answers had changed."""

    tree: WorkTree
    trees: tuple[str, ...]
    """What the files were before the first call and after each; the last may not be known yet."""
    calls: int
    """So many answers are in the files; of those after them the files are gone, and nothing was written down."""
    unsure: tuple[str, ...] = ()
    """New files that may be Claude's, or of what came before it: with the clone it is gone who made them."""


def tree_as_left(run: Run) -> WorkTree | None:
    """The work tree with the files as they were when the runner was killed; None if it is not whole."""
    try:
        return run.tools.clone.work_tree(run.work_tree) if run.work_tree.is_dir() else None
    except GitFailed:
        return None


def whole_tree(run: Run) -> WorkTree | None:
    """The same; None also if somebody was killed while it was made anew, with the files still to come."""
    kept = (run.record.folder / FILES).is_dir()
    return None if kept or _is_begun(run) else tree_as_left(run)


def _is_begun(run: Run) -> bool:
    return run.record.data.get("rebuilding") is True


def files_of_the_answers(run: Run, so_far: SoFar) -> Answered | None:
    """The files as Claude left them; what a check was writing when the runner was killed is not Claude's.

    None: something is where the work tree was that can be neither taken nor removed; a warning says what.

    Raises:
        GitFailed, StoreFailed: they cannot be had now; whatever there is of them is still there.
    """
    tree = whole_tree(run)
    if tree is None:
        kept = (run.record.folder / FILES).is_dir()
        if not kept and not _is_begun(run) and _has_files(run) and not keep_files(run):
            return None
        return _made_anew(run, so_far)
    if len(so_far.trees) > so_far.answered and tree.knows(so_far.trees[so_far.answered]):
        put_back(tree, run.base.commit_id, so_far.trees[so_far.answered])
    return Answered(tree=tree, trees=so_far.trees, calls=so_far.answered)


def _has_files(run: Run) -> bool:
    return run.work_tree.is_dir() and any(path.name != ".git" for path in run.work_tree.iterdir())


def _made_anew(run: Run, so_far: SoFar) -> Answered:
    files, calls = run.record.folder / FILES, _written_down(run, so_far)
    # Files that are kept say by themselves that they are still to come.
    run.record.note(rebuilding=not files.is_dir())
    tree = _fresh_tree(run)
    trees = _apply(run, tree, calls)
    if calls == so_far.answered or not files.is_dir():
        drop_files(run)
        run.record.note(rebuilding=calls < so_far.answered)
        return Answered(tree=tree, trees=trees, calls=calls)
    adopt(tree.plot, files)
    return Answered(tree=tree, trees=trees, calls=so_far.answered, unsure=_unsure(run, tree))


def _fresh_tree(run: Run) -> WorkTree:
    """Where the run began; a clone that was made anew may not have heard of that commit yet."""
    clone, base = run.tools.clone, run.base
    if clone.ground.git.ask("cat-file", "-e", f"{base.commit_id}^{{commit}}").exit_code != 0:
        clone.resolve_base(base.branch, remote=base.remote, stop=run.stop)
    run.commits = ()
    return preparing.make_work_tree(run)


def _written_down(run: Run, so_far: SoFar) -> int:
    """Of how many answers the changes are known; each was written down before the next call, so one may be missing."""
    last = so_far.answered
    patch = run.record.folder / numbered("changes", last, "patch")
    return last if len(so_far.trees) > last or patch.exists() else max(0, last - 1)


def _apply(run: Run, tree: WorkTree, calls: int) -> tuple[str, ...]:
    """Make the changes of the first `calls` answers; returns the trees before the first and after each."""
    trees = []
    for name in (START_PATCH, *(numbered("changes", call, "patch") for call in range(1, calls + 1))):
        patch = run.record.folder / name
        if patch.exists():
            tree.apply(patch.read_bytes())
        trees.append(tree.tree_id(run.base.commit_id))
    return tuple(trees)


def _unsure(run: Run, tree: WorkTree) -> tuple[str, ...]:
    if not (run.policy.copy or run.policy.setup or run.evidence.base):
        return ()
    tree.snapshot(run.base.commit_id, stop=run.stop)
    return new_paths(tree.plot, run.base.commit_id)
