"""How ClaudeProgram treats a program that behaves in ways the real one seldom does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import runner.claude.call as call_module
from runner.claude.call import Patience
from runner.claude.program import ClaudeProgram
from runner.errors import ClaudeNotStarted, SettingsProblem, Stopped
from runner.process.stop import Stop, StopReason
from runner.tasks.model import Outcome
from tests.claude.conftest import RESULT, Heard, Script, asked, run
from tests.claude.contract import left_behind
from tests.support.claude_lines import message, said


def test_a_program_that_is_missing_is_one_clear_line(workdir: Path) -> None:
    with pytest.raises(ClaudeNotStarted, match="cannot be run: no-such-claude was not found") as raised:
        run(ClaudeProgram("no-such-claude", os.environ), asked(workdir, prompt=pytest.fail))

    assert "install Claude Code" in raised.value.hint
    assert raised.value.exit_code == 5


def test_a_program_that_is_too_old_is_not_asked(script: Script, workdir: Path) -> None:
    with pytest.raises(
        ClaudeNotStarted, match=r"claude 1\.0\.128 is too old: 2\.0\.0 is the least"
    ) as raised:
        run(script("", version="echo '1.0.128 (Claude Code)'"), asked(workdir, prompt=pytest.fail))

    assert raised.value.hint == "run `claude update`"


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("echo hello", "'hello'"),
        ("echo broken >&2; exit 3", "'broken'"),
        ("true", "'nothing'"),
        ("echo 2.1.330; exit 1", "'2.1.330'"),
    ],
)
def test_a_program_that_tells_no_version_is_another_program(
    script: Script, workdir: Path, version: str, words: str
) -> None:
    with pytest.raises(ClaudeNotStarted, match=f"--version says {words}, and no version"):
        run(script("", version=version), asked(workdir))


def test_the_version_is_asked_once(script: Script, workdir: Path) -> None:
    claude = script(
        'cat >/dev/null; cat "$HERE/init" "$HERE/result"', version='echo x >> "$HERE/asked"; echo 2.1.330'
    )

    run(claude, asked(workdir))
    run(claude, asked(workdir))

    assert (workdir.parent / "program/asked").read_text() == "x\n"


def test_an_argument_it_does_not_know_makes_it_too_old(script: Script, workdir: Path) -> None:
    claude = script("echo \"error: unknown option '--strict-mcp-config'\" >&2; exit 1")

    with pytest.raises(ClaudeNotStarted) as raised:
        run(claude, asked(workdir))

    assert str(raised.value) == "claude did not start: unknown option '--strict-mcp-config'"
    assert raised.value.hint == "run `claude update`"


def test_a_program_that_fails_without_a_word_is_named_by_its_exit_code(script: Script, workdir: Path) -> None:
    with pytest.raises(ClaudeNotStarted, match="claude did not start: exit code 3") as raised:
        run(script("exit 3"), asked(workdir))

    assert raised.value.hint == "run `claude doctor` by hand"


def test_a_folder_that_is_gone_is_found_before_anything_starts(script: Script, tmp_path: Path) -> None:
    with pytest.raises(ClaudeNotStarted, match="is not a folder"):
        run(script(""), asked(tmp_path / "gone", prompt=pytest.fail))


def test_a_rule_without_a_scope_is_found_before_anything_starts(script: Script, workdir: Path) -> None:
    with pytest.raises(SettingsProblem, match="'Bash' is refused"):
        run(script(""), asked(workdir, prompt=pytest.fail, rules=("Bash",)))


def test_a_crash_after_the_start_is_a_result_with_its_last_words(script: Script, workdir: Path) -> None:
    claude = script('cat "$HERE/init"; echo one >&2; echo two >&2; exit 3')

    ended = run(claude, asked(workdir))

    assert ended.outcome is Outcome.CRASHED
    assert ended.text == "claude ended with exit code 3 and without a result: two"
    assert ended.session_id == "s-1"
    assert ended.estimated


def test_noise_and_a_failure_are_a_crash_not_a_refusal_to_start(script: Script, workdir: Path) -> None:
    assert run(script("echo noise; exit 1"), asked(workdir)).outcome is Outcome.CRASHED


def test_an_end_without_a_result_is_told_apart(script: Script, workdir: Path) -> None:
    assert run(script('cat "$HERE/init"'), asked(workdir)).outcome is Outcome.NO_RESULT


def test_a_program_that_lingers_after_its_result_is_ended(script: Script, workdir: Path) -> None:
    claude = script(
        'cat "$HERE/init" "$HERE/result" "$HERE/result"; sleep 600', patience=Patience(exit_wait_s=0.2)
    )
    request = asked(workdir)

    ended = run(claude, request)

    assert (ended.outcome, ended.text, ended.cost_nano_usd) == (Outcome.DONE, "done", 5_000_000)
    assert left_behind(request.session_id) == []


def test_what_comes_after_the_result_is_still_read(script: Script, workdir: Path) -> None:
    late = json.loads(RESULT) | {"origin": {"kind": "task-notification"}, "total_cost_usd": 0.007}
    body = f'cat "$HERE/init" "$HERE/result"; sleep 0.2; echo \'{json.dumps(late)}\''

    assert run(script(body), asked(workdir)).cost_nano_usd == 7_000_000


def test_a_line_of_many_megabytes_is_read(script: Script, workdir: Path) -> None:
    claude = script('cat "$HERE/init"; cat "$HERE/big"; cat "$HERE/result"')
    big = message("m1", said("x" * 8_000_000), usage={"input_tokens": 1})
    (workdir.parent / "program/big").write_bytes(big)
    heard = Heard()

    ended = run(claude, asked(workdir), heard=heard)

    assert ended.outcome is Outcome.DONE
    assert len(heard.texts("text")[0]) == 200
    assert big in heard.lines


def test_the_prompt_arrives_whole_on_standard_input(script: Script, workdir: Path) -> None:
    claude = script('cat > "$HERE/prompt"; cat "$HERE/init" "$HERE/result"')

    run(claude, asked(workdir, prompt="--help\n\u2028 naïve \ud800"))

    assert (workdir.parent / "program/prompt").read_bytes() == "--help\n\u2028 naïve ?".encode()


def test_a_slow_prompt_gets_a_second_start_and_is_not_made_again(
    script: Script, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_module, "SLOW_PROMPT_S", -1.0)
    claude = script(
        'if [ ! -e "$HERE/once" ]; then touch "$HERE/once"; echo "Error: no input" >&2; exit 1; fi\n'
        'cat "$HERE/init" "$HERE/result"'
    )
    made: list[int] = []

    ended = run(claude, asked(workdir, prompt=lambda: made.append(1) or "Do it."))  # type: ignore[func-returns-value]

    assert ended.outcome is Outcome.DONE
    assert made == [1]


def test_a_second_start_that_fails_is_the_last(
    script: Script, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_module, "SLOW_PROMPT_S", -1.0)
    claude = script('echo x >> "$HERE/starts"; echo "Error: no input" >&2; exit 1')

    with pytest.raises(ClaudeNotStarted, match="no input"):
        run(claude, asked(workdir))

    assert (workdir.parent / "program/starts").read_text() == "x\nx\n"


def test_a_stop_that_the_prompt_meets_is_the_result(script: Script, workdir: Path) -> None:
    stop = Stop()

    def prompt() -> str:
        stop.set(StopReason.LEASE_LOST)
        stop.check()
        return "never"

    assert run(script("sleep 600"), asked(workdir, prompt=prompt), stop=stop).outcome is Outcome.LEASE_LOST


def test_somebody_elses_stop_is_not_ours(script: Script, workdir: Path) -> None:
    def prompt() -> str:
        raise Stopped("another run was stopped", reason="cancelled", exit_code=130)

    with pytest.raises(Stopped):
        run(script("sleep 600"), asked(workdir, prompt=prompt))


def test_the_child_gets_quiet_settings_its_credentials_and_nothing_else(
    workdir: Path, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "ANTHROPIC_API_KEY",
        "CLAUDE_CONFIG_DIR",
        "GH_TOKEN",
        "MY_TOOL_HOME",
        "GIT_DIR",
        "CLAUDECODE",
    ):
        monkeypatch.setenv(name, name.lower())
    script('env > "$HERE/env"; cat "$HERE/init" "$HERE/result"')
    program = str(workdir.parent / "program/claude")

    run(ClaudeProgram(program, os.environ, ("MY_TOOL_*",), max_retries=2), asked(workdir))

    seen = dict(line.split("=", 1) for line in (workdir.parent / "program/env").read_text().splitlines())
    assert seen["ANTHROPIC_API_KEY"] == "anthropic_api_key"
    assert seen["CLAUDE_CONFIG_DIR"] == "claude_config_dir"
    assert seen["MY_TOOL_HOME"] == "my_tool_home"
    assert seen["CLAUDE_CODE_MAX_RETRIES"] == "2"
    assert seen["DISABLE_AUTOUPDATER"] == seen["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"
    assert not {"GH_TOKEN", "GIT_DIR", "CLAUDECODE"} & set(seen)
