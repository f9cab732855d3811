"""A fingerprint and what differs from it; what is kept, and forgotten again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.git.alibi import take
from runner.git.alibi_compare import Difference, Kind, compare
from runner.git.fingerprint import Fingerprint
from runner.git.keeping import Kept
from runner.git.repository import Repository
from tests.git.world import fingerprint, leave_conflict
from tests.support.git import Sandbox


def _take(checkout: Sandbox, since: Fingerprint | None = None) -> Fingerprint:
    return take(Repository.open(checkout.path), since=since)


def _since(checkout: Sandbox, before: Fingerprint) -> dict[str, Difference]:
    return {f"{item.kind.value} {item.name}": item for item in compare(before, _take(checkout, before))}


def test_looking_twice_finds_no_difference_and_changes_nothing(rich: Sandbox) -> None:
    on_disk = fingerprint(rich.path)

    before = _take(rich)
    after = _take(rich, before)

    assert compare(before, after) == ()
    assert fingerprint(rich.path) == on_disk


def test_a_fingerprint_comes_back_from_its_file(rich: Sandbox) -> None:
    (rich.path / os.fsdecode(b"odd-\xff")).write_text("x")
    before = _take(rich)

    assert Fingerprint.from_json(before.to_json()) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"schema": 99}', b'{"schema": 1, "top": "x"}'])
def test_a_damaged_file_is_told(content: bytes) -> None:
    with pytest.raises(StoreFailed, match="the fingerprint of the checkout cannot be read"):
        Fingerprint.from_json(content)
    with pytest.raises(StoreFailed, match="what was kept of the checkout cannot be read"):
        Kept.from_json(content)


def test_an_empty_a_detached_and_a_conflicted_checkout_can_be_looked_at(
    tmp_path: Path, repository: Sandbox
) -> None:
    empty = Sandbox.create(tmp_path / "empty")
    assert (_take(empty).commit, _take(empty).head) == ("", "refs/heads/main")

    leave_conflict(repository)
    before = _take(repository)
    assert before.files["calc.py"].kind == "dirty"
    assert len(before.staged["calc.py"].split()) == 7
    repository.git("reset", "-q", "--hard")
    repository.git("checkout", "-q", "--detach")
    found = _since(repository, before)
    assert found["HEAD HEAD"].after.startswith("detached at ")
    detached = _take(repository)
    repository.git("checkout", "-q", "--detach", "HEAD^")
    assert found["HEAD HEAD"].before == "refs/heads/main"
    assert "HEAD HEAD" in _since(repository, detached)


def test_a_file_that_was_only_touched_or_put_back_is_no_difference(repository: Sandbox) -> None:
    repository.write({"dirty": "x\n"})
    before = _take(repository)

    for name in ("calc.py", "dirty"):
        text = (repository.path / name).read_text()
        (repository.path / name).write_text("other\n")
        (repository.path / name).write_text(text)

    assert _since(repository, before) == {}


def test_an_edit_is_no_loss_and_a_revert_is(repository: Sandbox) -> None:
    repository.write({"README.md": "mine\n", "calc.py": "mine\n"})
    before = _take(repository)
    repository.write({"README.md": "more of mine\n"})
    repository.git("checkout", "-q", "calc.py")

    found = _since(repository, before)

    assert not found["file README.md"].grave
    assert found["file calc.py"].grave


def test_what_is_committed_is_not_lost(repository: Sandbox) -> None:
    repository.write({"README.md": "mine\n", "new": "x\n"})
    repository.git("add", "README.md")
    before = _take(repository)
    repository.commit("all of it")

    found = _since(repository, before)

    assert {name for name, item in found.items() if item.grave} == set()
    assert found["ref refs/heads/main"].before == before.commit


def test_an_ignored_folder_is_told_by_file_until_it_is_big(
    repository: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.git.alibi_files.FOLDER_LIMIT_FILES", 3)
    monkeypatch.setattr("runner.git.alibi_files.WALK_LIMIT_FILES", 5)
    repository.commit("ignoring", {".gitignore": "build/\n"})
    repository.write({"build/a": "1", "build/sub/b": "1"})
    small = _take(repository)
    repository.write({f"build/{number}": "1" for number in range(3)})
    big = _take(repository)
    repository.write({f"build/more/{number}": "1" for number in range(3)})
    bigger = _take(repository)
    shutil.rmtree(repository.path / "build")
    gone = _take(repository)

    assert set(small.files) >= {"build/a", "build/sub/b"}
    assert big.folders["build/"].files == 5
    assert not bigger.folders["build/"].whole
    assert [item.told() for item in compare(small, big)] == ["ignored folder build/ is new"]
    assert [item.grave for item in compare(big, bigger)] == [False]
    assert [(item.kind, item.grave) for item in compare(bigger, gone)] == [(Kind.FOLDER, True)]
    assert [item.after for item in compare(big, small)] == ["fewer files"]


def test_folders_of_ours_in_the_checkout_are_not_looked_at(repository: Sandbox) -> None:
    repository.write({"state/runs/x": "1"})

    found = take(Repository.open(repository.path), ours=(repository.path / "state",))

    assert "state/runs/x" not in found.files


def test_large_files_are_known_by_size_and_time(repository: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.git.alibi_files.READ_LIMIT_BYTES", 3)
    repository.write({"large": "12345", "small": "123"})

    found = _take(repository)

    assert found.files["large"].content == ""
    assert found.files["small"].content


def test_links_sockets_and_closed_folders_are_looked_at_without_following(repository: Sandbox) -> None:
    (repository.path / "out").symlink_to("/etc")
    os.mkfifo(repository.path / "pipe")
    before = _take(repository)
    (repository.path / "out").unlink()
    (repository.path / "out").symlink_to("/usr")

    found = _since(repository, before)

    assert "pipe" in before.files
    assert found["file out"].told() == "file out: a link to /etc became a link to /usr"


def test_a_link_that_was_made_anew_is_the_same(repository: Sandbox) -> None:
    (repository.path / "out").symlink_to("/etc")
    before = _take(repository)
    (repository.path / "out").unlink()
    (repository.path / "out").symlink_to("/etc")

    assert _since(repository, before) == {}


def test_packing_all_objects_anew_is_no_difference(repository: Sandbox) -> None:
    repository.commit("second", {"a": "1"})
    before = _take(repository)

    repository.git("gc", "-q")

    assert not [item for item in compare(before, _take(repository)) if item.kind is Kind.OBJECTS]


def test_a_name_that_would_confuse_a_terminal_is_shown_plainly() -> None:
    item = Difference(kind=Kind.FILE, name="a\x1b[31m\nb", before="", after="x")

    assert item.told() == "file a b is new"
