"""The context of a task as markdown, for people and for any agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from runner.context.model import Bundle, Excerpt, Item
from runner.prompts import fence, one_line
from runner.tasks.model import Task
from runner.visible import visible


def as_document(task: Task, bundle: Bundle, redact: Callable[[str], str]) -> str:
    """Write everything that is known about the task; empty sections are left out.

    All text from the task and the repository goes through `redact` and stands behind a fence that it cannot close.
    """
    sections = (
        ("# Task Context",),
        _task_section(task, redact),
        _files("Task Files", bundle.named, redact),
        _fenced("Git Status", bundle.git_status, redact),
        _fenced("Recent Commits", "\n".join(bundle.recent_commits), redact),
        _files("Related Code", bundle.related, redact),
        _left_out(bundle.left_out, redact),
    )
    return "\n\n".join("\n\n".join(section) for section in sections if section) + "\n"


def _task_section(task: Task, redact: Callable[[str], str]) -> tuple[str, ...]:
    facts = (
        f"- ID: {one_line(task.id)}\n- Title: {one_line(redact(task.title))}\n"
        f"- Priority: {task.priority.value}\n- Status: {task.status.value}"
    )
    if not task.description.strip():
        return ("## Task", facts)
    return ("## Task", facts, "### Description", fence(redact(task.description)))


def _fenced(title: str, text: str, redact: Callable[[str], str]) -> tuple[str, ...]:
    return (f"## {title}", fence(redact(text))) if text.strip() else ()


def _files(title: str, items: Iterable[Item], redact: Callable[[str], str]) -> tuple[str, ...]:
    shown = [part for item in items for part in _file(item, redact)]
    return (f"## {title}", *shown) if shown else ()


def _file(item: Item, redact: Callable[[str], str]) -> Iterable[str]:
    yield f"### {one_line(item.path)} ({item.language})"
    yield f"{one_line(item.reason)}, about {item.tokens} tokens"
    for excerpt in item.excerpts:
        yield f"{_lines(excerpt)}\n{fence(redact(excerpt.text), item.language)}"


def _lines(excerpt: Excerpt) -> str:
    return (
        f"Line {excerpt.start}:" if excerpt.start == excerpt.end else f"Lines {excerpt.start}-{excerpt.end}:"
    )


def _left_out(lines: tuple[str, ...], redact: Callable[[str], str]) -> tuple[str, ...]:
    return (
        ("## Left Out", visible("\n".join(f"- {one_line(redact(line))}" for line in lines))) if lines else ()
    )
