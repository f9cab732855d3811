"""Lines of a claude stream, as the real program writes them, for fakes and recordings."""

from __future__ import annotations

import json
from typing import Any

from runner.allowance.model import Tokens

MODEL = "claude-opus-5-5"


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def init(session_id: str = "s-1", **others: Any) -> bytes:
    """The first line; `others` replace or add fields."""
    fields: dict[str, Any] = {
        "type": "system",
        "subtype": "init",
        "cwd": "/repo",
        "session_id": session_id,
        "model": MODEL,
        "permissionMode": "acceptEdits",
        "apiKeySource": "ANTHROPIC_API_KEY",
        "claude_code_version": "2.1.330",
    }
    return line(**(fields | others))


def message(
    message_id: str, *blocks: dict[str, Any], usage: dict[str, Any] | None = None, **others: Any
) -> bytes:
    """One assistant line; a `model` among the others is the message's."""
    model = others.pop("model", MODEL)
    inner = {"id": message_id, "model": model, "content": list(blocks), "usage": usage or {}}
    return line(**({"type": "assistant", "message": inner, "parent_tool_use_id": None} | others))


def said(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def used(name: str, use_id: str = "toolu_1", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": use_id, "name": name, "input": given}


def api_error(kind: str, words: str = "API Error") -> bytes:
    """The message that claude writes itself when the API fails."""
    return message("err", said(words), model="<synthetic>", error=kind)


def event(kind: str, parent: str | None = None, **fields: Any) -> bytes:
    """A partial message, such as message_start or message_delta."""
    return line(type="stream_event", event={"type": kind} | fields, parent_tool_use_id=parent)


def started(message_id: str, parent: str | None = None, model: str = MODEL, **usage: int) -> bytes:
    return event("message_start", parent, message={"id": message_id, "model": model, "usage": usage})


def delta(parent: str | None = None, **usage: int) -> bytes:
    return event("message_delta", parent, delta={"stop_reason": "end_turn"}, usage=usage)


def window(status: str, kind: str = "five_hour", resets_at: float | None = None) -> bytes:
    """A usage window that changed its state."""
    info = {"status": status, "rateLimitType": kind, "resetsAt": resets_at}
    return line(type="rate_limit_event", rate_limit_info=info)


def usage_by_model(tokens: Tokens, cost_usd: float) -> dict[str, Any]:
    return {
        MODEL: {
            "inputTokens": tokens.input,
            "outputTokens": tokens.output,
            "cacheReadInputTokens": tokens.cache_read,
            "cacheCreationInputTokens": tokens.cache_creation,
            "costUSD": cost_usd,
        }
    }


def result(
    words: str = "done",
    *,
    cost_usd: float = 0.0,
    tokens: Tokens | None = None,
    since: tuple[Tokens, float] | None = None,
    **others: Any,
) -> bytes:
    """A result; `cost_usd` and `tokens` are the conversation's, `since` what came after the result before."""
    fields: dict[str, Any] = {
        "duration_ms": 1500,
        "subtype": "success",
        "is_error": False,
        "result": words,
        "num_turns": 1,
        "stop_reason": "end_turn",
        "terminal_reason": "completed",
        "total_cost_usd": cost_usd,
        "modelUsage": usage_by_model(tokens or Tokens(), cost_usd),
        "permission_denials": [],
        "type": "result",
    }
    if since is not None:
        fields["model_usage_since_last_result"] = usage_by_model(*since)
    return line(**(fields | others))


def failed(status: int | None = None, words: str = "API Error", **others: Any) -> bytes:
    """The result of an API error: subtype success all the same."""
    fields = {"is_error": True, "api_error_status": status, "terminal_reason": "api_error"}
    return result(words, **(fields | {"stop_reason": "stop_sequence"} | others))
