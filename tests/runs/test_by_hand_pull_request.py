"""The pull request that a person opens for a task: whose words are in it, and what it claims."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner.errors import UsageProblem
from runner.runs.by_hand import PullRequestWish, open_pull_request
from runner.tasks.model import Task
from tests.runs.test_by_hand import checkout, taken
from tests.runs.world import World
from tests.support.fake_forge import FakeForge


def opened(world: World, task: Task, wish: PullRequestWish, forge: FakeForge | None = None) -> FakeForge:
    forge = forge or FakeForge()
    open_pull_request(
        task, wish, checkout=checkout(world), forge=forge, prompts=world.prompts, redact=world.redactor.text
    )
    return forge


def test_a_pull_request_is_pushed_and_opened_with_the_tasks_words(world: World) -> None:
    task = world.submit(description="It subtracts.", labels=("bug",))
    branch = taken(world, task).branch
    world.checkout.commit("work", {"calc.py": "x = 1\n"})

    forge = opened(world, task, PullRequestWish(draft=True, labels=("bug",)))

    (new,) = forge.opened
    assert (new.title, new.branch, new.base, new.draft, new.labels) == (
        "Fix add",
        branch,
        "main",
        True,
        ("bug",),
    )
    assert "It subtracts." in new.body
    assert world.origin
    assert branch in world.origin.branches()


def test_a_persons_own_pull_request_claims_neither_ai_nor_checks(world: World) -> None:
    task = world.submit(description="It subtracts.")
    taken(world, task)
    world.checkout.commit("fix: add\n\nTask: T-1", {"calc.py": "x = 1\n"})

    body = opened(world, task, PullRequestWish()).opened[0].body

    assert body.endswith("## Evidence\n\nOpened by hand: runner ran no checks for this pull request.\n")
    assert "AI" not in body


@pytest.mark.parametrize("base", ["main", "nowhere"])
def test_a_run_that_made_commits_of_the_branch_is_told(world: World, base: str) -> None:
    world.checkout.commit("fix: old\n\nTask: T-9\nRun: r-0/1", {"old.py": "x = 1\n"})
    task = world.submit()
    taken(world, task)
    world.checkout.commit("fix: add\n\nTask: T-1\nRun: r-7/1", {"calc.py": "x = 1\n"})
    world.checkout.commit("fix: more\n\nTask: T-1", {"calc.py": "x = 2\n"})

    body = opened(world, task, PullRequestWish(base=base)).opened[0].body

    assert "Claude made commits of this change in run `r-7`, unattended" in body
    assert "r-0" not in body


def test_what_a_run_brought_into_the_base_is_no_part_of_the_pull_request(world: World) -> None:
    world.checkout.commit("fix: add\n\nTask: T-1\nRun: r-7/1", {"calc.py": "x = 1\n"})
    task = world.submit()
    taken(world, task)
    world.checkout.commit("fix: more\n\nTask: T-1", {"calc.py": "x = 2\n"})

    assert "AI" not in opened(world, task, PullRequestWish()).opened[0].body


def test_a_wish_goes_before_the_task(world: World) -> None:
    task = world.submit()
    taken(world, task)
    world.checkout.commit("work", {"calc.py": "x = 1\n"})

    forge = opened(world, task, PullRequestWish(title="Another", base="release"))

    assert (forge.opened[0].title, forge.opened[0].base) == ("Another", "release")


def test_it_closes_what_the_task_names_and_no_text_does(world: World) -> None:
    task = world.submit("Closes #1, fixes #12", description="Fixes #2", closes=("12", "acme/other#3"))
    taken(world, task)
    world.checkout.commit("work", {"calc.py": "x = 1\n"})
    forge = FakeForge(warnings=("no label",))

    made = open_pull_request(
        task, PullRequestWish(), checkout=checkout(world), forge=forge, prompts=world.prompts, redact=str
    )

    (new,) = forge.opened
    assert new.body.endswith("checks for this pull request.\n\nRefers to acme/other#3\n\nCloses #12\n")
    assert "Fixes # 2" in new.body
    assert new.title == "Closes # 1, fixes #12"
    assert made.warnings == (
        "no label",
        "acme/other#3 is not known to be an issue of this repository: the pull request names it,"
        " and does not close it",
    )


def test_of_one_that_is_open_already_nothing_is_said_about_what_it_closes(world: World) -> None:
    task = world.submit(closes=("12", "acme/other#3"))
    taken(world, task)
    world.checkout.commit("work", {"calc.py": "x = 1\n"})
    forge = opened(world, task, PullRequestWish())

    again = open_pull_request(
        task, PullRequestWish(), checkout=checkout(world), forge=forge, prompts=world.prompts, redact=str
    )

    assert (again.adopted, again.warnings) == (True, ())


def test_the_main_branch_is_no_branch_for_a_pull_request(world: World) -> None:
    task = world.submit()

    with pytest.raises(UsageProblem, match="main is no branch"):
        opened(world, task, PullRequestWish())


def test_of_an_open_pull_request_only_what_was_wished_for_is_changed(world: World) -> None:
    task = world.submit()
    taken(world, task)
    world.checkout.commit("work", {"calc.py": "x = 1\n"})
    forge = opened(world, task, PullRequestWish(new_draft=True))
    forge.opened[0] = replace(forge.opened[0], body="The evidence of a run.")

    opened(world, task, PullRequestWish(new_draft=True), forge)
    unasked = forge.opened[0]
    opened(world, task, PullRequestWish(title="By hand", draft=False, labels=("bug",)), forge)

    (new,) = forge.opened
    assert (unasked.title, unasked.draft) == ("Fix add", True)
    assert (new.title, new.draft, new.labels) == ("By hand", False, ("bug",))
    assert new.body == "The evidence of a run."


def test_an_empty_title_is_no_wish(world: World) -> None:
    task = world.submit()
    taken(world, task)
    world.checkout.commit("work", {"calc.py": "x = 1\n"})
    forge = opened(world, task, PullRequestWish(title="First"))

    opened(world, task, PullRequestWish(title=""), forge)

    assert forge.opened[0].title == "First"
