"""`runner context`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console
from tests.support.git import Sandbox


@pytest.fixture
def console(console: Console, repository: Sandbox) -> Console:
    lines = "".join(f"    total += {number}\n" for number in range(200))
    repository.commit("a clock", {"clock.py": f"def summer_time(total):\n{lines}    return total\n"})
    return console


def test_a_query_is_answered_with_a_table(console: Console) -> None:
    shown = console.ok("context", "--query", "summer time is wrong").splitlines()

    assert shown[0].split() == ["FILE", "TOKENS", "LINES", "WHY"]
    assert shown[1].startswith("clock.py")
    assert shown[-1].endswith(" of 8000 tokens")


def test_json_has_the_schema_that_programs_rely_on(console: Console) -> None:
    value = console("context", "--query", "summer time", "--json").json

    assert set(value) == {"items", "tokens", "budget", "left_out"}
    (item,) = value["items"]
    assert set(item) == {"path", "score", "reason", "tokens", "excerpts"}
    assert (item["path"], set(item["excerpts"][0])) == ("clock.py", {"start", "end"})


@pytest.mark.parametrize("source", ["-", "question.md"])
def test_a_query_may_come_from_a_file(console: Console, source: str) -> None:
    Path("question.md").write_text("summer time\n\nIt is one hour late.\n")

    said = console("context", "--query-file", source, "--json", given=b"summer time\n")

    assert said.json["items"][0]["path"] == "clock.py"


def test_a_task_is_answered_with_the_document_of_a_run(console: Console, repository: Sandbox) -> None:
    console.ok("submit", "Mend summer_time", "-d", "One hour late.", "--file", "calc.py")

    shown = console.ok("context", "1")

    assert shown.startswith("# Task Context\n")
    assert "One hour late." in shown
    assert "calc.py" in shown
    assert "clock.py" in shown
    assert "a clock" in shown


def test_a_task_as_json_names_its_own_files_without_a_score(console: Console) -> None:
    console.ok("submit", "Mend summer_time", "--file", "calc.py")

    items = console("context", "T-1", "--json").json["items"]

    assert {item["path"]: item["score"] is None for item in items} == {"calc.py": True, "clock.py": False}


def test_limit_and_budget_narrow_it(console: Console) -> None:
    few = console("context", "--query", "summer time add", "--limit", "1", "--json").json
    small = console("context", "--query", "summer time", "--budget", "100", "--json").json

    assert len(few["items"]) == 1
    assert small["budget"] == 100
    assert small["tokens"] <= 100


def test_nothing_found_is_said(console: Console) -> None:
    assert console.ok("context", "--query", "zebra quagga").startswith("nothing found")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "give one of TASK, --query or --query-file"),
        (["T-1", "--query", "x"], "give one of TASK, --query or --query-file"),
        (["--query-file", "nowhere"], "nowhere cannot be read: No such file or directory"),
        (["--query", "x", "--budget", "1"], "invalid value for '--budget': 1 is not in the range x>=100"),
        (["--query", "x", "--limit", "0"], "invalid value for '--limit': 0 is not in the range 1<=x<=1000"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(console: Console, words: list[str], message: str) -> None:
    assert console("context", *words).error[:2] == (2, message)


def test_an_unknown_task_is_told(console: Console) -> None:
    assert console("context", "T-9").error[:2] == (1, "there is no task 'T-9'")
