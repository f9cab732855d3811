"""What was in the files before Claude began - copies, what set-up and checks wrote - is no part of the change."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.faults.scene import CHECK, FIXED, Scene
from tests.faults.test_exactly_checked import hook
from tests.faults.test_untrusted_code import settle

COPY = f'[checks]\ncommands = ["{CHECK}"]\n[work_tree]\ncopy = [".env.local"]\nsetup = ["{{setup}}"]\n'


@pytest.mark.quick
def test_copies_and_what_set_up_writes_stay_here(scene: Scene) -> None:
    (scene.checkout.path / ".env.local").write_text("COLOUR=blue\n")
    settle(scene, COPY.format(setup="sh -c 'echo made > made.txt; echo >> check_calc.py; cat .env.local'"))

    scene.run("claim")

    assert scene.changed() == ["calc.py"]
    assert not list((scene.state / "runs").glob("*/start.patch"))


def test_what_claude_changes_of_it_is_claudes(scene: Scene) -> None:
    settle(scene, COPY.format(setup="sh -c 'echo made > made.txt; echo other > other.txt'"))
    scene.plan(writes=FIXED | {"made.txt": "changed\n"}, text="`add` adds, and made.txt is right now.")

    scene.run("claim")

    assert scene.changed() == ["calc.py", "made.txt"]


def test_what_checks_write_on_the_base_and_before_a_repair_stays_here(scene: Scene) -> None:
    settle(
        scene,
        "[checks]\ncommands = [\"sh -c 'date +%s%N >> report.xml; ! grep -q worse calc.py'\"]\nrepairs = 1\n",
    )
    scene.plan(writes=FIXED, text="`add` subtracted; now it adds.", first={"calc.py": "worse\n"})

    scene.run("claim")

    assert len(scene.calls()) == 2
    assert scene.changed() == ["calc.py"]


def test_a_hook_that_formats_leaves_it_out_too(scene: Scene) -> None:
    settle(scene, COPY.format(setup="sh -c 'echo made > made.txt'"))
    hook(scene, "printf '# formatted\\n' >> calc.py; exit $(test -e seen || { touch seen; echo 1; })\n")

    scene.run("claim")

    assert "made.txt" not in scene.changed()


@pytest.mark.quick
def test_a_work_tree_made_anew_has_it_and_leaves_it_out(scene: Scene) -> None:
    settle(scene, COPY.format(setup="sh -c 'echo made > made.txt'"))
    scene.run("claim", place="after:verify begun=1", code=-9)
    (tree,) = (scene.state / "worktrees").glob("*/T-1")
    assert (tree / "made.txt").exists()
    shutil.rmtree(tree)

    ended = scene.run("claim", "--json")

    assert json.loads(ended.out)["outcome"] == "done"
    assert scene.changed() == ["calc.py"]
