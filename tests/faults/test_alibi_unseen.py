"""Code that a check starts reaches the checkout, and nobody saw it: nothing that it took is lost for good."""

from __future__ import annotations

import json
import shlex
import subprocess

from tests.faults.scene import FIXED, Scene


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
    (recover,) = (scene.state / "runs").glob("r-*/recover-others.sh")
    subprocess.run(["sh", str(recover)], check=True, capture_output=True)


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
