"""A person who takes a task and commits for it."""

from __future__ import annotations

import pytest

from runner.errors import AlreadyClaimed, GitFailed, RunnerError, UnknownTask, UsageProblem
from runner.git.repository import Repository
from runner.runs.by_hand import (
    Committed,
    Taken,
    commit,
    take,
    task_of_branch,
)
from runner.tasks.model import Status, Task
from tests.redaction.samples import TOKENS
from tests.runs.world import PROJECT, World


def checkout(world: World) -> Repository:
    return Repository.open(world.checkout.path, source=world.environ)


def taken(world: World, task: Task) -> Taken:
    return take(
        task.id,
        agent_id="ada",
        project=PROJECT,
        claims=world.claims,
        board=world.board,
        checkout=checkout(world),
        prefix=None,
    )


def committed(
    world: World, task: Task, message: str, *, push: bool = False, redacting: bool = True
) -> Committed:
    return commit(
        task,
        message,
        push=push,
        sign_off=False,
        board=world.board,
        checkout=checkout(world),
        redactor=world.redactor if redacting else None,
    )


def test_taking_a_task_claims_it_and_switches_to_its_branch(world: World) -> None:
    task = world.submit(labels=("docs",))

    result = taken(world, task)

    assert result.branch == "docs/T-1-fix-add"
    assert world.checkout.git("branch", "--show-current") == "docs/T-1-fix-add"
    assert (result.task.status, result.task.claimed_by) == (Status.IN_PROGRESS, "ada")


def test_a_task_that_was_released_is_taken_again_on_its_branch(world: World) -> None:
    task = world.submit()
    taken(world, task)
    mine = world.checkout.commit("mine", {"calc.py": "x = 1\n"})
    world.checkout.git("switch", "-q", "main")
    world.board.release(task.id)

    again = taken(world, task)

    assert (again.existed, again.branch, world.checkout.head()) == (True, "fix/T-1-fix-add", mine)
    assert (again.task.status, again.task.claimed_by) == (Status.IN_PROGRESS, "ada")


def test_a_branch_that_cannot_be_made_gives_the_task_back(world: World) -> None:
    task = world.submit()
    world.checkout.git("branch", "fix")

    with pytest.raises(GitFailed, match="cannot make the branch"):
        taken(world, task)

    assert world.board.get(task.id).status is Status.PENDING


def test_a_person_knows_what_they_can_do(world: World) -> None:
    task = world.submit(requires=("gpu",))

    assert taken(world, task).task.claimed_by == "ada"


def test_a_task_in_other_hands_cannot_be_taken(world: World) -> None:
    task = world.submit()
    taken(world, task)

    with pytest.raises(AlreadyClaimed):
        taken(world, task)


def test_a_commit_names_its_task_and_tells_it(world: World) -> None:
    task = world.submit(labels=("bug",))
    taken(world, task)
    world.checkout.write({"calc.py": "x = 1\n"})

    result = committed(world, task, "Count again\n\nBecause it was wrong.")

    assert world.checkout.log("HEAD")[0] == "fix: Count again\n\nBecause it was wrong.\n\nTask: T-1\n"
    assert result.commit == world.checkout.head()
    assert world.board.get(task.id).note == "Committed: Count again"


def test_a_commit_names_its_files_and_which_are_new(world: World) -> None:
    task = world.submit()
    world.checkout.write({"calc.py": "x = 1\n", "new/a.txt": "x\n"})

    result = committed(world, task, "Count again")

    assert (result.files, result.untracked) == (("calc.py", "new/a.txt"), ("new/a.txt",))


def test_a_secret_keeps_the_commit_back_and_the_index_as_it_was(world: World) -> None:
    task, head, token = world.submit(), world.checkout.head(), TOKENS["github classic"][1]
    world.checkout.write({"calc.py": "x = 1\n", "sub/notes.txt": f"one\n{token}\n"})
    world.checkout.git("add", "calc.py")
    before = world.checkout.git("status", "--porcelain"), world.checkout.git("count-objects")

    with pytest.raises(RunnerError) as caught:
        committed(world, task, "Count again")

    assert str(caught.value) == "nothing was committed: github token in sub/notes.txt:2"
    assert "--allow-secrets" in caught.value.hint
    assert world.checkout.head() == head
    assert (world.checkout.git("status", "--porcelain"), world.checkout.git("count-objects")) == before


def test_a_value_of_this_machine_and_one_in_the_message_keep_it_back(world: World) -> None:
    task = world.submit()
    world.redactor.add("kT9x-Lw2q-Vb7n-Rz4M", kind="DEPLOY_TOKEN")
    world.checkout.write({"calc.py": "x = 'kT9x-Lw2q-Vb7n-Rz4M'\n"})

    with pytest.raises(
        RunnerError, match=r"value of DEPLOY_TOKEN in calc.py:1; value of DEPLOY_TOKEN in the message"
    ):
        committed(world, task, "Use kT9x-Lw2q-Vb7n-Rz4M")


def test_a_new_file_for_secrets_keeps_it_back_until_a_person_adds_it(world: World) -> None:
    task = world.submit()
    world.checkout.write({".npmrc": "fund=false\n", "ok.txt": "x\n"})

    with pytest.raises(RunnerError, match=r"committed: new file .npmrc, by its name for secrets"):
        committed(world, task, "Count again")
    world.checkout.git("add", ".npmrc")

    assert committed(world, task, "Count again").files == (".npmrc", "ok.txt")


def test_a_person_may_commit_secrets_in_so_many_words(world: World) -> None:
    task = world.submit()
    world.checkout.write({".env": f"TOKEN={TOKENS['github classic'][1]}\n"})

    assert committed(world, task, "Count again", redacting=False).untracked == (".env",)


def test_of_many_secrets_ten_are_told(world: World) -> None:
    task = world.submit()
    world.checkout.write({f"{number:02}/.env": "x\n" for number in range(12)})

    with pytest.raises(RunnerError, match=r"new file 09/.env, by its name for secrets and 2 more$"):
        committed(world, task, "Count again")


def test_a_commit_can_be_pushed_at_once(world: World) -> None:
    task = world.submit()
    branch = taken(world, task).branch
    world.checkout.write({"calc.py": "x = 1\n"})

    result = committed(world, task, "Count again", push=True)

    assert result.pushed == branch
    assert world.origin
    assert branch in world.origin.branches()


def test_a_push_that_fails_is_a_warning_for_the_commit_exists(lonely: World) -> None:
    task = lonely.submit()
    taken(lonely, task)
    lonely.checkout.write({"calc.py": "x = 1\n"})

    result = committed(lonely, task, "Count again", push=True)

    assert result.pushed is None
    assert "remote" in result.warning
    assert lonely.checkout.head() == result.commit


@pytest.mark.parametrize("message", ["", "  \n"])
def test_a_commit_without_a_message_is_refused(world: World, message: str) -> None:
    task = world.submit()

    with pytest.raises(UsageProblem):
        committed(world, task, message)


def test_a_commit_without_changes_is_told(world: World) -> None:
    task = world.submit()

    with pytest.raises(RunnerError):
        committed(world, task, "Nothing")


def test_the_task_is_found_in_the_name_of_the_branch(world: World) -> None:
    task = world.submit()
    taken(world, task)

    assert task_of_branch(world.board, checkout(world), None).id == task.id


def test_a_branch_of_no_task_wants_one_named(world: World) -> None:
    task = world.submit()

    with pytest.raises(UsageProblem, match="belongs to no task"):
        task_of_branch(world.board, checkout(world), None)
    assert task_of_branch(world.board, checkout(world), task.id).id == task.id


def test_a_named_task_must_exist(world: World) -> None:
    with pytest.raises(UnknownTask):
        task_of_branch(world.board, checkout(world), "T-9")
