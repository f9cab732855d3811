"""The project's own checks, as real processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.errors import SettingsProblem, Stopped
from runner.process.stop import Stop, StopReason
from runner.runs.checks import TAIL_LINES, Checks, split_command
from runner.runs.model import Check


def make(tmp_path: Path, *commands: str, timeout_s: float = 20.0) -> Checks:
    return Checks(
        commands,
        environment={"PATH": os.environ["PATH"]},
        timeout_s=timeout_s,
        clean=lambda text: text.replace("hush", "[redacted]"),
        cache=tmp_path / "cache",
    )


def test_each_check_tells_its_exit_code_and_the_end_of_its_output(tmp_path: Path) -> None:
    checks = make(tmp_path, "python3 -c 'print(1)'", "sh -c 'echo hush; echo bad >&2; exit 3'")

    good, bad = checks.run_all(tmp_path, stop=Stop())

    assert (good.exit_code, good.tail, good.green) == (0, "1", True)
    assert (bad.exit_code, bad.tail, bad.green) == (3, "[redacted]\nbad", False)


def test_a_check_runs_without_a_shell(tmp_path: Path) -> None:
    (result,) = make(tmp_path, "printf %s $HOME;`id`").run_all(tmp_path, stop=Stop())

    assert result.tail == "$HOME;`id`"


def test_long_output_is_cut_at_its_end(tmp_path: Path) -> None:
    (result,) = make(tmp_path, "seq 1 1000").run_all(tmp_path, stop=Stop())

    assert result.tail.split("\n")[-1] == "1000"
    assert len(result.tail.split("\n")) == TAIL_LINES


def test_a_missing_program_is_red_like_in_a_shell(tmp_path: Path) -> None:
    (result,) = make(tmp_path, "no-such-program --flag").run_all(tmp_path, stop=Stop())

    assert result.exit_code == 127
    assert "no-such-program" in result.tail


def test_a_check_past_its_deadline_is_ended_and_red(tmp_path: Path) -> None:
    (result,) = make(tmp_path, "sleep 60", timeout_s=0.2).run_all(tmp_path, stop=Stop())

    assert result.timed_out
    assert not result.green


def test_a_stop_ends_the_checks(tmp_path: Path) -> None:
    stop = Stop()
    seen: list[str] = []

    def stop_after_the_first(check: Check) -> None:
        seen.append(check.command)
        stop.set(StopReason.INTERRUPTED)

    with pytest.raises(Stopped):
        make(tmp_path, "true", "true").run_all(tmp_path, stop=stop, on_check=stop_after_the_first)

    assert seen == ["true"]


def test_green_on_a_known_tree_is_not_measured_again(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    checks = make(tmp_path, f"sh -c 'echo x >> {counter}'")

    for _ in range(2):
        (result,) = checks.run_base(tmp_path, "tree-1", stop=Stop())
    checks.run_base(tmp_path, "tree-2", stop=Stop())

    assert result.green
    assert counter.read_text() == "x\nx\n"


def test_red_on_a_known_tree_is_measured_again(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    checks = make(tmp_path, f"sh -c 'echo x >> {counter}; exit 1'")

    for _ in range(2):
        checks.run_base(tmp_path, "tree-1", stop=Stop())

    assert counter.read_text() == "x\nx\n"


def test_a_damaged_cache_is_measured_again(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    checks = make(tmp_path, f"sh -c 'echo x >> {counter}'")
    checks.run_base(tmp_path, "tree-1", stop=Stop())
    for file in (tmp_path / "cache").iterdir():
        file.write_text('{"strange": 1}')

    (result,) = checks.run_base(tmp_path, "tree-1", stop=Stop())

    assert result.green
    assert counter.read_text() == "x\nx\n"


@pytest.mark.parametrize("command", ["", "  ", "echo 'open"])
def test_a_command_that_is_none_is_a_settings_problem(command: str) -> None:
    with pytest.raises(SettingsProblem, match=r"checks\.commands"):
        split_command(command)
