"""The context of a task as markdown."""

from __future__ import annotations

from runner.context.document import as_document
from runner.context.model import Bundle, Excerpt, Item
from tests.context.tasks import a_task

EMPTY = Bundle(named=(), related=(), git_status="", recent_commits=(), tokens=0, budget=8000)


def an_item(path: str, text: str, *, end: int = 4) -> Item:
    return Item(
        path=path,
        language="python",
        score=1.0,
        reason="matches clock",
        tokens=12,
        excerpts=(Excerpt(start=4, end=end, text=text),),
    )


FULL = Bundle(
    named=(an_item("clock.py", "tick = 1"),),
    related=(an_item("hand.py", "hour = 2\nminute = 3", end=5),),
    git_status=" M clock.py",
    recent_commits=("abc1234 first",),
    tokens=30,
    budget=8000,
    left_out=("gone.py is skipped: no such file is tracked",),
)


def test_all_sections_are_there_when_they_are_filled() -> None:
    document = as_document(a_task(), FULL, lambda text: text)

    assert document == (
        "# Task Context\n\n## Task\n\n- ID: T-7\n- Title: Fix the clock\n- Priority: high\n- Status: in_progress\n\n"
        "### Description\n\n```\nIt is an hour late.\n```\n\n"
        "## Task Files\n\n### clock.py (python)\n\nmatches clock, about 12 tokens\n\n"
        "Line 4:\n```python\ntick = 1\n```\n\n"
        "## Git Status\n\n```\n M clock.py\n```\n\n"
        "## Recent Commits\n\n```\nabc1234 first\n```\n\n"
        "## Related Code\n\n### hand.py (python)\n\nmatches clock, about 12 tokens\n\n"
        "Lines 4-5:\n```python\nhour = 2\nminute = 3\n```\n\n"
        "## Left Out\n\n- gone.py is skipped: no such file is tracked\n"
    )


def test_empty_sections_are_left_out() -> None:
    document = as_document(a_task(description=""), EMPTY, lambda text: text)

    assert document.count("## ") == 1
    for title in ("Description", "Task Files", "Git Status", "Recent Commits", "Related Code", "Left Out"):
        assert title not in document


def test_code_with_fences_cannot_leave_its_fence() -> None:
    bundle = Bundle(
        named=(an_item("a.md", "```\n````\n# Owned"),),
        related=(),
        git_status="",
        recent_commits=(),
        tokens=1,
        budget=1,
    )

    document = as_document(a_task(), bundle, lambda text: text)

    assert "`````python\n```\n````\n# Owned\n`````" in document


def test_text_of_the_task_cannot_make_sections() -> None:
    task = a_task(title="a\n## Owned", description="```\n## Owned\x1b[2J")

    document = as_document(task, EMPTY, lambda text: text)

    assert "- Title: a ## Owned\n" in document
    assert "````\n```\n## Owned\n````" in document
    assert "\x1b" not in document


def test_secrets_go_through_redaction() -> None:
    task = a_task(title="use hunter2", description="hunter2")
    bundle = Bundle(
        named=(an_item("a.py", "key = 'hunter2'"),),
        related=(),
        git_status="?? hunter2",
        recent_commits=("abc hunter2",),
        tokens=1,
        budget=1,
        left_out=("hunter2",),
    )

    document = as_document(task, bundle, lambda text: text.replace("hunter2", "[redacted]"))

    assert "hunter2" not in document
    assert document.count("[redacted]") == 6
