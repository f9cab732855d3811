"""What is told when a run starts from other settings than those in the checkout."""

from __future__ import annotations

import pytest

from runner.settings.at_base import base_warnings, ignored_for_want_of_trust
from runner.settings.load import Configuration
from runner.settings.trust import trust
from tests.settings.conftest import Desk
from tests.settings.given import Given
from tests.settings.now import NOW

CHECKS = b'[checks]\ncommands = ["true"]\n[claude]\nmax_turns = 900\n'
STYLE = b'[branch]\nprefix = "team"\n'
PROMPT = ".runner/prompts/task.md.j2"


def said(desk: Desk, **files: bytes) -> Configuration:
    """What holds when a commit says this; `toml` is the settings, `prompt` a prompt."""
    names = {"toml": ".runner.toml", "prompt": PROMPT}
    return desk.load(
        source=Given(top=desk.top, files={names.get(name, name): data for name, data in files.items()})
    )


def trusted(desk: Desk, **files: bytes) -> None:
    project = said(desk, **files).project
    assert project is not None
    trust(desk.paths, desk.top, project.contents, now=NOW)


def told(there: Configuration, here: Configuration, *, fetched: bool = True) -> list[str]:
    return list(base_warnings(there, here, place="main at abc", rev="abc", fetched=fetched))


def test_keys_and_prompts_without_trust_are_named(desk: Desk) -> None:
    found = said(desk, toml=CHECKS + STYLE, prompt=b"x")

    assert ignored_for_want_of_trust(found) == ("checks.commands", "claude.max_turns", PROMPT)


def test_nothing_is_ignored_where_all_is_trusted_or_nothing_needs_it(desk: Desk) -> None:
    trusted(desk, toml=CHECKS, prompt=b"x")

    assert ignored_for_want_of_trust(said(desk, toml=CHECKS, prompt=b"x")) == ()
    assert ignored_for_want_of_trust(said(desk, toml=STYLE)) == ()
    assert ignored_for_want_of_trust(said(desk)) == ()


def test_nothing_is_told_of_a_commit_like_the_checkout(desk: Desk) -> None:
    trusted(desk, toml=CHECKS)

    assert told(said(desk, toml=CHECKS), said(desk, toml=CHECKS)) == []
    assert told(said(desk), said(desk)) == []


def test_the_same_content_is_trusted_in_the_checkout(desk: Desk) -> None:
    there = said(desk, toml=CHECKS)

    assert told(there, there) == [
        "main at abc: checks.commands and claude.max_turns are ignored, because .runner.toml is not trusted "
        "as it stands there; look at it, then run `runner trust`"
    ]


@pytest.mark.parametrize(("fetched", "first"), [(True, ""), (False, "run `git fetch`, ")])
def test_another_content_is_trusted_at_its_commit(desk: Desk, fetched: bool, first: str) -> None:
    trusted(desk, toml=STYLE)

    lines = told(said(desk, toml=CHECKS), said(desk, toml=STYLE), fetched=fetched)

    assert lines == [
        "main at abc: checks.commands and claude.max_turns are ignored, because .runner.toml is not trusted "
        f"as it stands there; {first}look at `git show abc:.runner.toml`, then run `runner trust --rev abc`",
        ".runner.toml is not the same here as in main at abc, where the run starts: what is committed there holds",
    ]


def test_many_names_are_cut(desk: Desk) -> None:
    prompts = {f".runner/prompts/{number}.md.j2": b"x" for number in range(8)}
    there = said(desk, **prompts)

    first, second = told(there, said(desk))

    assert first.startswith("main at abc: .runner/prompts/0.md.j2, ")
    assert " .runner/prompts/5.md.j2 and 2 more are ignored, because " in first
    assert " are not trusted as they stand there; " in first
    assert second.startswith(".runner/prompts/0.md.j2, ")


def test_names_of_a_stranger_do_not_reach_the_terminal_as_they_are(desk: Desk) -> None:
    there = said(desk, **{".runner/prompts/\x1b[2Jx": b"x"})

    assert all(line.isprintable() for line in told(there, said(desk)))
