"""What the tests of the log say to it, and what it kept."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from runner.log import configure
from runner.redaction.redactor import Redactor

SECRET = "hunter2-hunter2"
log = logging.getLogger("runner.test")


def redactor() -> Redactor:
    return Redactor({"GH_TOKEN": SECRET})


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "runner.log").read_text().splitlines()]


def start(folder: Path, *, verbosity: int = 0, level: str = "info") -> io.StringIO:
    """Configure it; returns what stands for standard error."""
    terminal = io.StringIO()
    configure(folder, verbosity=verbosity, level=level, redactor=redactor, stderr=terminal)
    return terminal


def a_bug(words: str) -> Exception:
    with pytest.raises(KeyError) as bug:
        dict[str, int]()[words]
    return bug.value
