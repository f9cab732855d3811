"""Every setting there is, in one table."""

from __future__ import annotations

from runner.settings.key import Key
from runner.settings.keys_agent import CLAUDE, QUEUE, WHO
from runner.settings.keys_run import CHECKS, DELIVERY, KEEPING, PROTECTION, WORK

TABLE = (*WHO, *QUEUE, *CLAUDE, *WORK, *CHECKS, *PROTECTION, *DELIVERY, *KEEPING)
KEYS: dict[str, Key] = {key.name: key for key in TABLE}
GROUPS = frozenset(name.partition(".")[0] for name in KEYS if "." in name)
