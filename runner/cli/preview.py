"""`runner claim --dry-run`: what a run would be asked, hold and be allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from runner.allowance.model import NANO_PER_USD
from runner.cli.output import safe, safe_block, show, tell_warnings
from runner.errors import QuotaExceeded

if TYPE_CHECKING:
    from runner.runs.looking import Preview
    from runner.wiring.app import App
    from runner.wiring.runs import ClaimFlags


def preview_claim(app: App, flags: ClaimFlags, task_id: str | None, *, as_json: bool) -> None:
    from runner.allowance.report import explain
    from runner.wiring.base import app_at_known_base
    from runner.wiring.runs import build_looker, build_policy

    there = app_at_known_base(app)
    tell_warnings(there.warnings)
    policy = replace(build_policy(there.app, flags), base=app.settings.pull_request.base)
    preview = build_looker(there.app).preview(policy, task_id)
    sentences = explain(preview.ask, preview.verdict, limits=policy.limits, source=app.limits.source())
    show(_preview_facts(preview), as_json=as_json, text=_preview_text(preview, sentences))
    if preview.refusal is not None:
        if not as_json:
            raise preview.refusal
        # Standard output has its one document already.
        click.echo(f"error: {preview.refusal}\nhint: {preview.refusal.hint}", err=True)
    if preview.refusal is not None or not preview.verdict.granted:
        click.get_current_context().exit(QuotaExceeded.exit_code)


def _preview_facts(preview: Preview) -> dict[str, object]:
    return {
        "task_id": preview.task.id,
        "branch": preview.branch,
        "model": preview.model,
        "prompt": preview.prompt,
        "prompt_tokens": preview.prompt_tokens,
        "estimate": {
            "tokens": preview.ask.tokens,
            "cost_usd": preview.ask.cost_nano / NANO_PER_USD,
            "least_tokens": preview.least_tokens,
        },
        "granted": preview.verdict.granted and preview.refusal is None,
        "denial": preview.verdict.denial,
    }


def _preview_text(preview: Preview, sentences: tuple[str, ...]) -> str:
    head = [
        safe_block(preview.prompt),
        "-" * 40,
        f"task:     {preview.task.id} {safe(preview.task.title)}",
        f"branch:   {preview.branch}",
        f"model:    {preview.model or 'as claude chooses'}",
        f"prompt:   about {preview.prompt_tokens} tokens",
        f"besides:  about {preview.least_tokens - preview.prompt_tokens} tokens, claude's own prompt and tools "
        "and a first answer",
        f"at least: about {preview.least_tokens} tokens for the first answer",
    ]
    return "\n".join(head if preview.refusal else [*head, *sentences])
