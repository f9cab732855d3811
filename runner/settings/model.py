"""The settings as one typed, frozen value; what may stand in each field is in `keys.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.settings.key import Value


class ClaudeSettings(NamedTuple):
    program: str
    model: str | None
    recording: str | None
    max_turns: int
    timeout_s: float
    silence_s: float
    environment: tuple[str, ...]
    rules: tuple[str, ...]


class ChecksSettings(NamedTuple):
    commands: tuple[str, ...]
    """Command lines for `shlex.split`; each is known to split."""
    timeout_s: float
    repairs: int
    on_red: str
    """`draft` or `none`."""
    network: bool
    """False: without network, or not at all."""


class HooksSettings(NamedTuple):
    network: bool
    """False: git hooks of a run have none, or there is no run."""


class ProtectSettings(NamedTuple):
    """Patterns for paths relative to the repository's top, besides those that are built in."""

    paths: tuple[str, ...]
    allow: tuple[str, ...]


class ProcessSettings(NamedTuple):
    environment: tuple[str, ...]


class PullRequestSettings(NamedTuple):
    base: str | None
    draft: bool
    labels: tuple[str, ...]


class CommitSettings(NamedTuple):
    co_author: str
    """`Name <mail>` on one line; empty for none."""
    sign_off: bool


class BranchSettings(NamedTuple):
    prefix: str | None


class WorkTreeSettings(NamedTuple):
    setup: tuple[str, ...]
    copy: tuple[str, ...]
    setup_timeout_s: float


class ContextSettings(NamedTuple):
    budget_tokens: int
    exclude: tuple[str, ...]


class PromptsSettings(NamedTuple):
    folder: str


class KeepSettings(NamedTuple):
    """How much of finished runs stays on disk; the first bound that is passed counts."""

    runs: int
    days: int
    size_mb: int


class TaskSettings(NamedTuple):
    lease_s: float
    max_attempts: int


class LogSettings(NamedTuple):
    level: str


class Settings(NamedTuple):
    """Every setting with the value that holds. Times are seconds; None is what the key's page says."""

    agent_id: str | None
    project: str | None
    base_url: str | None
    """Known to be https, or http to this machine; without trailing slash. None is the embedded queue."""
    capabilities: tuple[str, ...]
    claude: ClaudeSettings
    checks: ChecksSettings
    hooks: HooksSettings
    protect: ProtectSettings
    process: ProcessSettings
    pull_request: PullRequestSettings
    commit: CommitSettings
    branch: BranchSettings
    work_tree: WorkTreeSettings
    context: ContextSettings
    prompts: PromptsSettings
    keep: KeepSettings
    task: TaskSettings
    log: LogSettings


GROUP_TYPES: dict[str, type] = {
    "claude": ClaudeSettings,
    "checks": ChecksSettings,
    "hooks": HooksSettings,
    "protect": ProtectSettings,
    "process": ProcessSettings,
    "pull_request": PullRequestSettings,
    "commit": CommitSettings,
    "branch": BranchSettings,
    "work_tree": WorkTreeSettings,
    "context": ContextSettings,
    "prompts": PromptsSettings,
    "keep": KeepSettings,
    "task": TaskSettings,
    "log": LogSettings,
}


def build(values: Mapping[str, Value]) -> Settings:
    """Make the settings from a value for every key of the table."""
    # Any: the table has checked each value against its key, and a test holds fields and keys together.
    groups: dict[str, dict[str, Any]] = {name: {} for name in ("", *GROUP_TYPES)}
    for name, value in values.items():
        group, _, field = name.rpartition(".")
        groups[group][field] = value
    top = groups.pop("")
    return Settings(**top, **{name: GROUP_TYPES[name](**fields) for name, fields in groups.items()})
