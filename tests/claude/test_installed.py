"""The claude program upgraded, replaced or removed while a run uses it."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from runner.claude import installed
from runner.claude.installed import Installed
from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeResult
from runner.errors import ClaudeNotStarted, ProgramMissing
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import Script, asked, run
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import MessagesApi, text, tool
from tests.support.claude_lines import started

ANSWER = 'cat >/dev/null; cat "$HERE/init" "$HERE/result"'


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "UPGRADE_LIMIT_S", 0.3)


@pytest.fixture
def program(workdir: Path) -> Path:
    """Where `script` puts the program."""
    return workdir.parent / "program/claude"


def replace(program: Path, text: str) -> None:
    """As an upgrade does it: a new file in the old one's place."""
    new = program.with_name("new")
    new.write_text(text)
    new.chmod(0o755)
    new.rename(program)


def test_removed_before_a_repair_it_is_one_clear_line_and_nothing_is_spent(
    script: Script, workdir: Path, program: Path
) -> None:
    claude = script(ANSWER)
    assert run(claude, asked(workdir)).outcome is Outcome.DONE
    program.unlink()

    with pytest.raises(ClaudeNotStarted, match="was removed or replaced while this run used it") as raised:
        run(claude, asked(workdir, prompt=pytest.fail))

    assert "install it again" in raised.value.hint


def test_removed_between_its_version_and_its_start_it_is_the_same(script: Script, workdir: Path) -> None:
    claude = script("", version='echo 2.1.330; rm "$HERE/claude"')

    with pytest.raises(ClaudeNotStarted, match="was removed or replaced"):
        run(claude, asked(workdir, prompt=pytest.fail))


def test_an_upgrade_takes_it_away_for_a_moment_only(
    script: Script, workdir: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "UPGRADE_LIMIT_S", 30.0)
    claude = script(ANSWER)
    run(claude, asked(workdir))
    old = program.read_text()
    program.unlink()
    upgrade = threading.Timer(0.3, replace, (program, old))
    upgrade.start()

    outcome = run(claude, asked(workdir)).outcome

    upgrade.join()
    assert outcome is Outcome.DONE


def test_a_stop_ends_the_wait_for_an_upgrade(
    script: Script, workdir: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed, "UPGRADE_LIMIT_S", 600.0)
    claude, stop = script(ANSWER), Stop()
    run(claude, asked(workdir))
    program.unlink()
    stopper = threading.Timer(0.2, stop.set, (StopReason.CANCELLED,))
    stopper.start()

    with pytest.raises(ClaudeNotStarted):
        run(claude, asked(workdir), stop=stop)

    stopper.join()


def test_another_version_in_its_place_is_asked_how_new_it_is(
    script: Script, workdir: Path, program: Path
) -> None:
    claude = script(ANSWER)
    run(claude, asked(workdir))
    replace(program, "#!/bin/sh\necho '1.0.5 (Claude Code)'\n")

    with pytest.raises(ClaudeNotStarted, match=r"claude 1\.0\.5 is too old"):
        run(claude, asked(workdir, prompt=pytest.fail))


def test_half_an_upgrade_is_another_program(script: Script, workdir: Path, program: Path) -> None:
    claude = script(ANSWER)
    run(claude, asked(workdir))
    replace(program, "")

    with pytest.raises(ClaudeNotStarted):
        run(claude, asked(workdir, prompt=pytest.fail))


def test_replaced_while_it_answers_it_goes_on_and_what_it_said_is_booked(
    script: Script, workdir: Path, program: Path
) -> None:
    (workdir.parent / "message").write_bytes(started("m1", input_tokens=1000))
    body = f'cat "$HERE/init" {workdir.parent}/message; rm "$HERE/claude"; kill -BUS $$'

    ended = run(script(body), asked(workdir))

    assert ended.outcome is Outcome.CRASHED
    assert ended.text == f"claude ended with signal {signal.SIGBUS:d} and without a result"
    assert (ended.cost_nano_usd, ended.estimated) == (4_000_000, True)
    assert not program.exists()


def test_the_real_program_survives_its_own_removal_and_is_missed_afterwards(
    workdir: Path, tmp_path: Path
) -> None:
    link = tmp_path / "claude"
    link.symlink_to(real_claude())
    results: list[ClaudeResult] = []
    with MessagesApi([tool("Read", file_path="{cwd}/calc.py"), text("read")]) as api:
        claude = ClaudeProgram(str(link), claude_environment(api.url), max_retries=0)
        request = asked(workdir)

        results.append(run(claude, request, on_message=lambda _: link.unlink(missing_ok=True)))
        with pytest.raises(ClaudeNotStarted, match="was removed or replaced"):
            run(claude, asked(workdir, session_id=request.session_id, resume=True))

    assert (results[0].outcome, results[0].cost_nano_usd) == (Outcome.DONE, 10_000_000)


def test_a_file_that_goes_while_it_is_looked_at_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ClaudeNotStarted, match="cannot be run"):
        Installed(str(tmp_path / "gone")).check(os.environ, Stop())
    with pytest.raises(ProgramMissing):
        installed._looks_of(str(tmp_path / "gone"))
