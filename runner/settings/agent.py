"""The name an agent goes by when nobody gave it one; pure."""

from __future__ import annotations

import re


def default_agent_id(user: str, host: str) -> str:
    """`user@host`, the host without its domain, in characters that an agent id may have."""
    name = re.sub(r"[^A-Za-z0-9._+-]+", "-", user).strip("-._+") or "user"
    machine = re.sub(r"[^A-Za-z0-9-]+", "-", host.partition(".")[0]).strip("-") or "localhost"
    return f"{name[:60]}@{machine[:60]}"
