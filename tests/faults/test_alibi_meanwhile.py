"""The developer works on while a run is on: their differences are mentioned, the run's are told apart."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.git.keeping import kept_runs
from runner.git.repository import Repository
from runner.git.vault import vault_path
from runner.runs.alibi import (
    BEFORE,
    KEPT,
    Verdict,
    begin_alibi,
    end_alibi,
    open_alibi,
    outward_links,
    uses_in,
)
from tests.faults.hostile_acts import RUN, Scene, make_scene
from tests.support.git import Sandbox


@pytest.fixture
def scene(repository: Sandbox, tmp_path: Path) -> Scene:
    return make_scene(repository, tmp_path)


def _developer_works(checkout: Sandbox) -> None:
    checkout.write({"calc.py": "mine\n", "mine.py": "x\n"})
    checkout.git("stash", "-q")
    checkout.git("stash", "pop", "-q")
    checkout.commit("my own work", {"README.md": "done\n"})
    checkout.git("branch", "another")
    (checkout.path / "notes/today.txt").unlink()


def test_all_that_the_developer_does_meanwhile_is_only_mentioned(scene: Scene) -> None:
    scene.agent("echo fixed > calc.py; pytest -q; git stash; git reset --hard")
    _developer_works(scene.world.checkout)

    verdict = scene.verdict()

    assert verdict.ours == ()
    assert (verdict.cause, verdict.hint, verdict.script) == ("", "", None)
    assert {item.name for item in verdict.theirs} >= {
        "README.md",
        "mine.py",
        "notes/today.txt",
        "refs/heads/main",
    }
    assert verdict.mention.startswith("your checkout changed meanwhile, not by this run: ")
    assert " more" in verdict.mention


def test_the_two_are_told_apart(scene: Scene) -> None:
    scene.agent("rm $TOP/notes/today.txt")
    scene.world.checkout.write({"calc.py": "mine\n"})

    verdict = scene.verdict()
    scene.undo(verdict)

    assert [item.name for item in verdict.ours] == ["notes/today.txt"]
    assert [item.name for item in verdict.theirs] == ["calc.py"]
    assert "rm " in verdict.cause
    assert "file notes/today.txt is gone" in verdict.cause
    assert verdict.hint.startswith("this brings it back: sh /")
    assert (scene.top / "notes/today.txt").read_text() == "y\n"
    assert (scene.top / "calc.py").read_text() == "mine\n"


def test_the_branch_that_the_run_itself_delivers_is_expected(scene: Scene) -> None:
    Sandbox(scene.tree.path).write({"calc.py": "fixed\n"})
    from tests.git.world import text_of_run

    base = Sandbox(scene.tree.path).head()
    scene.tree.commit(base, text_of_run())
    scene.tree.deliver_local(Repository.open(scene.top), scene.world.branch)

    assert scene.verdict() != Verdict()
    assert scene.verdict((f"refs/heads/{scene.world.branch}",)).theirs == ()


def test_the_name_that_the_developer_s_shell_has_for_the_checkout_counts_too(
    repository: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "by-another-name").symlink_to(repository.path)
    monkeypatch.setenv("PWD", str(tmp_path / "by-another-name"))
    scene = make_scene(repository, tmp_path)

    scene.agent(f"rm {tmp_path}/by-another-name/notes/today.txt")

    assert [item.name for item in scene.verdict().ours] == ["notes/today.txt"]


def test_nothing_at_all_is_an_empty_verdict(scene: Scene) -> None:
    assert scene.verdict() == Verdict()


def test_a_killed_run_finds_its_alibi_again(scene: Scene) -> None:
    assert open_alibi(RUN, scene.alibi.folder) == scene.alibi
    assert open_alibi("r-0", scene.alibi.folder.parent / "r-0") is None
    (scene.alibi.folder / BEFORE).write_bytes(b"{")
    with pytest.raises(StoreFailed):
        open_alibi(RUN, scene.alibi.folder)
    assert (scene.alibi.folder / KEPT).stat().st_mode & 0o777 == 0o600


def test_a_run_that_ended_well_leaves_nothing_kept(scene: Scene) -> None:
    assert end_alibi(scene.clone, RUN) == ""

    assert kept_runs(scene.clone.ground) == ()
    assert not vault_path(scene.clone.path).exists()


def test_a_vault_that_cannot_be_cleared_is_a_warning(scene: Scene) -> None:
    vault = vault_path(scene.clone.path)
    lock = vault.with_name(f"{vault.name}.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()

    assert "could not be removed" in end_alibi(scene.clone, RUN)


def test_two_runs_in_a_row_keep_apart_what_they_found(scene: Scene) -> None:
    scene.world.checkout.write({"notes/today.txt": "newer\n"})
    folder = scene.alibi.folder.with_name("r-2")

    second = begin_alibi(scene.clone, "r-2", folder, ours=(scene.world.state,), at=int(time.time()))

    assert second.kept.refs["files"] != scene.alibi.kept.refs["files"]
    vault = Sandbox(Path(second.kept.vault))
    assert vault.git("show", f"{second.kept.ref('files')}:notes/today.txt") == "newer"
    assert vault.git("show", f"{scene.alibi.kept.ref('files')}:notes/today.txt") == "y"


def test_tools_are_read_from_all_streams_of_a_run(tmp_path: Path) -> None:
    def line(name: str) -> str:
        block = {"type": "tool_use", "name": name, "input": {"command": "x"}}
        return json.dumps({"type": "assistant", "message": {"content": [{"type": "text"}, block]}})

    (tmp_path / "stream.jsonl").write_text(f'{line("Bash")}\nnoise\n[]\n{{"message": 3}}\n')
    (tmp_path / "stream-2.jsonl").write_text(line("Write"))

    assert sorted(str(use["name"]) for use in uses_in(tmp_path)) == ["Bash", "Write"]


def test_links_that_leave_the_work_tree_are_found_wherever_they_are(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "deep/down").mkdir(parents=True)
    (tree / "deep/down/out").symlink_to("../../../other/x")
    (tree / "absolute").symlink_to("/etc/passwd")
    (tree / "inside").symlink_to("deep/down")
    (tree / "closed").mkdir(mode=0o000)

    found = outward_links(tree)
    nowhere = outward_links(tree / "none")

    (tree / "closed").chmod(0o700)
    assert set(found) == {str(tmp_path / "other/x"), "/etc/passwd"}
    assert nowhere == ()
