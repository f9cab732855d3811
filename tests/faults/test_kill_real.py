"""The real claude, killed with its runner: the same conversation goes on, and each answer is paid for once."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.console import script
from tests.faults.scene import CHECK, Scene
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import Answer, MessagesApi, text, tool

pytestmark = pytest.mark.long

ANSWER_NANO = 5_000_000
"""What one answer of 1,000 tokens in and 50 out costs with the model that claude chooses."""
WORD, CALL = "\x1e", "\x1d"
"""What ends a word, and a call, where they are written down: words have lines of their own."""
READ = tool("Read", file_path="{cwd}/calc.py")
FIX = tool("Edit", file_path="{cwd}/calc.py", old_string="a - b", new_string="a + b")
NEWS = tool("Write", file_path="{cwd}/NEWS.md", content="add() adds.\n")
DONE = text("`add` subtracted; now it adds, and the check passes.")


def never(answer: Answer) -> Answer:
    """The model thinks about it for longer than anybody waits."""
    return replace(answer, delay_s=600.0)


@contextmanager
def answering(scene: Scene, *answers: Answer) -> Iterator[MessagesApi]:
    """The real claude, its calls written down, against these answers of the API."""
    calls = scene.folder / "real-calls"
    program = script(
        scene.folder / "real-claude",
        f'[ "$1" = --version ] || {{ for word; do printf "%s\\036" "$word"; done; printf "\\035"; }} >> {calls}\n'
        f'exec {real_claude()} "$@"\n',
    )
    with MessagesApi(answers=answers) as api:
        scene.environ |= {"RUNNER_CLAUDE_PROGRAM": program, **claude_environment(api.url)}
        yield api


def calls(scene: Scene) -> list[list[str]]:
    """The words of every call of claude."""
    told = (scene.folder / "real-calls").read_text().split(CALL)
    return [call.split(WORD)[:-1] for call in told if call]


def wait_for_requests(api: MessagesApi, number: int) -> None:
    until = time.monotonic() + 90
    while len(api.requests) < number:
        assert time.monotonic() < until, f"only {len(api.requests)} requests came"
        time.sleep(0.02)
    time.sleep(0.3)  # the stream is written down a moment after claude has said it


def kill_at_request(scene: Scene, api: MessagesApi, number: int, *, group: bool = False) -> None:
    """Start a claim, and kill it when claude waits for its answer of this number (from 1)."""
    claim = scene.start("claim")
    wait_for_requests(api, number)
    (os.killpg if group else os.kill)(claim.pid, signal.SIGKILL)
    claim.communicate()


def session(call: list[str]) -> tuple[str, str]:
    """How the conversation was named: the flag and its id."""
    (word,) = (word for word in call if word.startswith(("--session-id=", "--resume=")))
    flag, _, name = word.partition("=")
    return flag, name


def other_flags(call: list[str]) -> Counter[str]:
    """All but what must differ: the conversation, and the money that is left."""
    return Counter(
        word for word in call if not word.startswith(("--session-id", "--resume", "--max-budget-usd"))
    )


def working_in(scene: Scene) -> list[str]:
    """Processes that work in one of our work trees."""
    trees = str(scene.state / "worktrees")
    found = []
    for entry in Path("/proc").iterdir():
        try:
            where = str((entry / "cwd").readlink()) if entry.name.isdigit() else ""
        except OSError:
            continue
        if where.startswith(trees):
            found.append(where)
    return found


def nobody_works(scene: Scene) -> bool:
    until = time.monotonic() + 10
    while working_in(scene) and time.monotonic() < until:
        time.sleep(0.05)
    return not working_in(scene)


def one_of_everything(scene: Scene, *, answers: int) -> None:
    found = scene.found()
    assert (found.commits, found.branches, found.pulls, found.completions) == (1, ("fix/T-1-fix-add",), 1, 1)
    assert (found.holds, found.leftovers, found.unfinished, found.attempts) == (0, (), 0, 1)
    assert found.cost_nano == answers * ANSWER_NANO
    assert nobody_works(scene)


def blocks(request: Any, kind: str) -> list[dict[str, Any]]:
    """All blocks of a kind in the messages of a request."""
    contents = [message["content"] for message in request.body["messages"]]
    return [
        block
        for content in contents
        if isinstance(content, list)
        for block in content
        if block["type"] == kind
    ]


@pytest.mark.parametrize("group", [False, True], ids=["alone", "group"])
def test_killed_after_a_tool_was_used_the_conversation_goes_on(scene: Scene, group: bool) -> None:
    with answering(scene, READ, FIX, never(DONE), NEWS, DONE) as api:
        kill_at_request(scene, api, 3, group=group)
        gone = nobody_works(scene)
        ended = scene.run("claim", "--json")

    first, second = calls(scene)
    goes_on = api.requests[3]
    assert gone
    assert json.loads(ended.out)["outcome"] == "done"
    assert session(first) == ("--session-id", session(second)[1])
    assert session(second)[0] == "--resume"
    assert other_flags(first) == other_flags(second)
    assert [block["name"] for block in blocks(goes_on, "tool_use")] == ["Read", "Edit"]
    assert len(blocks(goes_on, "tool_result")) == 2
    assert goes_on.messages.count("The runner you worked for was ended from outside") == 1
    assert goes_on.messages.count("add(2, 3) must be 5.") == 1
    assert scene.shown("calc.py", "NEWS.md") == ["def add(a, b):\n    return a + b", "add() adds."]
    one_of_everything(scene, answers=4)


def test_killed_before_the_first_answer_it_begins_anew(scene: Scene) -> None:
    with answering(scene, never(DONE), FIX, DONE) as api:
        kill_at_request(scene, api, 1)
        scene.run("claim")

    first, second = calls(scene)
    assert session(second)[0] == "--session-id"
    assert session(second)[1] != session(first)[1]
    assert api.requests[1].messages.count("add(2, 3) must be 5.") == 1
    one_of_everything(scene, answers=2)


def test_killed_twice_in_one_conversation_each_answer_is_still_paid_for_once(scene: Scene) -> None:
    with answering(scene, READ, never(FIX), FIX, never(DONE), DONE) as api:
        kill_at_request(scene, api, 2)
        kill_at_request(scene, api, 4)
        scene.run("claim")

    assert len({session(call)[1] for call in calls(scene)}) == 1
    one_of_everything(scene, answers=3)


def test_killed_between_two_repairs_the_second_one_follows(scene: Scene) -> None:
    scene.checkout.commit(
        "a green check", {"check_calc.py": "from calc import add\n\nassert add(2, 0) == 2\n"}
    )
    scene.checkout.git("push", "-q", "origin", "main")
    seven = tool("Write", file_path="{cwd}/calc.py", content="def add(a, b):\n    return 7\n")
    eight = tool("Edit", file_path="{cwd}/calc.py", old_string="7", new_string="8")
    right = tool("Edit", file_path="{cwd}/calc.py", old_string="8", new_string="a + b")
    with answering(scene, READ, seven, text("Seven."), eight, text("Eight."), right, DONE) as api:
        scene.run("claim", place="after:verify done=2", code=-9)
        before = len(api.requests)
        scene.run("claim")

    assert before == 5
    assert [session(call)[0] for call in calls(scene)] == ["--session-id", "--resume", "--resume"]
    assert CHECK in api.requests[5].messages
    assert scene.shown("calc.py") == ["def add(a, b):\n    return a + b"]
    one_of_everything(scene, answers=7)
