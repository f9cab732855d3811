"""Git hooks of a run without network: `hooks.network = false`, from the settings to the pull request."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.scene import CHECK, FIXED, Scene
from tests.faults.test_untrusted_code import HOOKS, hook, no_trace, settle, without_bwrap
from tests.support.needs import needs_program

SETTINGS = f'[checks]\ncommands = ["{CHECK}"]\n[hooks]\nnetwork = false\n'


@pytest.fixture
def call() -> Iterator[str]:
    """A shell line that says whether a server on this machine's loopback answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        reach = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        yield f'if {sys.executable} -c "{reach}" 2>/dev/null; then echo reached; else echo alone; fi'


def record(scene: Scene, call: str) -> Path:
    """Let every hook note whom it reaches, and whether it can write to the checkout."""
    seen = scene.folder / "seen"
    seen.mkdir()
    top = scene.checkout.path
    for name in HOOKS:
        write = f"if (echo x > {top}/by-{name}) 2>/dev/null; then echo open; else echo closed; fi"
        hook(scene, name, f"{{ {call}; {write}; }} > {seen}/{name}")
    return seen


def what_was_seen(seen: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in seen.iterdir()}


@pytest.mark.parametrize("trusted", [True, False])
def test_hooks_reach_nobody_and_leave_the_checkout_alone(scene: Scene, call: str, trusted: bool) -> None:
    needs_program("bwrap")
    settle(scene, SETTINGS)
    if not trusted:  # it only takes away
        scene.run("trust", "--revoke")
    seen = record(scene, call)
    hook(
        scene,
        "post-commit",
        f"{{ {call}; echo closed; }} > {seen}/post-commit; git log -1 --format=%s > {seen}/log",
    )
    before = scene.checkout.git("status", "--porcelain", "--ignored")

    scene.run("claim")

    told = what_was_seen(seen)
    assert "add" in told.pop("log")
    assert told == dict.fromkeys(HOOKS, "alone\nclosed\n")
    assert scene.checkout.git("status", "--porcelain", "--ignored") == before
    found = scene.found()
    assert (found.commits, found.pulls, found.completions, found.status) == (1, 1, 1, "completed")
    assert scene.shown("calc.py") == [FIXED["calc.py"].removesuffix("\n")]


def test_by_default_hooks_have_the_network(scene: Scene, call: str) -> None:
    settle(scene, f'[checks]\ncommands = ["{CHECK}"]\n')
    seen = record(scene, call)

    scene.run("claim")

    assert {text.split()[0] for text in what_was_seen(seen).values()} == {"reached"}


def test_what_a_hook_without_network_says_no_to_waits_for_a_person(scene: Scene, call: str) -> None:
    needs_program("bwrap")
    settle(scene, SETTINGS)
    hook(
        scene,
        "pre-commit",
        f"{call} | grep -q reached || {{ echo 'the registry does not answer' >&2; exit 3; }}",
    )

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "needs_input"' in ended.out
    assert "the registry does not answer" in ended.out
    assert scene.found().pulls == 0


def test_the_settings_of_the_base_commit_hold(scene: Scene, call: str) -> None:
    """What lies in the checkout and was never committed gives hooks no network."""
    needs_program("bwrap")
    settle(scene, SETTINGS)
    seen = record(scene, call)
    scene.checkout.write({".runner.toml": SETTINGS.replace("false", "true")})
    scene.run("trust", "--yes")

    scene.run("claim")

    assert {text.split()[0] for text in what_was_seen(seen).values()} == {"alone"}


@pytest.mark.parametrize("words", [("claim",), ("claim", "--dry-run")])
def test_where_bwrap_is_missing_nothing_is_begun(scene: Scene, words: tuple[str, ...]) -> None:
    settle(scene, SETTINGS)
    hook(scene, "pre-push", f"touch {scene.folder}/ran")
    without_bwrap(scene)

    ended = scene.run(*words, code=5)

    (error,) = (line for line in ended.err.splitlines() if line.startswith("error: "))
    assert error == "error: hooks.network is false, and without network they need bwrap, which was not found"
    assert "hint: install bubblewrap, or set hooks.network to true" in ended.err
    assert scene.calls() == []
    assert no_trace(scene)
    assert not (scene.folder / "ran").exists()


def test_where_bwrap_may_not_work_nothing_is_begun(scene: Scene) -> None:
    settle(scene, SETTINGS)
    hook(scene, "pre-commit", f"touch {scene.folder}/ran")
    without_bwrap(scene)
    refusing = scene.folder / "bin/bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n")
    refusing.chmod(0o755)

    ended = scene.run("claim", code=5)

    assert "hooks.network is false" in ended.err
    assert "bwrap: setting up uid map: Permission denied" in ended.err
    assert no_trace(scene)


def test_a_run_that_was_killed_is_not_gone_on_with_where_bwrap_is_missing(scene: Scene, call: str) -> None:
    needs_program("bwrap")
    settle(scene, SETTINGS)
    seen = record(scene, call)
    path = scene.environ["PATH"]
    scene.run("claim", place="before:commit begun=1", code=-signal.SIGKILL)
    without_bwrap(scene)

    refused = scene.run("claim", code=5)

    assert "hooks.network is false" in refused.err
    assert what_was_seen(seen) == {}
    scene.environ["PATH"] = path
    scene.run("claim")
    assert {text.split()[0] for text in what_was_seen(seen).values()} == {"alone"}
    found = scene.found()
    assert (found.commits, found.pulls, found.completions, found.status) == (1, 1, 1, "completed")


def test_without_hooks_nobody_needs_bwrap(scene: Scene) -> None:
    settle(scene, SETTINGS)
    without_bwrap(scene)

    scene.run("claim")

    assert scene.found().status == "completed"


def test_a_commit_by_hand_calls_hooks_as_git_does(scene: Scene, call: str) -> None:
    settle(scene, SETTINGS)
    without_bwrap(scene)
    seen = record(scene, call)
    scene.run("take", "T-1")
    scene.checkout.write(FIXED)

    scene.run("commit", "-m", "fix: Add")

    assert what_was_seen(seen)["pre-commit"] == "reached\nopen\n"
