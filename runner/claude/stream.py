"""Claude's stream, line by line, into what is known so far; pure: bytes in, messages and state out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from runner.claude.fields import Json, count_in, dict_in, dicts_in, object_of, text_in
from runner.claude.limits import utc_time
from runner.claude.protocol import Message, ToolDenial
from runner.claude.result import ResultLine, result_line
from runner.claude.spending import NOTHING, Spending
from runner.claude.usage import Account
from runner.claude.words import Hide, one_line, target
from runner.visible import visible

SYNTHETIC = "<synthetic>"
"""The model of a message that claude wrote itself, to tell of an API error."""

_Said = tuple[str, str]
"""Kind and text of a message, before the numbers are put in."""


class StreamReader:
    """Give it every line with `read`; the rest are facts about what has been read.

    Tolerant on purpose: noise is skipped, unknown messages and fields are nothing, a wrong type is not there.
    """

    def __init__(self, before: Spending = NOTHING, hide: Hide = str) -> None:
        """`before` is what the conversation had cost; `hide` takes secrets out of what is shown of it."""
        self.account = Account(before)
        self._hide = hide
        self.session_id = ""
        self.model = ""
        self.version = ""
        self.payer = ""
        """`apiKeySource`: which key or login pays; empty before the start."""
        self.permission_mode = ""
        self.any_output = False
        self.results: list[ResultLine] = []
        self.last_words = ""
        """The newest text of the main conversation."""
        self.limits: dict[str, datetime | None] = {}
        """Usage windows that are closed, and until when (None: not told)."""
        self.announced_wait_s = 0.0
        """The newest line told that claude waits so long before it asks again; 0 if it told something else."""
        self._workdir = ""
        self._error_kind = ""
        self._message_id: dict[str, str] = {}
        self._newest_message = ""
        self._running: dict[str, set[str]] = {}
        self._uses: dict[str, ToolDenial] = {}
        self._denied: dict[str, ToolDenial] = {}
        self._readers: dict[str, Callable[[Json], tuple[_Said, ...]]] = {
            "system": self._system,
            "stream_event": self._event,
            "assistant": self._assistant,
            "user": self._user,
            "rate_limit_event": self._limit,
            "conversation_reset": self._reset,
            "result": self._result,
        }

    def read(self, line: bytes) -> tuple[Message, ...]:
        """Take in one line, newline or not; what is worth showing of it."""
        self.any_output = self.any_output or bool(line.strip())
        source = object_of(line)
        if source is None:
            return ()
        self.announced_wait_s = 0.0
        reader = self._readers.get(text_in(source, "type"))
        said = reader(source) if reader is not None else ()
        spent = self.account.spent
        return tuple(
            Message(kind=kind, text=text, tokens=spent.tokens, cost_nano_usd=spent.cost_nano_usd)
            for kind, text in said
        )

    @property
    def own_result(self) -> ResultLine | None:
        """The result of our own prompt; of another turn's only when there is no own one; None without any."""
        own = [result for result in self.results if result.own] or self.results
        return own[-1] if own else None

    @property
    def tools_run(self) -> bool:
        """Whether a tool was begun that has not answered yet, as far as the stream shows."""
        return any(self._running.values())

    @property
    def context_tokens(self) -> int:
        """How long the main conversation was at its newest message; 0 if nothing was answered."""
        return self.account.tokens_of(self._newest_message)

    @property
    def denials(self) -> tuple[ToolDenial, ...]:
        """The results' lists are authoritative; what the stream told counts only without a result."""
        if not self.results:
            return tuple(self._denied.values())
        merged = {use_id: denial for result in self.results for use_id, denial in result.denied.items()}
        return tuple(merged.values())

    def _system(self, source: Json) -> tuple[_Said, ...]:
        match text_in(source, "subtype"):
            case "init":
                return self._init(source)
            case "api_retry":
                self.announced_wait_s = count_in(source, "retry_delay_ms") / 1000
                return (("retry", _retry(source)),)
            case "permission_denied":
                return self._denial(source)
            case _:
                return ()

    def _init(self, source: Json) -> tuple[_Said, ...]:
        first = not self.version
        self.session_id = text_in(source, "session_id") or self.session_id
        self.model = visible(text_in(source, "model"))
        self.version = visible(text_in(source, "claude_code_version")) or "unknown"
        self.payer = visible(text_in(source, "apiKeySource"))
        self.permission_mode = text_in(source, "permissionMode")
        self._workdir = text_in(source, "cwd")
        words = f"claude {self.version}, {self.model}, paid by {self.payer or 'an unknown source'}"
        return (("started", one_line(words)),) if first else ()

    def _event(self, source: Json) -> tuple[_Said, ...]:
        """Partial messages: only they tell how many tokens the model has really written."""
        event = dict_in(source, "event")
        conversation = text_in(source, "parent_tool_use_id")
        if text_in(event, "type") == "message_start":
            message = dict_in(event, "message")
            self._message_id[conversation] = text_in(message, "id")
            self._running[conversation] = set()
            self._see(message, main=not conversation)
        elif text_in(event, "type") == "message_delta":
            known = self._message_id.get(conversation, "") or text_in(source, "api_message_id")
            self.account.see(known, "", dict_in(event, "usage"))
            return (("usage", ""),)
        return ()

    def _assistant(self, source: Json) -> tuple[_Said, ...]:
        message = dict_in(source, "message")
        main = not text_in(source, "parent_tool_use_id")
        synthetic = text_in(message, "model") == SYNTHETIC
        if main:
            self._error_kind = text_in(source, "error") if synthetic else ""
        if synthetic:
            return ()
        self._see(message, main=main)
        blocks = dicts_in(message, "content")
        running = self._running.setdefault(text_in(source, "parent_tool_use_id"), set())
        running |= {text_in(block, "id") for block in blocks if text_in(block, "type") == "tool_use"}
        return tuple(said for block in blocks for said in self._block(block, main=main))

    def _user(self, source: Json) -> tuple[_Said, ...]:
        for block in dicts_in(dict_in(source, "message"), "content"):
            for running in self._running.values():
                running.discard(text_in(block, "tool_use_id"))
        return ()

    def _see(self, message: Json, *, main: bool) -> None:
        if main:
            self._newest_message = text_in(message, "id")
        self.account.see(text_in(message, "id"), text_in(message, "model"), dict_in(message, "usage"))

    def _block(self, block: Json, *, main: bool) -> tuple[_Said, ...]:
        if text_in(block, "type") == "text":
            words = one_line(self._hide(visible(text_in(block, "text"))))
            if main and words:
                self.last_words = visible(text_in(block, "text"))
            return (("text", words),) if words else ()
        if text_in(block, "type") == "tool_use":
            tool = one_line(text_in(block, "name"))
            use = ToolDenial(tool=tool, what=target(dict_in(block, "input"), self._workdir, self._hide))
            self._uses[text_in(block, "id")] = use
            return (("tool", f"{use.tool} {use.what}".strip()),)
        return ()

    def _denial(self, source: Json) -> tuple[_Said, ...]:
        use_id = text_in(source, "tool_use_id")
        told = ToolDenial(tool=one_line(text_in(source, "tool_name")), what="")
        use = self._uses.get(use_id, told)
        self._denied[use_id] = use
        return (("denied", f"{use.tool} {use.what}".strip()),)

    def _limit(self, source: Json) -> tuple[_Said, ...]:
        info = dict_in(source, "rate_limit_info")
        window = text_in(info, "rateLimitType")
        if text_in(info, "status") != "rejected":
            self._open(window)
            return ()
        until = utc_time(count_in(info, "resetsAt"))
        if not window and until is None:
            return ()  # a 429 that is no usage limit: seen with a subscription
        self.limits[window] = until
        when = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        return (("limit", f"usage limit reached{f' ({one_line(window)})' if window else ''}{when}"),)

    def _open(self, window: str) -> None:
        """Without a name it is said of all of them."""
        if window:
            self.limits.pop(window, None)
        else:
            self.limits.clear()

    def _reset(self, source: Json) -> tuple[_Said, ...]:
        self.session_id = text_in(source, "new_conversation_id") or self.session_id
        self._running.clear()
        self.account.reset()
        return ()

    def _result(self, source: Json) -> tuple[_Said, ...]:
        result = result_line(source, self._workdir, self._error_kind, hide=self._hide)
        self.session_id = text_in(source, "session_id") or self.session_id
        self._running.clear()
        self.results.append(result)
        self.account.report(result)
        untold = [use for use_id, use in result.denied.items() if use_id not in self._denied]
        self._denied |= result.denied
        denied = (("denied", f"{use.tool} {use.what}".strip()) for use in untold)
        return (*denied, ("usage", ""))


def _retry(source: Json) -> str:
    status = count_in(source, "error_status")
    cause = f"{status} {text_in(source, 'error')}" if status else "the connection failed"
    attempt, most = count_in(source, "attempt"), count_in(source, "max_retries")
    delay_s = count_in(source, "retry_delay_ms") / 1000
    return one_line(f"{cause}; retry {attempt} of {most} in {delay_s:.1f} s")
