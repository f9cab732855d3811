"""The bundle: the task's files, then ranked ones, inside the budget."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.context import named_files
from runner.context.bundle import build_bundle
from runner.context.model import Bundle
from runner.tasks.model import FileReference
from tests.context.files import MemorySource

BODY = "\n".join(f"def other_{n}():\n    return lease_{n}\n" for n in range(300))
FILES = {
    "fleet/lease.py": f"class Lease:\n    def renew(self):\n        raise LeaseLost\n{BODY}",
    "fleet/agents.py": "lease = None\n",
    "tasks/engine.py": "def claim():\n    pass\n",
    "tests/test_lease.py": "def test_lease(): pass\n",
    "fleet/__init__.py": "",
}


def build(source: MemorySource | None = None, *files: FileReference, **options: object) -> Bundle:
    wanted: dict[str, object] = {"title": "Lease.renew raises", "description": "The lease is lost."}
    return build_bundle(source or MemorySource(FILES), files=files, **(wanted | options))  # type: ignore[arg-type] # options of the call


def test_related_files_come_best_first_with_reason_and_cost() -> None:
    bundle = build()

    assert bundle.related[0].path == "fleet/lease.py"
    assert bundle.related[0].language == "python"
    assert all(item.reason and item.tokens > 0 and item.excerpts for item in bundle.related)
    assert [i.score for i in bundle.related] == sorted((i.score for i in bundle.related), reverse=True)


def test_the_files_of_the_task_come_first_and_not_again() -> None:
    bundle = build(None, FileReference(path="tasks/engine.py"), FileReference(path="fleet/lease.py"))

    assert [item.path for item in bundle.named] == ["tasks/engine.py", "fleet/lease.py"]
    assert "fleet/lease.py" not in [item.path for item in bundle.related]
    assert bundle.items[0].score == math.inf
    assert bundle.items[0].reason == "the task names it"


def test_the_sum_is_what_the_parts_cost_and_stays_in_the_budget() -> None:
    bundle = build(None, FileReference(path="fleet/lease.py"), budget_tokens=600)

    assert bundle.tokens == sum(item.tokens for item in bundle.items)
    assert bundle.tokens <= bundle.budget == 600


def test_named_files_leave_room_for_related_ones() -> None:
    bundle = build(None, FileReference(path="fleet/lease.py"), budget_tokens=1000)

    assert bundle.named[0].tokens <= 750
    assert bundle.related
    assert any(line.startswith("fleet/lease.py: ") and "lines are shown" in line for line in bundle.left_out)


def test_without_related_files_the_named_ones_may_take_it_all() -> None:
    source = MemorySource({"clock.py": "tick = 1\n" * 200, "hand.py": "lease = 1\n"})

    alone = build(source, FileReference(path="clock.py"), budget_tokens=1000, limit=0)
    beside = build(source, FileReference(path="clock.py"), budget_tokens=1000)

    assert alone.related == ()
    assert alone.named[0].tokens > 750 >= beside.named[0].tokens


def test_lines_of_a_file_are_shown_as_asked_and_joined() -> None:
    bundle = build(
        None,
        FileReference(path="fleet/lease.py", start=10, end=12),
        FileReference(path="./fleet/lease.py", start=2),
        FileReference(path="fleet/lease.py", start=12, end=14),
    )

    (item,) = bundle.named
    assert [(e.start, e.end) for e in item.excerpts] == [(2, 2), (10, 14)]
    assert item.excerpts[0].text == "    def renew(self):"


def test_a_file_named_whole_and_in_part_is_whole() -> None:
    bundle = build(
        None, FileReference(path="tasks/engine.py", start=1), FileReference(path="tasks/engine.py")
    )

    assert bundle.named[0].excerpts[0].end == 2


def test_lines_that_do_not_exist_are_told() -> None:
    bundle = build(
        None,
        FileReference(path="tasks/engine.py", start=90, end=95),
        FileReference(path="fleet/agents.py", start=1, end=99),
    )

    assert [item.path for item in bundle.named] == ["fleet/agents.py"]
    assert "tasks/engine.py is skipped: it has 2 lines, the task names lines after them" in bundle.left_out


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("../x.py", "../x.py is refused: it leads out of the repository"),
        ("/etc/passwd", "'/etc/passwd' is refused: only paths inside the repository are shown"),
        (".env", ".env is refused: files of this name hold credentials"),
        ("out", "out is refused: it leads out of the repository"),
        ("gone.py", "gone.py is skipped: no such file is tracked"),
        ("logo.png", "logo.png is skipped: it is not a text file"),
        ("notes.txt", "notes.txt is refused: it holds a private key"),
    ],
)
def test_what_is_refused_or_missing_is_told_and_the_rest_is_shown(path: str, line: str) -> None:
    files: dict[str, str | bytes] = {
        **FILES,
        ".env": "TOKEN=1",
        "logo.png": b"\x89PNG\0",
        "notes.txt": "-----BEGIN EC PRIVATE KEY-----\nMHc\n",
    }
    source = MemorySource(files, links={"out": "../../secret"})

    bundle = build(source, FileReference(path=path), FileReference(path="tasks/engine.py"))

    assert [item.path for item in bundle.named] == ["tasks/engine.py"]
    assert line in bundle.left_out


def test_an_empty_file_of_the_task_is_shown_as_empty() -> None:
    bundle = build(MemorySource({"pkg/__init__.py": ""}), FileReference(path="pkg/__init__.py"))

    assert bundle.named[0].excerpts == ()
    assert bundle.left_out == ()


def test_a_huge_file_of_the_task_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_files, "LARGEST_NAMED_BYTES", 1_000)

    bundle = build(None, FileReference(path="fleet/lease.py"))

    assert bundle.named == ()
    assert any(line.startswith("fleet/lease.py is skipped: it has more than") for line in bundle.left_out)


def test_a_file_that_does_not_fit_is_told() -> None:
    bundle = build(
        None, FileReference(path="fleet/lease.py"), FileReference(path="tasks/engine.py"), budget_tokens=30
    )

    assert bundle.items == ()
    assert "fleet/lease.py does not fit: 30 of 30 tokens are left" in bundle.left_out
    assert any("related files do not fit" in line for line in bundle.left_out)


def test_status_and_commits_are_shown_and_counted() -> None:
    bundle = build(git_status=" M calc.py\n", recent_commits=("abc1234 first", "x" * 300))

    assert bundle.git_status == " M calc.py"
    assert bundle.recent_commits == ("abc1234 first", "x" * 120)
    assert bundle.tokens > sum(item.tokens for item in bundle.items)


def test_a_long_status_is_cut_on_a_line() -> None:
    bundle = build(git_status="".join(f"?? file_{n}.py\n" for n in range(500)))

    shown = bundle.git_status.split("\n")
    assert shown[-1].endswith(".py")
    assert f"git status: {500 - len(shown)} more lines" in bundle.left_out


def test_weak_matches_are_shown_in_brief() -> None:
    files = {"lease.py": "class Lease: pass\n" * 200, "other.py": "lease = 1\n" * 200}

    bundle = build(MemorySource(files))

    strong, weak = bundle.related
    assert strong.tokens > weak.tokens


def test_excluded_files_are_not_related_but_may_be_named() -> None:
    left_out = build(exclude=("fleet/lease.py",))
    named = build(None, FileReference(path="fleet/lease.py"), exclude=("fleet/lease.py",))

    assert "fleet/lease.py" not in [item.path for item in left_out.items]
    assert named.named[0].path == "fleet/lease.py"


def test_a_repository_that_cannot_be_listed_is_told() -> None:
    source = MemorySource(FILES)
    source.unlistable = True

    bundle = build(source, FileReference(path="fleet/lease.py"), git_status=" M a.py")

    assert bundle.items == ()
    assert bundle.git_status == " M a.py"
    assert "the repository's files cannot be listed: the object store is damaged" in bundle.left_out


def test_a_repository_that_breaks_half_way_is_told() -> None:
    class Breaking(MemorySource):
        asked = 0

        def entries(self):  # type: ignore[no-untyped-def] # as in MemorySource
            self.asked += 1
            self.unlistable = self.asked > 1
            return super().entries()

    bundle = build(Breaking(FILES), FileReference(path="fleet/lease.py"))

    assert bundle.named[0].path == "fleet/lease.py"
    assert "related code could not be looked for: the object store is damaged" in bundle.left_out


def test_a_file_that_cannot_be_read_is_told() -> None:
    source = MemorySource(FILES)
    source.lost = {"fleet/agents.py"}

    bundle = build(source)

    assert bundle.related[0].path == "fleet/lease.py"
    assert any(line.startswith("some files cannot be read") for line in bundle.left_out)


def test_an_empty_repository_has_an_empty_bundle() -> None:
    bundle = build(MemorySource({}))

    assert bundle.items == ()
    assert bundle.tokens == 0


@settings(max_examples=40, deadline=None)
@given(
    budget=st.integers(min_value=0, max_value=3000),
    limit=st.integers(min_value=0, max_value=12),
    names=st.lists(st.sampled_from([*FILES, "gone.py", "../x"]), max_size=4),
    start=st.one_of(st.none(), st.integers(min_value=-2, max_value=2000)),
)
def test_nothing_is_shown_twice_and_nothing_breaks_the_budget(
    budget: int, limit: int, names: list[str], start: int | None
) -> None:
    references = tuple(FileReference(path=name, start=start, end=None) for name in names)

    bundle = build(None, *references, budget_tokens=budget, limit=limit, git_status="?? x\n" * 50)

    paths = [item.path for item in bundle.items]
    assert bundle.tokens <= budget
    assert len(paths) == len(set(paths))
    assert len(bundle.related) <= limit
