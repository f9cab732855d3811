"""Work trees that are not what they seem are left alone."""

from __future__ import annotations

from pathlib import Path

from tests.runs.attic import Attic
from tests.runs.world import World


def test_what_no_clone_knows_is_left_alone(attic: Attic, tmp_path: Path) -> None:
    stem = attic.tree().path.parent
    (stem / "T-8").mkdir()
    (stem / "T-8" / ".git").write_text(f"gitdir: {attic.paths.clones.resolve()}/gone.git/worktrees/T-8\n")
    (stem / "T-9").mkdir()
    (stem / "T-9" / "mine.txt").write_text("x")
    (tmp_path / "outside").mkdir()
    (stem / "T-6").symlink_to(tmp_path / "outside")

    report = attic.clean()

    told = {thing.name: thing.stays for thing in report.kept}
    assert told == {
        "T-6": "it is not ours",
        "T-8": "no clone knows it, so nobody can tell what is new in it",
        "T-9": "it is not ours",
    }
    assert (stem / "T-9" / "mine.txt").exists()
    assert (tmp_path / "outside").is_dir()


def test_a_path_that_an_agent_wrote_into_the_clone_is_not_removed(attic: Attic, world: World) -> None:
    tree = attic.tree()
    registered = tree.plot.git_dir / "gitdir"
    registered.write_text(f"{world.checkout.path}/.git\n")
    before = world.fingerprint()

    report = attic.clean()

    assert report.removed == ()
    assert world.fingerprint() == before
