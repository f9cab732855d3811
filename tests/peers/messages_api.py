"""A Messages API of our own on loopback, with scripted answers, for the real `claude` program."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Json = dict[str, Any]

_WORKDIR = re.compile(r"(?:Primary working|Working) directory: ([^\n]+)")
"""How the program tells its model where it works; `{cwd}` in a tool's input becomes this."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the program sent."""

    body: Json
    headers: dict[str, str]

    @property
    def model(self) -> str:
        return str(self.body["model"])

    @property
    def tools(self) -> tuple[str, ...]:
        return tuple(str(tool["name"]) for tool in self.body.get("tools", ()))

    @property
    def system(self) -> str:
        """Every system block, joined."""
        return _flat(self.body.get("system", ""))

    @property
    def messages(self) -> str:
        """Every message, joined; enough to look for words in."""
        return "\n".join(_flat(message.get("content", "")) for message in self.body["messages"])

    @property
    def workdir(self) -> str:
        """The working directory as the program told its model; empty if it did not."""
        found = _WORKDIR.search(self.system + "\n" + self.messages)
        return found[1].strip() if found else ""


def _flat(content: Any) -> str:
    """Text of a string, a block or blocks, tool results included."""
    if isinstance(content, list):
        return "\n".join(_flat(block) for block in content)
    if isinstance(content, dict):
        return _flat(content.get("text", content.get("content", "")))
    return str(content)


@dataclass(slots=True)
class MessagesApi:
    """Answers one request after the other from `answers`; the last one is repeated for ever.

    Use it as a context manager; `url` is what ANTHROPIC_BASE_URL takes.
    """

    answers: Sequence[Answer]
    requests: list[Request] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    """Set once the first request is there: the program is up and waits."""
    _closing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> MessagesApi:
        self._server = _Server(self)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def next_answer(self, request: Request) -> tuple[Answer, int]:
        """Remember the request; its answer and its number from 0."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self.asked.set()
        return self.answers[min(number, len(self.answers) - 1)], number

    def wait_closing(self, timeout_s: float) -> bool:
        return self._closing.wait(timeout_s)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: MessagesApi) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what many tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def api(self) -> MessagesApi:
        assert isinstance(self.server, _Server)
        return self.server.api

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        request = Request(body=body, headers={name.lower(): value for name, value in self.headers.items()})
        answer, number = self.api.next_answer(request)
        if answer.delay_s and self.api.wait_closing(answer.delay_s):
            return
        if answer.status == 200:
            self.stream(answer, request, number)
        else:
            self.refuse(answer, number)

    def refuse(self, answer: Answer, number: int) -> None:
        message = answer.message or f"stub: {answer.error_type}"
        said = json.dumps(
            {"type": "error", "error": {"type": answer.error_type, "message": message}}
        ).encode()
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("request-id", f"req_{number}")):
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def stream(self, answer: Answer, request: Request, number: int) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.send_header("request-id", f"req_{number}")
        self.end_headers()
        for position, event in enumerate(_events(answer, request, number)):
            if answer.cut and position == 3:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.chunk(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
            if answer.hold:
                self.api.wait_closing(60)
                self.close_connection = True
                return
        self.chunk(b"")

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def _events(answer: Answer, request: Request, number: int) -> list[Json]:
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
        "id": f"msg_{number}_{id(request):x}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage | {"output_tokens": 1},
    }
    middle = [
        event for index, block in enumerate(answer.blocks) for event in _block(index, block, request, number)
    ]
    delta = {"stop_reason": answer.stop_reason, "stop_sequence": None}
    return [
        {"type": "message_start", "message": start},
        *middle,
        {"type": "message_delta", "delta": delta, "usage": usage | {"output_tokens": answer.output_tokens}},
        {"type": "message_stop"},
    ]


def _block(index: int, block: Json, request: Request, number: int) -> list[Json]:
    if block["type"] == "text":
        opened: Json = {"type": "text", "text": ""}
        delta: Json = {"type": "text_delta", "text": block["text"]}
    else:
        given = json.dumps(block["input"]).replace("{cwd}", json.dumps(request.workdir)[1:-1])
        opened = {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": block["name"], "input": {}}
        delta = {"type": "input_json_delta", "partial_json": given}
    return [
        {"type": "content_block_start", "index": index, "content_block": opened},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]
