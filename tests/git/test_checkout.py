"""A person's own commands in their own checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import GitFailed, RunnerError, UsageProblem
from runner.git.checkout import checkout_branch, commit_all, push_current
from runner.git.repository import Repository
from tests.support.git import Sandbox


def taken_up(repository: Sandbox, name: str = "fix/T-7-clock") -> bool:
    return checkout_branch(Repository.open(repository.path), name, task_id="T-7")


def strangers_commit(repository: Sandbox, message: str = "theirs") -> None:
    repository.git(
        *(
            "-c",
            "user.name=Bob",
            "-c",
            "user.email=bob@acme.io",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            message,
        )
    )


def test_a_branch_is_made_and_uncommitted_changes_come_along(repository: Sandbox) -> None:
    repository.write({"calc.py": "x\n"})

    existed = taken_up(repository)

    assert not existed
    assert repository.git("symbolic-ref", "--short", "HEAD") == "fix/T-7-clock"
    assert repository.git("status", "--porcelain") == " M calc.py"


def test_a_branch_that_was_left_is_gone_on_with_as_it_is(repository: Sandbox) -> None:
    taken_up(repository)
    mine = repository.commit("mine", {"mine.py": "x\n"})
    repository.git("switch", "-q", "main")
    repository.commit("meanwhile", {"other.py": "x\n"})
    repository.write({"calc.py": "dirty\n"})

    existed = taken_up(repository)

    assert existed
    assert repository.git("symbolic-ref", "--short", "HEAD") == "fix/T-7-clock"
    assert repository.head() == mine
    assert repository.git("status", "--porcelain") == " M calc.py"
    assert taken_up(repository)  # standing on it is no hindrance


def test_a_branch_where_the_base_was_is_gone_on_with(repository: Sandbox) -> None:
    strangers_commit(repository)
    repository.git("branch", "fix/T-7-clock")
    repository.commit("meanwhile", {"other.py": "x\n"})

    assert taken_up(repository)


def test_a_branch_with_commits_for_the_task_is_gone_on_with_whoever_made_them(repository: Sandbox) -> None:
    repository.git("switch", "-q", "-c", "fix/T-7-clock")
    strangers_commit(repository, "fix: Clock\n\nTask: T-7\nRun: r-1/1")
    repository.git("switch", "-q", "main")

    assert taken_up(repository)


@pytest.mark.parametrize("message", ["theirs", "fix: Other\n\nTask: T-70"])
def test_a_branch_with_anothers_work_is_left_alone(repository: Sandbox, message: str) -> None:
    repository.git("switch", "-q", "-c", "fix/T-7-clock")
    strangers_commit(repository, message)
    theirs = repository.head()
    repository.git("switch", "-q", "main")

    with pytest.raises(
        UsageProblem, match=r"the branch fix/T-7-clock has work of somebody else: \w+ Bob"
    ) as caught:
        taken_up(repository)

    assert "git branch -m fix/T-7-clock OTHER-NAME" in caught.value.hint
    assert repository.git("symbolic-ref", "--short", "HEAD") == "main"
    assert repository.git("rev-parse", "fix/T-7-clock") == theirs


def test_who_has_no_name_in_git_owns_no_commits(repository: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.git("switch", "-q", "-c", "fix/T-7-clock")
    repository.commit("mine?", {"a": "x"})
    repository.git("switch", "-q", "main")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    repository.git("config", "user.useConfigOnly", "true")

    with pytest.raises(UsageProblem, match="has work of somebody else"):
        taken_up(repository)


def test_uncommitted_changes_in_the_way_are_told_and_kept(repository: Sandbox) -> None:
    taken_up(repository)
    repository.commit("mine", {"calc.py": "mine\n"})
    repository.git("switch", "-q", "main")
    repository.write({"calc.py": "dirty\n"})

    with pytest.raises(GitFailed, match="cannot switch to the branch fix/T-7-clock: "):
        taken_up(repository)

    assert (repository.path / "calc.py").read_text() == "dirty\n"
    assert repository.git("symbolic-ref", "--short", "HEAD") == "main"


def test_a_branch_can_be_gone_on_with_before_the_first_commit_of_another(repository: Sandbox) -> None:
    taken_up(repository)
    repository.git("switch", "-q", "--orphan", "empty")

    assert taken_up(repository)


def test_a_branch_that_cannot_be_is_one_clear_line(repository: Sandbox) -> None:
    repository.git("branch", "fix")

    with pytest.raises(GitFailed, match="cannot make the branch fix/T-7: "):
        taken_up(repository, "fix/T-7")
    with pytest.raises(UsageProblem, match="cannot be the name of a branch"):
        taken_up(repository, "-f")


def test_everything_is_committed_from_a_subdirectory_too(repository: Sandbox) -> None:
    repository.write({"calc.py": "x\n", "sub/new": "y\n", "junk.tmp": "z", ".gitignore": "*.tmp\n"})
    (repository.path / "README.md").unlink()

    commit_id = commit_all(Repository.open(repository.path / "sub"), "fix: Clock\n\nTask: T-7\n")

    assert commit_id == repository.head()
    assert repository.log("HEAD~1..") == ["fix: Clock\n\nTask: T-7\n"]
    assert repository.git("show", "--format=", "--name-only") == ".gitignore\nREADME.md\ncalc.py\nsub/new"
    assert repository.git("status", "--porcelain") == ""


def test_a_sign_off_is_added_on_request(repository: Sandbox) -> None:
    repository.write({"a": "x"})

    commit_all(Repository.open(repository.path), "one\n", sign_off=True)

    assert "Signed-off-by: Ada Developer" in repository.log("HEAD")[0]


def test_the_first_commit_of_all_can_be_made(tmp_path: Path) -> None:
    empty = Sandbox.create(tmp_path / "empty")
    with pytest.raises(RunnerError, match="there is nothing to commit"):
        commit_all(Repository.open(empty.path), "first\n")
    empty.write({"a": "x"})

    commit_all(Repository.open(empty.path), "first\n")

    assert empty.log("HEAD") == ["first\n"]


def test_nothing_to_commit_and_no_message_are_errors(repository: Sandbox) -> None:
    with pytest.raises(RunnerError, match="there is nothing to commit"):
        commit_all(Repository.open(repository.path), "x\n")
    with pytest.raises(UsageProblem, match="a commit needs a message"):
        commit_all(Repository.open(repository.path), " \n")


def test_a_hook_that_refuses_leaves_everything_staged(repository: Sandbox) -> None:
    hook = repository.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'not today' >&2\nexit 1\n")
    hook.chmod(0o755)
    repository.write({"a": "x"})

    with pytest.raises(GitFailed, match="the commit was refused: not today"):
        commit_all(Repository.open(repository.path), "x\n")

    assert repository.git("status", "--porcelain") == "A  a"


def test_the_first_push_sets_the_upstream_and_the_next_uses_it(published: tuple[Sandbox, Sandbox]) -> None:
    checkout, origin = published
    checkout.git("checkout", "-q", "-b", "fix/T-7")
    first = checkout.commit("one", {"a": "1"})

    assert push_current(Repository.open(checkout.path)) == "fix/T-7"
    pushed = origin.git("rev-parse", "fix/T-7")
    second = checkout.commit("two", {"a": "2"})
    push_current(Repository.open(checkout.path))

    assert pushed == first
    assert origin.git("rev-parse", "fix/T-7") == second
    assert checkout.git("rev-parse", "--abbrev-ref", "@{upstream}") == "origin/fix/T-7"


def test_newer_commits_on_the_remote_are_never_overwritten(
    published: tuple[Sandbox, Sandbox], tmp_path: Path
) -> None:
    checkout, origin = published
    colleague = Sandbox(tmp_path / "colleague")
    origin.git("clone", "-q", str(origin.path), str(colleague.path))
    theirs = colleague.commit("theirs", {"b": "x"})
    colleague.git("push", "-q")
    checkout.commit("mine", {"a": "x"})

    with pytest.raises(GitFailed, match="cannot push main: "):
        push_current(Repository.open(checkout.path))

    assert origin.git("rev-parse", "main") == theirs


def test_no_remote_and_no_branch_are_told(repository: Sandbox) -> None:
    with pytest.raises(UsageProblem, match="there is no remote to push to"):
        push_current(Repository.open(repository.path))
    repository.git("checkout", "-q", "--detach")
    with pytest.raises(UsageProblem, match="HEAD is detached"):
        push_current(Repository.open(repository.path))
