"""The tables of this capability, as migrations."""

from __future__ import annotations

from pathlib import Path

from runner.storage.migrations import Schema

TASKS = Schema(name="tasks", folder=Path(__file__).with_name("migrations") / "sqlite")
