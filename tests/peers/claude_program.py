"""The real `claude` program for tests, and the environment it needs to talk to a loopback API only."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest


def real_claude() -> str:
    """Path of the program inside the wheel of claude-agent-sdk; without it the test is skipped (in CI: fails)."""
    spec = importlib.util.find_spec("claude_agent_sdk")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "_bundled" / "claude"
        if program.is_file():
            return str(program)
    message = "the real claude program is missing: pip install claude-agent-sdk"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def claude_environment(base_url: str, **others: str) -> dict[str, str]:
    """The environment of the test plus what keeps the program quiet, on loopback and in the test's home.

    A caller that wants no key passes ANTHROPIC_API_KEY="" (an empty value means: leave the name out).
    """
    settings = dict(os.environ) | {
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": "sk-ant-test-0000",
        "CLAUDE_CONFIG_DIR": str(Path(os.environ["HOME"]) / ".claude"),
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "NO_PROXY": "127.0.0.1",
    }
    return {name: value for name, value in (settings | others).items() if value}
