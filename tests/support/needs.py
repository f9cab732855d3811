"""What a test needs from the machine: without it the test is skipped and says so, in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def needs_program(name: str) -> str:
    """The path of a program on PATH. pytest's closing summary lists what was skipped for want of it."""
    path = shutil.which(name)
    if path is not None:
        return path
    message = f"{name} is not installed, and this test wants the real one"
    if os.environ.get("CI", "").lower() not in ("", "0", "false"):
        pytest.fail(message)
    pytest.skip(message)
