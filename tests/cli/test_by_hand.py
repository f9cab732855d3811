"""`runner take`, `commit` and `pr`: a person works on a task in their own checkout."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.console import Console, python_runner, script
from tests.redaction.samples import TOKENS
from tests.support.git import Sandbox


@pytest.fixture
def console(console: Console) -> Console:
    console.ok("submit", "Fix add", "-d", "It subtracts.", "--label", "bug")
    return console


def test_take_claims_the_task_and_makes_its_branch(console: Console, repository: Sandbox) -> None:
    said = console.ok("take", "T-1")

    task = console.show("T-1")
    assert said == "T-1 is yours, on branch fix/T-1-fix-add"
    assert repository.git("branch", "--show-current") == "fix/T-1-fix-add"
    assert (task["status"], task["claimed_by"]) == ("in_progress", "me")


def test_a_task_that_was_released_is_taken_again(console: Console, repository: Sandbox) -> None:
    console.ok("take", "T-1")
    console.ok("release", "T-1")

    said = console.ok("take", "T-1")
    console.ok("release", "T-1")
    told = console("take", "T-1", "--json").json

    assert said == "T-1 is yours, on the branch that was there: fix/T-1-fix-add"
    assert told["existed"] is True
    assert console.show("T-1")["claimed_by"] == "me"
    assert repository.git("branch", "--show-current") == "fix/T-1-fix-add"


def test_take_acts_for_another_agent_when_told(console: Console) -> None:
    taken = console("take", "T-1", "--agent", "ada", "--json").json

    assert taken["task"]["claimed_by"] == "ada"
    assert taken["branch"] == "fix/T-1-fix-add"


def test_a_task_in_other_hands_cannot_be_taken(console: Console, repository: Sandbox) -> None:
    console.held_by("bob", "T-1")

    code, message, hint = console("take", "T-1").error

    assert code == 3
    assert message.startswith("T-1 is held by bob until ")
    assert hint == "`runner release` takes it out of its holder's hands"
    assert repository.branches() == ["main"]


def test_without_the_branch_there_is_no_claim(console: Console, repository: Sandbox) -> None:
    repository.git("branch", "fix")

    said = console("take", "T-1")

    assert said.code != 0
    assert console.show("T-1")["status"] == "pending"


def test_commit_takes_the_task_from_the_branch(console: Console, repository: Sandbox) -> None:
    console.ok("take", "T-1")
    repository.write({"calc.py": "def add(a, b):\n    return a + b\n"})

    said = console.ok("commit", "-m", "Add instead of subtracting\n\nIt was a typo.")

    assert said == f"T-1: {repository.head()[:10]}\n1 file: calc.py"
    message = repository.log("HEAD")[0]
    assert message.startswith("fix: Add instead of subtracting\n\nIt was a typo.\n")
    assert "Task: T-1\n" in message
    assert console.show("T-1")["note"] == "Committed: Add instead of subtracting"


def test_a_secret_keeps_a_commit_back_until_it_is_allowed(console: Console, repository: Sandbox) -> None:
    token = TOKENS["github classic"][1]
    repository.write({".npmrc": f"//registry.acme.io/:_authToken={token}\n"})

    refused = console("commit", "-m", "Add", "--task", "T-1")
    allowed = console("commit", "-m", "Add", "--task", "T-1", "--allow-secrets", "--json").json

    code, message, hint = refused.error
    assert code == 1
    assert message.startswith("nothing was committed: npm token in .npmrc:1; ")
    assert token not in message + hint
    assert allowed["files"] == allowed["untracked"] == [".npmrc"]


def test_of_many_files_the_new_ones_are_named_first(console: Console, repository: Sandbox) -> None:
    repository.commit("many", {f"{number:02}.txt": "x\n" for number in range(11)})
    repository.write({f"{number:02}.txt": "y\n" for number in range(11)} | {"z.txt": "x\n"})

    said = console.ok("commit", "-m", "Add", "--task", "T-1")

    assert said.endswith(
        "\n12 files: z.txt (new), " + ", ".join(f"{n:02}.txt" for n in range(9)) + " and 2 more"
    )


def test_commit_pushes_when_asked(console: Console, published: tuple[Sandbox, Sandbox]) -> None:
    checkout, origin = published
    console.ok("submit", "Fix add again", "--label", "bug")
    console.ok("take", "T-2")
    checkout.write({"calc.py": "x = 1\n"})

    done = console("commit", "-m", "Add", "--push", "--json").json

    assert done["commit"] == checkout.head() == origin.git("rev-parse", done["pushed"])
    assert done["warning"] == ""


def test_a_push_that_fails_keeps_the_commit_and_says_so(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    repository.git("remote", "add", "origin", str(tmp_path / "nowhere.git"))
    console.ok("take", "T-1")
    repository.write({"calc.py": "x = 1\n"})

    said = console("commit", "-m", "Add", "--push")

    assert said.code == 1
    assert said.out == f"T-1: {repository.head()[:10]}\n1 file: calc.py\n"
    assert said.err.startswith("warning: the commit is there, but: ")


def test_commit_names_the_task_when_the_branch_does_not(console: Console, repository: Sandbox) -> None:
    repository.write({"calc.py": "x = 1\n"})

    assert console("commit", "-m", "x").error == (
        2,
        "the branch main belongs to no task",
        "name the task with --task, or begin with `runner take TASK`",
    )
    assert console("commit", "-m", "x", "--task", "9").error[:2] == (1, "there is no task 'T-9'")
    assert console.ok("commit", "-m", "x", "--task", "1").startswith("T-1: ")


@pytest.mark.parametrize("message", ["", "  "])
def test_a_commit_needs_words_and_a_change(console: Console, repository: Sandbox, message: str) -> None:
    console.ok("take", "T-1")
    head = repository.head()

    without_change = console("commit", "-m", "Add")
    repository.write({"calc.py": "x = 1\n"})
    without_words = console("commit", "-m", message)

    assert without_change.code in {1, 2}
    assert without_words.code == 2
    assert repository.head() == head


def test_pr_without_a_forge_writes_the_request_into_a_folder(console: Console, repository: Sandbox) -> None:
    console.ok("take", "T-1")
    repository.commit("work", {"calc.py": "x = 1\n"})

    made = console("pr", "--title", "Add right", "--draft", "--label", "bug", "--json").json

    assert made["url"].startswith("file://")
    text = Path(made["url"].removeprefix("file://")).read_text()
    assert "Add right" in text
    assert "T-1" in text


def test_pr_says_that_gh_is_missing_where_the_remote_is_githubs(
    console: Console, published: tuple[Sandbox, Sandbox], tmp_path: Path
) -> None:
    (checkout, origin), github = published, "https://github.com/acme/widget.git"
    checkout.git("remote", "set-url", "origin", github)
    checkout.git("config", f"url.{origin.path}.pushInsteadOf", github)
    console.ok("submit", "Fix add again")
    console.ok("take", "T-2")
    checkout.commit("work", {"calc.py": "x = 1\n"})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(str(shutil.which("git")))
    console.set(PATH=str(tmp_path / "bin"))

    said = console("pr")

    assert said.code == 0
    assert said.out.startswith("file://")
    assert said.err.startswith(
        "warning: gh is not installed: the pull request is only written down, not opened"
    )
    assert "github.com/acme/widget; install it from https://cli.github.com" in said.err


def test_pr_prints_the_address_and_adopts_the_open_one(console: Console, repository: Sandbox) -> None:
    console.ok("take", "T-1")
    repository.commit("work", {"calc.py": "x = 1\n"})

    first, again = console.ok("pr"), console.ok("pr")

    assert first == again
    assert first.startswith("file://")


def test_pr_changes_the_open_one_when_told(console: Console, repository: Sandbox) -> None:
    console.ok("take", "T-1")
    repository.commit("work", {"calc.py": "x = 1\n"})
    text = Path(console.ok("pr", "--draft").removeprefix("file://"))
    record = text.with_suffix(".json")

    console.ok("pr", "--title", "Add right", "--label", "bug")
    titled = json.loads(record.read_text())
    console.ok("pr", "--ready")

    assert text.read_text().startswith("# Add right\n")
    assert (titled["draft"], titled["labels"]) == (True, ["bug"])
    assert json.loads(record.read_text())["draft"] is False


def opened(cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`runner pr --open` in a process of its own: Python looks for browsers once in each."""
    return subprocess.run(**python_runner("pr", "--open", cwd=cwd, **variables), capture_output=True)


def test_pr_opens_it_in_the_browser(console: Console, repository: Sandbox, tmp_path: Path) -> None:
    browser = script(tmp_path / "browser", f'echo "$1" > {tmp_path}/opened\n')
    console.ok("take", "T-1")
    repository.commit("work", {"calc.py": "x = 1\n"})

    done = opened(repository.path, BROWSER=browser)

    assert done.stdout.startswith("file://")
    assert (tmp_path / "opened").read_text() == done.stdout


def test_a_browser_that_is_not_there_is_a_warning(
    console: Console, repository: Sandbox, tmp_path: Path
) -> None:
    console.ok("take", "T-1")
    repository.commit("work", {"calc.py": "x = 1\n"})
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").symlink_to(str(shutil.which("git")))

    done = opened(repository.path, PATH=str(tmp_path / "bin"))

    assert done.returncode == 0
    assert done.stdout.startswith("file://")
    assert done.stderr == "warning: no browser could be started\n"


def test_the_base_itself_is_no_branch_for_a_pull_request(console: Console) -> None:
    code, message, hint = console("pr", "--task", "T-1").error

    assert code == 2
    assert message == "main is no branch for a pull request"
    assert hint == "make one with `runner take TASK`"


@pytest.mark.parametrize("words", [["take", "T-1"], ["commit", "-m", "x"], ["pr"]])
def test_outside_of_a_repository_nothing_can_be_done(
    console: Console, tmp_path: Path, words: list[str]
) -> None:
    console.stand_in(tmp_path)

    code, message, hint = console(*words).error

    assert code == 2
    assert message == f"{tmp_path} is not in a git repository"
    assert hint == "go to one, or make one: git init"
    assert console.show("T-1")["status"] == "pending"
