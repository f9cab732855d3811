"""What the shell is offered when somebody presses Tab: the ids and names that there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from runner.tasks.model import Status, Task, TaskFilter

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from runner.wiring.app import App

T = TypeVar("T")
Suggest = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
Look = Callable[["App"], Iterable[T]]

MOST = 200
"""More than anybody reads."""


def task_ids(*statuses: Status) -> Suggest:
    """Ids of tasks in one of these states (in any, if none is named), with their titles."""

    def look(app: App) -> Iterable[tuple[str, str]]:
        return ((task.id, task.title) for task in _tasks(app, statuses))

    def suggest(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        return _items(quietly(look), incomplete.upper())

    return suggest


def names_in_tasks(names: Callable[[Task], Iterable[str | None]]) -> Suggest:
    """What some task names: its labels, its project, its holder."""
    return _names(lambda app: sorted({name for task in _tasks(app, ()) for name in names(task) if name}))


def _names(look: Look[str]) -> Suggest:
    def suggest(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        return _items(((name, "") for name in quietly(look)), incomplete)

    return suggest


def _run_ids(app: App) -> Iterable[str]:
    from runner.runs.record import list_runs

    return (folder.name for folder in list_runs(app.paths.runs)[:MOST])


def _unfinished_run_ids(app: App) -> Iterable[str]:
    from runner.runs.record import list_runs

    unfinished = (folder for folder in list_runs(app.paths.runs) if not (folder / "outcome.json").exists())
    return (folder.name for folder, _ in zip(unfinished, range(MOST), strict=False))


def _setting_keys(app: App) -> Iterable[str]:  # noqa: ARG001 - they are the same everywhere
    from runner.settings.keys import KEYS

    return KEYS


run_ids = _names(_run_ids)
"""Newest first."""
unfinished_run_ids = _names(_unfinished_run_ids)
setting_keys = _names(_setting_keys)
prompt_names = _names(lambda app: app.prompts.names())
labels = names_in_tasks(lambda task: task.labels)
projects = names_in_tasks(lambda task: (task.project,))
holders = names_in_tasks(lambda task: (task.claimed_by,))


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """The shell knows its files best."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def _tasks(app: App, statuses: tuple[Status, ...]) -> Iterable[Task]:
    # Reading would make the queue; pressing Tab must not.
    if not app.paths.queue_file.exists():
        return ()
    return app.board.list(TaskFilter(status=statuses, limit=MOST))


def _items(names: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from runner.cli.output import safe

    return [
        CompletionItem(name, help=safe(what, width=60) or None)
        for name, what in names
        if name.startswith(incomplete)
    ]


def quietly(look: Look[T]) -> list[T]:
    """Nothing where something is wrong: a message would land in the middle of the line being typed."""
    import os

    from runner.wiring.app import App

    app = App(environ=os.environ)
    try:
        return list(look(app))
    except Exception:  # noqa: BLE001 - see above; the command itself will say what is wrong
        return []
    finally:
        app.close()
