"""The developer's hooks in a run, without network: below the real `bwrap`, and they work as ever."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner.errors import ChildTimedOut, GitFailed, OutsideTrouble, ProgramMissing
from runner.git.hooks import make_hooks_ready
from runner.process.confinement import Confinement, find_confinement
from tests.git.hooking import AT_COMMIT, Confined, beating, calling, changed, hook, is_still
from tests.git.world import World, text_of_run
from tests.support.git import Sandbox
from tests.support.needs import needs_program

Online = tuple[World, Sandbox]


@pytest.fixture
def confined(world: World) -> Confined:
    needs_program("bwrap")
    return Confined(world.checkout, world.state)


@pytest.fixture
def confined_online(online: Online) -> tuple[Confined, Sandbox]:
    needs_program("bwrap")
    return Confined(online[0].checkout, online[0].state), online[1]


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server on this machine's loopback, where somebody takes calls."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", AT_COMMIT)
def test_a_commit_hook_reaches_nobody(confined: Confined, tmp_path: Path, port: int, name: str) -> None:
    hook(confined, name, f"{calling(port)} > {tmp_path}/seen\n")

    confined.committed({"a": "1\n"})

    assert (tmp_path / "seen").read_text() == "alone\n"


def test_it_reaches_whom_it_likes_when_it_may(world: World, tmp_path: Path, port: int) -> None:
    hook(world, "pre-commit", f"{calling(port)} > {tmp_path}/seen\n")

    world.committed({"a": "1\n"})

    assert (tmp_path / "seen").read_text() == "reached\n"


def test_a_push_hook_reaches_nobody_and_reads_what_is_pushed(
    confined_online: tuple[Confined, Sandbox], tmp_path: Path, port: int
) -> None:
    world, origin = confined_online
    hook(world, "pre-push", f'{{ {calling(port)}; echo "$@"; cat; pwd; }} > {tmp_path}/seen\n')
    tree = world.committed({"a": "1\n"})

    tree.push(world.branch, None, "origin")

    reached, arguments, line, folder = (tmp_path / "seen").read_text().splitlines()
    assert reached == "alone"
    assert arguments == f"origin {origin.path}"
    assert line.split()[1:] == [tree.committed(), f"refs/heads/{world.branch}", "0" * 40]
    assert folder == str(tree.path)
    assert world.branch in origin.branches()


def test_it_cannot_write_to_the_checkout(confined: Confined, tmp_path: Path) -> None:
    top = confined.checkout.path
    names = (top / "x", top / "calc.py", top / ".git/x", top / ".git/hooks/post-commit")
    lines = "".join(f"echo x >> {name} || echo {name} >> {tmp_path}/refused\n" for name in names)
    hook(confined, "pre-commit", f"set +e\n{lines}exit 0\n")
    before = confined.checkout.git("status", "--porcelain", "--ignored")

    confined.committed({"a": "1\n"})

    assert (tmp_path / "refused").read_text().split() == [str(name) for name in names]
    assert confined.checkout.git("status", "--porcelain", "--ignored") == before
    assert not (top / ".git/hooks/post-commit").exists()


@pytest.mark.parametrize("state", ["state", "repo/.git/runner"], ids=["beside the checkout", "inside of it"])
def test_it_works_on_the_work_tree_and_on_what_git_tells_it(
    confined: Confined, tmp_path: Path, state: str
) -> None:
    confined.state = tmp_path / state
    hook(
        confined,
        "pre-commit",
        f'printf "formatted\\n" >> a && git add a && echo made > made\n'
        f'echo "$GIT_INDEX_FILE $GIT_AUTHOR_NAME" > {tmp_path}/seen\n',
    )
    hook(confined, "commit-msg", 'echo "Checked-by: hook" >> "$1"\n')

    tree = confined.committed({"a": "1\n"})

    assert Sandbox(tree.path).git("show", "HEAD:a") == "1\nformatted"
    assert "Checked-by: hook" in Sandbox(tree.path).log("HEAD")[0]
    index, author = (tmp_path / "seen").read_text().split(maxsplit=1)
    assert Path(index).is_relative_to(confined.state)
    assert author.strip()


@pytest.mark.parametrize("text", ['echo "Checked-by: $0" >> "$1"\n', "", "\n\nexit 0\n"])
def test_a_hook_without_a_first_line_is_read_by_the_shell(confined: Confined, text: str) -> None:
    path = hook(confined, "commit-msg", text, first="")

    tree = confined.committed({"a": "1\n"})

    assert (f"Checked-by: {path}" in Sandbox(tree.path).log("HEAD")[0]) == ("Checked-by" in text)


def test_a_hook_that_is_a_compiled_program_is_run(confined: Confined) -> None:
    path = hook(confined, "pre-commit", "")
    shutil.copy(needs_program("false"), path)
    tree, base = changed(confined)

    with pytest.raises(GitFailed, match="the commit was refused"):
        tree.commit(base, text_of_run())


def test_a_hook_that_cannot_be_started_refuses_in_words(confined: Confined) -> None:
    path = hook(confined, "pre-commit", "", first="#!/no/such/interpreter\n")
    tree, base = changed(confined)

    with pytest.raises(GitFailed, match="cannot be started") as caught:
        tree.commit(base, text_of_run())

    assert str(path) in str(caught.value)


@pytest.mark.parametrize("end", ["exit 7", "kill -9 $$"])
def test_a_refusal_comes_with_its_words(confined: Confined, end: str) -> None:
    hook(confined, "pre-commit", f"echo 'no tabs, please' >&2; {end}\n")
    tree, base = changed(confined)

    with pytest.raises(GitFailed, match="no tabs, please"):
        tree.commit(base, text_of_run())


def test_a_push_that_a_hook_refuses_does_not_arrive(confined_online: tuple[Confined, Sandbox]) -> None:
    world, origin = confined_online
    hook(world, "pre-push", "echo 'not on a friday' >&2; exit 1\n")
    tree = world.committed({"a": "1\n"})

    with pytest.raises(GitFailed, match="not on a friday"):
        tree.push(world.branch, None, "origin")

    assert world.branch not in origin.branches()


def test_arguments_and_environment_are_those_of_a_hook_with_network(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_program("bwrap")
    monkeypatch.setenv("GH_TOKEN", "hush")
    monkeypatch.setenv("LC_CTYPE", "C.UTF-8")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2026-03-01T12:00:00+0000")
    seen = []
    for number, kind in enumerate((World, Confined)):
        one = kind(world.checkout, tmp_path / str(number))
        hook(one, "prepare-commit-msg", f'{{ env -0; printf "%s\\0" "$@"; }} > {tmp_path}/seen\n')
        one.committed({"a": "1\n"})
        seen.append((tmp_path / "seen").read_text().replace(f"{tmp_path}/{number}", "STATE").split("\0"))
    free, confined = map(sorted, seen)

    assert confined == free
    assert "hush" not in str(free)


@pytest.mark.parametrize("name", ["pre-commit", "post-commit"])
def test_a_daemon_that_a_hook_left_is_gone_with_it(confined: Confined, tmp_path: Path, name: str) -> None:
    beat = tmp_path / "beat"
    hook(confined, name, beating(beat))

    confined.committed({"a": "1\n"})

    assert is_still(beat)


def test_a_hook_that_hangs_is_ended_with_all_it_started(confined: Confined, tmp_path: Path) -> None:
    beat = tmp_path / "beat"
    hook(confined, "pre-commit", f"trap '' INT TERM\n{beating(beat)}while :; do sleep 1; done\n")
    tree, base = changed(confined)

    with pytest.raises(ChildTimedOut, match="git commit was ended"):
        tree.commit(base, text_of_run(), timeout_s=2.0)

    assert is_still(beat)


def test_a_rebase_calls_hooks_without_network(confined: Confined, tmp_path: Path, port: int) -> None:
    tree = confined.committed({"a": "1\n"})
    newer = confined.checkout.commit("newer", {"b": "2\n"})
    confined.clone().resolve_base()
    hook(confined, "pre-commit", f"{calling(port)} > {tmp_path}/seen\n")

    rebased = tree.rebase_once(newer, text_of_run())

    assert rebased.commit_id
    assert (tmp_path / "seen").read_text() == "alone\n"


def test_the_hook_of_git_lfs_keeps_the_network_as_it_keeps_the_keys(
    confined_online: tuple[Confined, Sandbox], tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = confined_online
    lfs = tmp_path / "bin/git-lfs"
    lfs.parent.mkdir()
    lfs.write_text(f"#!/bin/sh\n{calling(port)} > {tmp_path}/seen\n")
    lfs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{lfs.parent}:{os.environ['PATH']}")
    hook(world, "pre-push", 'git lfs pre-push "$@"\n')
    tree = world.committed({"a": "1\n"})

    tree.push(world.branch, None, "origin")

    assert (tmp_path / "seen").read_text() == "reached\n"
    assert world.asked == []


@pytest.mark.parametrize(
    ("error", "find"),
    [
        (ProgramMissing, lambda: find_confinement({"PATH": "/nowhere"}, setting="hooks.network")),
        (OutsideTrouble, lambda: refuse()),
    ],
)
def test_a_hook_that_cannot_be_confined_is_not_run(
    confined: Confined, tmp_path: Path, error: type[Exception], find: Callable[[], Confinement]
) -> None:
    hook(confined, "pre-commit", f"touch {tmp_path}/ran\n")
    tree, base = changed(confined)
    ground = replace(tree.plot.ground, confine_hooks=find)

    with pytest.raises(error, match=r"hooks\.network is false"):
        replace(tree, plot=replace(tree.plot, ground=ground)).commit(base, text_of_run())

    assert not (tmp_path / "ran").exists()


def refuse() -> Confinement:
    raise OutsideTrouble("hooks.network is false, but bwrap cannot")


def test_whether_they_can_be_confined_is_asked_only_when_there_is_one(
    confined_online: tuple[Confined, Sandbox],
) -> None:
    world, _ = confined_online
    folder = world.checkout.path / ".git/hooks"
    asked = []
    make_hooks_ready(folder / "none", world.confine)
    hook(world, "pre-commit.sample", "exit 1\n")
    hook(world, "commit-msg", "exit 1\n").chmod(0o644)
    hook(world, "pre-push", 'git lfs pre-push "$@"\n')
    make_hooks_ready(folder, world.confine)
    asked.append(len(world.asked))

    hook(world, "pre-commit", "exit 1\n")
    make_hooks_ready(folder, None)
    make_hooks_ready(folder, world.confine)
    asked.append(len(world.asked))

    assert asked == [0, 1]
    with pytest.raises(OutsideTrouble):
        make_hooks_ready(folder, refuse)
