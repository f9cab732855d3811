"""What was in the files before Claude began - copies, what set-up and checks wrote - is no part of the change."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from tests.faults.at_work import claude_at_work, ended
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


APPENDING = (
    "open('test.db').read()\nopen('test.db', 'a').write('x')\n"
    "from calc import add\n\nassert add(2, 3) in (5, -1)\n"
)


def test_a_copy_that_checks_write_to_is_put_back_as_it_was_brought(scene: Scene) -> None:
    (scene.checkout.path / "test.db").write_text("db")
    scene.checkout.commit("a check", {"check_calc.py": APPENDING})
    settle(scene, f'[checks]\ncommands = ["{CHECK}"]\n[work_tree]\ncopy = ["test.db"]\n')
    product = {"calc.py": "def add(a, b):\n    return a * b\n"}
    scene.plan(writes=FIXED, text="`add` subtracted; now it adds.", first=product)

    scene.run("claim")

    assert len(scene.calls()) == 2
    assert scene.changed() == ["calc.py"]


LOCK = "[work_tree]\nsetup = [\"sh -c 'echo set-up >> lock.txt'\"]\n"


def with_a_lock(scene: Scene) -> None:
    scene.checkout.commit("a lock", {"lock.txt": "1\n"})
    settle(scene, LOCK)
    scene.plan(writes=FIXED | {"lock.txt": "1\nset-up\nclaude\n"}, text="`add` subtracted; now it adds.")


def test_a_change_of_what_set_up_made_fits_a_work_tree_made_anew(scene: Scene) -> None:
    with_a_lock(scene)
    scene.run("claim", place="after:commit begun=1", code=-9)
    (tree,) = (scene.state / "worktrees").glob("*/T-1")
    shutil.rmtree(tree)

    scene.run("claim")

    assert scene.changed() == ["calc.py", "lock.txt"]
    assert len(scene.calls()) == 1


def test_a_change_of_what_set_up_made_is_gone_on_with(scene: Scene) -> None:
    with_a_lock(scene)
    with claude_at_work(scene) as claim:
        scene.run("stop")
        ended(claim)
    scene.plan(writes={}, text="All of it was done already.")

    scene.run("claim")

    assert [call["resumed"] for call in scene.calls()] == [False, True]
    assert scene.changed() == ["calc.py", "lock.txt"]


def test_a_change_of_a_copy_fits_the_checkout_that_it_came_from(scene: Scene) -> None:
    (scene.checkout.path / "notes.txt").write_text("mine\n")
    settle(scene, '[work_tree]\ncopy = ["notes.txt"]\n')
    scene.plan(writes=FIXED | {"notes.txt": "ours\n", ".gitattributes": "* text\n"}, text="Done, I think.")

    asked = scene.run("claim", code=1)
    way = re.search(r"`(git apply .*?)`", asked.out)
    assert way is not None, asked.out
    scene.checkout_shell(way[1])

    assert (scene.checkout.path / "notes.txt").read_text() == "ours\n"
    scene.run("answer", "T-1", "allow .gitattributes")
    scene.plan(writes={}, text="All of it was done already.")
    (scene.checkout.path / "notes.txt").write_text("mine\n")
    scene.run("claim")
    assert [call["resumed"] for call in scene.calls()] == [False, True]
    assert scene.changed() == [".gitattributes", "calc.py", "notes.txt"]


def test_a_change_that_fits_no_more_is_kept_as_it_was(scene: Scene) -> None:
    with_a_lock(scene)
    settle(scene, LOCK.replace("echo set-up", "date +%s%N"))
    scene.run("claim", place="after:commit begun=1", code=-9)
    (tree,) = (scene.state / "worktrees").glob("*/T-1")
    shutil.rmtree(tree)

    ended = scene.run("claim", code=5)

    (run,) = (scene.state / "runs").glob("r-*")
    assert "the patch does not fit" in ended.out
    assert [path.name for path in run.glob("*.patch")] == ["changes.patch"]
    assert b"+    return a + b" in (run / "changes.patch").read_bytes()
