"""The log: one JSON object per line, redacted, bounded, private, and never a reason to fail."""

from __future__ import annotations

import fcntl
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runner.log
from runner.errors import SettingsProblem
from runner.log import configure, write_traceback
from runner.log_file import LogFile
from runner.redaction.redactor import Redactor

SECRET = "hunter2-hunter2"
log = logging.getLogger("runner.test")


def redactor() -> Redactor:
    return Redactor({"GH_TOKEN": SECRET})


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give every test the logger as Python makes it, and leave it so."""
    yield
    logger = logging.getLogger("runner")
    for handler in tuple(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
    logger.setLevel(logging.NOTSET)
    runner.log._setup = None


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "runner.log").read_text().splitlines()]


def start(folder: Path, *, verbosity: int = 0, level: str = "info") -> io.StringIO:
    """Configure it; returns what stands for standard error."""
    terminal = io.StringIO()
    configure(folder, verbosity=verbosity, level=level, redactor=redactor, stderr=terminal)
    return terminal


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


def lines_to(path: Path, numbers: range, *, limit_bytes: int, kept_files: int) -> None:
    troubles: list[Exception] = []
    file = LogFile(path, on_trouble=troubles.append, limit_bytes=limit_bytes, kept_files=kept_files)
    for number in numbers:
        file.emit(logging.makeLogRecord({"msg": f"line {number:04}"}))
    assert troubles == []


def test_a_full_file_moves_up_and_the_oldest_goes(tmp_path: Path) -> None:
    lines_to(tmp_path / "runner.log", range(20), limit_bytes=40, kept_files=2)

    files = {path.name: path.read_text().split("\n")[:-1] for path in tmp_path.iterdir()}
    assert files == {
        "runner.log": ["line 0016", "line 0017", "line 0018", "line 0019"],
        "runner.log.1": ["line 0012", "line 0013", "line 0014", "line 0015"],
        "runner.log.2": ["line 0008", "line 0009", "line 0010", "line 0011"],
    }


def test_a_line_longer_than_the_limit_is_still_written(tmp_path: Path) -> None:
    lines_to(tmp_path / "runner.log", range(3), limit_bytes=1, kept_files=5)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["runner.log", "runner.log.1", "runner.log.2"]


def test_while_another_process_moves_the_files_lines_go_on(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)

    lines_to(tmp_path / "runner.log", range(10), limit_bytes=40, kept_files=2)

    os.close(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["runner.log"]
    assert len((tmp_path / "runner.log").read_text().splitlines()) == 10


WRITER = """
import logging, sys
from pathlib import Path
from runner.log_file import LogFile
file = LogFile(Path(sys.argv[1]), on_trouble=lambda e: sys.exit(str(e)), limit_bytes=2000, kept_files=100)
for number in range(200):
    file.emit(logging.makeLogRecord({"msg": f"{sys.argv[2]} {number:04}"}))
"""


def test_several_processes_lose_no_line(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "runner.log"), name], cwd=root)
        for name in "ab"
    ]
    for writer in writers:
        assert writer.wait(60) == 0

    lines = sorted(line for path in tmp_path.iterdir() for line in path.read_text().splitlines())
    assert lines == [f"{name} {number:04}" for name in "ab" for number in range(200)]


def a_bug(words: str) -> Exception:
    with pytest.raises(KeyError) as bug:
        dict[str, int]()[words]
    return bug.value


def test_a_bug_s_traceback_is_kept_redacted_and_private(tmp_path: Path) -> None:
    start(tmp_path / "log")

    path = write_traceback(a_bug(f"where is {SECRET}"))

    assert path.parent == tmp_path / "log"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "in a_bug" in text
    assert "KeyError: 'where is [redacted:GH_TOKEN]'" in text


def test_a_bug_before_the_log_is_configured_is_kept_in_the_usual_place(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", SECRET)

    path = write_traceback(a_bug(f"early {SECRET}"))

    assert path.parent == home / ".local/state/runner/log"
    assert "early [redacted:MY_TOKEN]" in path.read_text()


def test_without_any_home_it_goes_to_a_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    path = write_traceback(a_bug(f"nowhere {SECRET}"))

    assert path.is_relative_to(tmp_path)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert "KeyError (message left out)" in path.read_text()
    assert SECRET not in path.read_text()


def test_a_bug_in_the_redaction_itself_costs_the_messages_only(tmp_path: Path) -> None:
    def broken() -> Redactor:
        raise RuntimeError

    configure(tmp_path, verbosity=0, level="info", redactor=broken, stderr=io.StringIO())

    text = write_traceback(a_bug(SECRET)).read_text()

    assert "in a_bug" in text
    assert "KeyError (message left out)" in text
    assert SECRET not in text


def test_old_tracebacks_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner.log, "KEPT_TRACEBACKS", 2)
    start(tmp_path)

    kept = [write_traceback(a_bug(str(number))) for number in range(4)]

    assert sorted(tmp_path.glob("bug-*.txt")) == kept[2:]
