"""What people are told although the settings are sound: things that were left aside, and why; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.settings.key import Scope
from runner.settings.keys import KEYS
from runner.settings.layers import Layer
from runner.settings.project_files import ProjectFiles
from runner.settings.sources import Sources
from runner.settings.trust import Verdict

OTHER_VARIABLES = (
    "RUNNER_PROFILE",
    "RUNNER_TOKEN",
    "AGENTIC_TOKEN",
    "RUNNER_CONFIG_DIR",
    "RUNNER_STATE_DIR",
    "RUNNER_CACHE_DIR",
)
"""Understood, but no setting."""


def work_tree_warnings(sources: Sources) -> Iterator[str]:
    """About the seed's files."""
    for name in sources.dotenv.refused:
        what = "a token" if name.endswith("TOKEN") else "an address"
        yield (
            f"{sources.dotenv_path}: {name}: {what} is never taken from a work tree; "
            "use your own config.toml, credentials.toml or the environment"
        )
    if sources.seed and sources.seed.token and sources.seed.open_to_others:
        yield (
            f"{sources.seed.path}: other users can read the token in it; "
            "run `runner config import`, then delete the file"
        )


def ignored(
    project: Layer, left_out: tuple[str, ...], files: ProjectFiles | None, verdict: Verdict
) -> Iterator[str]:
    """About what an untrusted repository wanted."""
    for name in left_out:
        setting = project.settings[name]
        why = "may only be lowered" if KEYS[name].scope is Scope.LOWER else "is ignored"
        yield f"{setting.origin}: {name}: {why} while the project is not trusted; {verdict.hint}"
    if files and files.prompts and not verdict.trusted:
        yield f"{files.folder}: its prompts are ignored while the project is not trusted; {verdict.hint}"


def misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    """About variables that look like ours and are not; other programs use `RUNNER_` too, so they are no problem."""
    import difflib

    ours = [name for key in KEYS.values() for name in key.variables] + list(OTHER_VARIABLES)
    for name in sorted(environment):
        near = difflib.get_close_matches(name, ours, n=1, cutoff=0.9)
        if name.startswith(("RUNNER_", "AGENTIC_")) and near and name not in ours:
            yield f"environment {name}: is not ours; did you mean {near[0]}?"
