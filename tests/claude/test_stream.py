"""The stream, line by line."""

from __future__ import annotations

import json

from runner.allowance.model import Tokens
from runner.claude.outcome import Ending, judge
from runner.claude.protocol import Message, ToolDenial
from runner.claude.stream import StreamReader
from runner.tasks.model import Outcome
from tests.support.claude_lines import (
    api_error,
    delta,
    event,
    init,
    line,
    message,
    result,
    said,
    started,
    used,
)


def reading(*lines: bytes) -> tuple[StreamReader, list[Message]]:
    reader = StreamReader()
    return reader, [message for each in lines for message in reader.read(each)]


def shown(*lines: bytes) -> list[tuple[str, str]]:
    return [(message.kind, message.text) for message in reading(*lines)[1]]


def test_the_start_tells_version_model_payer_and_session() -> None:
    reader, messages = reading(init("abc"))

    assert (reader.session_id, reader.model, reader.version) == ("abc", "claude-opus-5-5", "2.1.330")
    assert (reader.payer, reader.permission_mode) == ("ANTHROPIC_API_KEY", "acceptEdits")
    assert messages[0].text == "claude 2.1.330, claude-opus-5-5, paid by ANTHROPIC_API_KEY"


def test_a_second_start_in_one_stream_is_not_shown_again() -> None:
    assert [kind for kind, _ in shown(init(), init())] == ["started"]


def test_a_start_that_tells_nothing_is_still_a_start() -> None:
    reader, messages = reading(line(type="system", subtype="init"))

    assert reader.version == "unknown"
    assert messages[0].text == "claude unknown, , paid by an unknown source"


def test_texts_and_tools_are_shown_in_one_line_each() -> None:
    blocks = (said("\n First words\nmore"), used("Read", file_path="/repo/calc.py"), said(" "))

    assert shown(init(), message("m1", *blocks))[1:] == [("text", "First words"), ("tool", "Read calc.py")]


def test_thinking_and_unknown_blocks_are_not_shown() -> None:
    assert shown(message("m1", {"type": "thinking", "thinking": "hm"}, {"type": "new"})) == []


def test_a_refused_tool_is_shown_with_what_it_was_for() -> None:
    refused = line(type="system", subtype="permission_denied", tool_use_id="toolu_1", tool_name="Bash")

    reader, messages = reading(message("m1", used("Bash", command="rm -rf /")), refused)

    assert messages[-1].kind == "denied"
    assert messages[-1].text == "Bash rm -rf /"
    assert reader.denials == (ToolDenial(tool="Bash", what="rm -rf /"),)


def test_a_refused_tool_nobody_has_seen_is_shown_by_its_name() -> None:
    refused = line(type="system", subtype="permission_denied", tool_use_id="x", tool_name="Web\x1b[0mFetch")

    assert shown(refused) == [("denied", "WebFetch")]


def test_the_result_has_the_last_word_on_denials() -> None:
    refused = line(type="system", subtype="permission_denied", tool_use_id="toolu_1", tool_name="Bash")
    denial = {"tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": {"command": "ls"}}
    other = {"tool_name": "Edit", "tool_use_id": "toolu_2", "tool_input": {"file_path": "/repo/a"}}

    reader, messages = reading(init(), refused, result(permission_denials=[denial, other, "odd"]))

    assert reader.denials == (ToolDenial(tool="Bash", what="ls"), ToolDenial(tool="Edit", what="a"))
    assert [m.text for m in messages if m.kind == "denied"] == ["Bash", "Edit a"]


def test_denials_without_an_id_are_kept_apart() -> None:
    reader, _ = reading(result(permission_denials=[{"tool_name": "A"}, {"tool_name": "B"}]))

    assert [denial.tool for denial in reader.denials] == ["A", "B"]


def test_a_retry_says_why_and_when() -> None:
    numbers = {"attempt": 1, "max_retries": 3, "retry_delay_ms": 1221}

    assert shown(
        line(type="system", subtype="api_retry", error_status=429, error="rate_limit", **numbers),
        line(type="system", subtype="api_retry", error_status=None, error="unknown", **numbers),
    ) == [
        ("retry", "429 rate_limit; retry 1 of 3 in 1.2 s"),
        ("retry", "the connection failed; retry 1 of 3 in 1.2 s"),
    ]


def test_partial_messages_tell_what_was_really_written() -> None:
    usage = {"input_tokens": 1000, "output_tokens": 1}

    reader, messages = reading(
        started("m1", input_tokens=1000, output_tokens=1),
        message("m1", said("hi"), usage=usage),
        delta(input_tokens=1000, output_tokens=50),
    )

    assert messages[0].tokens == Tokens(input=1000, output=1)
    assert messages[-1].kind == "usage"
    assert messages[-1].text == ""
    assert messages[-1].tokens == Tokens(input=1000, output=50)
    assert reader.account.spent.cost_nano_usd == 5_000_000


def test_partial_messages_of_a_sub_agent_are_told_apart() -> None:
    reader, _ = reading(
        started("m1", input_tokens=100),
        started("m2", parent="toolu_9", input_tokens=10),
        delta(output_tokens=5),
        delta(parent="toolu_9", output_tokens=3),
    )

    assert reader.account.spent.tokens == Tokens(input=110, output=8)


def test_a_delta_without_its_start_goes_by_the_id_it_brings() -> None:
    ours = line(
        type="stream_event",
        event={"type": "message_delta", "usage": {"output_tokens": 5}},
        api_message_id="m1",
    )

    reader, _ = reading(ours, ours)

    assert reader.account.spent.tokens == Tokens(output=5)


def test_other_partial_events_say_nothing() -> None:
    assert shown(event("content_block_delta", delta={"text": "Hel"}), event("message_stop")) == []


def test_a_sub_agents_text_is_shown_but_is_not_the_answer() -> None:
    reader, messages = reading(
        message("m1", said("mine")), message("m2", said("its"), parent_tool_use_id="t")
    )

    assert [m.text for m in messages] == ["mine", "its"]
    assert reader.last_words == "mine"


def test_the_error_of_a_sub_agent_is_not_ours() -> None:
    inner = json.loads(api_error("rate_limit")) | {"parent_tool_use_id": "toolu_9"}

    reader, _ = reading(init(), line(**inner), result("fine"))

    assert judge(reader, Ending(exit_code=0)).outcome is Outcome.DONE


def test_an_error_that_was_overcome_is_forgotten() -> None:
    reader, _ = reading(init(), api_error("server_error"), message("m1", said("fine")), result("fine"))

    assert judge(reader, Ending(exit_code=0)).outcome is Outcome.DONE


def test_a_turn_that_a_background_task_injected_does_not_decide() -> None:
    injected = {
        "origin": {"kind": "task-notification"},
        "is_error": True,
        "subtype": "error_during_execution",
    }
    usual = Tokens(input=10)

    reader, _ = reading(
        init(),
        result("ours", cost_usd=0.1, tokens=usual, since=(usual, 0.1)),
        api_error("server_error"),
        result("", cost_usd=0.3, tokens=usual + usual, since=(usual, 0.2), **injected),
    )

    assert judge(reader, Ending(exit_code=0)).text == "ours"
    assert reader.account.spent.cost_nano_usd == 300_000_000
    assert reader.account.total.cost_nano_usd == 300_000_000


def test_without_a_result_of_our_own_the_last_one_decides() -> None:
    reader, _ = reading(result("other", origin={"kind": "peer"}), result("last", origin={"kind": "channel"}))

    own = reader.own_result
    assert own is not None
    assert own.text == "last"


def test_the_prompt_of_a_person_is_our_own() -> None:
    reader, _ = reading(result("ours", origin={"kind": "human"}), result("x", origin={"kind": "coordinator"}))

    own = reader.own_result
    assert own is not None
    assert own.text == "ours"


def test_a_conversation_that_was_started_over_has_a_new_id() -> None:
    reader, _ = reading(init("old"), line(type="conversation_reset", new_conversation_id="new"))

    assert reader.session_id == "new"


def test_a_result_may_say_its_type_last_and_have_no_text() -> None:
    reader, _ = reading(
        b'{"is_error": true, "errors": ["one", 2, "two"], "subtype": "error_x", "type": "result"}'
    )

    own = reader.own_result
    assert own is not None
    assert own.text == "one\ntwo"
    assert own.is_error


def test_noise_between_the_messages_is_skipped() -> None:
    reader, messages = reading(b"[sandbox] debug\n", b"\n", b"{broken\n", b"[1, 2]\n", init("abc"))

    assert reader.session_id == "abc"
    assert [m.kind for m in messages] == ["started"]


def test_blank_lines_are_no_output() -> None:
    reader, _ = reading(b"\n", b"  \n")

    assert not reader.any_output


def test_unknown_types_and_subtypes_are_tolerated() -> None:
    assert (
        shown(line(type="tool_progress"), line(type="system", subtype="brand_new"), line(a=1), line(type=[]))
        == []
    )
