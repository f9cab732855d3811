"""Runs recorded and replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.claude.outcome import Ending
from runner.claude.recorded import RecordedClaude
from runner.claude.recording import ended_line, ending_in, is_ending
from runner.errors import ClaudeNotStarted
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import Heard, Speak, asked, run
from tests.peers.messages_api import text, tool
from tests.support.claude_lines import failed, init, line, message, result, said
from tests.support.git import Sandbox
from tests.support.recordings import git_apply

PATCH = b"""diff --git a/calc.py b/calc.py
--- a/calc.py
+++ b/calc.py
@@ -1,2 +1,2 @@
 def add(a, b):
-    return a - b
+    return a + b
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "r-1"
    path.mkdir()
    return path


def test_a_real_run_is_replayed_with_the_same_result(speak: Speak, workdir: Path, folder: Path) -> None:
    spoken = speak(
        tool("Read", file_path="{cwd}/calc.py"),
        tool("Edit", file_path="{cwd}/calc.py", old_string="a - b", new_string="a + b"),
        tool("Bash", command="python3 -c 1"),
        text("Fixed."),
    )
    (folder / "stream.jsonl").write_bytes(spoken.heard.stream)
    (folder / "changes.patch").write_bytes(PATCH)
    assert "a + b" in (workdir / "calc.py").read_text()
    (workdir / "calc.py").write_text("def add(a, b):\n    return a - b\n")
    heard = Heard()

    replayed = run(
        RecordedClaude(folder, git_apply), asked(workdir, session_id=spoken.result.session_id), heard=heard
    )

    assert replace(replayed, duration_s=0) == replace(spoken.result, duration_s=0)
    assert heard.messages == spoken.heard.messages
    assert heard.lines == spoken.heard.lines
    assert "a + b" in (workdir / "calc.py").read_text()


@pytest.mark.parametrize(
    ("fields", "outcome"), [({"timeout_s": 6.0}, Outcome.TIMEOUT), ({"max_turns": 1}, Outcome.TURNS)]
)
def test_a_run_that_failed_fails_again_in_the_same_way(
    speak: Speak, workdir: Path, folder: Path, fields: dict[str, float], outcome: Outcome
) -> None:
    spoken = speak(tool("Bash", command="ls"), text("late", hold=True), **fields)
    (folder / "stream.jsonl").write_bytes(spoken.heard.stream)

    replayed = run(RecordedClaude(folder, git_apply), asked(workdir))

    assert spoken.result.outcome is replayed.outcome is outcome
    assert (replayed.text, replayed.cost_nano_usd) == (spoken.result.text, spoken.result.cost_nano_usd)


def test_replaying_twice_gives_the_same(folder: Path, tmp_path: Path) -> None:
    lines = (init(), message("m1", said("hi"), usage={"input_tokens": 9}), result("done", cost_usd=0.1))
    (folder / "stream.jsonl").write_bytes(b"".join(lines))
    (folder / "changes.patch").write_bytes(PATCH)
    repositories = [
        Sandbox.create(tmp_path / name, files={"calc.py": "def add(a, b):\n    return a - b\n"})
        for name in "ab"
    ]
    session = asked(tmp_path).session_id

    results = [
        run(RecordedClaude(folder, git_apply), asked(repository.path, session_id=session))
        for repository in repositories
    ]

    assert results[0] == results[1]
    assert results[0].duration_s == 1.5
    assert len({repository.git("diff") for repository in repositories}) == 1


def test_a_recording_without_changes_changes_nothing(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + result("done"))
    (folder / "changes.patch").write_bytes(b"\n")

    assert run(RecordedClaude(folder, git_apply), asked(workdir)).outcome is Outcome.DONE
    assert (workdir / "calc.py").read_text().endswith("a - b\n")


def test_a_recording_that_was_cut_off_is_a_crash(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + message("m1", said("hi"))[:-20])

    replayed = run(RecordedClaude(folder, git_apply), asked(workdir))

    assert replayed.outcome is Outcome.CRASHED
    assert replayed.estimated
    assert replayed.duration_s == 0.0


def test_an_error_is_recorded_as_well(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + failed(401, "Not logged in"))

    assert run(RecordedClaude(folder, git_apply), asked(workdir)).outcome is Outcome.AUTH


def test_a_missing_recording_is_one_clear_line(workdir: Path, folder: Path) -> None:
    with pytest.raises(
        ClaudeNotStarted, match=r"there is no recording .*stream\.jsonl: No such file"
    ) as raised:
        run(RecordedClaude(folder, git_apply), asked(workdir, prompt=pytest.fail))

    assert "runner runs" in raised.value.hint


def test_more_calls_than_were_recorded_are_refused(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + result("done"))
    claude = RecordedClaude(folder, git_apply)
    run(claude, asked(workdir))

    with pytest.raises(ClaudeNotStarted, match=r"stream-2\.jsonl"):
        run(claude, asked(workdir, resume=True))


@pytest.mark.parametrize("damage", [b"", b"\n\n", b"garbage\nmore", ended_line(Ending(exit_code=0))])
def test_a_damaged_recording_is_one_clear_line(workdir: Path, folder: Path, damage: bytes) -> None:
    (folder / "stream.jsonl").write_bytes(damage)

    with pytest.raises(ClaudeNotStarted, match="is damaged: nothing in it is from claude"):
        run(RecordedClaude(folder, git_apply), asked(workdir, prompt=pytest.fail))


def test_changes_that_do_not_fit_are_one_clear_line(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + result("done"))
    (folder / "changes.patch").write_bytes(PATCH)
    (workdir / "calc.py").write_text("something else\n")

    with pytest.raises(ClaudeNotStarted, match="the recorded changes do not fit this work tree") as raised:
        run(RecordedClaude(folder, git_apply), asked(workdir))

    assert "the commit that the run started from" in raised.value.hint


def test_stopped_half_way_it_applies_nothing(workdir: Path, folder: Path) -> None:
    (folder / "stream.jsonl").write_bytes(init() + message("m1", said("hi")) + result("done"))
    (folder / "changes.patch").write_bytes(PATCH)
    stop, heard = Stop(), Heard()

    replayed = run(
        RecordedClaude(folder, git_apply),
        asked(workdir),
        stop=stop,
        heard=heard,
        on_message=lambda _: (stop.set(StopReason.LEASE_LOST), None)[1],
    )

    assert replayed.outcome is Outcome.LEASE_LOST
    assert heard.texts("text") == []
    assert (workdir / "calc.py").read_text().endswith("a - b\n")


@pytest.mark.parametrize(
    "ending",
    [
        Ending(exit_code=0),
        Ending(exit_code=143, timed_out=True),
        Ending(exit_code=-9, stop=StopReason.CANCELLED, stderr="last words"),
    ],
)
def test_how_the_child_ended_survives_the_recording(ending: Ending) -> None:
    assert is_ending(ended_line(ending))
    assert ending_in((init(), ended_line(ending)), has_result=False) == ending


def test_only_the_last_words_of_standard_error_are_kept() -> None:
    kept = ending_in((ended_line(Ending(exit_code=1, stderr="one\n\x1b[1mtwo\n\n")),), has_result=False)

    assert kept.stderr == "two"


def test_an_ending_that_was_tampered_with_is_read_as_a_kill() -> None:
    odd = line(type="runner_ended", exit_code="0", stop="no such reason", timed_out="yes", stderr=3)

    assert ending_in((odd,), has_result=False) == Ending(exit_code=-9)


def test_without_our_line_a_result_means_a_good_end() -> None:
    assert ending_in((init(),), has_result=True) == Ending(exit_code=0)
    assert ending_in((init(),), has_result=False) == Ending(exit_code=-9)
