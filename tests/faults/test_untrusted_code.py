"""Code that an agent wrote, in checks, set-up and hooks: no keys, an end, nobody left; without network if wished."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from runner.git.repository import Repository
from runner.wiring.confining import untouchable
from tests.faults.scene import CHECK, Scene
from tests.support.git import Sandbox
from tests.support.needs import needs_program

HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-push")
KEYS = {
    "SSH_AUTH_SOCK": "/run/hush-agent",
    "ANTHROPIC_API_KEY": "sk-ant-hush-0000",
    "AWS_SECRET_ACCESS_KEY": "hush-aws",
    "GOOGLE_APPLICATION_CREDENTIALS": "/hush-gcp.json",
    "NPM_TOKEN": "hush-npm",
    "DATABASE_URL": "postgres://ada:hush@db/prod",
    "GIT_ASKPASS": "/bin/hush-askpass",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "http.https://git.example.org/.extraHeader",
    "GIT_CONFIG_VALUE_0": "Authorization: Basic hush",
}


def settle(scene: Scene, settings: str) -> None:
    """The project's settings are these from now on, trusted and at the base."""
    scene.checkout.commit("settings", {".runner.toml": settings})
    scene.checkout.git("push", "-q", "origin", "main")
    scene.run("trust", "--yes")


def hook(scene: Scene, name: str, text: str) -> None:
    path = scene.checkout.path / ".git/hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def without_bwrap(scene: Scene) -> None:
    """The same programs on PATH, but for bwrap."""
    folder = scene.folder / "bin"
    folder.mkdir()
    for place in reversed(scene.environ["PATH"].split(":")):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            (folder / program.name).unlink(missing_ok=True)
            (folder / program.name).symlink_to(program)
    (folder / "bwrap").unlink(missing_ok=True)
    scene.environ["PATH"] = str(folder)


def no_trace(scene: Scene) -> bool:
    """Nothing was held, claimed, spent or made."""
    found = scene.found()
    runs = list((scene.state / "runs").glob("r-*"))
    return (found.status, found.attempts, found.holds, found.cost_nano, runs) == ("pending", 0, 0, 0, [])


@pytest.mark.quick
def test_neither_checks_nor_set_up_nor_hooks_see_a_key(scene: Scene) -> None:
    seen = scene.folder / "seen"
    seen.mkdir()
    settle(
        scene,
        f"[checks]\ncommands = [\"sh -c 'env > {seen}/check; {CHECK}'\"]\n"
        f"[work_tree]\nsetup = [\"sh -c 'env > {seen}/setup'\"]\n",
    )
    for name in HOOKS:
        hook(scene, name, f"env > {seen}/{name}")
    scene.environ |= KEYS

    scene.run("claim")

    assert {path.name for path in seen.iterdir()} == {"check", "setup", *HOOKS}
    token = scene.environ["GH_TOKEN"]
    for path in seen.iterdir():
        text = path.read_text()
        assert f"HOME={scene.environ['HOME']}\n" in text, path.name
        assert "hush" not in text, path.name
        assert token not in text, path.name
        assert "CLAUDE" not in text, path.name


@pytest.mark.parametrize(
    "where",
    ["check", "pre-push", *(pytest.param(name, marks=pytest.mark.long) for name in ("setup", *HOOKS[:-1]))],
)
def test_a_daemon_is_gone_with_whatever_left_it(scene: Scene, where: str) -> None:
    daemon = scene.folder / "daemon.sh"
    # Its own session, forked twice, nothing in its environment, no open file.
    daemon.write_text(
        f"setsid env -i /bin/sh -c 'sleep 300; : {scene.claude}' </dev/null >/dev/null 2>&1 &\n"
        f"echo left >> {scene.folder}/left\n"
    )
    leave = f"sh {daemon}"
    setup = f'["{leave}"]' if where == "setup" else "[]"
    checks = f'["{CHECK}", "{leave}"]' if where == "check" else f'["{CHECK}"]'
    settle(scene, f"[checks]\ncommands = {checks}\n[work_tree]\nsetup = {setup}\n")
    if where in HOOKS:
        hook(scene, where, leave)

    scene.run("claim")

    assert (scene.folder / "left").exists()
    assert scene.alive(within_s=0.5) == []


def test_a_check_that_hangs_is_ended_and_red(scene: Scene) -> None:
    settle(
        scene,
        f'[checks]\ncommands = ["{CHECK}", "sh -c \'grep -q a.+.b calc.py && sleep 300; true\'"]\n'
        "timeout_s = 1\nrepairs = 0\n",
    )

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "checks_failed"' in ended.out
    assert '"timed_out": true' in ended.out
    assert scene.alive() == []


def test_a_set_up_that_hangs_ends_the_run_before_anything_is_spent(scene: Scene) -> None:
    settle(
        scene, f'[checks]\ncommands = ["{CHECK}"]\n[work_tree]\nsetup = ["sleep 300"]\nsetup_timeout_s = 1\n'
    )

    ended = scene.run("claim", code=5)

    assert "work_tree.setup: `sleep 300`" in ended.err
    assert scene.calls() == []
    found = scene.found()
    assert (found.status, found.attempts, found.holds, found.leftovers) == ("pending", 0, 0, ())


def test_without_network_checks_reach_nobody(scene: Scene) -> None:
    needs_program("bwrap")
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        scene.checkout.commit(
            "reach", {"reach.py": f"{reach}\n", "alone.py": NOT_REACHED.format(reach=reach)}
        )
        settle(scene, f'[checks]\ncommands = ["{CHECK}", "{sys.executable} alone.py"]\nnetwork = false\n')

        ended = scene.run("claim", "--json")

    assert '"outcome": "done"' in ended.out
    assert ended.out.count('"exit_code": 0') == 3  # alone before, both after


NOT_REACHED = """\
try:
    {reach}
except OSError:
    print("alone")
else:
    raise SystemExit("somebody is there")
"""


@pytest.mark.parametrize("state", ["", pytest.param(".git/runner", marks=pytest.mark.long)])
def test_without_network_checks_cannot_write_to_the_checkout(scene: Scene, state: str) -> None:
    needs_program("bwrap")
    top = scene.checkout.path
    if state:  # the work tree lies in the checkout then
        scene.environ["RUNNER_STATE_DIR"] = str(top / state)
    names = [
        str(path) for path in (top / "x", top / "calc.py", top / ".git/hooks/pre-commit", top / ".git/x")
    ]
    scene.checkout.commit("closed", {"closed.py": CLOSED.format(names=names)})
    settle(scene, f'[checks]\ncommands = ["{CHECK}", "{sys.executable} closed.py"]\nnetwork = false\n')
    if state:
        scene.run("submit", "Fix add")
    before = scene.checkout.git("status", "--porcelain", "--ignored")

    ended = scene.run("claim", "--json")

    assert '"outcome": "done"' in ended.out
    assert ended.out.count('"exit_code": 0') == 3  # closed before, both after
    assert scene.checkout.git("status", "--porcelain", "--ignored") == before
    assert not (top / ".git/hooks/pre-commit").exists()


CLOSED = """\
import errno, os, subprocess
for name in {names}:
    try:
        open(name, "a").close()
        raise SystemExit(name + " is open")
    except OSError as error:
        assert error.errno == errno.EROFS, name
open("made", "w").close()
subprocess.run(["git", "add", "made"], check=True)
subprocess.run(["git", "rm", "-q", "-f", "made"], check=True)
"""


def test_the_home_folder_as_a_checkout_stays_a_place_for_caches(tmp_path: Path) -> None:
    top = Sandbox.create(tmp_path / "home").path
    checkout = Repository.open(top)

    as_home, below, beside = (
        untouchable(checkout, {"HOME": str(home)}) for home in (top, top / "ada", tmp_path)
    )

    assert set(as_home) == set(below) == {top / ".git"}
    assert set(beside) == set(untouchable(checkout, {})) == {top, top / ".git"}


@pytest.mark.parametrize("words", [("claim",), ("claim", "--dry-run")])
def test_where_bwrap_is_missing_nothing_is_begun(scene: Scene, words: tuple[str, ...]) -> None:
    settle(scene, f'[checks]\ncommands = ["{CHECK}"]\nnetwork = false\n')
    without_bwrap(scene)

    ended = scene.run(*words, code=5)

    (error,) = (line for line in ended.err.splitlines() if line.startswith("error: "))
    assert "checks.network is false" in error
    assert "bwrap, which was not found" in error
    assert "hint: install bubblewrap" in ended.err
    assert scene.calls() == []
    assert no_trace(scene)


def test_where_bwrap_may_not_work_nothing_is_begun(scene: Scene) -> None:
    settle(scene, f'[checks]\ncommands = ["{CHECK}"]\nnetwork = false\n')
    without_bwrap(scene)
    refusing = scene.folder / "bin/bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n")
    refusing.chmod(0o755)

    ended = scene.run("claim", code=5)

    assert "bwrap: setting up uid map: Permission denied" in ended.err
    assert no_trace(scene)


def test_without_checks_nobody_needs_bwrap(scene: Scene) -> None:
    settle(scene, "[checks]\ncommands = []\nnetwork = false\n")
    without_bwrap(scene)

    scene.run("claim")

    assert scene.found().status == "completed"
