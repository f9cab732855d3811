"""A secret of this machine that an agent prints in every writing reaches no file of ours, no terminal and no forge."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import pytest

from runner.redaction.redactor import Redactor
from tests.faults.scene import CALC, FIXED, Ended, Scene
from tests.redaction.writings import ODD, PLAIN, WRITINGS, recovered, two_lines
from tests.support.git import Sandbox

SECRETS = {"DEPLOY_TOKEN": PLAIN, "DB_PASSWORD": ODD}
PRINTED = [write(secret) for secret in SECRETS.values() for write in WRITINGS.values()]
EVERYTHING = "\n\n".join(
    [*PRINTED, *(text for secret in SECRETS.values() for text in list(two_lines(secret))[::7])]
)


@pytest.fixture
def leaky(scene: Scene) -> Scene:
    """The secrets are in the environment of `runner`; the check prints what an agent left for it."""
    scene.environ |= SECRETS
    (scene.folder / "printed").write_text(EVERYTHING)
    scene.checkout.commit(
        "a check that talks",
        {
            "check_calc.py": f"print(open({str(scene.folder / 'printed')!r}).read())\n"
            "from calc import add\n\nassert add(2, 3) == 5, open("
            f"{str(scene.folder / 'printed')!r}).read()\n"
        },
    )
    scene.checkout.git("push", "-q", "origin", "main")
    return scene


def plan(
    scene: Scene, *, writes: dict[str, str] = FIXED, text: str = EVERYTHING, says: list[str] | None = None
) -> None:
    said = PRINTED if says is None else says
    (scene.claude / "plan.json").write_text(json.dumps({"writes": writes, "text": text, "says": said}))


def shown(data: bytes) -> str:
    """As a reader sees it; a file of a database or an archive is read as bytes."""
    return data.decode(errors="replace")


def holds_secret(text: str) -> list[str]:
    return [name for name, secret in SECRETS.items() if secret in text or recovered(text, secret)]


def leaks(scene: Scene, ended: Ended, *, but: tuple[str, ...] = ()) -> list[str]:
    """Where a secret can be read: files of ours, what the command said, pull requests, commits that were pushed."""
    home = Path(os.environ["HOME"])
    places = {"standard output": ended.out, "standard error": ended.err}
    folders = {scene.state, home / ".cache", home / ".config", home / ".local"}
    for path in {path for folder in folders for path in folder.rglob("*") if path.is_file()}:
        raw = path.read_bytes()
        places[str(path)] = shown(_inflated(raw))
    for number, pull in enumerate(scene.github.pulls):
        places[f"pull request {number}"] = f"{pull.title}\n{pull.body}\n{pull.labels}"
    for repository in (Sandbox(scene.github.state.origin), scene.checkout):
        places[f"history of {repository.path.name}"] = repository.git("log", "--all", "-p", "--format=fuller")
        places[f"refs of {repository.path.name}"] = repository.git("for-each-ref")
    return [
        f"{place}: {_excerpt(text)}"
        for place, text in sorted(places.items())
        if holds_secret(text) and not place.endswith(but or "\0")
    ]


def _excerpt(text: str) -> str:
    """The first line that leaks."""
    return next((line[:300] for line in text.split("\n") if holds_secret(line)), "over several lines")


def _inflated(raw: bytes) -> bytes:
    """A loose object of git is deflated."""
    try:
        return zlib.decompress(raw)
    except zlib.error:
        return raw


def test_the_eye_that_looks_for_leaks_sees_them(leaky: Scene) -> None:
    for text in PRINTED:
        assert holds_secret(text) or "json all" in text or len(text) < 400, text

    (out,) = leaks(leaky, Ended(code=0, out=PLAIN, err=""))
    (err,) = leaks(leaky, Ended(code=0, out="", err=EVERYTHING))

    assert out == f"standard output: {PLAIN}"
    assert err.startswith("standard error: ")


@pytest.mark.parametrize(
    "words", [("claim",), ("claim", "--json"), ("-v", "claim")], ids=["plain", "json", "verbose"]
)
def test_what_tools_checks_and_claude_say_is_redacted_everywhere(
    leaky: Scene, words: tuple[str, ...]
) -> None:
    plan(leaky, text="`add` subtracted; now it adds, and the check passes.")

    ended = leaky.run(*words)

    assert len(leaky.github.pulls) == 1
    assert leaks(leaky, ended) == []
    (folder,) = (leaky.state / "runs").glob("r-*")
    assert "[redacted:DEPLOY_TOKEN]" in (folder / "stream.jsonl").read_text()
    assert "[redacted:DB_PASSWORD]" in (folder / "evidence.json").read_text()


def test_a_secret_in_the_answer_stops_the_delivery_and_is_kept_nowhere(leaky: Scene) -> None:
    plan(leaky)

    ended = leaky.run("claim", "--json", code=1)

    assert json.loads(ended.out)["outcome"] == "needs_input"
    assert leaky.github.pulls == []
    assert leaks(leaky, ended) == []


def test_what_turned_red_is_redacted_in_repairs_and_in_the_draft(leaky: Scene) -> None:
    leaky.checkout.commit("green", FIXED)
    leaky.checkout.git("push", "-q", "origin", "main")
    plan(leaky, writes=CALC, text="now it subtracts, as it should")

    ended = leaky.run("claim", "--json", code=None)

    assert json.loads(ended.out)["outcome"] == "checks_failed"
    assert leaks(leaky, ended) == []
    assert not holds_secret((leaky.claude / "prompt").read_text())


def test_a_question_with_a_secret_in_it_is_kept_without_it(leaky: Scene) -> None:
    plan(leaky, writes={}, text=f"I looked.\n\nQUESTION: is {PLAIN} or {ODD} right? {EVERYTHING}")

    ended = leaky.run("claim", "--json", code=1)
    shown = leaky.run("show", "T-1")

    assert json.loads(ended.out)["outcome"] == "needs_input"
    assert leaks(leaky, ended) == []
    assert leaks(leaky, shown) == []


def test_an_error_with_a_secret_in_it_is_told_without_it(leaky: Scene) -> None:
    program = leaky.folder / "broken-claude"
    version = "case $1 in --version) echo '2.1.330 (Claude Code)'; exit;; esac"
    program.write_text(f"#!/bin/sh\n{version}\ncat {leaky.folder / 'printed'} >&2; exit 3\n")
    program.chmod(0o755)
    leaky.environ["RUNNER_CLAUDE_PROGRAM"] = str(program)

    ended = leaky.run("claim", code=None)

    assert ended.code == 5
    assert leaks(leaky, ended) == []


@pytest.mark.quick
def test_a_secret_in_the_change_leaves_nothing_and_is_named_without_its_value(leaky: Scene) -> None:
    plan(
        leaky,
        writes=FIXED | {"notes.txt": f"{PLAIN}\n", "odd.txt": WRITINGS["base64 wrapped"](ODD)},
        text="done",
        says=[],
    )

    ended = leaky.run("claim", "--json", code=1)

    report = json.loads(ended.out)
    assert report["outcome"] == "needs_input"
    assert "value of DEPLOY_TOKEN in notes.txt:1" in report["cause"]
    assert "value of DB_PASSWORD in odd.txt:1" in report["cause"]
    assert Sandbox(leaky.github.state.origin).branches() == ["main"]
    assert leaky.github.pulls == []
    # The work itself is kept, in the private clone; nothing else is.
    assert [place for place in leaks(leaky, ended) if "/clones/" not in place] == []


def test_a_task_with_a_secret_in_it_is_asked_without_it(scene: Scene) -> None:
    scene.environ |= SECRETS
    scene.run("submit", f"Use {PLAIN}", "-d", EVERYTHING, "--priority", "critical")
    plan(scene, text="done, and well done", says=[])

    ended = scene.run("claim", "T-2", "--json", code=None)

    assert not holds_secret((scene.claude / "prompt").read_text())
    assert leaks(scene, ended, but=("queue.db", "queue.db-wal")) == []


def test_the_redactor_of_the_command_knows_the_environment() -> None:
    """What the tests above rest on."""
    assert all(secret not in Redactor(SECRETS).text(EVERYTHING) for secret in SECRETS.values())
