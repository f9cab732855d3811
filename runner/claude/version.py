"""Is there a `claude`, and is it new enough? And what to do when it does not start."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.claude.words import one_line
from runner.errors import ClaudeNotStarted, ProgramMissing
from runner.process.run import run

MINIMUM = (2, 0, 0)
INSTALL = "install Claude Code (npm install -g @anthropic-ai/claude-code), then run `claude` once to sign in"
UPDATE = "run `claude update`"

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")

_HINTS = (
    (re.compile(r"unknown option|unknown argument", re.IGNORECASE), UPDATE),
    (
        re.compile(r"already in use", re.IGNORECASE),
        "the conversation was begun before: resume it, or take a new id",
    ),
    (re.compile(r"exceeds 10 ?MB", re.IGNORECASE), "make the prompt smaller: less context, fewer files"),
    (
        re.compile(r"only whitespace|input must be provided", re.IGNORECASE),
        "the prompt is empty: say what to do",
    ),
)


def version_of(program: str, environment: Mapping[str, str]) -> tuple[int, int, int]:
    """Ask the program for its version; takes some hundredths of a second.

    Raises:
        ClaudeNotStarted: it is missing, says no version, or one before 2.0.0.
    """
    try:
        told = run((program, "--version"), env=environment, timeout_s=30.0)
    except ProgramMissing as missing:
        raise ClaudeNotStarted(f"the claude program cannot be run: {missing}", hint=INSTALL) from missing
    words = told.stdout.decode(errors="replace")
    found = _VERSION.search(words)
    if told.exit_code != 0 or found is None:
        said = one_line(words) or one_line(told.stderr.decode(errors="replace")) or "nothing"
        raise ClaudeNotStarted(f"{program} --version says {said!r}, and no version", hint=INSTALL)
    version = (int(found[1]), int(found[2]), int(found[3]))
    if version < MINIMUM:
        raise ClaudeNotStarted(
            f"claude {found[0]} is too old: {'.'.join(map(str, MINIMUM))} is the least", hint=UPDATE
        )
    return version


def not_started(stderr: str, exit_code: int) -> ClaudeNotStarted:
    """The error for a child that ended with `exit_code` before it said anything but this on standard error."""
    lines = [line for line in stderr.split("\n") if not line.startswith("Warning:")]
    said = one_line("\n".join(lines)).removeprefix("Error: ").removeprefix("error: ")
    hint = next((hint for words, hint in _HINTS if words.search(stderr)), "run `claude doctor` by hand")
    return ClaudeNotStarted(f"claude did not start: {said or f'exit code {exit_code}'}", hint=hint)
