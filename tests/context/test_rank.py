"""Ranking a whole source."""

from __future__ import annotations

import pytest

from runner.context import corpus
from runner.context.rank import rank_files
from tests.context.files import MemorySource

FLEET = {
    "runner/fleet/lease.py": "class Lease:\n    def renew(self):\n        raise LeaseLost(self.task)\n",
    "runner/fleet/agents.py": "class Agent:\n    '''Renews its lease.'''\n    lease = None\n",
    "runner/tasks/engine.py": "def claim(task):\n    return task\n",
    "runner/allowance/limits.py": "DAILY_TOKENS = 5\n",
    "tests/fleet/test_lease.py": "from lease import Lease\ndef test_lease_renew_lease():\n    Lease().renew()\n",
    "docs/lease.md": "# The lease\n\nA lease is renewed by a lease renew call. Lease, renew, lease.\n",
}


def paths(source: MemorySource, text: str, **options: object) -> list[str]:
    return [found.path for found in rank_files(source, text, **options)]  # type: ignore[arg-type] # one table of options


def test_the_file_that_defines_what_the_text_names_comes_first() -> None:
    found = paths(MemorySource(FLEET), "`Lease.renew` raises\nThe lease is lost when renew is late.")

    assert found[0] == "runner/fleet/lease.py"
    assert "runner/fleet/agents.py" in found


def test_tests_and_texts_come_after_sources() -> None:
    found = paths(MemorySource(FLEET), "lease renew")

    assert found.index("runner/fleet/agents.py") < found.index("tests/fleet/test_lease.py")
    assert found.index("runner/fleet/agents.py") < found.index("docs/lease.md")


def test_a_text_file_that_is_named_is_not_held_back() -> None:
    found = paths(MemorySource(FLEET), "Typo in docs/lease.md\nrenewd instead of renewed")

    assert found[0] == "docs/lease.md"


def test_a_written_path_wins() -> None:
    found = paths(MemorySource(FLEET), "Wrong number of lease renewals\nSee runner/allowance/limits.py.")

    assert found[0] == "runner/allowance/limits.py"


def test_the_last_frame_of_a_trace_is_found() -> None:
    text = (
        'Crash\n  File "/srv/runner/fleet/agents.py", line 1\n  File "/srv/runner/tasks/engine.py", line 2\n'
    )

    assert paths(MemorySource(FLEET), text)[0] == "runner/tasks/engine.py"


@pytest.mark.parametrize("name", ["runner.tasks.engine", "tasks.engine.claim", "runner::tasks::engine"])
def test_a_dotted_name_is_found(name: str) -> None:
    assert paths(MemorySource(FLEET), f"Wrong answer of {name}\nlease")[0] == "runner/tasks/engine.py"


def test_a_member_below_a_named_folder_is_found() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/cart/basket.py": "class Basket:\n    pass\n",
        "other/basket.py": "class Basket:\n    pass\n",
        "other/Basket_user.py": "Basket Basket Basket\n",
    }

    found = paths(MemorySource(files), "shop.Basket is empty")

    assert found[0] == "shop/cart/basket.py"


def test_class_and_method_of_one_file_beat_the_class_alone() -> None:
    files = {
        "a/first.py": "class Lease:\n    pass\n" + "Lease\n" * 3,
        "a/second.py": "class Lease:\n    def renew(self): pass\n",
        "a/third.py": "def renew(): pass\n",
    }

    assert paths(MemorySource(files), "Lease.renew fails")[0] == "a/second.py"


def test_text_beyond_ascii_finds_its_file() -> None:
    files = {"a.py": "# 更新租约\n", "b.py": "# Größe der Datei\n", "c.py": "# nothing\n"}

    assert paths(MemorySource(files), "租约")[0] == "a.py"
    assert paths(MemorySource(files), "GRÖSSE falsch")[0] == "b.py"


def test_excluded_files_are_not_in_the_answer() -> None:
    found = paths(MemorySource(FLEET), "lease renew", exclude=("runner/fleet/lease.py",))

    assert "runner/fleet/lease.py" not in found
    assert "runner/fleet/agents.py" in found


def test_no_more_than_the_limit_are_given() -> None:
    source = MemorySource({f"pkg/lease{n}.py": f"lease {n}\n" for n in range(15)})

    assert len(paths(source, "lease", limit=10)) == 10
    assert paths(source, "lease", limit=0) == []


def test_equal_files_come_in_the_order_of_their_paths() -> None:
    source = MemorySource({f"pkg/{name}.py": "lease\n" for name in ("c", "a", "b")})

    assert paths(source, "lease") == ["pkg/a.py", "pkg/b.py", "pkg/c.py"]


def test_the_same_question_gives_the_same_answer() -> None:
    text = "Lease.renew raises in runner/fleet/lease.py\nlease agents claim tokens renew"

    assert rank_files(MemorySource(FLEET), text) == rank_files(
        MemorySource(dict(reversed(FLEET.items()))), text
    )


@pytest.mark.parametrize("text", ["", "\n", "the and of", "fix the bug", "zzzqqq"])
def test_a_text_that_says_nothing_finds_nothing(text: str) -> None:
    assert paths(MemorySource(FLEET), text) == []


def test_files_that_nobody_wrote_are_never_found() -> None:
    files: dict[str, str | bytes] = {
        "lease.png": b"\x89PNG\0lease",
        "lease.py": b"lease\0lease",
        "lease.min.js": "lease",
        "node_modules/lease.js": "lease",
        ".env": "LEASE=lease",
        "poetry.lock": "lease",
    }
    source = MemorySource(files, links={"link.py": "lease"})

    assert paths(source, "lease") == []


def test_an_empty_source_finds_nothing() -> None:
    assert paths(MemorySource({}), "lease") == []


def test_reasons_say_what_spoke_for_a_file() -> None:
    first = rank_files(MemorySource(FLEET), "`Lease` lost\nin runner/fleet/lease.py on renew")[0]

    assert first.reason.startswith("the text names it")
    assert "defines Lease" in first.reason
    assert "matches " in first.reason


def test_a_file_without_hits_beside_the_leaders_says_so() -> None:
    files = {"pkg/lease.py": "lease\n", "pkg/__init__.py": "lease\n"}

    assert all(found.reason for found in rank_files(MemorySource(files), "lease"))


def test_a_file_that_cannot_be_read_is_told_once_and_the_rest_is_ranked() -> None:
    source = MemorySource(FLEET)
    source.lost = {"runner/fleet/agents.py", "docs/lease.md"}
    told: list[str] = []

    found = rank_files(source, "lease renew", report=told.append)

    assert found[0].path == "runner/fleet/lease.py"
    assert len(told) == 1
    assert told[0].startswith("some files cannot be read: no such object")


def test_files_that_a_partial_clone_does_not_have_are_told_and_not_fetched() -> None:
    source = MemorySource(FLEET)
    source.absent = {"runner/fleet/agents.py"}
    told: list[str] = []

    found = rank_files(source, "lease renew", report=told.append)

    assert "runner/fleet/agents.py" not in [ranked.path for ranked in found]
    assert told == ["not looked at, because this partial clone does not have them: 1 of the files"]


def test_of_a_vast_repository_as_much_is_read_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus, "LARGEST_CORPUS_BYTES", 100)
    told: list[str] = []

    found = rank_files(MemorySource({"a.py": "lease\n", "b.py": "lease " * 40}), "lease", report=told.append)

    assert [ranked.path for ranked in found] == ["a.py"]
    assert told == ["not looked at, because there is too much text: the last 1 of the files, by path"]


def test_equal_contents_are_read_once_and_all_found() -> None:
    source = MemorySource({"a/lease.py": "lease\n", "b/lease.py": "lease\n"})

    assert set(paths(source, "lease")) == {"a/lease.py", "b/lease.py"}


def test_an_identifier_defined_everywhere_points_nowhere() -> None:
    files = {f"p{n}/x{n}.py": "def run_it(): pass\n" for n in range(70)} | {
        "z.py": "def run_it(): pass\nlease\n"
    }

    assert paths(MemorySource(files), "lease of run_it")[0] == "z.py"
