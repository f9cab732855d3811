"""`runner claim --dry-run`: what a run would ask and be allowed, without spending or writing anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.allowance.model import Ask, Verdict
from runner.allowance.protocol import Ledger
from runner.allowance.rules import ask_for
from runner.context.bundle import build_bundle
from runner.context.source import CommitSource
from runner.context.tokens import estimate_tokens
from runner.errors import QuotaExceeded
from runner.git.known_base import known_base
from runner.git.names import branch_name
from runner.git.repository import Repository
from runner.prompts import Prompts
from runner.runs.holding import FIXED_TOKENS, expected_tokens
from runner.runs.policy import Policy
from runner.runs.protected import IN_WORDS
from runner.tasks.model import ClaimRequest, Task
from runner.tasks.protocol import TaskBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen."""

    task: Task
    branch: str
    model: str | None
    prompt: str
    prompt_tokens: int
    """Estimated."""
    least_tokens: int
    """What the first answer alone needs: the prompt and what every run sends besides."""
    ask: Ask
    """What the run would hold, and cost at most."""
    verdict: Verdict
    refusal: QuotaExceeded | None
    """The prompt does not fit the cap of a run: it would be refused whatever the allowance says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """What looking ahead needs; everything is only read."""

    board: TaskBoard
    ledger: Ledger
    checkout: Repository
    prompts: Prompts
    commands: tuple[str, ...]
    redact: Callable[[str], str]

    def preview(self, policy: Policy, task_id: str | None) -> Preview:
        """The prompt, its tokens, what would be held, and the allowance's verdict.

        Raises:
            NothingToClaim, NotReady, LacksCapability, UnknownTask, AlreadyClaimed, InvalidTransition: no such task
                could be claimed now.
            UsageProblem: the repository has no commit, or no such branch, to start from.
        """
        task = self._task(policy, task_id)
        branch = branch_name(task.id, self.redact(task.title), task.labels, prefix=policy.branch_prefix)
        prompt = self.redact(self._prompt(policy, task))
        tokens = estimate_tokens(prompt)
        model = policy.model_for(task.model)
        expected, refusal = _expected(policy, tokens)
        ask = ask_for(
            policy.limits,
            run_id="dry-run",
            agent_id=policy.agent_id,
            model=model or "",
            tokens=expected,
            repository=policy.project or "",
        )
        return Preview(
            task=task,
            branch=branch,
            model=model,
            prompt=prompt,
            prompt_tokens=tokens,
            least_tokens=tokens + FIXED_TOKENS,
            ask=ask,
            verdict=self.ledger.check(ask),
            refusal=refusal,
        )

    def _task(self, policy: Policy, task_id: str | None) -> Task:
        """What a claim would take now, by the claim's own rule."""
        request = ClaimRequest(
            agent_id=policy.agent_id,
            request_id="dry-run",
            task_id=task_id,
            project=policy.project,
            capabilities=policy.capabilities,
            lease_s=policy.lease_s,
        )
        return self.board.choose(request)

    def _prompt(self, policy: Policy, task: Task) -> str:
        base = known_base(self.checkout, policy.base).commit_id
        bundle = build_bundle(
            CommitSource(self.checkout, base),
            title=task.title,
            description=task.description,
            files=task.files,
            budget_tokens=policy.context_tokens,
            exclude=policy.context_exclude,
            recent_commits=self.checkout.recent_commits(10, base),
        )
        return self.prompts.render(
            "task",
            task=task,
            bundle=bundle,
            checks=self.commands,
            attempt=task.attempts_used + 1,
            protected=(*IN_WORDS, *policy.protected),
            allowed=policy.allowed,
        )


def _expected(policy: Policy, prompt_tokens: int) -> tuple[int | None, QuotaExceeded | None]:
    """What a run would hold, or why it would not fit; who looks ahead wants to see the prompt all the more then."""
    try:
        return expected_tokens(policy.limits, prompt_tokens=prompt_tokens), None
    except QuotaExceeded as refusal:
        return None, refusal
