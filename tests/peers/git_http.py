"""Git over http on loopback: `git http-backend` behind a request handler, and a server of its own for faults."""

from __future__ import annotations

import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import SplitResult, urlsplit


def request_body(handler: BaseHTTPRequestHandler) -> bytes:
    """The whole body, also when it comes in chunks, as git sends big packs."""
    if "chunked" not in handler.headers.get("Transfer-Encoding", ""):
        return handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
    body = b""
    while size := int(handler.rfile.readline().split(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body


def serve_git(handler: BaseHTTPRequestHandler, repository: Path, target: SplitResult, body: bytes) -> None:
    """Answer one request of git's for `repository`, a bare one, whatever it is called in the address."""
    _, _, inside = target.path.partition(".git/")
    environ = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{inside}",
        "QUERY_STRING": target.query,
        "REQUEST_METHOD": str(handler.command),
        "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.receivepack",
        "GIT_CONFIG_VALUE_0": "true",
    }
    done = subprocess.run(
        ["git", "http-backend"], input=body, env=environ, capture_output=True, timeout=60, check=False
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    handler.send_response(int(fields.pop("Status", "200").split()[0]))
    for name, value in (*fields.items(), ("Content-Length", str(len(content)))):
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


class GitServer:
    """A server with one repository that answers a push (or everything) with `status`; None is as it should be."""

    def __init__(
        self, repository: Path, *, status: int | None = None, words: str = "", only_pushes: bool = True
    ) -> None:
        self.repository = repository
        self.status = status
        self.words = words
        self.only_pushes = only_pushes
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self)

            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/widget.git"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """As planned, or as git would."""
        body = request_body(handler)
        is_push = "git-receive-pack" in handler.path
        if self.status is None or (self.only_pushes and not is_push):
            serve_git(handler, self.repository, urlsplit(handler.path), body)
            return
        content = self.words.encode()
        handler.send_response(self.status)
        handler.send_header("Content-Type", "text/plain; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        if self.status == 401:
            handler.send_header("WWW-Authenticate", 'Basic realm="widget"')
        handler.end_headers()
        handler.wfile.write(content)

    def __enter__(self) -> GitServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
