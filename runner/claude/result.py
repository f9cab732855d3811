"""The result line of the stream as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.allowance.model import Tokens
from runner.claude.fields import Json, count_in, dict_in, dicts_in, nano_usd, text_in
from runner.claude.protocol import ToolDenial
from runner.claude.spending import Spending
from runner.claude.words import Hide, one_line, target
from runner.visible import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """How one prompt ended, in claude's words; nothing is judged here."""

    subtype: str
    is_error: bool
    text: str
    """The answer, or the errors, one per line; clean."""
    stop_reason: str
    terminal_reason: str
    """Empty where the version does not tell."""
    status: int
    """HTTP status of the API error; 0 when there is none or the connection failed."""
    turns: int
    duration_ms: int
    own: bool
    """It answers our prompt; a turn that a background task injected does not."""
    total: Spending
    """All of the conversation so far, all models and sub-agents."""
    error_kind: str
    """Of the API error that claude told in the message before it; empty if there was none."""
    limit_reached: bool
    """A usage limit ended it, as newer versions tell outright."""
    since: Spending | None
    """After the result before this one, or after the start; None where the version does not tell."""
    window_tokens: int = 0
    """What the smallest model in use can hold; 0 where the version does not tell."""
    denied: dict[str, ToolDenial] = field(default_factory=dict)
    """Refused tool uses by their id."""


def result_line(source: Json, workdir: str, error_kind: str = "", *, hide: Hide = str) -> ResultLine:
    """Read a `result` object; what is missing or of the wrong type counts as nothing."""
    usage = dict_in(source, "modelUsage")
    denials = dicts_in(source, "permission_denials")
    return ResultLine(
        subtype=text_in(source, "subtype"),
        is_error=source.get("is_error") is True or text_in(source, "subtype").startswith("error"),
        text=_text(source),
        stop_reason=text_in(source, "stop_reason"),
        terminal_reason=text_in(source, "terminal_reason"),
        status=count_in(source, "api_error_status"),
        turns=count_in(source, "num_turns"),
        duration_ms=count_in(source, "duration_ms"),
        own=text_in(dict_in(source, "origin"), "kind") in ("", "human"),
        total=Spending(tokens=_tokens(usage), cost_nano_usd=nano_usd(source.get("total_cost_usd"))),
        error_kind=error_kind,
        limit_reached=text_in(source, "api_error") == "usage_limit_reached",
        since=_since(source),
        window_tokens=min(
            filter(None, (count_in(dict_in(usage, model), "contextWindow") for model in usage)), default=0
        ),
        denied={
            text_in(denial, "tool_use_id") or str(position): _denial(denial, workdir, hide)
            for position, denial in enumerate(denials)
        },
    )


def _text(source: Json) -> str:
    answer = text_in(source, "result")
    errors = source.get("errors")
    if answer or not isinstance(errors, list):
        return visible(answer)
    return visible("\n".join(error for error in errors if isinstance(error, str)))


def _since(source: Json) -> Spending | None:
    usage = source.get("model_usage_since_last_result")
    if not isinstance(usage, dict):
        return None
    cost = sum(nano_usd(dict_in(usage, model).get("costUSD")) for model in usage)
    return Spending(tokens=_tokens(usage), cost_nano_usd=cost)


def _tokens(usage: Json) -> Tokens:
    """The sum over the models; `usage` of the result misses the response that broke a budget."""
    total = Tokens()
    for model in usage:
        numbers = dict_in(usage, model)
        total += Tokens(
            input=count_in(numbers, "inputTokens"),
            cache_creation=count_in(numbers, "cacheCreationInputTokens"),
            cache_read=count_in(numbers, "cacheReadInputTokens"),
            output=count_in(numbers, "outputTokens"),
        )
    return total


def _denial(source: Json, workdir: str, hide: Hide) -> ToolDenial:
    tool = one_line(text_in(source, "tool_name"))
    return ToolDenial(tool=tool, what=target(dict_in(source, "tool_input"), workdir, hide))
