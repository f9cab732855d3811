"""Tab: what the shells are offered, asked through the real script in a real bash where there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli.main import run
from tests.cli.console import Console, script
from tests.support.git import Sandbox
from tests.support.needs import needs_program


@pytest.fixture
def console(console: Console) -> Console:
    """With a waiting, a blocked, a held and an ended task."""
    console.ok("submit", "Waits", "--label", "bug", "--label", "ui")
    console.ok("submit", "Blocked", "--project", "elsewhere")
    console.ok("update", "T-2", "--status", "blocked")
    console.ok("submit", "Held")
    console.held_by("bob", "T-3")
    console.ok("submit", "Ended")
    console.ok("complete", "T-4")
    return console


class Shell:
    """Asks as the shells' scripts do, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, line: str, *, of: str = "bash") -> list[str]:
        """What is offered for the last word of the line (an empty one, if the line ends in a blank)."""
        words = line.split(" ")
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        if of == "fish":
            asked["COMP_CWORD"] = words[-1]
        with self._monkeypatch.context() as patch:
            for name, value in (asked | {"_RUNNER_COMPLETE": f"{of}_complete"}).items():
                patch.setenv(name, value)
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                run([])
        captured = self._capsys.readouterr()
        assert (ended.value.code, captured.err) == (0, "")
        return captured.out.splitlines() if captured.out.strip() else []


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def plain(*words: str) -> list[str]:
    """As bash is told."""
    return [f"plain,{word}" for word in words]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("runner sub", ["submit"]),
        ("runner show ", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner show t-", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner claim ", ["T-1"]),
        ("runner take ", ["T-1"]),
        ("runner answer ", ["T-2"]),
        ("runner release ", ["T-3"]),
        ("runner requeue ", ["T-2", "T-4"]),
        ("runner cancel ", ["T-1", "T-2", "T-3"]),
        ("runner complete ", ["T-1", "T-2", "T-3"]),
        ("runner update ", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner context ", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner submit x --needs ", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner commit --task ", ["T-1", "T-2", "T-3", "T-4"]),
        ("runner list --label ", ["bug", "ui"]),
        ("runner submit x --label u", ["ui"]),
        ("runner list --project else", ["elsewhere"]),
        ("runner claim --project else", ["elsewhere"]),
        ("runner list --claimed-by ", ["bob"]),
        ("runner list --status p", ["pending"]),
        ("runner submit x --priority ", ["critical", "high", "medium", "low"]),
        ("runner config set claude.mo", ["claude.model"]),
        ("runner config show claude.p", ["claude.program"]),
        ("runner prompts show ta", ["task"]),
        ("runner runs show ", []),
        ("runner replay ", []),
        ("runner completion ", ["bash", "zsh", "fish"]),
        ("runner resume ", []),
        ("runner stop ", []),
        ("runner trust --re", ["--revoke", "--rev"]),
        ("runner list --agent", []),
    ],
)
def test_each_place_offers_what_fits_there(
    console: Console, shell: Shell, line: str, offered: list[str]
) -> None:
    assert shell(line) == plain(*offered)


def test_files_are_left_to_the_shell(console: Console, shell: Shell) -> None:
    assert shell("runner submit x --file ca") == ["file,ca"]
    assert shell("runner submit x -F wan") == ["file,wan"]
    assert shell("runner context --query-file ") == ["file,"]


def test_zsh_and_fish_are_told_the_titles_too(console: Console, shell: Shell) -> None:
    assert shell("runner answer ", of="zsh") == ["plain", "T-2", "Blocked"]
    assert shell("runner answer ", of="fish")[0].split("\t") == ["plain,T-2", "Blocked"]


def test_runs_are_offered_newest_first(console: Console, shell: Shell) -> None:
    for name in ("r-1", "r-2"):
        (console.state / "runs" / name).mkdir(parents=True)
        (console.state / "runs" / name / "run.json").write_text("{}")

    assert shell("runner runs show r") == plain("r-2", "r-1")


@pytest.mark.parametrize("command", ["resume", "stop"])
def test_only_runs_that_are_not_over_can_be_gone_on_with_or_ended(
    console: Console, shell: Shell, command: str
) -> None:
    for name in ("r-1", "r-2", "r-3"):
        (console.state / "runs" / name).mkdir(parents=True)
        (console.state / "runs" / name / "run.json").write_text("{}")
    (console.state / "runs/r-2/outcome.json").write_text("{}")

    assert shell(f"runner {command} r") == plain("r-3", "r-1")


def test_pressing_tab_makes_nothing(console: Console, shell: Shell, tmp_path: Path) -> None:
    console.set(RUNNER_STATE_DIR=str(tmp_path / "state"))

    assert shell("runner show ") == []
    assert not (tmp_path / "state").exists()


def test_whatever_is_wrong_the_line_being_typed_stays_clean(console: Console, shell: Shell) -> None:
    (console.state / "queue.db").write_bytes(b"this is no database" * 100)

    assert shell("runner show ") == []
    console.unset("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    assert shell("runner show ") == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bash", "complete -o nosort -F _runner_completion runner"),
        ("zsh", "#compdef runner"),
        ("fish", "runner"),
    ],
)
def test_each_shell_has_its_script(console: Console, name: str, line: str) -> None:
    page = console.ok("completion", name)

    assert line in page
    assert f"{name}_complete" in page


def test_an_unknown_shell_is_told(console: Console) -> None:
    assert console("completion", "tcsh").error[1] == (
        "invalid value for 'SHELL': 'tcsh' is not one of 'bash', 'zsh', 'fish'"
    )


def test_a_real_bash_completes(console: Console, repository: Sandbox, tmp_path: Path) -> None:
    bash = needs_program("bash")
    (tmp_path / "bin").mkdir()
    top = Path(__file__).parents[2]
    arguments = f'PYTHONPATH={top} exec {sys.executable} -m runner "$@"'
    script(tmp_path / "bin/runner", arguments + "\n")
    typed = (
        'eval "$(runner completion bash)"\n'
        'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _runner_completion runner;'
        ' echo "${COMPREPLY[*]}"; }\n'
        'try runner ans\ntry runner answer ""\ntry runner list --label b\n'
    )

    done = subprocess.run(
        [bash, "--norc", "-c", typed],
        env={**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("answer\nT-2\nbug\n", "")
