"""`runner claim` from the words on the command line to the last line it prints; claude is a recorded run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.support.git import Sandbox
from tests.support.recordings import record

KEYS = {
    "run_id", "task_id", "outcome", "branch", "commits", "pull_request", "checks", "usage", "reservation", "hint",
    "cause", "warnings",
}  # fmt: skip
FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
CHECK = {
    "check_calc.py": "from calc import add\n\nassert add(2, 3) == 5, add(2, 3)\n",
    ".runner.toml": '[checks]\ncommands = ["python3 check_calc.py"]\n',
}


@pytest.fixture
def console(console: Console, repository: Sandbox, tmp_path: Path) -> Console:
    """With a check that is red, and claude as it was when it mended that."""
    repository.commit("a check", CHECK)
    console.ok("trust", "--yes")
    console.set(RUNNER_CLAUDE_RECORDING=str(record(tmp_path / "r-0", FIXED, scratch=tmp_path / "scratch")))
    return console


def test_a_task_goes_from_text_to_a_pull_request(console: Console, repository: Sandbox) -> None:
    console.ok("submit", "Fix add", "--label", "bug")

    said = console("claim")

    run_id = console("runs", "--json").json[0]["run_id"]
    assert said.code == 0
    assert said.out.splitlines() == [
        "T-1: done",
        "branch:       fix/T-1-fix-add",
        f"pull request: file://{console.state}/runs/{run_id}/pull_request.md",
        "check:        python3 check_calc.py: passed",
        "cost:         $0.0050, 1,050 tokens, 1 turn, 1.5 s",
        f"run:          {run_id}",
    ]
    assert repository.branches() == ["fix/T-1-fix-add", "main"]
    assert console.show("T-1")["status"] == "completed"
    assert console.holds() == []
    assert console.leftovers() == []


def test_progress_is_a_line_per_step_on_standard_error(console: Console) -> None:
    console.ok("submit", "Fix add", "--label", "bug")

    steps = console("claim").err.splitlines()

    assert steps[0] == "T-1: Fix add"
    assert "preparing fix/T-1-fix-add" in steps
    assert "base: python3 check_calc.py: failed (1)" in steps
    assert "result: python3 check_calc.py: passed" in steps
    assert steps[-1] == "reporting"


def test_json_is_one_object_with_the_keys_that_programs_rely_on(console: Console) -> None:
    console.ok("submit", "Fix add")

    report = console("claim", "--json").json

    assert set(report) >= KEYS
    assert (report["task_id"], report["outcome"], report["hint"]) == ("T-1", "done", "")
    assert len(report["commits"]) == 1
    assert [check["exit_code"] for check in report["checks"]["base"]] == [1]
    assert [check["exit_code"] for check in report["checks"]["result"]] == [0]
    assert set(report["usage"]) >= {"input_tokens", "output_tokens", "cost_usd", "turns", "seconds"}
    assert report["usage"]["cost_usd"] == 0.005
    assert report["reservation"] == report["run_id"]


def test_a_named_task_goes_before_the_best_one(console: Console) -> None:
    console.ok("submit", "Urgent", "--priority", "critical")
    console.ok("submit", "Fix add", "--priority", "low")

    assert console("claim", "2", "--json").json["task_id"] == "T-2"


def test_nothing_to_claim_is_for_later(console: Console) -> None:
    code, message, hint = console("claim").error

    assert code == 4
    assert message == f"no task of {Path.cwd()} is ready for me"
    assert hint == "`runner list` shows what is there, `runner submit` adds a task"
    assert console.holds() == []


def test_a_project_may_be_named(console: Console) -> None:
    console.ok("submit", "Theirs", "--project", "elsewhere")

    assert console("claim", "--project", "elsewhere", "--json").json["task_id"] == "T-1"


def test_another_agent_pays_when_told(console: Console) -> None:
    console.ok("submit", "Fix add")

    console.ok("claim", "--agent", "ada")

    def jobs(agent: str) -> int:
        rules = console("allowance", "show", "--agent", agent, "--json").json["rules"]
        return next(int(rule["used"]) for rule in rules if rule["rule"] == "daily_jobs")

    assert (jobs("ada"), jobs("me")) == (1, 0)


def test_without_a_pull_request_the_branch_is_enough(console: Console, repository: Sandbox) -> None:
    console.ok("submit", "Fix add", "--label", "bug")

    report = console("claim", "--no-pr", "--json").json

    assert (report["outcome"], report["pull_request"]) == ("done", None)
    assert report["branch"] in repository.branches()


def test_a_draft_is_marked_as_one(console: Console) -> None:
    console.ok("submit", "Fix add")

    report = console("claim", "--draft", "--json").json

    text = Path(report["pull_request"].removeprefix("file://"))
    assert json.loads(text.with_suffix(".json").read_text())["draft"] is True
    assert "proven" not in text.read_text()


def test_the_loop_ends_when_nothing_is_ready(console: Console) -> None:
    console.ok("submit", "One")
    console.ok("submit", "Two")

    said = console("claim", "--loop", "--json")

    assert said.code == 0
    assert [line.partition('"task_id": ')[2][:5] for line in said.out.splitlines()] == ['"T-1"', '"T-2"']


def test_a_loop_that_finds_nothing_at_all_says_so(console: Console) -> None:
    assert console("claim", "--loop").error[0] == 4


def test_red_checks_are_told_with_what_to_do(console: Console, repository: Sandbox, tmp_path: Path) -> None:
    repository.commit("now it is green", FIXED)
    spoilt = record(tmp_path / "r-1", {"calc.py": "def add(a, b):\n    return 0\n"}, scratch=tmp_path / "s2")
    patch = (spoilt / "changes.patch").read_text().replace("-    return a - b", "-    return a + b")
    (spoilt / "changes.patch").write_text(patch)
    console.set(RUNNER_CLAUDE_RECORDING=str(spoilt), RUNNER_CHECKS_REPAIRS="0")
    console.ok("submit", "Spoil add")

    said = console("claim")

    assert said.code == 1
    assert said.out.startswith("T-1: checks_failed (turned red: `python3 check_calc.py`)\n")
    assert "check:        python3 check_calc.py: failed\n" in said.out
    assert "hint: `runner runs show r-" in said.out
    assert console.show("T-1")["status"] == "pending"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["T-1", "--loop"], "a named TASK goes with neither --loop nor --any-project"),
        (["T-1", "--any-project"], "a named TASK goes with neither --loop nor --any-project"),
        (["--dry-run", "--wait"], "--dry-run goes with neither --wait nor --loop"),
        (["--dry-run", "--loop"], "--dry-run goes with neither --wait nor --loop"),
    ],
)
def test_words_that_do_not_go_together_are_refused(console: Console, words: list[str], message: str) -> None:
    assert console("claim", *words).error == (2, message, "`runner claim --help` shows how")


def test_settings_that_are_not_followed_are_a_warning(console: Console, repository: Sandbox) -> None:
    console.ok("trust", "--revoke")
    console.ok("submit", "Fix add")

    said = console("claim", "--json")

    assert said.err.splitlines()[0] == (
        f"warning: main at {repository.head()[:10]}: checks.commands is ignored, because .runner.toml is not trusted "
        "as it stands there; look at it, then run `runner trust`"
    )
    assert said.json["checks"] == {"base": [], "result": []}


def files_of(*folders: Path) -> dict[str, bytes]:
    """Every file but those with which SQLite lets several read at one time."""
    return {
        str(path): path.read_bytes()
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("queue.db-")
    }


def test_a_dry_run_shows_everything_and_writes_nothing(console: Console, repository: Sandbox) -> None:
    console.ok("submit", "Fix add", "-d", "It subtracts.", "--label", "bug")
    before = files_of(console.home, repository.path)

    said = console("claim", "--dry-run")

    assert said.code == 0
    assert "It subtracts." in said.out
    tail = said.out.partition("-" * 40)[2].splitlines()
    assert tail[1:4] == ["task:     T-1 Fix add", "branch:   fix/T-1-fix-add", "model:    as claude chooses"]
    assert tail[4].startswith("prompt:   about ")
    assert "It would be let in." in tail
    assert files_of(console.home, repository.path) == before


def test_a_dry_run_as_json_has_prompt_estimate_and_verdict(console: Console) -> None:
    console.ok("submit", "Fix add", "--label", "bug")

    preview = console("claim", "T-1", "--dry-run", "--model", "sonnet", "--json").json

    assert set(preview) == {
        "task_id", "branch", "model", "prompt", "prompt_tokens", "estimate", "granted", "denial",
    }  # fmt: skip
    assert (preview["task_id"], preview["model"], preview["granted"]) == ("T-1", "sonnet", True)
    least = preview["prompt_tokens"] + 20_000
    assert preview["estimate"] == {"tokens": 400_000, "cost_usd": 2.0, "least_tokens": least}
    assert preview["denial"] is None
    assert preview["prompt_tokens"] > 100


def test_a_dry_run_that_does_not_fit_the_cap_shows_the_prompt_and_then_the_refusal(console: Console) -> None:
    console.ok("submit", "Fix add", "-d", "It subtracts.")
    console.ok("allowance", "set", "--run-tokens", "100")

    said, as_json = console("claim", "--dry-run"), console("claim", "--dry-run", "--json")

    assert (said.code, as_json.code) == (4, 4)
    assert "It subtracts." in said.out
    least = as_json.json["estimate"]["least_tokens"]
    assert f"at least: about {least} tokens" in said.out
    assert "would be let in" not in said.out
    assert said.err.startswith(f"error: the prompt needs about {least} tokens, a run may use 100\nhint: ")
    assert as_json.err == said.err
    assert as_json.json["granted"] is False


def test_a_dry_run_that_would_be_denied_ends_with_later(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("allowance", "set", "--daily-jobs", "0")

    said = console("claim", "--dry-run", "--json")

    assert said.code == 4
    assert said.json["granted"] is False
    assert said.json["denial"]["rule"] == "daily_jobs"


@pytest.mark.parametrize(("words", "code"), [(["T-9"], 1), ([], 4)])
def test_a_dry_run_of_nothing_is_told(console: Console, words: list[str], code: int) -> None:
    assert console("claim", *words, "--dry-run").error[0] == code
