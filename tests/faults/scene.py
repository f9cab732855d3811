"""A developer's machine to break things on: a checkout, a GitHub, a stand-in for claude, real `runner` processes."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.allowance.files.ledger import FileLedger
from runner.allowance.model import Limits, Rule
from runner.storage.database import Database
from runner.tasks.embedded import EmbeddedBoard
from runner.tasks.model import Task, TaskFilter
from runner.tasks.schema import TASKS
from tests.cli.console import script
from tests.faults import stand_in
from tests.peers.github import HOST, GitHub
from tests.support.git import Sandbox

ROOT = Path(__file__).parents[2]
CALC = {"calc.py": "def add(a, b):\n    return a - b\n"}
FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}
CHECK = "python3 check_calc.py"
CHECK_CALC = {"check_calc.py": "from calc import add\n\nassert add(2, 3) == 5\n"}
AGENT = "me"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one process ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is there when all is over: one of each is what we want."""

    commits: int
    branches: tuple[str, ...]
    pulls: int
    completions: int
    cost_nano: int
    holds: int
    leftovers: tuple[str, ...]
    unfinished: int
    status: str
    attempts: int


class Scene:
    """Everything in one folder; the checkout's origin is a GitHub on loopback."""

    def __init__(self, folder: Path, environ: dict[str, str], github: GitHub) -> None:
        self.folder, self.github = folder, github
        self.state = Path(environ["XDG_STATE_HOME"]) / "runner"
        self.claude = folder / "claude"
        self.claude.mkdir(parents=True)
        self.plan(writes=FIXED, text="`add` subtracted; now it adds, and the check passes.")
        program = script(
            folder / "claude-program",
            f'exec "{sys.executable}" -S "{stand_in.__file__}" "{self.claude}" "$@"\n',
        )
        self.environ = environ | {
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RUNNER_AGENT_ID": AGENT,
            "RUNNER_CLAUDE_PROGRAM": program,
            "ANTHROPIC_API_KEY": "sk-ant-test-0000",
            **github.environment,
        }
        self.checkout = Sandbox(folder / "widget")

    @classmethod
    def create(cls, folder: Path, environ: dict[str, str], github: GitHub) -> Scene:
        """A checkout with a failing check that is trusted, and one task."""
        origin = github.state.origin
        checkout = Sandbox.create(folder / "widget", files=CALC | CHECK_CALC)
        checkout.commit("checks", {".runner.toml": f'[checks]\ncommands = ["{CHECK}"]\n'})
        ssh = script(
            folder / "ssh",
            "for last; do :; done\n"
            f"case $last in git-upload-pack*) exec git upload-pack {origin};;\n"
            f"git-receive-pack*) exec git receive-pack {origin};; esac\nexit 1\n",
        )
        checkout.git("config", "core.sshCommand", ssh)
        checkout.git("remote", "add", "origin", f"git@{HOST}:acme/widget.git")
        checkout.git("push", "-q", "-u", "origin", "main")
        scene = cls(folder, environ, github)
        scene.run("trust", "--yes")
        scene.run("submit", "Fix add", "-d", "add(2, 3) must be 5.", "--label", "bug")
        return scene

    def plan(self, *, writes: dict[str, str], text: str, first: dict[str, str] | None = None) -> None:
        """What claude will do in its next calls; `first` is what it writes in the very next one."""
        plan: dict[str, Any] = {"writes": writes, "text": text}
        if first is not None:
            plan = {"writes": first, "text": "This is a first try.", "then": plan}
        (self.claude / "plan.json").write_text(json.dumps(plan))

    def calls(self) -> list[dict[str, Any]]:
        """Every call of claude, oldest first."""
        log = self.claude / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def run(self, *words: str, place: str = "", code: int | None = 0) -> Ended:
        """One `runner` command as a process of its own group, to be killed at `place`."""
        module = ["tests.faults.victim", place] if place else ["runner"]
        done = subprocess.run(
            [sys.executable, "-m", *module, *words],
            cwd=self.checkout.path,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            start_new_session=True,
        )
        ended = Ended(code=done.returncode, out=done.stdout, err=done.stderr)
        assert code is None or ended.code == code, ended
        return ended

    def start(self, *words: str, place: str = "") -> subprocess.Popen[str]:
        """One `runner` command that goes on while the test looks."""
        module = ["tests.faults.victim", place] if place else ["runner"]
        return subprocess.Popen(
            [sys.executable, "-m", *module, *words],
            cwd=self.checkout.path,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def task(self) -> Task:
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            return EmbeddedBoard(database).get("T-1")

    def statuses(self) -> dict[str, str]:
        """Where each task stands."""
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            tasks = EmbeddedBoard(database).list(TaskFilter(limit=100))
        return {task.id: task.status.value for task in tasks}

    def forget_claims(self) -> None:
        """Let the queue forget which claims were asked for, as it does after a week."""
        with contextlib.closing(sqlite3.connect(self.state / "queue.db")) as connection:
            connection.execute("DELETE FROM task_request")
            connection.commit()

    def events(self) -> list[str]:
        with Database(self.state / "queue.db", schemas=(TASKS,)) as database:
            return [event.name for event in EmbeddedBoard(database).events("T-1", limit=1000)]

    def ledger(self) -> FileLedger:
        """The books of this machine."""
        return FileLedger(self.state / "allowance", lambda _: Limits(), time.time)

    def found(self) -> Found:
        """What is there now."""
        origin = Sandbox(self.github.state.origin)
        branches = tuple(branch for branch in origin.branches() if branch != "main")
        commits = sum(int(origin.git("rev-list", "--count", f"main..{branch}")) for branch in branches)
        ledger = self.ledger()
        cost = next(quota.used for quota in ledger.quotas(AGENT) if quota.rule is Rule.DAILY_COST)
        task = self.task()
        return Found(
            commits=commits,
            branches=branches,
            pulls=len(self.github.pulls),
            completions=self.events().count("TaskCompleted"),
            cost_nano=cost,
            holds=len(ledger.open_holds()),
            leftovers=self.leftovers(),
            unfinished=len(self.unfinished()),
            status=task.status.value,
            attempts=task.attempts_used,
        )

    def unfinished(self) -> list[str]:
        """Runs without an ending."""
        folders = (path.parent for path in (self.state / "runs").glob("r-*/run.json"))
        return [folder.name for folder in folders if not (folder / "outcome.json").exists()]

    def leftovers(self) -> tuple[str, ...]:
        """Work trees and branches of ours that are still there."""
        trees = [str(path) for path in (self.state / "worktrees").glob("*/*")]
        clones = (self.state / "clones").glob("*.git")
        return (*trees, *(branch for clone in clones for branch in Sandbox(clone).branches()))

    def wait_for_work(self) -> None:
        """Until claude has written its file and said so."""
        until = time.monotonic() + 30
        while not self._worked() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)  # the stream is written down a moment after claude has said it

    def _worked(self) -> bool:
        plan = json.loads((self.claude / "plan.json").read_text())
        names = list(plan["writes"])
        texts = [path for name in names for path in (self.state / "worktrees").glob(f"*/*/{name}")]
        return any(path.read_text() == plan["writes"][path.name] for path in texts)

    def wait_until_asleep(self, process: subprocess.Popen[str]) -> None:
        """Until somebody has stopped it (SIGSTOP)."""
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
            if state == "T":
                return
            time.sleep(0.02)
        raise AssertionError(f"it never fell asleep: {process.communicate()}")

    def hook_of_origin(self, text: str) -> None:
        """Let the origin look at each push first, as a server with rules does."""
        hook = self.github.state.origin / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        script(hook, text)

    def checkout_shell(self, line: str) -> None:
        """What a developer types in the checkout."""
        subprocess.run(["sh", "-c", line], cwd=self.checkout.path, check=True, capture_output=True)

    def tips(self) -> str:
        """Where the branches of the origin are."""
        return Sandbox(self.github.state.origin).git("for-each-ref", "refs/heads")

    def shown(self, *names: str) -> list[str]:
        """The files as they are on the branch that arrived at the origin."""
        origin = Sandbox(self.github.state.origin)
        (branch,) = (name for name in origin.branches() if name != "main")
        return [origin.git("show", f"{branch}:{name}") for name in names]

    def changed(self) -> list[str]:
        """The paths that the branch at the origin changes."""
        origin = Sandbox(self.github.state.origin)
        (branch,) = (found for found in origin.branches() if found != "main")
        return origin.git("diff", "--name-only", "main", branch).split()

    def origin_has(self, name: str) -> bool:
        """Whether the branch that arrived at the origin has the file."""
        origin = Sandbox(self.github.state.origin)
        (branch,) = (found for found in origin.branches() if found != "main")
        return name in origin.git("ls-tree", "-r", "--name-only", branch).split()

    def alive(self, *, within_s: float = 8.0) -> list[int]:
        """Processes that still work in this folder when so many seconds have passed; a supervisor needs a moment."""
        until = time.monotonic() + within_s
        while (found := self._processes()) and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def _processes(self) -> list[int]:
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    words = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                if os.fsencode(self.claude) in words:
                    found.append(int(entry.name))
        return found
