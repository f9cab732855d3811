"""Which issues a pull request closes: those that its task names, of that very repository."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from runner.forge.plain import closed_by
from runner.forge.remote import RemoteRepository
from runner.forge.text import CUT_NOTE, pull_request_body
from runner.git.repository import Repository
from runner.prompts import Prompts
from runner.runs.closing import Closing, closing, closing_of
from runner.tasks.issues import Issue
from tests.context.tasks import a_task
from tests.runs.world import FIXED, World, run_folder
from tests.support.fake_claude import FakeClaude
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox
from tests.tasks.test_issues import ISSUES

BUNDLED = Path(__file__).parents[2] / "prompts"
NOT_CLOSED = "#12 is not closed: this repository's prompt pull_request leaves `closes` out, or is too long"
WIDGET = RemoteRepository(host="github.com", owner="acme", name="widget")


@pytest.mark.parametrize(
    "name",
    [
        *("#12", "acme/widget#12", "ACME/Widget#12", "acme/widget.git#12"),
        "https://github.com/acme/widget/issues/12",
        "https://www.github.com/Acme/widget/issues/12",
    ],
)
def test_an_issue_of_this_very_repository_is_closed(name: str) -> None:
    found = closing((name,), WIDGET)

    assert (found.issues, found.named) == (("#12",), ())
    assert found.allowed.closes == {"#12", "acme/widget#12"}
    assert found.warnings("Closes #12") == found.warnings("fixes ACME/widget#12") == ()


@pytest.mark.parametrize(
    "name",
    [
        *("acme/other#12", "other/widget#12", "-/widget#12", "acme/-widget#12", "no issue"),
        "https://github.example.org/acme/widget/issues/12",
        "https://github.com/acme/widget2/issues/12",
    ],
)
def test_an_issue_of_another_one_is_named_with_a_warning(name: str) -> None:
    found = closing((name, "#7"), WIDGET)

    assert (found.issues, found.named) == (("#7",), (name,))
    assert found.allowed.closes == {"#7", "acme/widget#7"}
    assert found.warnings("Closes #7") == (
        f"{name} is not an issue of github.com/acme/widget: the pull request names it, and does not close it",
    )


def test_where_the_repository_is_not_known_only_short_numbers_are_closed() -> None:
    found = closing(("#12", "acme/widget#7"), None)

    assert (found.issues, found.named) == (("#12",), ("acme/widget#7",))
    assert found.allowed.closes == {"#12"}
    assert "acme/widget#7 is not known to be an issue of this repository" in found.warnings("Closes #12")[0]


def test_one_issue_that_was_named_in_three_ways_is_closed_once() -> None:
    names = ("acme/widget#12", "#12", "https://github.com/acme/widget/issues/12", "#3", "a/b#1", "a/b#1")

    assert closing(names, WIDGET) == Closing(issues=("#12", "#3"), named=("a/b#1",), repository=WIDGET)


@given(ISSUES)
@settings(max_examples=30, deadline=None)
def test_the_text_closes_exactly_what_is_allowed_and_names_the_rest(issue: Issue) -> None:
    found = closing((str(issue), "#1"), WIDGET)

    text = Prompts([BUNDLED], confined=False).render(
        "pull_request", task=a_task(description=f"Fixes {issue}, #2"), closes=found.issues, named=found.named
    )
    body = pull_request_body(text, redact=str, allowed=found.allowed)

    assert closed_by(body) <= {name.lower() for name in found.allowed.closes}
    assert closed_by(body) >= set(found.issues)
    assert "#1" in found.issues
    assert bool(found.named) == bool(found.warnings(body))


def test_where_pull_requests_go_is_asked_of_the_checkout(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "widget", files={"a": "1"})
    task = a_task(closes=("#12", "acme/widget#7"))
    checkout = Repository.open(sandbox.path, source=dict(os.environ))

    assert closing_of(task, checkout).repository is None
    sandbox.git("remote", "add", "origin", "git@github.com:acme/widget.git")
    assert closing_of(task, checkout) == Closing(issues=("#12", "#7"), repository=WIDGET)
    assert closing_of(replace(task, closes=()), checkout) == Closing()
    shutil.rmtree(sandbox.path)
    assert closing_of(task, checkout).named == ("acme/widget#7",)


def forge_of(world: World) -> FakeForge:
    assert isinstance(world.forge, FakeForge)
    return world.forge


def test_a_run_delivers_what_its_task_closes_and_its_commit_closes_nothing(world: World) -> None:
    world.submit("Fix add, closes #1", description="Fixes #2", closes=("12", "acme/other#3"))
    claude = FakeClaude(writes=FIXED, text="It subtracted. This fixes #3 and, as said, closes #12.")

    report = world.claim(claude)

    (new,) = forge_of(world).opened
    assert new.body.endswith("\n\nRefers to acme/other#3\n\nCloses #12\n")
    assert closed_by(new.body) == {"#12"}
    assert new.title == "Fix add, closes # 1"
    assert any(warning.startswith("acme/other#3 is not known") for warning in report.warnings)
    assert world.origin
    assert closed_by(world.origin.log(str(report.branch))[0]) == frozenset()
    assert run_folder(world, report.run_id).joinpath("body.md").read_text() == new.body


def test_a_run_whose_task_closes_nothing_says_nothing_of_it(world: World) -> None:
    world.submit()

    report = world.claim(FakeClaude(writes=FIXED))

    assert report.warnings == ()
    assert closed_by(forge_of(world).opened[0].body) == frozenset()


def prompts_with(tmp_path: Path, pull_request: str) -> Prompts:
    """The bundled ones, but for this one."""
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "pull_request.md.j2").write_text(pull_request)
    return Prompts([folder, BUNDLED])


def test_a_prompt_of_the_repository_that_leaves_it_out_is_told(world: World, tmp_path: Path) -> None:
    world.prompts = prompts_with(tmp_path, "Look at {{ task.id }}.")
    world.submit(closes=("12",))

    report = world.claim(FakeClaude(writes=FIXED))

    assert forge_of(world).opened[0].body == "Look at T-1.\n"
    assert report.warnings == (NOT_CLOSED,)


@pytest.mark.parametrize(("lines", "warnings"), [(20_000, ()), (150_000, (NOT_CLOSED,))])
def test_what_is_closed_stays_when_the_text_is_cut_or_it_is_told(
    world: World, tmp_path: Path, lines: int, warnings: tuple[str, ...]
) -> None:
    template = "{{ task.description }}\n{% for issue in closes %}\n\nCloses {{ issue }}\n{% endfor %}\n"
    world.prompts = prompts_with(tmp_path, template)
    world.submit(description="1234\n" * lines, closes=("12",))

    report = world.claim(FakeClaude(writes=FIXED))

    (new,) = forge_of(world).opened
    assert CUT_NOTE in new.body
    assert new.body.endswith("\n\nCloses #12") != bool(warnings)
    assert report.warnings == warnings
