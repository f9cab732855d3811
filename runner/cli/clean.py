"""`runner clean`: make room, without losing anybody's work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runner.cli.output import counted, json_option, print_json, safe, tell_warnings
from runner.cli.stopping import stop_on_interrupt

if TYPE_CHECKING:
    from runner.runs.cleaning import CleanReport
    from runner.runs.keeping import Found
    from runner.wiring.app import App

NOT_ALL = 5
"""Something that should have gone could not be removed."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Tell the same, remove nothing.")
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0, 36_500),
    metavar="DAYS",
    help="Remove what is older (else keep.days of the settings).",
)
@click.option(
    "--keep",
    "runs",
    type=click.IntRange(0, 100_000),
    metavar="N",
    help="Keep the newest N runs (else keep.runs of the settings).",
)
@json_option
@click.pass_obj
def clean(app: App, dry_run: bool, days: float | None, runs: int | None, as_json: bool) -> None:
    """Remove finished work trees, old runs, unused clones, logs, caches.

    Never removed: work that is nowhere else, runs that can be gone on with, conversations that a task waits to go on
    with, what another process uses, and what is not ours. Each is told with its reason.

    \b
    Example:
      runner clean --dry-run
      runner clean --older-than 7 --keep 20
    """
    from runner.wiring.cleaning import bounds_of, build_cleaner

    bounds = bounds_of(app, days=days, runs=runs)
    with stop_on_interrupt() as stop:
        report = build_cleaner(app, bounds, stop).clean(dry_run=dry_run)
    if as_json:
        print_json(clean_facts(report))
    else:
        click.echo("\n".join(_lines(report)))
        tell_warnings([*report.failed, *(one.trouble for one in report.collected if one.trouble)])
    stopped = 130 if report.unfinished else 0
    click.get_current_context().exit(stopped or (NOT_ALL if report.failed else 0))


def clean_facts(report: CleanReport) -> dict[str, object]:
    """The schema of `runner clean --json`."""
    return {
        "dry_run": report.dry_run,
        "freed_bytes": report.freed_bytes,
        "removed": [_facts(thing, thing.past) for thing in report.removed],
        "kept": [_facts(thing, thing.stays) for thing in report.kept],
        "within": report.within,
        "collected": report.collected,
        "archived": report.archived,
        "failed": report.failed,
        "unfinished": report.unfinished,
    }


def _facts(thing: Found, why: str) -> dict[str, object]:
    return {
        "kind": thing.kind,
        "name": thing.name,
        "path": thing.path,
        "size_bytes": thing.size_bytes,
        "why": why,
    }


def _lines(report: CleanReport) -> list[str]:
    done = "would remove" if report.dry_run else "removed"
    lines = [
        f"{done} {_kind(thing)} {safe(thing.name)} ({_size(thing.size_bytes)}): {safe(thing.past)}"
        for thing in report.removed
    ]
    lines += [f"kept {_kind(thing)} {safe(str(thing.path))}: {safe(thing.stays)}" for thing in report.kept]
    for one in report.collected:
        if report.dry_run:
            lines.append(f"would clear {safe(one.clone)} of objects that nothing needs")
        elif one.freed_bytes:
            lines.append(
                f"cleared {safe(one.clone)} of objects that nothing needs ({_size(one.freed_bytes)})"
            )
    if report.archived:
        put = "would put away" if report.dry_run else "put away"
        lines.append(f"{put} {counted(report.archived, 'task')} that ended long ago")
    return [*lines, _summary(report)]


def _summary(report: CleanReport) -> str:
    freed = "would be freed" if report.dry_run else "freed"
    parts = [f"{_size(report.freed_bytes)} {freed}", f"{counted(report.within, 'thing')} within the bounds"]
    if report.unfinished:
        parts.append("stopped before the end")
    return ", ".join(parts)


def _kind(thing: Found) -> str:
    return thing.kind.value.replace("_", " ") if thing.kind.value != "stranger" else "what is not ours,"


def _size(size_bytes: int) -> str:
    """`12 kB`, `3.4 MB`: as the settings count, in thousands."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= scale:
            return f"{size_bytes / scale:.1f} {unit}"
    return f"{-(-size_bytes // 1000)} kB"
