"""What a fingerprint holds of the git folder: settings of any kind, and object files that shrink."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.git.alibi import take
from runner.git.alibi_compare import Kind, compare
from runner.git.alibi_store import Store, read_store
from runner.git.fingerprint import Fingerprint
from runner.git.keeping import Kept
from runner.git.recovery import recovery
from runner.git.repository import Repository
from tests.support.git import Sandbox


def _store(folder: Path) -> Store:
    return read_store(folder, folder, {"HOME": str(folder / "home")})


def test_settings_of_every_kind_have_a_mark(tmp_path: Path) -> None:
    (tmp_path / "hooks/sub").mkdir(parents=True)
    (tmp_path / "hooks/pre-commit").symlink_to("/opt/hooks/pre-commit")
    (tmp_path / "hooks/pre-push.sample").write_text("x")
    (tmp_path / "config").write_text("x" * 1_000_001)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.gitconfig").write_text("x")

    marks = _store(tmp_path).settings

    assert set(marks) == {"config", "hooks/pre-commit", "hooks/sub", "~/.gitconfig"}
    assert marks["hooks/pre-commit"] == "-> /opt/hooks/pre-commit"
    assert marks["config"].split()[1] == "1000001"


def test_a_git_folder_without_objects_has_none(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("not a folder")

    assert (_store(tmp_path).packs, _store(tmp_path).loose) == ({}, {})


def test_objects_without_packs_are_counted(tmp_path: Path) -> None:
    (tmp_path / "objects/aa").mkdir(parents=True)
    (tmp_path / "objects/aa/x").write_text("123")

    assert dict(_store(tmp_path).loose) == {"aa": (1, 3)}


def _with(checkout: Sandbox, **parts: object) -> tuple[Fingerprint, Fingerprint]:
    before = take(Repository.open(checkout.path))
    return before, replace(before, **parts)  # type: ignore[arg-type]  # any part of it


def test_a_pack_that_went_is_no_loss_only_with_a_new_one(repository: Sandbox) -> None:
    before, after = _with(repository, packs={"b.pack": 9})
    before = replace(before, packs={"a.pack": 9, "a.idx": 1})

    assert compare(before, after) == ()
    assert [item.name for item in compare(before, replace(after, packs={}))] == ["pack/a.pack", "pack/a.idx"]
    assert [item.after for item in compare(before, replace(before, packs={"a.pack": 3, "a.idx": 1}))] == [
        "3 bytes"
    ]


def test_a_reflog_that_got_shorter_is_told(repository: Sandbox) -> None:
    before, after = _with(repository, logs={})

    assert [(item.kind, item.grave) for item in compare(before, after)] == [(Kind.LOG, True)]


def test_a_detached_head_and_what_was_not_kept_have_what_commands_can_be_had(repository: Sandbox) -> None:
    repository.git("checkout", "-q", "--detach")
    before, after = _with(
        repository, head="refs/heads/main", stash=(), settings={}, staged={"new": "100644 1"}, refs={}
    )
    before = replace(before, stash=("1" * 40,), staged={"old": "100644 2"})
    kept = Kept(run_id="r-1", vault="/vault", refs={})

    commands = recovery(
        compare(before, after),
        before,
        kept,
        clone=Path("/clone"),
        git_folder=Path("/git"),
        settings={},
        away=Path("/away"),
    )

    top = repository.path
    assert commands == (
        f"git -C {top} update-ref refs/heads/main {before.commit}",
        f"git -C {top} stash store -m 'kept by runner' {'1' * 40}",
        f"git -C {top} update-ref --no-deref HEAD {before.commit}",
    )


def test_many_paths_are_spread_over_commands_that_cover_nothing_else(repository: Sandbox) -> None:
    repository.commit("many", {f"many/{number}": "x" for number in range(120)})
    before = take(Repository.open(repository.path))
    files = {path: facts for path, facts in before.files.items() if not path.startswith("many/")}

    commands = recovery(
        compare(before, replace(before, files=files)),
        before,
        Kept(run_id="r-1", vault="/vault", refs={}),
        clone=Path("/clone"),
        git_folder=Path("/git"),
        settings={},
        away=Path("/away"),
    )

    assert [command.count(":(top,literal)many/") for command in commands] == [50, 50, 20]
    assert all("--overlay" in command for command in commands)


def test_a_changed_setting_is_told_by_the_beginning_of_its_hashes(tmp_path: Path) -> None:
    before = _fingerprint(settings={"config": f"100644 {'a' * 64}", "hooks/x": f"100644 {'d' * 64}"})
    after = _fingerprint(settings={"config": f"100644 {'b' * 64}", "hooks/x": f"100644 {'d' * 12}{'e' * 52}"})

    told = [difference.told() for difference in compare(before, after)]

    assert told[0] == f"git setting config: 100644 {'a' * 12} became 100644 {'b' * 12}"
    assert f"{'d' * 64} became" in told[1], "hashes that begin alike are told whole"
    assert told[1].endswith("e" * 52)


def _fingerprint(settings: dict[str, str]) -> Fingerprint:
    facts: dict[str, Any] = {"top": "/w", "head": "refs/heads/main", "commit": "1", "stash": ()}
    for name in ("staged", "files", "folders", "refs", "remotes", "logs", "packs", "loose"):
        facts[name] = {}
    return Fingerprint(**facts, settings=settings)
