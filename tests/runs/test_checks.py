"""The project's own checks, as real processes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.errors import OutsideTrouble, SettingsProblem, Stopped
from runner.process.confinement import Confinement, find_confinement
from runner.process.stop import Stop, StopReason
from runner.runs.checks import TAIL_LINES, Checks, split_command
from runner.runs.model import Check
from tests.support.needs import needs_program

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def make(
    tmp_path: Path,
    *commands: str,
    timeout_s: float = 20.0,
    confine: Callable[[], Confinement] | None = None,
) -> Checks:
    return Checks(
        commands,
        environment=ENVIRONMENT,
        timeout_s=timeout_s,
        clean=lambda text: text.replace("hush", "[redacted]"),
        cache=tmp_path / "cache",
        confine=confine,
    )


def without_network() -> Confinement:
    needs_program("bwrap")
    return find_confinement(ENVIRONMENT)


def refused() -> Confinement:
    raise OutsideTrouble("not here")


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


def test_without_network_a_check_has_loopback_and_nothing_else(tmp_path: Path) -> None:
    checks = make(tmp_path, "cat /proc/net/dev", "sh -c 'echo bad >&2; exit 3'", confine=without_network)

    devices, bad = checks.run_all(tmp_path, stop=Stop())

    assert [line.split(":")[0].strip() for line in devices.tail.split("\n")[2:]] == ["lo"]
    assert (bad.exit_code, bad.tail) == (3, "bad")


def test_without_network_a_missing_program_is_red_like_in_a_shell(tmp_path: Path) -> None:
    (result,) = make(tmp_path, "no-such-program", confine=without_network).run_all(tmp_path, stop=Stop())

    assert result.exit_code == 127


def test_without_network_a_deadline_is_one_too(tmp_path: Path) -> None:
    checks = make(tmp_path, "sleep 60", timeout_s=0.3, confine=without_network)

    (result,) = checks.run_all(tmp_path, stop=Stop())

    assert result.timed_out
    assert not result.green


def test_where_the_network_cannot_be_kept_away_nothing_is_run(tmp_path: Path) -> None:
    checks = make(tmp_path, "touch ran", confine=refused)

    for attempt in (checks.make_ready, lambda: checks.run_all(tmp_path, stop=Stop())):
        with pytest.raises(OutsideTrouble, match="not here"):
            attempt()

    assert not (tmp_path / "ran").exists()


def test_no_checks_need_no_way_to_run_them(tmp_path: Path) -> None:
    make(tmp_path, confine=refused).make_ready()


def test_other_command_lines_are_confined_too(tmp_path: Path) -> None:
    with pytest.raises(OutsideTrouble):
        make(tmp_path, "true", confine=refused).only(["touch ran"]).run_all(tmp_path, stop=Stop())


def test_a_way_that_was_lost_meanwhile_is_red_and_never_goes_out(tmp_path: Path) -> None:
    gone = Confinement(bwrap=str(tmp_path / "gone"), options=("--unshare-net",))

    (result,) = make(tmp_path, "touch ran", confine=lambda: gone).run_all(tmp_path, stop=Stop())

    assert not result.green
    assert not (tmp_path / "ran").exists()


def test_green_with_the_network_says_nothing_of_without(tmp_path: Path) -> None:
    counter = tmp_path / "count"
    command = f"sh -c 'echo x >> {counter}'"

    for confine in (None, without_network, None, without_network):
        make(tmp_path, command, confine=confine).run_base(tmp_path, "tree-1", stop=Stop())

    assert counter.read_text() == "x\nx\n"
