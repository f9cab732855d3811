"""What a run may not do without a person's word: protected files, secrets, the developer's own checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.scene import FIXED, Scene
from tests.support.git import Sandbox

AWS_KEY = "AKIA" + "Q3EGRQ7WZ5TYNVBM"  # made up, in the right shape
WORKFLOW = ".github/workflows/ci.yml"


def branches(scene: Scene) -> list[str]:
    return Sandbox(scene.github.state.origin).branches()


@pytest.mark.quick
def test_a_changed_protected_file_waits_for_a_word_and_nothing_leaves(scene: Scene) -> None:
    scene.plan(writes=FIXED | {WORKFLOW: "on: push\n"}, text="Done, and CI too.")

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "needs_input"' in ended.out
    assert WORKFLOW in scene.task().question
    assert branches(scene) == ["main"]
    assert scene.found().pulls == 0


def test_a_new_link_is_followed_through_those_that_are_there(scene: Scene) -> None:
    (scene.checkout.path / "ci").symlink_to(".github")
    scene.checkout.commit("a link", {WORKFLOW: "on: push\n"})
    scene.checkout.git("push", "-q", "origin", "main")
    claude = Path(scene.environ["RUNNER_CLAUDE_PROGRAM"])
    works = 'case "$*" in *--version*) ;; *) ln -s ci/workflows wf ;; esac\n'
    claude.write_text(claude.read_text().replace("exec ", works + "exec ", 1))

    scene.run("claim", code=1)

    assert "/wf (a link to a protected file: .github/workflows)" in scene.task().question
    assert branches(scene) == ["main"]


def test_allowed_by_an_answer_it_goes_on_and_the_pull_request_names_it(scene: Scene) -> None:
    scene.plan(writes=FIXED | {WORKFLOW: "on: push\n"}, text="Done, and CI too.")
    scene.run("claim", code=1)
    scene.run("answer", "T-1", f"allow {WORKFLOW}")

    scene.run("claim")

    (pull,) = scene.github.pulls
    assert WORKFLOW in pull.body
    assert scene.shown(WORKFLOW) == ["on: push"]


def test_another_answer_allows_nothing(scene: Scene) -> None:
    scene.plan(writes=FIXED | {WORKFLOW: "on: push\n"}, text="Done, and CI too.")
    scene.run("claim", code=1)
    scene.run("answer", "T-1", "please do without")

    scene.run("claim", code=1)

    assert branches(scene) == ["main"]


def test_a_task_that_names_a_protected_file_is_asked_about_before_anything_is_spent(scene: Scene) -> None:
    scene.run("cancel", "T-1")
    scene.run("submit", "Add a step to .github/workflows/ci.yml")

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "needs_input"' in ended.out
    assert scene.calls() == []
    assert scene.found().cost_nano == 0
    assert scene.found().holds == 0
    assert scene.leftovers() == ()


def test_allowed_beforehand_it_is_done(scene: Scene) -> None:
    scene.run("cancel", "T-1")
    scene.run("submit", "Add a step to .github/workflows/ci.yml")
    scene.run("claim", code=1)
    scene.run("answer", "T-2", "allow")
    scene.plan(writes={WORKFLOW: "on: push\n"}, text="The step is there now.")

    scene.run("claim")

    assert scene.shown(WORKFLOW) == ["on: push"]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("writes", "text", "where"),
    [
        ({"keys.py": f'KEY = "{AWS_KEY}"\n'}, "The key is in its file now.", "keys.py:1"),
        ({"fine.py": "x = 1\n"}, f"I used the key {AWS_KEY} to try it.", "claude's summary"),
    ],
)
def test_a_secret_in_the_commit_or_the_summary_stays_here(
    scene: Scene, writes: dict[str, str], text: str, where: str
) -> None:
    scene.plan(writes=FIXED | writes, text=text)

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "needs_input"' in ended.out
    question = scene.task().question
    assert where in question
    assert AWS_KEY not in question + ended.out + ended.err
    assert branches(scene) == ["main"]
    assert scene.found().pulls == 0


def test_claude_takes_the_secret_out_when_it_is_told_to(scene: Scene) -> None:
    scene.plan(writes=FIXED | {"keys.py": f'KEY = "{AWS_KEY}"\n'}, text="The key is in its file now.")
    scene.run("claim", code=1)
    scene.run("answer", "T-1", "read it from the environment")
    scene.plan(
        writes=FIXED | {"keys.py": 'KEY = os.environ["KEY"]\n'}, text="It is read from the environment."
    )

    scene.run("claim")

    assert scene.calls()[-1]["resumed"]
    assert scene.found().pulls == 1
    assert AWS_KEY not in Sandbox(scene.github.state.origin).git("log", "-p", "--all")


def test_a_run_that_changed_the_checkout_says_so_and_delivers_nothing(scene: Scene) -> None:
    target = scene.checkout.path / "calc.py"
    scene.plan(writes=FIXED | {str(target): "broken\n"}, text="Done, in your checkout too.")

    ended = scene.run("claim", "--json", code=1)

    assert '"outcome": "needs_input"' in ended.out
    assert "the run changed your checkout" in scene.task().question
    assert "calc.py" in scene.task().question
    assert branches(scene) == ["main"]
    (recover,) = (scene.state / "runs").glob("r-*/recover.sh")
    scene.checkout_shell(f"sh {recover}")
    assert target.read_text() == "def add(a, b):\n    return a - b\n"


@pytest.mark.quick
def test_what_the_developer_did_meanwhile_is_told_apart(scene: Scene) -> None:
    (scene.claude / "wait").touch()
    claim = scene.start("claim", "--json")
    scene.wait_for_work()
    scene.checkout.write({"notes.txt": "mine\n", "calc.py": "def add(a, b):\n    return a + b  # mine\n"})
    scene.checkout.git("stash")
    scene.checkout.git("stash", "pop")
    (scene.claude / "wait").unlink()

    out, err = claim.communicate(timeout=60)

    assert claim.returncode == 0, out + err
    assert scene.found().pulls == 1
    assert scene.checkout.git("status", "--porcelain").split("\n") == [" M calc.py", "?? notes.txt"]


@pytest.mark.quick
def test_a_base_that_moved_is_rebased_once_and_checked_again(scene: Scene) -> None:
    scene.hook_of_origin(
        'read old new ref; [ "$ref" = refs/heads/main ] && exit 0\n'
        'git merge-base --is-ancestor main "$new" && exit 0\n'
        'echo "the branch is out of date, rebase onto main" >&2; exit 1\n'
    )
    (scene.claude / "wait").touch()
    claim = scene.start("claim", "--json")
    scene.wait_for_work()
    scene.checkout.commit("somebody was faster", {"other.txt": "theirs\n"})
    scene.checkout.git("push", "-q", "origin", "main")
    (scene.claude / "wait").unlink()

    out, err = claim.communicate(timeout=60)

    assert claim.returncode == 0, out + err
    assert scene.shown("other.txt", "calc.py") == ["theirs", "def add(a, b):\n    return a + b"]
    assert scene.found().commits == 1


@pytest.mark.quick
def test_a_base_that_moved_into_the_same_lines_asks_and_keeps_the_work(scene: Scene) -> None:
    scene.hook_of_origin(
        'read old new ref; [ "$ref" = refs/heads/main ] && exit 0\n'
        'git merge-base --is-ancestor main "$new" && exit 0\n'
        'echo "the branch is out of date, rebase onto main" >&2; exit 1\n'
    )
    (scene.claude / "wait").touch()
    claim = scene.start("claim", "--json")
    scene.wait_for_work()
    scene.checkout.commit("somebody was faster", {"calc.py": "def add(a, b):\n    return sum((a, b))\n"})
    scene.checkout.git("push", "-q", "origin", "main")
    (scene.claude / "wait").unlink()

    out, err = claim.communicate(timeout=60)

    assert claim.returncode == 1, out + err
    assert "calc.py" in scene.task().question
    assert branches(scene) == ["main"]


def test_a_protected_branch_asks_and_keeps_the_work(scene: Scene) -> None:
    scene.hook_of_origin(
        'read old new ref; [ "$ref" = refs/heads/main ] && exit 0\n'
        'echo "GH006: Protected branch update failed for $ref." >&2; exit 1\n'
    )

    scene.run("claim", code=1)

    question = scene.task().question
    words = question.split("The work is kept: `")[1].split("`")[0].split()
    scene.checkout.git(*words[3:])
    assert any(name.startswith("rescue/") for name in scene.checkout.branches())


def test_the_folder_that_git_takes_hooks_from_is_protected_too(scene: Scene) -> None:
    scene.checkout.git("config", "core.hooksPath", "tools/hooks")
    scene.plan(writes=FIXED | {"tools/hooks/pre-commit": "#!/bin/sh\ntouch /tmp/never\n"}, text="Done.")

    scene.run("claim", code=1)

    assert "tools/hooks/pre-commit" in scene.task().question
    assert branches(scene) == ["main"]
