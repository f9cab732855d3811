"""A small world for runs: a real repository with an origin, a real queue, a real ledger, a Claude of our own."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runner.allowance.files.ledger import FileLedger
from runner.allowance.model import Limits, Quota, Rule
from runner.claude.protocol import ClaudeRunner
from runner.errors import RunnerError
from runner.events.sinks import InMemory, Several
from runner.forge.protocol import Forge
from runner.git.clone import PrivateClone
from runner.git.repository import Repository
from runner.paths import Paths, bundled
from runner.process.environment import child_environment
from runner.process.stop import Stop
from runner.prompts import Prompts
from runner.redaction.redactor import Redactor
from runner.runs.checks import Checks
from runner.runs.claiming import reserve_and_claim
from runner.runs.model import RunReport
from runner.runs.policy import Policy
from runner.runs.run import Tools
from runner.runs.work import work_on
from runner.storage.database import Database
from runner.tasks.embedded import Clock, EmbeddedBoard, EmbeddedClaims
from runner.tasks.model import NewTask, Task
from runner.tasks.schema import TASKS
from runner.visible import visible
from tests.support.fake_forge import FakeForge
from tests.support.git import Sandbox

PROJECT = "widget"
LIMITS = Limits(run_tokens=100_000, run_cost_nano=1_000_000_000, daily_tokens=1_000_000, daily_jobs=100)

CALC_TEST = "from calc import add\n\nassert add(2, 3) == 5, 'add(2, 3) is not 5'\n"
CALC_CHECK = "python3 check_calc.py"
FIXED = {"calc.py": "def add(a, b):\n    return a + b\n"}


class World:
    """Everything a run meets. `checkout` is the developer's, `origin` its remote (None: it has none)."""

    def __init__(self, folder: Path, environ: dict[str, str], *, remote: bool = True) -> None:
        self.environ = environ
        self.paths = Paths.from_environment(environ)
        self.checkout = Sandbox.create(
            folder / "widget",
            files={"calc.py": "def add(a, b):\n    return a - b\n", "check_calc.py": CALC_TEST},
        )
        self.origin = self.checkout.add_remote(folder / "origin.git") if remote else None
        self.database = Database(self.paths.queue_file, schemas=(TASKS,))
        self.ahead = timedelta()
        """How far the queue's clock is ahead of ours."""
        clock = Clock(wall=lambda: datetime.now(UTC) + self.ahead)
        self.claims = EmbeddedClaims(self.database, clock=clock)
        self.board = EmbeddedBoard(self.database, clock=clock)
        self.policy = Policy(agent_id="me", project=PROJECT, limits=LIMITS)
        self.ledger = FileLedger(
            self.paths.allowance_folder, lambda _: self.policy.limits, lambda: datetime.now(UTC).timestamp()
        )
        self.commands: tuple[str, ...] = ()
        self.forge: Forge = FakeForge()
        self.local_forge = not remote
        self.prompts = Prompts([bundled("prompts")])
        self.seen = InMemory()
        self.stop = Stop()
        self.redactor = Redactor(environ)
        self.before = self.fingerprint()

    def set(self, **changes: object) -> None:
        """Change the policy."""
        self.policy = replace(self.policy, **changes)  # type: ignore[arg-type]  # the tests name real fields

    def submit(self, title: str = "Fix add", **more: object) -> Task:
        new = NewTask(title=title, project=PROJECT, **more)  # type: ignore[arg-type]
        return self.board.create(new, request_id=f"submit-{title}-{len(self.board.events())}")

    def tools(self, claude: ClaudeRunner) -> Tools:
        checkout = Repository.open(self.checkout.path, source=self.environ)
        return Tools(
            claims=self.claims,
            ledger=self.ledger,
            claude=claude,
            claude_ready=lambda _: None,
            checkout=checkout,
            clone=PrivateClone.ensure(checkout, self.paths.clones),
            forge=lambda _: self.forge,
            local_forge=self.local_forge,
            prompts=self.prompts,
            checks=self.checks(),
            setup_environment=child_environment(self.environ),
            redactor=self.redactor,
            events=Several(self.seen),
            runs=self.paths.runs,
            work_trees=self.paths.worktrees,
            own_folders=(self.paths.config, self.paths.state, self.paths.cache),
            home=Path(self.environ["HOME"]),
            now=lambda: datetime.now(UTC),
        )

    def checks(self) -> Checks:
        return Checks(
            self.commands,
            environment=child_environment(self.environ, overrides={"PYTHONDONTWRITEBYTECODE": "1"}),
            timeout_s=30.0,
            clean=lambda text: self.redactor.text(visible(text)),
            cache=self.paths.cache / "checks",
        )

    def claim(self, claude: ClaudeRunner, task_id: str | None = None) -> RunReport:
        """One `runner claim`, without the command line."""
        return self.claim_with(self.tools(claude), task_id)

    def claim_with(self, tools: Tools, task_id: str | None = None) -> RunReport:
        """The same with tools that were made before, as `--loop` does."""
        base = tools.clone.resolve_base(self.policy.base)
        run = reserve_and_claim(tools, self.policy, base, task_id=task_id, stop=self.stop)
        return work_on(run)

    def used(self, rule: Rule) -> int:
        return self._quota(rule).used

    def held(self, rule: Rule) -> int:
        return self._quota(rule).held

    def _quota(self, rule: Rule) -> Quota:
        return next(quota for quota in self.ledger.quotas("me") if quota.rule is rule)

    def fingerprint(self) -> dict[str, str]:
        """HEAD, refs, index, stash, configuration and every file of the developer's checkout."""
        git_dir = self.checkout.path / ".git"
        watched = [git_dir / "HEAD", git_dir / "index", git_dir / "config"]
        files = [
            path for path in self.checkout.path.rglob("*") if path.is_file() and git_dir not in path.parents
        ]
        content = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in [*watched, *files]}
        return content | {
            "refs": self.checkout.git("for-each-ref"),
            "stash": self.checkout.git("stash", "list"),
            "status": self.checkout.git("status", "--porcelain", "--ignored"),
        }

    def leftovers(self) -> list[str]:
        """Work trees and branches of ours that are still there."""
        trees = (
            [str(path) for path in self.paths.worktrees.glob("*/*")] if self.paths.worktrees.exists() else []
        )
        branches = [
            branch for clone in self.paths.clones.glob("*.git") for branch in Sandbox(clone).branches()
        ]
        return trees + branches


def run_folder(world: World, run_id: str) -> Path:
    return world.paths.runs / run_id


def error_of(world: World, claude: ClaudeRunner, task_id: str | None = None) -> RunnerError:
    """The error that a claim ends with; there must be one."""
    try:
        world.claim(claude, task_id)
    except RunnerError as error:
        return error
    raise AssertionError("the claim did not fail")
