"""What claude's process gets to see: the allow-list, its own credentials and switches, and quiet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.process.environment import child_environment

CREDENTIALS = ("ANTHROPIC_*", "CLAUDE_*")
"""Who pays and where to, as the developer has set it up."""

QUIET = {
    "CLAUDE_CODE_DISABLE_AUTO_MEMORY": "1",
    # What is started in the background would outlive the answer; one-shot runs have no use for it.
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS": "1",
    "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CODE_DISABLE_TERMINAL_TITLE": "1",
    "DISABLE_AUTOUPDATER": "1",
    # Compiled files of the checks that claude runs have no place in a commit.
    "PYTHONDONTWRITEBYTECODE": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}
"""Nothing but the conversation itself."""


def claude_environment(
    source: Mapping[str, str], *, extra: Iterable[str] = (), max_retries: int
) -> dict[str, str]:
    """The environment of a claude process. `extra` are names or `PREFIX_*` from the settings.

    `max_retries` bounds claude's own retries of one request (10 of them take three minutes).

    Raises:
        SettingsProblem: an extra is neither a name nor a prefix.
    """
    overrides = QUIET | {"CLAUDE_CODE_MAX_RETRIES": str(max_retries)}
    return child_environment(source, extra=(*CREDENTIALS, *extra), overrides=overrides)
