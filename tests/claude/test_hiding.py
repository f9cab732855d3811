"""What is told of a call is told without secrets, and they are taken out before anything is cut."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.claude.program import ClaudeProgram
from runner.claude.stream import StreamReader
from runner.errors import ClaudeNotStarted
from runner.redaction.redactor import Redactor
from tests.claude.conftest import Script, asked, run
from tests.redaction.writings import PLAIN, WRITINGS, recovered
from tests.support.claude_lines import init, line, message, said, used

hide = Redactor({"DEPLOY_TOKEN": PLAIN}).text
LONG = "x" * 190


@pytest.mark.parametrize("writing", WRITINGS)
def test_no_message_has_a_part_of_a_secret(writing: str) -> None:
    reader = StreamReader(hide=hide)
    text = WRITINGS[writing](PLAIN)
    lines = (
        init(),
        message("m1", said(text), said(f"{LONG}{text}")),
        message(
            "m2", used("Bash", command=f"echo {text}"), used("Read", "toolu_2", file_path=f"{LONG}{text}")
        ),
    )

    told = [found.text for each in lines for found in reader.read(each)]

    assert len(told) == 5
    assert not any(recovered(each, PLAIN) for each in told)


def test_a_denial_is_told_without_the_secret() -> None:
    reader = StreamReader(hide=hide)
    denial = {"tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": f"{LONG}{PLAIN}"}}

    reader.read(line(type="result", subtype="success", result=PLAIN, permission_denials=[denial]))

    (told,) = reader.denials
    assert not recovered(told.what, PLAIN)
    assert reader.results[0].text == PLAIN  # who judges the answer must know what was in it


@pytest.mark.parametrize("body", [f"echo {PLAIN[:9]}; exit 3", f"printf '%s' '{LONG}{PLAIN}'; exit 3"])
def test_an_error_is_told_without_the_secret(
    script: Script, workdir: Path, tmp_path: Path, body: str
) -> None:
    script(f"exec >&2; {body}")
    claude = ClaudeProgram(
        str(tmp_path / "program/claude"), os.environ, hide=lambda text: hide(text).replace(PLAIN[:9], "*")
    )

    with pytest.raises(ClaudeNotStarted) as raised:
        run(claude, asked(workdir))

    assert not recovered(str(raised.value), PLAIN)
