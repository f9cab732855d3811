"""Lines of the log: redacted, private, on the terminal when asked for, and never a reason to fail."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from runner.errors import SettingsProblem
from runner.log import configure
from tests.log.speaking import SECRET, a_bug, entries, log, redactor, start


def test_a_record_is_one_json_object_with_its_extras(tmp_path: Path) -> None:
    start(tmp_path)

    log.info("two\nlines %s", "and a word", extra={"run_id": "r-1", "path": Path("/x")})

    (entry,) = entries(tmp_path)
    assert entry.pop("at").endswith("+00:00")
    assert entry == {
        "level": "info",
        "logger": "runner.test",
        "pid": os.getpid(),
        "message": "two\nlines and a word",
        "run_id": "r-1",
        "path": "/x",
    }


def test_secrets_are_taken_out_of_every_part(tmp_path: Path) -> None:
    terminal = start(tmp_path, verbosity=1)

    log.error("token %s", SECRET, extra={"argv": ["gh", SECRET]}, exc_info=a_bug(f"inside {SECRET}"))

    text = (tmp_path / "runner.log").read_text()
    assert SECRET not in text + terminal.getvalue()
    (entry,) = entries(tmp_path)
    assert entry["message"] == "token [redacted:GH_TOKEN]"
    assert "KeyError: 'inside [redacted:GH_TOKEN]'" in entry["traceback"]
    assert terminal.getvalue() == "error: token [redacted:GH_TOKEN] (KeyError)\n"


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    start(tmp_path / "state/log")

    log.info("hello")

    assert (tmp_path / "state/log").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state/log/runner.log").stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_before_something_is_said(tmp_path: Path) -> None:
    start(tmp_path / "log")

    log.debug("below the level")

    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(("level", "kept"), [("debug", 3), ("INFO", 2), ("Warning", 1), ("error", 0)])
def test_the_level_says_what_the_file_keeps(level: str, kept: int, tmp_path: Path) -> None:
    start(tmp_path, level=level)

    log.debug("d")
    log.info("i")
    log.warning("w")

    assert len(entries(tmp_path) if kept else []) == kept
    assert (tmp_path / "runner.log").exists() == bool(kept)


@pytest.mark.parametrize("level", ["loud", "", "10", "info "])
def test_an_unknown_level_is_refused_with_the_known_ones(level: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="RUNNER_LOG") as problem:
        start(tmp_path, level=level)

    assert "debug, info, warning" in problem.value.hint


@pytest.mark.parametrize(("verbosity", "shown"), [(0, ""), (1, "info: i\n"), (2, "debug: d\ninfo: i\n")])
def test_verbosity_shows_lines_on_standard_error(verbosity: int, shown: str, tmp_path: Path) -> None:
    terminal = start(tmp_path, verbosity=verbosity, level="error")

    log.debug("d")
    log.info("i")

    assert terminal.getvalue() == shown
    assert not (tmp_path / "runner.log").exists()


def test_somebody_else_s_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    terminal = start(tmp_path, verbosity=1)

    log.info("a\x1b[2Jb\nc\u202ed")

    assert terminal.getvalue() == "info: a [2Jb c d\n"


def test_a_second_call_replaces_the_first(tmp_path: Path) -> None:
    start(tmp_path / "one", verbosity=1)
    terminal = start(tmp_path / "two")

    log.info("hello")

    assert not (tmp_path / "one").exists()
    assert len(entries(tmp_path / "two")) == 1
    assert terminal.getvalue() == ""


def test_a_folder_that_cannot_be_written_costs_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    terminal = start(tmp_path / "file/log")

    log.info("one")
    log.info("two")

    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().startswith("warning: nothing can be logged in")


class Gone(io.StringIO):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_is_gone_is_no_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    configure(tmp_path / "file/log", verbosity=1, level="info", redactor=redactor, stderr=Gone())

    log.info("nobody listens")

    assert capfd.readouterr().err == ""


def test_without_configuration_standard_error_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(tmp_path, verbosity=1, level="info", redactor=redactor)

    log.info("hello")

    assert capsys.readouterr().err == "info: hello\n"
