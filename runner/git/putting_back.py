"""The files of a work tree as they were looked at last, whatever was written since."""

from __future__ import annotations

from runner.git.snapshot import take_snapshot
from runner.git.work_tree import WorkTree


def put_back(tree: WorkTree, base: str, wanted: str) -> tuple[str, ...]:
    """Make the files those of the git tree `wanted` again; returns the paths that were not as they are in it.

    Ignored files are left alone. Raises: GitFailed.
    """
    now = take_snapshot(tree.plot, base)
    if now.tree_id == wanted:
        return ()
    listed = tree.plot.git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", wanted, now.tree_id)
    tree.plot.git.run("read-tree", "-m", "-u", now.tree_id, wanted, doing="cannot put files back")
    return tuple(name.decode(errors="replace") for name in listed.split(b"\0") if name)


def committed_changes(tree: WorkTree, base: str, commit_id: str) -> tuple[str, ...]:
    """The paths that a commit changes, as the commit has them."""
    git = tree.plot.ground.git
    listed = git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, commit_id)
    return tuple(name.decode(errors="surrogateescape") for name in listed.split(b"\0") if name)


def tree_of(tree: WorkTree, commit_id: str) -> str:
    return tree.plot.ground.git.text("rev-parse", "--verify", f"{commit_id}^{{tree}}")


def committed_links(tree: WorkTree, base: str, commit_id: str) -> dict[str, str]:
    """Symbolic links that a commit makes or moves, and where each leads."""
    git = tree.plot.ground.git
    rows = git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", base, commit_id).split(b"\0")
    pairs = zip(rows[0::2], rows[1::2], strict=False)
    links = [(path, facts.split(b" ")) for facts, path in pairs if facts.split(b" ")[1:2] == [b"120000"]]
    return {
        path.decode(errors="surrogateescape"): git.run("cat-file", "blob", facts[3].decode()).decode(
            errors="surrogateescape"
        )
        for path, facts in links
    }
