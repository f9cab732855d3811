"""The seed system's `.env`: four names in a file of the work tree; pure.

The rules are the seed's: lines are trimmed; blank lines, lines that begin with # and lines without = are
skipped; the first = splits; any run of quotes around the value goes, unbalanced too; the last one wins;
no `export`, no comments behind a value, no escapes, no interpolation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

SEED_NAMES = ("AGENTIC_BASE_URL", "AGENTIC_TOKEN", "AGENTIC_PROJECT", "AGENTIC_AGENT_ID")
REFUSED = ("AGENTIC_BASE_URL", "AGENTIC_TOKEN")
"""A repository that could set these would send the developer's token wherever it likes."""


class DotEnv(NamedTuple):
    """What a `.env` says to us. An empty value is there as well: it clears what lower layers say."""

    values: Mapping[str, str]
    lines: Mapping[str, int]
    """Where each value stands, lines from 1."""
    refused: tuple[str, ...] = ()
    """Names that had a value and are never taken from a work tree."""
    is_text: bool = True
    """Whether the file was UTF-8; what is not may hide lines of ours."""


def parse(text: str) -> DotEnv:
    """Read the four seed names; everything else belongs to other programs and is ignored."""
    found: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        name, equals, value = line.strip().partition("=")
        if equals and name.strip() in SEED_NAMES:
            found[name.strip()] = value.strip().strip("\"'")
            lines[name.strip()] = number
    refused = tuple(name for name in REFUSED if found.pop(name, ""))
    return DotEnv(values=found, lines={name: lines[name] for name in found}, refused=refused)
