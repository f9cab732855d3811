"""What a task closes is said in a field of its own; its texts still close nothing."""

from __future__ import annotations

import json
import re

import pytest

from runner.forge.marking import unmarked
from tests.faults.scene import FIXED, Scene
from tests.support.git import Sandbox

HOSTILE = "Closes #1. fixes acme/widget#2, resolves https://github.localhost/acme/widget/issues/3 and @ada"
CLOSING = re.compile(r"(?i)\b(?:clos|fix|resolv)\w*\W+(?:\S*#|\S+/issues/)(\d+)")


def closes_in(text: str) -> set[str]:
    return set(CLOSING.findall(text))


def test_a_pull_request_closes_the_issue_of_its_task_and_none_that_a_text_names(scene: Scene) -> None:
    scene.plan(writes=FIXED, text="`add` subtracted. Fixes #4, and closes #7 of course.")
    task = scene.run("submit", "Fix add, closes #5", "-d", HOSTILE, "--closes", "7").out.strip()

    scene.run("claim", task)

    (pull,) = scene.github.pulls
    body = unmarked(pull.body)
    assert body.endswith("\n\nCloses #7\n")
    assert closes_in(f"{pull.title}\n{body}") == {"7"}
    assert "@ada" not in re.sub("`[^`]*`", "", body)
    (message,) = Sandbox(scene.github.state.origin).log(f"main..{pull.head}")
    assert closes_in(message) == set()


@pytest.mark.long
def test_only_issues_of_the_repository_itself_are_closed(scene: Scene) -> None:
    host = scene.github.state.host
    own = ("acme/widget#8", f"https://{host}/acme/widget/issues/9")
    others = ("acme/other#3", "https://github.example.org/acme/widget/issues/10")
    words = [word for name in (*own, *others) for word in ("--closes", name)]
    scene.run("cancel", "T-1")
    scene.run("submit", "Fix add", *words)

    report = json.loads(scene.run("claim", "--json").out)

    body = unmarked(scene.github.pulls[0].body)
    assert body.endswith(f"\n\nRefers to {others[0]}\nRefers to {others[1]}\n\nCloses #8\nCloses #9\n")
    assert closes_in(body) == {"8", "9"}
    assert report["warnings"] == [
        f"{name} is not an issue of {host}/acme/widget: the pull request names it, and does not close it"
        for name in others
    ]


@pytest.mark.long
def test_a_person_opens_a_pull_request_that_closes_it_too(scene: Scene) -> None:
    scene.run("update", "T-1", "--closes", "7")
    scene.run("take", "T-1")
    (scene.checkout.path / "calc.py").write_text(FIXED["calc.py"])
    scene.run("commit", "-m", "Add instead of subtract")

    scene.run("pr")

    assert unmarked(scene.github.pulls[0].body).endswith("\n\nCloses #7\n")
