"""Who started what is known before the prompt is sent; with it a later runner ends what a killed one left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.process.mark import ProcessMark, end_survivors, lives, mark_in
from runner.tasks.model import Outcome
from tests.claude.conftest import Script, asked, run
from tests.claude.contract import left_behind
from tests.peers.claude_program import claude_environment, real_claude
from tests.peers.messages_api import MessagesApi, text, tool
from tests.process.programs import comes_true

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="brands and adopting need Linux")

ANSWER = 'cat >/dev/null; cat "$HERE/init" "$HERE/result"'


def test_the_process_is_told_before_the_prompt_is_made(script: Script, workdir: Path) -> None:
    told: list[object] = []

    def prompt() -> str:
        told.append("prompt")
        return "Do it."

    def hear(mark: ProcessMark) -> None:
        assert lives(mark.child)
        assert mark_in(json.loads(json.dumps(mark.facts()))) == mark
        told.append("start")

    assert run(script(ANSWER), asked(workdir, prompt=prompt, on_start=hear)).outcome is Outcome.DONE
    assert told == ["start", "prompt"]


def test_what_it_raises_ends_the_call_and_leaves_nobody(script: Script, workdir: Path) -> None:
    marks: list[ProcessMark] = []

    def refuse(mark: ProcessMark) -> None:
        marks.append(mark)
        raise LookupError("the disk is full")

    with pytest.raises(LookupError):
        run(script(ANSWER), asked(workdir, prompt=pytest.fail, on_start=refuse))

    assert not lives(marks[0].child)


RUNNER = """
import json, os, sys, uuid
from pathlib import Path
from runner.claude.program import ClaudeProgram
from runner.claude.protocol import ClaudeRequest
from runner.process.stop import Stop
program, workdir, command = sys.argv[1:]
claude = ClaudeProgram(program, os.environ, max_retries=0)
request = ClaudeRequest(
    prompt=lambda: "Do it.", workdir=Path(workdir), session_id=str(uuid.uuid4()),
    rules=(f"Bash({command})",), on_start=lambda mark: print(json.dumps(mark.facts()), flush=True),
)
claude.run(request, on_message=lambda _: None, on_line=lambda _: None, stop=Stop())
"""


@needs_linux
@pytest.mark.parametrize(
    "with_supervisor", [False, True], ids=["the runner", "its whole group and supervisor"]
)
def test_when_the_runner_is_killed_the_real_program_and_its_tool_are_ended(
    workdir: Path, with_supervisor: bool
) -> None:
    # The tool has a session of its own, is forked twice, and keeps nothing of its environment.
    seconds = f"7{os.getpid()}.{int(with_supervisor)}5"
    (workdir / "tool.sh").write_text(
        f"env -i setsid sh -c 'env -i sleep {seconds} & exit 0' </dev/null >/dev/null 2>&1\nsleep {seconds}\n"
    )
    with MessagesApi([tool("Bash", command="sh tool.sh"), text("never")]) as api:
        argv = [sys.executable, "-c", RUNNER, real_claude(), str(workdir), "sh tool.sh"]
        with subprocess.Popen(
            argv,
            cwd=Path(__file__).parents[2],
            env=claude_environment(api.url),
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as runner:
            assert runner.stdout is not None
            mark = mark_in(json.loads(runner.stdout.readline()))
            assert mark is not None
            assert comes_true(lambda: len(sleeping(seconds)) == 2, limit_s=30.0)

            if with_supervisor:
                os.kill(mark.supervisor.pid, signal.SIGSTOP)
            os.killpg(runner.pid, signal.SIGKILL)
            runner.wait()
            if with_supervisor:
                os.kill(mark.supervisor.pid, signal.SIGKILL)
                assert comes_true(lambda: not lives(mark.child))
                assert len(sleeping(seconds)) > 0, "this is what the mark is for"
                assert end_survivors(mark) > 0

        assert comes_true(lambda: sleeping(seconds) == [])
        assert comes_true(lambda: not lives(mark.child))
        assert end_survivors(mark) == 0


def sleeping(seconds: str) -> list[str]:
    return [row for row in left_behind(f"sleep {seconds}") if "tool.sh" not in row and "sh -c" not in row]
