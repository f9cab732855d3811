"""Builds what a run needs: the policy that people set, and the tools it works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runner.claude.rules import checked_rule, rules_for
from runner.events.model import EventSink
from runner.events.sinks import Several
from runner.git.carried import hooks_folder
from runner.git.clone import PrivateClone
from runner.git.hooks import make_hooks_ready
from runner.process.environment import child_environment
from runner.process.stop import Stop
from runner.runs.checks import Checks
from runner.runs.looking import Looker
from runner.runs.policy import Policy
from runner.runs.replaying import Replayer
from runner.runs.run import Tools
from runner.visible import visible
from runner.wiring.app import App
from runner.wiring.confining import confine, confine_hooks, with_hooks_confined
from runner.wiring.forges import choose_forge
from runner.wiring.projects import project_to_claim

if TYPE_CHECKING:
    from runner.claude.program import ClaudeProgram
    from runner.claude.protocol import ClaudeRunner


QUEUE_FILES = ("", "-wal", "-shm", ".lock.a", ".lock.b", ".lock.owner")
"""The database and what lies beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFlags:
    """What the command line says about one claim; None leaves it to the settings."""

    model: str | None = None
    draft: bool = False
    pull_request: bool = True
    any_project: bool = False
    task_id: str | None = None
    """The task that was named."""


def build_policy(app: App, flags: ClaimFlags) -> Policy:
    """Settings, flags and limits as the one value that a run obeys."""
    settings = app.settings
    return Policy(
        agent_id=app.agent_id,
        project=project_to_claim(app, task_id=flags.task_id, any_project=flags.any_project),
        limits=app.limits(app.agent_id),
        capabilities=settings.capabilities,
        lease_s=settings.task.lease_s,
        model=flags.model or settings.claude.model,
        model_from_flag=flags.model is not None,
        max_turns=settings.claude.max_turns,
        timeout_s=settings.claude.timeout_s,
        rules=(*rules_for(settings.checks.commands), *scoped_rules(settings.claude.rules)),
        denied=denied_paths(app),
        repairs=settings.checks.repairs,
        on_red="none" if settings.checks.on_red == "none" else "draft",
        base=settings.pull_request.base,
        pull_request=flags.pull_request,
        draft=flags.draft or settings.pull_request.draft,
        labels=settings.pull_request.labels,
        branch_prefix=settings.branch.prefix,
        co_author=settings.commit.co_author,
        sign_off=settings.commit.sign_off,
        setup=settings.work_tree.setup,
        setup_timeout_s=settings.work_tree.setup_timeout_s,
        copy=settings.work_tree.copy,
        protected=settings.protect.paths,
        allowed=settings.protect.allow,
        context_tokens=settings.context.budget_tokens,
        context_exclude=settings.context.exclude,
    )


def scoped_rules(rules: tuple[str, ...]) -> tuple[str, ...]:
    """The rules of the settings, if each has a scope; said before anything is held or claimed.

    Raises:
        SettingsProblem: one of them would open too much.
    """
    return tuple(checked_rule(rule, edit=True) for rule in rules)


def denied_paths(app: App) -> tuple[str, ...]:
    """Our settings, state and cache, kept from claude: all but the work trees, which lie beside them."""
    from runner.settings.grants import trust_file

    paths = app.paths
    queue = paths.queue_file
    files = [queue.with_name(queue.name + ending) for ending in QUEUE_FILES]
    folders = (
        paths.config,
        paths.cache,
        paths.allowance_folder,
        paths.clones,
        paths.runs,
        paths.log,
    )
    return tuple(str(path) for path in (*folders, trust_file(paths), *files))


def build_tools(app: App, sinks: Sequence[EventSink], stop: Stop) -> Tools:
    """What a run works with in this checkout.

    Raises:
        NotARepository, GitFailed: the checkout cannot be worked in.
    """
    checkout = app.repository
    shown = app.settings.process.environment
    clone = PrivateClone.ensure(checkout, app.paths.clones, shown_to_hooks=shown, stop=stop)
    # What was begun with the forge is finished: a pull request that nobody notes down helps nobody.
    forge = choose_forge(app, checkout, Stop())
    environment = check_environment(app)
    clone = with_hooks_confined(clone, app, environment)
    claude, claude_ready = build_claude(app, clone)
    return Tools(
        claims=app.claims,
        ledger=app.ledger,
        claude=claude,
        claude_ready=claude_ready,
        checkout=checkout,
        clone=clone,
        forge=forge.build,
        local_forge=forge.local,
        prompts=app.prompts,
        # Not proved yet: a run follows the settings of its base commit, and so its checks.
        checks=build_checks(app, environment, ready=False),
        setup_environment=environment,
        redactor=app.redactor,
        events=Several(*sinks),
        runs=app.paths.runs,
        work_trees=app.paths.worktrees,
        own_folders=(app.paths.config, app.paths.state, app.paths.cache),
        home=home_folder(app.environ),
        now=utc_now,
    )


def home_folder(environ: Mapping[str, str]) -> Path:
    """What `~` means to the developer and to claude."""
    return Path(environ.get("HOME") or "/")


def build_claude(app: App, clone: PrivateClone) -> tuple[ClaudeRunner, Callable[[Stop], None]]:
    """The program, or the recorded run that the settings name; and what tells that it is not there."""
    settings = app.settings.claude
    if settings.recording:
        return recorded_claude(Path(settings.recording), clone), lambda _: None
    program = claude_program(app)
    return program, program.check_ready


def claude_program(app: App) -> ClaudeProgram:
    """The real one, as the settings want it."""
    from runner.claude.call import Patience
    from runner.claude.program import ClaudeProgram

    settings = app.settings.claude
    patience = Patience(silence_s=settings.silence_s)
    return ClaudeProgram(
        settings.program, app.environ, settings.environment, patience=patience, hide=app.redactor.text
    )


def recorded_claude(folder: Path, clone: PrivateClone) -> ClaudeRunner:
    """Claude as it was in the run of `folder`."""
    from runner.claude.recorded import RecordedClaude

    def apply(work_tree: Path, patch: bytes) -> None:
        clone.work_tree(work_tree).apply(patch)

    return RecordedClaude(folder, apply)


def check_environment(app: App) -> dict[str, str]:
    """What checks and set-up commands get to see: the allow-list and what the settings add to it."""
    # Python trusts compiled files by size and whole seconds: a quick edit of the same length would be checked
    # with the code of before.
    quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
    return child_environment(app.environ, extra=app.settings.process.environment, overrides=quiet)


def build_checks(app: App, environment: dict[str, str], *, ready: bool = True) -> Checks:
    """The checks that the (trusted) settings name; `ready` to be run here.

    Raises:
        ProgramMissing, OutsideTrouble: they may not have the network, and cannot be kept from it here.
    """
    redact: Callable[[str], str] = app.redactor.text
    settings = app.settings.checks
    checks = Checks(
        settings.commands,
        environment=environment,
        timeout_s=settings.timeout_s,
        clean=lambda text: redact(visible(text)),
        cache=app.paths.cache / "checks",
        confine=None if settings.network else lambda: confine(app, environment),
    )
    if ready:
        checks.make_ready()
    return checks


def build_looker(app: App) -> Looker:
    """For `--dry-run`. Raises: as `build_checks`, since the run itself would be refused."""
    environment = check_environment(app)
    build_checks(app, environment)
    checkout = app.repository
    make_hooks_ready(hooks_folder(checkout), confine_hooks(app, environment))
    return Looker(
        board=app.board,
        ledger=app.ledger,
        checkout=checkout,
        prompts=app.prompts,
        commands=app.settings.checks.commands,
        redact=app.redactor.text,
    )


def build_replayer(app: App, stop: Stop) -> Replayer:
    """For `runner replay`."""
    clone = PrivateClone.ensure(app.repository, app.paths.clones, stop=stop)
    return Replayer(
        clone=clone,
        claude=lambda folder: recorded_claude(folder, clone),
        checks=build_checks(app, check_environment(app)),
        work_trees=app.paths.worktrees,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)
