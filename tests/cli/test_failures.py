"""The one place where a failure becomes text and an exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from runner.cli.failures import guarded, in_words, wants_json
from runner.errors import QuotaExceeded, SettingsProblem, UsageProblem
from tests.cli.console import Console, python_runner


def work_that_raises(error: BaseException, *arguments: str) -> int:
    def work() -> None:
        raise error

    return guarded(work, arguments=arguments)


def test_an_expected_failure_is_its_message_its_hint_and_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    code = work_that_raises(QuotaExceeded("nothing is left", hint="wait until midnight"))

    assert code == 4
    assert capsys.readouterr() == ("", "error: nothing is left\nhint: wait until midnight\n")


def test_without_a_hint_there_is_no_line_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    work_that_raises(UsageProblem("a title may not be empty"))

    assert capsys.readouterr().err == "error: a title may not be empty\n"


def test_each_thing_that_is_wrong_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    work_that_raises(SettingsProblem("first: is wrong\nsecond: is wrong too", hint="correct them"))

    assert capsys.readouterr().err == (
        "error: first: is wrong\nerror: second: is wrong too\nhint: correct them\n"
    )


def test_what_somebody_else_wrote_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    work_that_raises(UsageProblem("evil \x1b[2J\x9b text\u202e", hint="\x07ding"))

    assert capsys.readouterr().err == "error: evil [2J text\nhint: ding\n"


def test_an_interruption_is_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert work_that_raises(KeyboardInterrupt()) == 130
    assert work_that_raises(click.Abort()) == 130
    assert capsys.readouterr().err == "error: interrupted\n" * 2


def test_a_bug_leaves_its_traceback_in_a_file_and_one_line_for_people(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = work_that_raises(ZeroDivisionError("division by\nzero"))

    said = capsys.readouterr().err
    (kept,) = (home / ".local/state/runner/log").glob("bug-*.txt")
    assert code == 70
    assert said == (
        "error: this is a bug in runner: ZeroDivisionError: division by zero\n"
        f"hint: the details are in {kept}; please report them\n"
    )
    assert "in work\n    raise error\nZeroDivisionError" in kept.read_text()


def test_a_system_call_that_fails_has_nothing_to_do_with_the_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert work_that_raises(OSError(13, "Permission denied")) == 70
    assert "PermissionError: [Errno 13]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(28, "No space left on device", "/f"), "/f cannot be written: No space left on device"),
    ],
)
def test_a_full_disk_is_no_bug(capsys: pytest.CaptureFixture[str], error: OSError, line: str) -> None:
    assert work_that_raises(error) == 5
    assert capsys.readouterr().err == f"error: {line}\nhint: free some space and try again\n"


def test_with_json_the_object_has_three_keys(capsys: pytest.CaptureFixture[str]) -> None:
    work_that_raises(KeyboardInterrupt(), "list", "--json")

    assert json.loads(capsys.readouterr().out) == {"error": "interrupted", "hint": "", "exit_code": 130}


def test_the_code_of_a_command_is_kept_and_anything_else_is_fine() -> None:
    assert guarded(lambda: 3, arguments=()) == 3
    assert guarded(lambda: "text", arguments=()) == 0


def test_json_is_wanted_only_as_an_option() -> None:
    assert wants_json(["show", "T-1", "--json"])
    assert not wants_json(["show", "--", "--json"])
    assert not wants_json(["show", "T-1"])


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Missing argument.", "missing argument"),
        ("TASK is wrong", "TASK is wrong"),
        ("two\n  lines.", "two lines"),
        ("", ""),
    ],
)
def test_what_click_says_becomes_our_kind_of_line(said: str, told: str) -> None:
    assert in_words(click.ClickException(said)) == (told, "", 2)


def test_a_reader_that_goes_away_is_nothing_to_talk_about(console: Console) -> None:
    console.ok("submit", "Fix add")
    reader, writer = os.pipe()
    os.close(reader)

    with os.fdopen(writer, "w") as out:
        done = subprocess.run(**python_runner("list"), stdout=out, stderr=subprocess.PIPE)

    assert (done.returncode, done.stderr) == (141, "")


def test_an_error_for_a_reader_that_went_away_keeps_its_code(console: Console) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    with os.fdopen(writer, "w") as out:
        done = subprocess.run(**python_runner("show", "T-9", "--json"), stdout=out, stderr=subprocess.PIPE)

    assert done.returncode == 1
    assert done.stderr == "error: there is no task 'T-9'\nhint: `runner list` shows the tasks there are\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is of Linux")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["list"], ["--help"], ["list", "--json"]])
def test_a_full_disk_under_the_output_is_told(console: Console, words: list[str], unbuffered: str) -> None:
    full = Path("/dev/full")
    console.ok("submit", "Fix add")

    with full.open("w") as out:
        arguments = python_runner(*words, PYTHONUNBUFFERED=unbuffered)
        done = subprocess.run(**arguments, stdout=out, stderr=subprocess.PIPE)

    assert done.returncode == 5
    assert done.stderr == (
        "error: the output cannot be written: No space left on device\nhint: make room, or send it elsewhere\n"
    )


def closed(*words: str, which: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process that was started without one of the three standard files."""
    arguments = python_runner(*words)
    line = ["sh", "-c", f'exec "$@" {which}', "sh", *arguments.pop("args")]
    return subprocess.run(line, **arguments, capture_output=True)


def test_a_command_without_a_standard_output_does_its_work(console: Console) -> None:
    done = closed("submit", "Fix add", which=">&-")

    assert (done.returncode, done.stderr) == (0, "")
    assert console.show("T-1")["title"] == "Fix add"


def test_a_failure_without_a_standard_error_keeps_its_code(console: Console) -> None:
    assert closed("show", "T-9", which="2>&-").returncode == 1
    assert closed("show", "T-9", which=">&- 2>&-").returncode == 1


def test_a_command_without_a_standard_input_says_so(console: Console) -> None:
    done = closed("submit", "Fix add", "-d", "-", which="<&-")

    assert done.returncode == 2
    assert done.stderr.startswith("error: standard input cannot be read: it is closed\n")


def test_what_the_encoding_lacks_is_escaped(console: Console) -> None:
    console.ok("submit", "naïve 修")
    arguments = python_runner("list", PYTHONIOENCODING="latin-1", PYTHONUTF8="0") | {"text": False}

    table = subprocess.run(**arguments, capture_output=True)
    arguments["args"].append("--json")
    document = subprocess.run(**arguments, capture_output=True)

    assert table.returncode == document.returncode == 0
    assert b"na\xefve \\u4fee" in table.stdout
    assert json.loads(document.stdout.decode("latin-1"))[0]["title"] == "naïve 修"
