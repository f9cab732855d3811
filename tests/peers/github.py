"""A GitHub of our own on loopback, for the real `gh`: it is the proxy through which gh reaches github.localhost.

gh speaks plain http to that one host and asks the proxy for it, so no name has to resolve and no port to be free.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.peers.git_http import request_body, serve_git
from tests.peers.github_rest import RestAnswer, rest
from tests.peers.github_state import GitHubState, Json, Pull, Refused
from tests.peers.github_troubles import FIELDS, HOST, MUTATIONS, REFUSALS, SPENT, URLS, Trouble, refusal

__all__ = ["HOST", "TOKEN", "GitHub", "Trouble"]

TOKEN = "gh-token-for-tests"


@dataclass(slots=True)
class _Planned:
    trouble: Trouble
    operation: str
    times: int | None
    after: int

    def strikes(self, operation: str) -> bool:
        """Whether this request is to fail; counts it."""
        if self.operation not in ("", operation) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        return True


class GitHub:
    """The server and its state; use it as a context manager and hand `environment` to whatever calls gh."""

    def __init__(self, origin: Path, *, owner: str = "acme", name: str = "widget") -> None:
        self.state = GitHubState(origin, owner=owner, name=name, host=HOST)
        self.operations: list[str] = []
        """What was asked, in order: GraphQL operation names, else `GET /path`."""
        self._planned: list[_Planned] = []
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(self)

    @property
    def remote_url(self) -> str:
        """What a checkout's `origin` should be; `pushInsteadOf` sends its pushes to the bare repository."""
        return f"http://{HOST}/{self.state.owner}/{self.state.name}.git"

    @property
    def environment(self) -> dict[str, str]:
        """What lets gh find this server; NO_PROXY keeps everybody else off it."""
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        # gh is told nothing else: with https it would meet a refusal here, not the network.
        # git reads the name in small letters, gh the one in capitals.
        proxies = {"HTTP_PROXY": proxy, "http_proxy": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1"}
        return {**proxies, "GH_TOKEN": TOKEN}

    @property
    def pulls(self) -> list[Pull]:
        return self.state.pulls

    def trouble(
        self, trouble: Trouble, *, operation: str = "", times: int | None = 1, after: int = 0
    ) -> None:
        """Let the next `times` requests of the operation (empty: of any) fail; None means from now on.

        The first `after` of them are answered well.
        """
        self._planned.append(_Planned(trouble, operation, times, after))

    def troubles_end(self) -> None:
        """All is well again from now on."""
        with self._lock:
            self._planned.clear()
            self.state.spent = False

    def __enter__(self) -> GitHub:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def due(self, operation: str) -> Trouble | None:
        """Note the operation; the trouble it is to meet, once less from now on."""
        with self._lock:
            self.operations.append(operation)
            found = next((planned.trouble for planned in self._planned if planned.strikes(operation)), None)
            if found in SPENT:
                self.state.spent = True
                return None if operation == "GET /rate_limit" else found
            return found

    def ask_rest(self, method: str, path: str, body: Json) -> RestAnswer:
        """The answer of one REST call."""
        with self._lock:
            return rest(self.state, method, path, body)

    def ask(self, operation: str, body: Json, trouble: Trouble | None) -> Json:
        """The whole GraphQL answer."""
        try:
            if trouble in FIELDS:
                raise FIELDS[trouble]
            with self._lock:
                data = self.state.answer(operation, body["query"], body.get("variables") or {})
        except Refused as refused:
            path = MUTATIONS.get(operation, refused.error["path"][0])
            return {"data": {path: None}, "errors": [{**refused.error, "path": [path]}]}
        if trouble in URLS:
            data["createPullRequest"]["pullRequest"]["url"] = URLS[trouble]
        return {"data": data}

    def wait_for_close(self) -> None:
        self._closing.wait(60)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, github: GitHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.github = github


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  (the parent's name)
        pass

    def do_GET(self) -> None:
        if not self._is_git(b""):
            self._serve({})

    def do_POST(self) -> None:
        body = request_body(self)
        if not self._is_git(body):
            self._serve(json.loads(body))

    def do_PATCH(self) -> None:
        self._serve(json.loads(request_body(self)))

    def _is_git(self, body: bytes) -> bool:
        """Serve a fetch or a push of the repository; False if it is none."""
        target, state = urlsplit(self.path), self._github.state
        if target.hostname != HOST or not target.path.startswith(f"/{state.owner}/{state.name}.git/"):
            return False
        serve_git(self, state.origin, target, body)
        return True

    def do_CONNECT(self) -> None:
        self._github.operations.append(f"CONNECT {self.path}")
        self._say(403, "text/plain", b"this proxy has no way out")

    @property
    def _github(self) -> GitHub:
        assert isinstance(self.server, _Server)
        return self.server.github

    def _serve(self, body: Json) -> None:
        target = urlsplit(self.path)
        found = re.search(r"\b(?:query|mutation) (\w+)", str(body.get("query", "")))
        operation = found[1] if found else f"{self.command} {target.path or '/'}"
        trouble = self._github.due(operation)
        if target.hostname != f"api.{HOST}":
            self._json(404, {"message": "Not Found"})
        elif self.headers.get("Authorization") != f"token {TOKEN}":
            self._fail(Trouble.UNAUTHORIZED)
        elif trouble is not None and self._fail(trouble):
            pass
        elif not found:
            status, answer = self._github.ask_rest(str(self.command), target.path, body)
            scopes = self._github.state.scopes
            headers = {} if scopes is None else {"X-Oauth-Scopes": scopes}
            self._reset() if trouble is Trouble.LOST_REPLY else self._json(status, answer, headers)
        else:
            answer = self._github.ask(operation, body, trouble)
            self._reset() if trouble is Trouble.LOST_REPLY else self._json(200, answer)

    def _fail(self, trouble: Trouble) -> bool:
        """Answer with the trouble; False if it is one that shows only after the work is done."""
        if trouble in REFUSALS:
            status, message, headers = refusal(trouble)
            self._json(status, {"message": message, "documentation_url": "https://docs.github.com"}, headers)
        elif trouble is Trouble.SERVER_ERROR:
            self._say(502, "text/html", b"<html><title>Unicorn! GitHub</title></html>")
        elif trouble is Trouble.NOT_JSON:
            self._say(200, "text/html", b"<html>captive portal</html>")
        elif trouble is Trouble.RESET:
            self._reset()
        elif trouble is Trouble.HANG:
            self._github.wait_for_close()
            self.close_connection = True
        else:
            return False
        return True

    def _json(self, status: int, answer: object, headers: dict[str, str] | None = None) -> None:
        self._say(status, "application/json; charset=utf-8", json.dumps(answer).encode(), headers)

    def _say(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {
            "content-type": kind,
            "content-length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reset(self) -> None:
        """Drop the connection hard: the other side reads "connection reset by peer"."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
