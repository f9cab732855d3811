"""A stand-in for the `claude` program that misbehaves as it is told: `stream_zoo_program.py BEAST MARK [ARGUMENT...]`.

It speaks the program's protocol and needs nothing but Python. Whom it leaves behind has MARK among its arguments.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

BEAST, MARK = sys.argv[1:3]
MODEL = "claude-opus-5-5"
AGES_S = 600.0


def write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def init(model: str = MODEL) -> bytes:
    return line(
        type="system",
        subtype="init",
        session_id="85444ca4-5f51-4da4-8cf4-86219c1cb2b8",
        cwd=str(Path.cwd()),
        model=model,
        claude_code_version="2.1.330",
        apiKeySource="ANTHROPIC_API_KEY",
    )


def answered(message_id: str = "m1", model: str = MODEL) -> bytes:
    """A message of 1000 tokens in and 50 out, as partial messages tell it: 5,000,000 nano-USD."""
    usage = {"input_tokens": 1000, "output_tokens": 1}
    start = {"type": "message_start", "message": {"id": message_id, "model": model, "usage": usage}}
    delta = {"type": "message_delta", "usage": {"output_tokens": 50}}
    return line(type="stream_event", event=start) + line(type="stream_event", event=delta)


def said(words: str) -> bytes:
    content = [{"type": "text", "text": words}]
    return line(type="assistant", message={"id": "m1", "model": MODEL, "content": content})


def result(words: str = "done", messages: int = 1, **others: Any) -> bytes:
    """The conversation had `messages` messages since the result before this one."""
    usage = {
        MODEL: {"inputTokens": 1000 * messages, "outputTokens": 50 * messages, "costUSD": 0.005 * messages}
    }
    fields = {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "result": words,
        "num_turns": 1,
        "total_cost_usd": 0.005 * messages,
        "modelUsage": usage,
        "model_usage_since_last_result": usage,
    }
    return line(**(fields | others))


def hang() -> None:
    time.sleep(AGES_S)


def be_deaf() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


SLEEPER = [
    sys.executable,
    "-I",
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)",
    MARK,
]


def leave(
    *, session: bool = False, twice: bool = False, environment: bool = True, pipes: bool = True
) -> None:
    """Start somebody who stays, and go on once they have started; `twice` through a parent that ends at once."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        if session:
            os.setsid()
        if twice and os.fork() != 0:
            os._exit(0)
        if not pipes:
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
        os.close(reader)
        os.execve(SLEEPER[0], SLEEPER, dict(os.environ) if environment else {})  # noqa: S606 - no shell on purpose
    os.close(writer)
    os.read(reader, 1)  # ends when the program has been started
    os.close(reader)


def silent_in_mid_answer() -> None:
    write(init() + answered())
    be_deaf()
    hang()


silent = does_not_read = hang


def closes_its_output() -> None:
    write(init() + answered())
    os.close(1)
    hang()


def hangs_after_the_result() -> None:
    write(init() + answered() + result())
    be_deaf()
    hang()


def long_line() -> None:
    write(init() + answered() + said("x" * 20_000_000) + result())


def split_characters() -> None:
    write(init() + answered())
    whole = json.dumps(json.loads(result("naïve — 日本語 🎉")), ensure_ascii=False).encode() + b"\n"
    for position in range(len(whole)):
        write(whole[position : position + 1])


def children_and_killed() -> None:
    write(init() + answered())
    for environment in (True, False):
        leave(session=True, twice=True, environment=environment, pipes=environment)
    os.kill(os.getpid(), signal.SIGKILL)


def kills_its_supervisor() -> None:
    write(init() + answered())
    leave(session=True, twice=True, environment=False, pipes=False)
    os.kill(os.getppid(), signal.SIGKILL)
    hang()


def stops_its_supervisor() -> None:
    write(init() + answered())
    leave(session=True, twice=True, environment=False, pipes=False)
    os.kill(os.getppid(), signal.SIGSTOP)
    be_deaf()
    hang()


def never_stops() -> None:
    write(init() + answered())
    while True:
        write(line(type="system", subtype="status", text="x" * 1000) * 100)


def never_ends_its_line() -> None:
    write(init() + answered())
    while True:
        write(b"x" * 1_000_000)


def unknown_model_killed() -> None:
    write(init("claude-next-9") + answered(model="claude-next-9"))
    os.kill(os.getpid(), signal.SIGKILL)


def tool_runs_without_a_word() -> None:
    use = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "make"}}
    write(
        init() + answered() + line(type="assistant", message={"id": "m1", "model": MODEL, "content": [use]})
    )
    time.sleep(2.0)
    answer = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "ok"}
    write(line(type="user", message={"content": [answer]}) + result())


def waits_as_announced() -> None:
    told = {
        "attempt": 1,
        "max_retries": 3,
        "retry_delay_ms": 1800,
        "error_status": 429,
        "error": "rate_limit",
    }
    write(init() + line(type="system", subtype="api_retry", **told))
    time.sleep(2.0)
    write(answered() + result())


def two_results() -> bytes:
    since = json.loads(result())["modelUsage"]
    origin = {"kind": "task-notification"}
    injected = result(
        "later",
        2,
        is_error=True,
        origin=origin,
        subtype="error_during_execution",
        model_usage_since_last_result=since,
    )
    return init() + answered() + result("ours") + answered("m2") + injected


def noise() -> bytes:
    before = b'[sandbox] debug\n\x00\xff\xfe\x80 binary \x1b[31m\n{broken\n[1, 2]\n"text"\nnull\n\n'
    between = b"[" * 200_000 + b"\n" + b"\xed\xa0\x80\n" + b'{"type": ["result"]}\n' + b"1e999\n"
    return before + init() + between + answered() + result() + b"good bye\n"


def unknown() -> bytes:
    odd = (
        line(type="brand_new", payload={"a": [1]}),
        line(type="system", subtype="newer", tokens=-5),
        line(type="assistant", message="text"),
        line(type="assistant", message={"content": "text"}),
        line(type="user", message={"content": "text"}),
        line(type="stream_event", event={"type": "odd"}),
    )
    last = result(new_field={"deep": True}, num_turns="many", permission_denials="none")
    return init() + b"".join(odd) + answered() + last


def usage_limit() -> bytes:
    info = {"status": "rejected", "resetsAt": 1_800_000_000, "rateLimitType": "five_hour"}
    words = "You've hit your 5-hour limit · resets 8am (UTC)"
    told = {"is_error": True, "api_error_status": 429, "api_error": "usage_limit_reached"}
    return init() + line(type="rate_limit_event", rate_limit_info=info) + result(words, 0, **told)


def streams() -> dict[str, tuple[bytes, int]]:
    """Those that say something and end: what, and with which exit code."""
    begun = init() + answered()
    broke: dict[str, Any] = {"is_error": True, "subtype": "error_during_execution"}
    nothing: dict[str, Any] = {"modelUsage": {}, "model_usage_since_last_result": {}, "total_cost_usd": 0}
    rejected = result("API Error: Request rejected (429)", 0, is_error=True, api_error_status=429)
    return {
        "two_results": (two_results(), 0),
        "no_result": (begun, 0),
        "success_that_is_an_error": (init() + rejected, 1),
        "result_then_exit_1": (begun + result(), 1),
        "error_and_exit_0": (begun + result("it broke", **broke), 0),
        "exit_143": (begun, 143),
        "zero_cost_crash": (begun + result("", 0, **broke, **nothing), 1),
        "torn_result": (begun + result()[:-40], 0),
        "result_without_an_end_of_line": (begun + result()[:-1], 0),
        "noise": (noise(), 0),
        "unknown": (unknown(), 0),
        "usage_limit": (usage_limit(), 1),
    }


CHILDREN: dict[str, dict[str, bool]] = {
    "child_holds_the_pipe": {},
    "child_in_its_own_session": {"session": True, "pipes": False},
    "child_forked_twice": {"session": True, "twice": True},
    "child_with_an_empty_environment": {"session": True, "twice": True, "environment": False, "pipes": False},
}
"""Those that have answered and leave somebody: how that one tries to get away."""


def main() -> None:
    if "--version" in sys.argv:
        sys.stdout.write("2.1.330 (Claude Code)\n")
        return
    if BEAST != "does_not_read":
        sys.stdin.buffer.read()
    plain = streams()
    if BEAST in plain:
        write(plain[BEAST][0])
        sys.exit(plain[BEAST][1])
    if BEAST in CHILDREN:
        write(init() + answered() + result())
        leave(**CHILDREN[BEAST])
        return
    wild: dict[str, Callable[[], None]] = dict(globals())
    wild[BEAST]()


if __name__ == "__main__":
    main()
