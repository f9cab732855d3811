"""Trust belongs to a repository: it holds in all of its work trees, and in no other one."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from runner.paths import Paths, write_private
from runner.settings.grants import trust_file
from runner.settings.home import home_of
from runner.settings.trust import Standing, list_trusted, revoke, trust, verdict
from tests.settings.now import NOW
from tests.support.git import Sandbox

WORDS = {".runner.toml": b"[checks]\n"}
OTHER_WORDS = {".runner.toml": b"[claude]\n"}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(config=tmp_path / "config", state=tmp_path / "state", cache=tmp_path / "cache")


@pytest.fixture
def main(tmp_path: Path) -> Sandbox:
    return Sandbox.create(tmp_path / "main", files={"a": "a\n"})


def linked(repository: Sandbox, path: Path) -> Path:
    repository.git("worktree", "add", "-q", "--detach", str(path))
    return path


def digest(contents: dict[str, bytes]) -> str:
    return sha256(contents[".runner.toml"]).hexdigest()


def written_before(paths: Paths, **versions: tuple[Path, str]) -> None:
    """A trust file as it was when trust belonged to a checkout: (top, digest) of each."""
    tables = [
        f'[repository."{top}"]\nat = 2029-01-01T00:00:00Z\n[repository."{top}".files]\n".runner.toml" = ["{digest}"]\n'
        for top, digest in versions.values()
    ]
    write_private(trust_file(paths), "".join(tables).encode())


def test_a_plain_checkout_is_its_own_home(main: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(main.path)

    assert home_of(main.path) == main.path
    assert home_of(tmp_path / "link") == main.path
    assert home_of(tmp_path / "nothing") == tmp_path / "nothing"


def test_a_linked_work_tree_has_the_home_of_its_repository(main: Sandbox, tmp_path: Path) -> None:
    assert home_of(linked(main, tmp_path / "linked")) == main.path


def test_work_trees_of_a_bare_repository_share_its_folder(main: Sandbox, tmp_path: Path) -> None:
    main.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    bare = Sandbox(tmp_path / "bare.git")

    homes = {home_of(linked(bare, tmp_path / name)) for name in ("one", "two")}

    assert homes == {bare.path}


def test_a_submodule_is_a_repository_of_its_own(main: Sandbox, tmp_path: Path) -> None:
    library = Sandbox.create(tmp_path / "library", files={"b": "b\n"})
    main.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.path), "sub")
    inside = Sandbox(main.path / "sub")

    assert home_of(inside.path) == main.path / ".git/modules/sub"
    assert home_of(linked(inside, tmp_path / "linked")) == main.path / ".git/modules/sub"


def test_a_git_folder_that_stands_elsewhere_is_the_home(tmp_path: Path) -> None:
    top = tmp_path / "top"
    Sandbox.create(tmp_path).git("init", "-q", f"--separate-git-dir={tmp_path / 'elsewhere'}", str(top))
    Sandbox(top).commit("first", {"a": "a\n"})

    assert home_of(top) == tmp_path / "elsewhere"
    assert home_of(linked(Sandbox(top), tmp_path / "linked")) == tmp_path / "elsewhere"


@pytest.mark.parametrize("text", [b"", b"gitdir", b"\xff\x00", b"#" * 300_000])
def test_a_file_that_git_cannot_read_either_leads_nowhere(tmp_path: Path, text: bytes) -> None:
    (tmp_path / ".git").write_bytes(text)

    assert home_of(tmp_path) == tmp_path


def test_trust_holds_in_every_work_tree_for_the_same_content_only(
    paths: Paths, main: Sandbox, tmp_path: Path
) -> None:
    tree = linked(main, tmp_path / "linked")
    stranger = Sandbox.create(tmp_path / "stranger").path

    trust(paths, main.path, WORDS, now=NOW)

    assert verdict(paths, tree, WORDS).trusted
    assert verdict(paths, tree, OTHER_WORDS).standing is Standing.CHANGED
    assert verdict(paths, stranger, WORDS).standing is Standing.UNTRUSTED


def test_trust_is_given_and_taken_back_from_any_work_tree(
    paths: Paths, main: Sandbox, tmp_path: Path
) -> None:
    one, two = linked(main, tmp_path / "one"), linked(main, tmp_path / "two")

    grant = trust(paths, one, WORDS, now=NOW)
    trusted = verdict(paths, main.path, WORDS).trusted, verdict(paths, two, WORDS).trusted
    revoked = revoke(paths, two)

    assert grant.path == str(main.path)
    assert (trusted, revoked) == ((True, True), True)
    assert not verdict(paths, one, WORDS).trusted
    assert list_trusted(paths) == ()


def test_trust_that_was_given_to_checkouts_becomes_the_repositorys(
    paths: Paths, main: Sandbox, tmp_path: Path
) -> None:
    tree = linked(main, tmp_path / "linked")
    gone = tmp_path / "gone"
    written_before(
        paths,
        main=(main.path, "0" * 64),
        linked=(tree, digest(WORDS)),
        gone=(gone, digest(OTHER_WORDS)),
    )

    assert [grant.path for grant in list_trusted(paths)] == [str(gone), str(main.path)]
    assert verdict(paths, main.path, WORDS).trusted
    assert not verdict(paths, main.path, OTHER_WORDS).trusted
    assert revoke(paths, tree)
    assert [grant.path for grant in list_trusted(paths)] == [str(gone)]
    assert revoke(paths, gone)


def test_trust_does_not_follow_a_folder_that_became_a_link(
    paths: Paths, main: Sandbox, tmp_path: Path
) -> None:
    tree = linked(main, tmp_path / "linked")
    link = tmp_path / "was-trusted"
    link.symlink_to(tree)
    written_before(paths, link=(link, digest(WORDS)))

    assert not verdict(paths, tree, WORDS).trusted
    assert [grant.path for grant in list_trusted(paths)] == [str(link)]
