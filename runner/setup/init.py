"""`runner init`, first form: the user's settings and a safe allowance, written once and never over anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.allowance.limits import DEFAULT_AGENT, SAFE_DEFAULTS, file_values
from runner.allowance.model import Limits
from runner.file_lock import one_writer
from runner.paths import Paths, write_private
from runner.settings.config_file import checked_value
from runner.settings.load import load
from runner.settings.project_files import WorkTree
from runner.settings.seed import seed_path
from runner.settings.trust import Standing

CONFIG_HEAD = """\
# Your settings of runner. Every key, its default and what this checkout makes of it: `runner config show --origin`.
# Change one with `runner config set KEY VALUE`, or here; `runner config validate` checks the file.
# Tokens do not belong here but in credentials.toml.
"""

ALLOWANCE_HEAD = """\
# What agents on this machine may spend. A key that is left out is no limit; 0 is none at all. Days are UTC days.
# [agent.default] holds for every agent; a table such as [agent."ada@laptop"] is laid over it key by key.
# Change a limit with `runner allowance set`, or here; `runner allowance show` tells what is left.
"""

COMMENTS = {
    "models": "Only these models.",
    "daily_tokens": "Tokens per day: input, cache writes and output.",
    "daily_jobs": "Runs per day.",
    "concurrent_jobs": "Runs at the same time.",
    "daily_cost_usd": "Money per day.",
    "run_tokens": "Tokens of one run; also what is held for it before it starts.",
    "run_cost_usd": "Money for one run.",
    "job_duration_s": "Seconds a run may take.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the person wants; the defaults are what `--yes` takes."""

    agent_id: str | None = None
    base_url: str | None = None
    model: str | None = None
    limits: Limits = SAFE_DEFAULTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """What `init` did."""

    wrote: tuple[Path, ...]
    kept: tuple[Path, ...]
    """They were there already and are as they were."""
    next_steps: tuple[str, ...] = ()
    """One line each, for people."""


def init(
    paths: Paths, *, environment: Mapping[str, str], top: Path | None = None, answers: Answers | None = None
) -> Initialised:
    """Write config.toml and allowance.toml where they are missing; `top` is the repository, None outside of one.

    Nothing is written into the repository.

    Raises:
        SettingsProblem: an answer, or a file that is there, is wrong; nothing was written.
        StoreFailed, Busy: a file could not be written.
    """
    answers = answers or Answers()
    texts = {
        paths.config_file: config_text(answers),
        paths.allowance_file: allowance_text(answers.limits),
    }
    steps = _next_steps(paths, environment, top)
    wrote = tuple(path for path, text in texts.items() if _write_new(path, text))
    kept = tuple(path for path in texts if path not in wrote)
    return Initialised(wrote=wrote, kept=kept, next_steps=steps)


def config_text(answers: Answers) -> str:
    """The first config.toml; pure.

    Raises:
        SettingsProblem: an answer that the key does not take.
    """
    import tomli_w

    given = {"agent_id": answers.agent_id, "base_url": answers.base_url, "claude.model": answers.model}
    values = {name: checked_value(name, text) for name, text in given.items() if text}
    tables: dict[str, object] = {name: value for name, value in values.items() if "." not in name}
    if "claude.model" in values:
        tables["claude"] = {"model": values["claude.model"]}
    return CONFIG_HEAD + ("\n" + tomli_w.dumps(tables) if tables else "")


def allowance_text(limits: Limits) -> str:
    """The first allowance.toml, a comment above each limit; pure."""
    import tomli_w

    lines = [
        f"# {COMMENTS[key]}\n{tomli_w.dumps({key: value})}" for key, value in file_values(limits).items()
    ]
    return f"{ALLOWANCE_HEAD}\n[agent.{DEFAULT_AGENT}]\n" + "".join(lines)


def _write_new(path: Path, text: str) -> bool:
    with one_writer(path.parent):
        if path.exists():
            return False
        write_private(path, text.encode())
    return True


def _next_steps(paths: Paths, environment: Mapping[str, str], top: Path | None) -> tuple[str, ...]:
    found = load(paths, environment=environment, project=WorkTree(top=top) if top else None, folder=top)
    steps = []
    if found.verdict.standing in (Standing.UNTRUSTED, Standing.CHANGED):
        steps.append(f"this repository has settings or prompts of its own: {found.verdict.hint}")
    seed = seed_path(environment)
    if seed and seed.exists():
        steps.append(f"settings of the seed system are in {seed}: `runner config import` takes them over")
    return tuple(steps)
