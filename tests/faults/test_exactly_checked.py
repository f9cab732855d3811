"""What is committed is what was checked, whatever checks, hooks or anybody else writes in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.redaction.redactor import Redactor
from runner.runs.commit_text import LIMIT, commit_body, commit_title
from tests.cli.console import script
from tests.faults.scene import CHECK, FIXED, Scene
from tests.support.git import Sandbox

REWRITING = (
    "from calc import add\n\nassert add(2, 3) == 5\n"
    "open('calc.py', 'w').write('def add(a, b):\\n    return 666\\n')\n"
    "open('evil.py', 'w').write('evil\\n')\n"
)


def check_that_writes(scene: Scene) -> None:
    scene.checkout.commit("a check that writes", {"check_calc.py": REWRITING})
    scene.checkout.git("push", "-q", "origin", "main")


@pytest.mark.quick
def test_what_a_check_writes_is_put_back_and_named(scene: Scene) -> None:
    check_that_writes(scene)

    ended = scene.run("claim")

    assert scene.shown("calc.py") == [FIXED["calc.py"].strip()]
    assert not scene.origin_has("evil.py")
    assert "left out: calc.py, evil.py" in ended.out


def test_what_is_written_while_the_runner_is_dead_is_put_back(scene: Scene) -> None:
    scene.run("claim", place="after:commit begun=1", code=-9)
    (tree,) = (scene.state / "worktrees").glob("*/T-1")
    (tree / "evil.py").write_text("evil\n")

    scene.run("claim")

    assert scene.found().pulls == 1
    assert not scene.origin_has("evil.py")


def hook(scene: Scene, text: str) -> None:
    script(scene.checkout.path / ".git/hooks/pre-commit", text)


def test_a_protected_file_that_a_hook_adds_waits_for_a_word(scene: Scene) -> None:
    hook(
        scene,
        "mkdir -p .github/workflows; echo 'on: push' > .github/workflows/evil.yml\n"
        "git add .github/workflows/evil.yml\n",
    )

    scene.run("claim", code=1)

    assert ".github/workflows/evil.yml" in scene.task().question
    assert Sandbox(scene.github.state.origin).branches() == ["main"]


def test_what_a_hook_rewrites_is_checked_again(scene: Scene) -> None:
    scene.checkout.commit(
        "a green check", {"check_calc.py": "from calc import add\n\nassert add(2, 0) == 2\n"}
    )
    scene.checkout.git("push", "-q", "origin", "main")
    hook(scene, "printf 'def add(a, b):\\n    return 7\\n' > calc.py; git add calc.py\n")

    scene.run("claim", code=1)

    assert "a hook" in scene.task().question.lower()
    assert Sandbox(scene.github.state.origin).branches() == ["main"]


def test_a_hook_that_formats_is_no_trouble(scene: Scene) -> None:
    hook(scene, "printf '# formatted\\n' >> calc.py; git add calc.py\n")

    scene.run("claim")

    assert scene.shown("calc.py") == [f"{FIXED['calc.py']}# formatted"]


def test_the_text_of_a_commit_acts_on_nothing(scene: Scene) -> None:
    scene.plan(
        writes=FIXED,
        text="It adds [skip ci] now, thanks @torvalds.\nCloses #42, fixes octo/repo#7.\n<img src='https://x.example/a.png'>"
        " ![x](https://x.example/b.png)\nCo-authored-by: Mallory <m@example.org>\n",
    )

    scene.run("claim")

    (branch,) = (name for name in Sandbox(scene.github.state.origin).branches() if name != "main")
    message = Sandbox(scene.github.state.origin).log(branch)[0]
    for part in ("[skip ci]", "@torvalds", "#42", "repo#7", "<img", "b.png", "Mallory"):
        assert part not in message, message


def test_a_title_is_made_harmless_and_a_long_body_is_cut() -> None:
    redact = Redactor().text

    title = commit_title("Fix add [skip ci] @torvalds closes #42 <b>x</b>", redact=redact, fallback="T-1")
    body = commit_body("word " * 10_000, redact=redact)

    assert "[skip ci]" not in title
    assert "@torvalds" not in title
    assert "#42" not in title
    assert "<b>" not in title
    assert len(body) <= LIMIT
    assert body.endswith("(cut)")


def count(scene: Scene, log: Path) -> None:
    """From now on the check leaves a line each time that it runs."""
    scene.checkout.commit(
        "a check", {".runner.toml": f"[checks]\ncommands = [\"sh -c 'echo >> {log}; {CHECK}'\"]\n"}
    )
    scene.checkout.git("push", "-q", "origin", "main")
    scene.run("trust", "--yes")


def test_killed_between_a_hook_that_formats_and_the_checks_they_run_again(
    scene: Scene, tmp_path: Path
) -> None:
    log = tmp_path / "checked"
    count(scene, log)
    hook(scene, "printf '# formatted\\n' >> calc.py; git add calc.py\n")
    scene.run("claim", place="after:verify begun=2", code=-9)
    before = len(log.read_text())

    scene.run("claim")

    assert len(log.read_text()) > before
    assert scene.shown("calc.py") == [f"{FIXED['calc.py']}# formatted"]


def test_killed_between_a_rebase_and_the_checks_they_run_again(scene: Scene, tmp_path: Path) -> None:
    log = tmp_path / "checked"
    count(scene, log)
    scene.hook_of_origin(
        'read old new ref; [ "$ref" = refs/heads/main ] && exit 0\n'
        'git merge-base --is-ancestor main "$new" && exit 0\n'
        'echo "the branch is out of date, rebase onto main" >&2; exit 1\n'
    )
    (scene.claude / "wait").touch()
    claim = scene.start("claim", place="after:verify begun=2")
    scene.wait_for_work()
    scene.checkout.commit("meanwhile", {"news.txt": "new\n"})
    scene.checkout.git("push", "-q", "origin", "main")
    (scene.claude / "wait").unlink()
    claim.communicate(timeout=60)
    before = len(log.read_text())

    scene.run("claim")

    assert claim.returncode == -9
    assert len(log.read_text()) > before
    assert scene.changed() == ["calc.py"]
