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

from tests.peers.answers import (
    Answer,
    Json,
    error,
    events,
    no_credit,
    refusal,
    text,
    too_long,
    tool,
    tools,
)

__all__ = [
    "Answer",
    "MessagesApi",
    "Request",
    "error",
    "no_credit",
    "refusal",
    "text",
    "too_long",
    "tool",
    "tools",
]

_WORKDIR = re.compile(r"(?:Primary working|Working) directory: ([^\n]+)")
"""How the program tells its model where it works; `{cwd}` in a tool's input becomes this."""


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
        for position, event in enumerate(
            events(answer, model=request.model, workdir=request.workdir, number=number)
        ):
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
