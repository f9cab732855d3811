"""Whatever is in the stream, the reader keeps its calm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.claude.outcome import Ending, judge
from runner.claude.stream import StreamReader
from runner.tasks.model import Outcome
from tests.support.claude_lines import line

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(
    (
        *(
            "subtype",
            "message",
            "event",
            "usage",
            "model",
            "content",
            "id",
            "origin",
            "kind",
            "result",
            "errors",
        ),
        *("total_cost_usd", "modelUsage", "num_turns", "permission_denials", "rate_limit_info", "resetsAt"),
        *("status", "tool_use_id", "error_status", "retry_delay_ms", "delta", "cwd", "session_id"),
        *("model_usage_since_last_result", "new_conversation_id", "input_tokens", "output_tokens"),
    )
)
TYPES = st.sampled_from(
    ["system", "stream_event", "assistant", "rate_limit_event", "conversation_reset", "result", "user"]
)
SUBTYPES = st.sampled_from(["init", "api_retry", "permission_denied", "success", "error_max_turns"])


@given(
    st.lists(
        st.tuples(TYPES, SUBTYPES, st.dictionaries(FIELDS, JSON | st.dictionaries(FIELDS, JSON), max_size=6)),
        max_size=5,
    )
)
def test_no_json_can_upset_the_reader_or_make_the_sums_fall_below_zero(
    messages: list[tuple[str, str, dict[str, object]]],
) -> None:
    reader = StreamReader()

    for kind, subtype, fields in messages:
        for told in reader.read(line(**({"subtype": subtype} | fields | {"type": kind}))):
            assert told.cost_nano_usd >= 0
            assert "\n" not in told.text

    assert judge(reader, Ending(exit_code=1)).outcome in Outcome
    assert min(reader.account.spent.tokens.counted, reader.account.total.cost_nano_usd) >= 0


@given(st.binary(max_size=200))
def test_no_bytes_can_upset_the_reader(data: bytes) -> None:
    reader = StreamReader()

    assert [message for part in data.split(b"\n") for message in reader.read(part)] == []
