"""Code that a check starts reaches the checkout, and nobody saw it: nothing that it took is lost for good."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest

from tests.faults.scene import FIXED, Scene
from tests.faults.test_cut_off import kill_in_the_middle


def _hunted(scene: Scene, act: str) -> str:
    """A program for `calc.py` that acts in the checkout while the checks run; claude's tools name no place."""
    # Claude's words tell of the file that it wrote; numbers in it say nothing of where they lead.
    top = list(bytes(scene.checkout.path))
    return f"top = bytes({top}).decode()\nimport os, subprocess\n{act}\n{FIXED['calc.py']}"


def _recorded(scene: Scene) -> dict[str, object]:
    (record,) = (scene.state / "runs").glob("r-*/run.json")
    data = json.loads(record.read_text())
    assert isinstance(data, dict)
    return data


def _undo(scene: Scene) -> None:
    (recover,) = (scene.state / "runs").glob("r-*/recover*.sh")
    subprocess.run(["sh", str(recover)], check=True, capture_output=True)


@pytest.mark.quick
def test_an_unsaved_file_that_a_check_removed_comes_back(scene: Scene) -> None:
    scene.checkout.write({"notes.txt": "precious\n"})
    act = "os.path.exists(top + '/notes.txt') and os.unlink(top + '/notes.txt')"
    scene.plan(writes={"calc.py": _hunted(scene, act)}, text="Adds now.")

    ended = scene.run("claim", code=None)
    _undo(scene)

    assert "notes.txt is gone" in ended.out + ended.err
    assert shlex.quote(str(scene.state))[1:-1] in ended.out + ended.err
    assert (scene.checkout.path / "notes.txt").read_text() == "precious\n"
    assert "notes.txt is gone" in json.dumps(_recorded(scene)["checkout"])


def test_a_stash_and_a_dirty_file_that_a_check_took_come_back(scene: Scene) -> None:
    scene.checkout.write({"calc.py": "stashed\n"})
    scene.checkout.git("stash", "-q")
    scene.checkout.write({"calc.py": "dirty\n"})
    stash = scene.checkout.git("stash", "list", "--format=%H")
    act = "\n".join(
        f"subprocess.run(['git', '-C', top, *{words!r}])"
        for words in (["reset", "-q", "--hard"], ["stash", "clear"], ["config", "core.pager", "evil"])
    )
    scene.plan(writes={"calc.py": _hunted(scene, act)}, text="Adds now.")

    scene.run("claim", code=None)
    _undo(scene)

    assert scene.checkout.git("stash", "list", "--format=%H") == stash
    assert (scene.checkout.path / "calc.py").read_text() == "dirty\n"
    assert "evil" not in (scene.checkout.path / ".git/config").read_text()


def _sabotaged(scene: Scene, act: str, *, said: str) -> None:
    """Claude writes `said`; what the checks run of it does `act` in the runner's own folder of the run."""
    code = f"import glob, os\nfor run in glob.glob({str(scene.state)!r} + '/runs/r-*'):\n    {act}\n"
    scene.plan(writes={"calc.py": code + FIXED["calc.py"], "x.sh": said}, text="Adds now.")


@pytest.mark.parametrize(
    "act",
    [
        "os.path.exists(run + '/kept.json') and os.unlink(run + '/kept.json')",
        "[open(name, 'w').close() for name in glob.glob(run + '/stream*')]",
    ],
)
def test_who_takes_the_alibi_or_the_streams_away_is_still_seen(scene: Scene, act: str) -> None:
    scene.checkout.write({"notes.txt": "precious\n"})
    gone = f"echo gone > {scene.checkout.path}/notes.txt\n"
    _sabotaged(
        scene, f"{act}\n    open({str(scene.checkout.path)!r} + '/notes.txt', 'w').write('gone')", said=gone
    )

    scene.run("claim", code=1)
    (recover,) = (scene.state / "runs").glob("r-*/recover.sh")
    subprocess.run(["sh", str(recover)], check=True, capture_output=True)

    assert "the run changed your checkout" in scene.task().question
    assert (scene.checkout.path / "notes.txt").read_text() == "precious\n"


@pytest.mark.quick
@pytest.mark.parametrize("name", ["kept.json", "checkout.json"])
def test_a_run_that_is_gone_on_with_and_knows_nothing_of_the_checkout_asks(scene: Scene, name: str) -> None:
    kill_in_the_middle(scene)
    (path,) = (scene.state / "runs").glob(f"r-*/{name}")
    path.write_bytes(path.read_bytes() + b" ")

    scene.run("claim", code=1)

    assert "what was known of your checkout is gone" in scene.task().question
    assert scene.found().pulls == 0


def test_a_run_that_is_gone_on_with_answers_for_what_it_did_before(scene: Scene) -> None:
    scene.checkout.write({"notes.txt": "precious\n"})
    scene.plan(writes=FIXED | {"x.sh": f"echo gone > {scene.checkout.path}/notes.txt\n"}, text="Adds now.")
    kill_in_the_middle(scene)
    scene.checkout.write({"notes.txt": "gone\n"})
    scene.plan(writes=FIXED, text="Adds now.")

    scene.run("claim", code=1)

    assert "the run changed your checkout" in scene.task().question
