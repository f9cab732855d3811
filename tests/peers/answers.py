"""What a Messages API can answer, and how it looks on the wire."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one request is told; `text`, `tool`, `error` and their like make the usual ones."""

    blocks: tuple[Json, ...] = ()
    stop_reason: str = "end_turn"
    input_tokens: int = 1000
    output_tokens: int = 50
    cache_creation: int = 0
    cache_read: int = 0
    status: int = 200
    error_type: str = ""
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    """How long the first byte is held back."""
    cache_hour: int = 0
    """So many of the cache creation tokens are kept for an hour."""
    cut: bool = False
    """The connection breaks in the middle of the answer."""
    hold: bool = False
    """After the first event nothing more comes until the server closes."""


def text(words: str, **others: Any) -> Answer:
    """A last word."""
    return Answer(blocks=({"type": "text", "text": words},), **others)


def tool(name: str, say: str = "", **given: Any) -> Answer:
    """A use of one tool; `{cwd}` in its input is the working directory. `say` is a sentence before it."""
    return tools((name, given), say=say)


def tools(*uses: tuple[str, Json], say: str = "", **others: Any) -> Answer:
    """Several tools in one answer."""
    said = ({"type": "text", "text": say},) if say else ()
    used = tuple({"type": "tool_use", "name": name, "input": given} for name, given in uses)
    return Answer(blocks=said + used, stop_reason="tool_use", **others)


def error(status: int, kind: str = "", message: str = "", *, retry_after: int | None = None) -> Answer:
    """An HTTP error in the API's own form."""
    headers = () if retry_after is None else (("retry-after", str(retry_after)),)
    return Answer(
        status=status, error_type=kind or _KINDS.get(status, "api_error"), message=message, headers=headers
    )


def refusal() -> Answer:
    """The model's safeguards stopped it."""
    return Answer(stop_reason="refusal")


def too_long() -> Answer:
    """The conversation does not fit into the model's window."""
    return error(400, message="prompt is too long: 1200000 tokens > 1000000 maximum")


def no_credit() -> Answer:
    return error(
        400,
        message="Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    )


_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def events(answer: Answer, *, model: str, workdir: str, number: int) -> list[Json]:
    """The server-sent events of one answer; `number` makes its ids its own."""
    usage: Json = {
        "input_tokens": answer.input_tokens,
        "cache_creation_input_tokens": answer.cache_creation,
        "cache_read_input_tokens": answer.cache_read,
        "cache_creation": {
            "ephemeral_1h_input_tokens": answer.cache_hour,
            "ephemeral_5m_input_tokens": answer.cache_creation - answer.cache_hour,
        },
    }
    start: Json = {
        "id": f"msg_{number}_{uuid.uuid4().hex[:12]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage | {"output_tokens": 1},
    }
    middle = [
        event for index, block in enumerate(answer.blocks) for event in _block(index, block, workdir, number)
    ]
    delta = {"stop_reason": answer.stop_reason, "stop_sequence": None}
    return [
        {"type": "message_start", "message": start},
        *middle,
        {"type": "message_delta", "delta": delta, "usage": usage | {"output_tokens": answer.output_tokens}},
        {"type": "message_stop"},
    ]


def _block(index: int, block: Json, workdir: str, number: int) -> list[Json]:
    if block["type"] == "text":
        opened: Json = {"type": "text", "text": ""}
        delta: Json = {"type": "text_delta", "text": block["text"]}
    else:
        given = json.dumps(block["input"]).replace("{cwd}", json.dumps(workdir)[1:-1])
        opened = {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": block["name"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": given}
    return [
        {"type": "content_block_start", "index": index, "content_block": opened},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]
