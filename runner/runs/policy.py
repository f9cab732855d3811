"""What people decided about runs: the settings a run obeys, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.allowance.model import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that settings, flags and limits say about one run."""

    agent_id: str
    project: str | None
    """Only this project's tasks; None takes any."""
    limits: Limits
    capabilities: tuple[str, ...] = ()
    lease_s: float = 60.0
    model: str | None = None
    """What the flag or the settings say; a task's own model goes before the settings', not before the flag's."""
    model_from_flag: bool = False
    max_turns: int = 50
    timeout_s: float = 1800.0
    rules: tuple[str, ...] = ()
    """Scoped permissions for claude, such as `Bash(pytest *)`."""
    denied: tuple[str, ...] = ()
    repairs: int = 2
    """How often red checks go back to claude."""
    on_red: Literal["draft", "none"] = "draft"
    base: str | None = None
    """The branch to start from; None is the repository's default branch."""
    pull_request: bool = True
    draft: bool = False
    labels: tuple[str, ...] = ()
    branch_prefix: str | None = None
    co_author: str = ""
    sign_off: bool = False
    setup: tuple[str, ...] = ()
    setup_timeout_s: float = 600.0
    copy: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    """Patterns of protected files besides the usual ones."""
    allowed: tuple[str, ...] = ()
    """Patterns of protected files that an agent may change after all."""
    context_tokens: int = 8000
    context_exclude: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    """Keys and prompts of the base commit that are not followed, for want of trust."""
    warnings: tuple[str, ...] = ()
    """What a developer would not expect of this policy, one line each; for the report."""

    def model_for(self, task_model: str | None) -> str | None:
        """Flag, task, settings, else the first model the limits allow; None leaves it to claude."""
        chosen = self.model if self.model_from_flag else task_model or self.model
        return chosen or (self.limits.models[0] if self.limits.models else None)
