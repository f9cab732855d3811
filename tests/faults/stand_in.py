"""A program that speaks as `claude` does, for tests that need many fast runs of a real process.

Called as `python stand_in.py FOLDER ARGUMENTS...`. What it is to do is in `FOLDER/plan.json`: files to write, texts
that its tools say, and its answer. It keeps its conversations in `FOLDER/sessions`, writes down each call in
`FOLDER/calls.jsonl` and the last prompt in `FOLDER/prompt`. Only the standard library is used.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

VERSION = "2.1.330"
MODEL = "claude-opus-5-5"
COST_USD = 0.01
TOKENS = {"input_tokens": 1000, "output_tokens": 50}


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main(folder: Path, words: list[str]) -> int:
    if "--version" in words:
        sys.stdout.write(f"{VERSION} (Claude Code)\n")
        return 0
    prompt = sys.stdin.read()
    flag, session = next(
        word.split("=", 1) for word in words if word.startswith(("--resume=", "--session-id="))
    )
    resumed = flag == "--resume"
    known = folder / "sessions" / session
    unknown = resumed and not known.exists()
    call = {
        "session": session,
        "resumed": resumed,
        "unknown": unknown,
        "prompt": prompt[:200],
        "words": words,
    }
    (folder / "prompt").write_bytes(prompt.encode(errors="surrogateescape"))
    with (folder / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps(call) + "\n")
    if unknown:
        words_of_it = f"No conversation found with session ID: {session}"
        end(session, words_of_it, is_error=True, subtype="error_during_execution", num_turns=0, cost=0.0)
        return 1
    known.parent.mkdir(exist_ok=True)
    known.touch()
    return work(folder, session)


def work(folder: Path, session: str) -> int:
    plan = json.loads((folder / "plan.json").read_text())
    if "then" in plan:
        (folder / "plan.json").write_text(json.dumps(plan["then"]))
    say(
        type="system",
        subtype="init",
        cwd=str(Path.cwd()),
        session_id=session,
        model=MODEL,
        permissionMode="acceptEdits",
        apiKeySource="ANTHROPIC_API_KEY",
        claude_code_version=VERSION,
    )
    message = {"id": f"msg-{time.monotonic_ns()}", "model": MODEL, "usage": TOKENS | {"output_tokens": 1}}
    say(type="stream_event", event={"type": "message_start", "message": message}, parent_tool_use_id=None)
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": TOKENS}
    say(type="stream_event", event=delta, parent_tool_use_id=None)
    for name, text in plan["writes"].items():
        block = {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "Write",
            "input": {"file_path": name, "content": text},
        }
        say(type="assistant", message=message | {"content": [block]}, parent_tool_use_id=None)
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    for text in plan.get("says", ()):
        output = {"type": "tool_result", "tool_use_id": "toolu_1", "content": text}
        say(type="user", message={"role": "user", "content": [output]}, parent_tool_use_id=None)
        spoken = {"type": "text", "text": text}
        say(type="assistant", message=message | {"content": [spoken]}, parent_tool_use_id=None)
        sys.stderr.write(f"{text}\n")
    wait = folder / "wait"
    while wait.exists():
        time.sleep(0.01)
    end(session, plan["text"], is_error=False, subtype="success", num_turns=1, cost=COST_USD)
    return 0


def end(session: str, text: str, *, is_error: bool, subtype: str, num_turns: int, cost: float) -> None:
    tokens = TOKENS if cost else {"input_tokens": 0, "output_tokens": 0}
    usage = {
        MODEL: {
            "inputTokens": tokens["input_tokens"],
            "outputTokens": tokens["output_tokens"],
            "cacheReadInputTokens": 0,
            "cacheCreationInputTokens": 0,
            "costUSD": cost,
        }
    }
    say(
        type="result",
        subtype=subtype,
        is_error=is_error,
        result=text,
        session_id=session,
        duration_ms=10,
        num_turns=num_turns,
        stop_reason="end_turn",
        terminal_reason="completed",
        total_cost_usd=cost,
        usage=tokens,
        modelUsage=usage,
        model_usage_since_last_result=usage,
        permission_denials=[],
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
