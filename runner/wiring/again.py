"""What a run that is gone on with works with: the flags, the agent and the base commit that it was begun with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runner.runs.so_far import SoFar
from runner.wiring.base import follow_base
from runner.wiring.runs import ClaimFlags, build_policy

if TYPE_CHECKING:
    from runner.runs.policy import Policy
    from runner.runs.record import RunRecord
    from runner.runs.run import Tools
    from runner.wiring.app import App


def tools_again(app: App, tools: Tools, record: RunRecord) -> tuple[Tools, Policy]:
    """`tools` and the policy for an unfinished run: today's settings, as far as they are not its own.

    Raises:
        SettingsProblem: what the base commit says is wrong.
        GitFailed: it cannot be read.
    """
    so_far = SoFar(record)
    if not so_far.spoke:
        return tools, _policy(app, record)
    return follow_base(app, tools, so_far.base, lambda there: _policy(there, record))


def _policy(app: App, record: RunRecord) -> Policy:
    flags = record.data.get("flags")
    flags = flags if isinstance(flags, dict) else {}
    model, agent_id = flags.get("model"), str(record.data.get("agent_id"))
    again = ClaimFlags(
        model=model if isinstance(model, str) else None,
        draft=flags.get("draft") is True,
        pull_request=flags.get("pull_request") is not False,
    )
    project = record.data.get("project")
    return replace(
        build_policy(app, again),
        project=project if isinstance(project, str) else None,
        agent_id=agent_id,
        limits=app.limits(agent_id),
    )
