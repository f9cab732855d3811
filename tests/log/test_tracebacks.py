"""The traceback of a bug: kept, redacted and private, whatever else is broken."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import runner.log
from runner.log import configure, write_traceback
from runner.redaction.redactor import Redactor
from tests.log.speaking import SECRET, a_bug, start


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
