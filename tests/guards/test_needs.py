"""A test that lacks its program says so; in CI it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.needs import needs_program


def test_a_program_that_is_there_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert needs_program("tool") == str(program)


@pytest.mark.parametrize("value", ["", "false", "0"])
def test_elsewhere_a_missing_program_skips_with_a_message(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", value)

    with pytest.raises(pytest.skip.Exception, match="no-such-tool is not installed"):
        needs_program("no-such-tool")


@pytest.mark.parametrize("value", ["true", "1"])
def test_in_ci_a_missing_program_is_a_failure(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", value)

    with pytest.raises(pytest.fail.Exception, match="no-such-tool is not installed"):
        needs_program("no-such-tool")
