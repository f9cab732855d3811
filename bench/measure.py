"""Whole processes timed from outside: CPU seconds of the child, wall seconds, several runs in turn."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run took."""

    cpu_s: float
    wall_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing measured: the medians of its runs."""

    name: str
    cpu_s: float
    wall_s: float


def process(argv: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Cost:
    """Run to the end; it must succeed."""
    return measure(
        lambda: subprocess.run(
            argv,
            env=env or os.environ,
            cwd=cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    )


def measure(work: Callable[[], object]) -> Cost:
    """CPU of the children that `work` waits for, and wall time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Cost(cpu_s=cpu, wall_s=wall)


def in_turn(works: Mapping[str, Callable[[], Cost]], *, runs: int) -> list[Row]:
    """Each work once to warm up, then all of them in turn, so that a noisy moment hits them alike."""
    for work in works.values():
        work()
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            costs[name].append(work())
    return [
        Row(
            name=name,
            cpu_s=statistics.median(cost.cpu_s for cost in found),
            wall_s=statistics.median(cost.wall_s for cost in found),
        )
        for name, found in costs.items()
    ]


def table(rows: Sequence[Row], *, floor: str, goal: Mapping[str, float]) -> str:
    """A Markdown table with ratios to the row named `floor`."""
    base = next(row for row in rows if row.name == floor)
    lines = ["| what | CPU ms | ratio | wall ms | ratio | goal |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        wanted = f"<= {goal[row.name]:.1f}x" if row.name in goal else ""
        cells = (
            row.name,
            f"{row.cpu_s * 1000:.0f}",
            f"{row.cpu_s / base.cpu_s:.2f}",
            f"{row.wall_s * 1000:.0f}",
            f"{row.wall_s / base.wall_s:.2f}",
            wanted,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
