"""Acts of a run that take as long as a test wants: who is killed or interrupted meanwhile is in the midst of one."""

from __future__ import annotations

import shlex
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cli.console import script
from tests.faults.at_work import wait_for
from tests.faults.scene import CHECK, Scene

TURNS = 1200
"""A gate that nobody opens lets everybody through after so many twentieths of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A place in a shell script that says who came by, and lets nobody through before it is opened."""

    folder: Path

    @property
    def line(self) -> str:
        begun, open_ = (shlex.quote(str(self.folder / name)) for name in ("begun", "open"))
        wait = f"n=0; until [ -e {open_} ] || [ $n -gt {TURNS} ]; do n=$((n + 1)); sleep 0.05; done"
        return f"[ -e {open_} ] || {{ trap '' INT TERM HUP; touch {begun}; {wait}; }}"

    def wait(self) -> None:
        """Until somebody has come by."""
        wait_for(self.folder / "begun")

    def open(self) -> None:
        (self.folder / "open").touch()


Prepare = Callable[[Scene, Gate], None]


def wrapped(program: str, pattern: str, *, after: bool = False) -> Prepare:
    """Let calls of `program` whose words match the shell pattern come by the gate, before or after they are done."""

    def prepare(scene: Scene, gate: Gate) -> None:
        real = shutil.which(program)
        folder = scene.folder / "wrapped"
        folder.mkdir(exist_ok=True)
        here = f'{real} "$@"; code=$?; {gate.line}; exit $code' if after else f'{gate.line}; exec {real} "$@"'
        script(folder / program, f'case " $* " in\n{pattern}) {here};;\nesac\nexec {real} "$@"\n')
        scene.environ["PATH"] = f"{folder}:{scene.environ['PATH']}"

    return prepare


def checking(content: str) -> Prepare:
    """The project's check takes its time while `calc.py` has this in it."""

    def prepare(scene: Scene, gate: Gate) -> None:
        publish(
            scene,
            {
                "slow.sh": f"grep -q '{content}' calc.py || exit 0\n{gate.line}\n",
                ".runner.toml": f'[checks]\ncommands = ["sh slow.sh", "{CHECK}"]\n',
            },
        )

    return prepare


def setting_up(scene: Scene, gate: Gate) -> None:
    publish(
        scene,
        {
            "slow.sh": f"{gate.line}\n",
            ".runner.toml": f'[checks]\ncommands = ["{CHECK}"]\n[work_tree]\nsetup = ["sh slow.sh"]\n',
        },
    )


def publish(scene: Scene, files: dict[str, str]) -> None:
    """Commit and push files to the base, and trust what steers a run in them."""
    scene.checkout.commit("more", files)
    scene.checkout.git("push", "-q", "origin", "main")
    scene.run("trust", "--yes")


def hooked(name: str) -> Prepare:
    """A commit hook of the developer's."""

    def prepare(scene: Scene, gate: Gate) -> None:
        hook = scene.checkout.path / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        script(hook, f"{gate.line}\n")

    return prepare


def receiving(scene: Scene, gate: Gate) -> None:
    """The server has the pack, and asks its own hook before it takes it."""
    scene.hook_of_origin(f"{gate.line}\n")


ACTS: Mapping[str, Prepare] = {
    "fetch of the base": wrapped("git", '*" fetch "*'),
    "work tree begun": wrapped("git", '*" worktree add "*'),
    "work tree made": wrapped("git", '*" worktree add "*', after=True),
    "set-up": setting_up,
    "check of the base": checking("a - b"),
    "check of the result": checking("a + b"),
    "pre-commit hook": hooked("pre-commit"),
    "commit-msg hook": hooked("commit-msg"),
    "post-commit hook": hooked("post-commit"),
    "push begun": wrapped("git", '*" push "*'),
    "push received": receiving,
    "push done": wrapped("git", '*" push "*', after=True),
    "gh pr create begun": wrapped("gh", '*" pr create "*'),
    "gh pr create done": wrapped("gh", '*" pr create "*', after=True),
}


@contextmanager
def slow(scene: Scene, act: str) -> Iterator[Gate]:
    """The act takes until the gate is opened, at the latest when the block ends."""
    folder = scene.folder / "gate"
    folder.mkdir()
    gate = Gate(folder=folder)
    ACTS[act](scene, gate)
    try:
        yield gate
    finally:
        gate.open()


PROXY = """
import os, socket, sys, threading
far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
far.sendall(sys.argv[2].encode() + b"\\n")

def send():
    while piece := os.read(0, 65536):
        far.sendall(piece)
    far.shutdown(socket.SHUT_WR)

threading.Thread(target=send, daemon=True).start()
while piece := far.recv(65536):
    os.write(1, piece)
"""


@contextmanager
def far_origin(scene: Scene) -> Iterator[None]:
    """The origin is another machine: what it has begun it brings to its end, whoever dies here."""

    class Service(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            service = self.rfile.readline().decode().strip()
            subprocess.run(
                ["git", service, str(scene.github.state.origin)],
                stdin=self.request,
                stdout=self.request,
                stderr=subprocess.DEVNULL,
                check=False,
            )

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    Service.rbufsize = 0
    with Server(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        program = scene.folder / "proxy.py"
        program.write_text(PROXY)
        ssh = script(
            scene.folder / "far-ssh",
            "for last; do :; done\ncase $last in git-upload-pack*) service=upload-pack;;\n"
            "*) service=receive-pack;; esac\n"
            f"exec {sys.executable} -S {program} {port} $service\n",
        )
        scene.checkout.git("config", "core.sshCommand", ssh)
        try:
            yield
        finally:
            server.shutdown()
