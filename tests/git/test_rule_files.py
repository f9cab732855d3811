"""Files that git reads as rules: what would keep it waiting is refused before git is asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import GitFailed, Stopped
from runner.git.rule_files import check_rule_files
from runner.process.stop import Stop, StopReason
from tests.git.world import World


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", ".gitmodules", "sub/.gitignore"])
def test_a_pipe_in_the_place_of_rules_is_refused_at_once(world: World, name: str) -> None:
    tree, base = world.start()
    (tree.path / "sub").mkdir()
    os.mkfifo(tree.path / name)

    with pytest.raises(GitFailed, match=f"{name} is not a file but a pipe"):
        tree.snapshot(base.commit_id)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("pipe", "is not a file but a pipe"),
        ("/dev/zero", "is not a file but a pipe, a socket or a device"),
        ("../outside", "is a link that leads out of the work tree"),
    ],
)
def test_rules_behind_a_link_must_be_a_file_of_the_tree(tmp_path: Path, target: str, problem: str) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside").write_text("x")
    os.mkfifo(tmp_path / "tree" / "pipe")
    (tmp_path / "tree" / ".gitignore").symlink_to(target)

    with pytest.raises(GitFailed, match=problem):
        check_rule_files(tmp_path / "tree")


def test_plain_rules_links_within_links_to_nowhere_and_folders_are_fine(world: World) -> None:
    tree, base = world.start()
    (tree.path / "rules").write_text("*.log\n")
    (tree.path / "a").mkdir()
    (tree.path / "a" / ".gitignore").symlink_to("../rules")
    (tree.path / "b").mkdir()
    (tree.path / "b" / ".gitignore").symlink_to("nowhere")
    (tree.path / "c" / ".gitignore").mkdir(parents=True)
    (tree.path / ".gitattributes").write_text("*.log text\n")

    changes = tree.changes(base.commit_id)

    assert changes == (".gitattributes", "a/.gitignore", "b/.gitignore", "rules")


def test_looking_for_rules_stops_when_told(world: World) -> None:
    tree, base = world.start()
    stop = Stop()
    stop.set(StopReason.INTERRUPTED)

    with pytest.raises(Stopped):
        tree.snapshot(base.commit_id, stop=stop)
