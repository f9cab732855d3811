"""Git over http for a loopback forge: `git http-backend` behind a request handler."""

from __future__ import annotations

import os
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import SplitResult


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
