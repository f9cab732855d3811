"""`runner submit`, `list` and `show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.console import Console

KEYS = {
    "id", "title", "project", "description", "priority", "status", "labels", "requires", "files", "needs",
    "closes", "max_attempts", "model", "created_at", "updated_at", "fence", "claimed_by", "claimed_at", "not_before",
    "progress", "note", "question", "answer", "fail_reason", "result", "conversation", "attempts",
}  # fmt: skip
"""What programs may rely on; a key may join, none may go."""


def test_submit_prints_the_id_and_nothing_else(console: Console) -> None:
    said = console("submit", "Fix add")

    assert (said.code, said.out, said.err) == (0, "T-1\n", "")


def test_submit_takes_everything_that_a_task_has(console: Console) -> None:
    console.ok("submit", "First")
    task = console(
        "submit", "Fix add", "-d", "It subtracts.", "--priority", "high", "--label", "bug", "--label", "ü b",
        "--requires", "GPU", "--file", "calc.py:1-2", "--file", "docs", "--needs", "T-1", "--closes", "12",
        "--closes", "acme/widget#7", "--max-attempts", "5", "--model", "sonnet", "--project", "elsewhere", "--json",
    ).json  # fmt: skip

    assert set(task) >= KEYS
    wanted = {
        "id": "T-2",
        "title": "Fix add",
        "description": "It subtracts.",
        "priority": "high",
        "labels": ["bug", "ü b"],
        "requires": ["gpu"],
        "files": [{"path": "calc.py", "start": 1, "end": 2}, {"path": "docs", "start": None, "end": None}],
        "needs": ["T-1"],
        "closes": ["#12", "acme/widget#7"],
        "max_attempts": 5,
        "model": "sonnet",
        "project": "elsewhere",
        "status": "pending",
    }
    assert {key: task[key] for key in wanted} == wanted


def test_what_is_not_said_comes_from_the_settings_and_the_checkout(console: Console) -> None:
    console.set(RUNNER_TASK_MAX_ATTEMPTS="7")
    console.ok("submit", "Fix add")

    task = console.show("T-1")

    assert task["max_attempts"] == 7
    assert task["project"] == str(Path.cwd())
    assert task["priority"] == "medium"


@pytest.mark.parametrize("words", [("-d", "-"), ("-F", "-"), ("--description-file", "-")])
def test_a_description_comes_from_standard_input(console: Console, words: tuple[str, str]) -> None:
    console.ok("submit", "Fix add", *words, given="Zwei Zeilen:\nnaïve\n".encode())

    assert console.show("T-1")["description"] == "Zwei Zeilen:\nnaïve\n"


def test_a_description_comes_from_a_file(console: Console, tmp_path: Path) -> None:
    (tmp_path / "wanted.md").write_text("All of it.")

    console.ok("submit", "Fix add", "-F", str(tmp_path / "wanted.md"))

    assert console.show("T-1")["description"] == "All of it."


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x" * 201], "a title may have 200 characters, not 201"),
        ([" "], "a title may not be empty"),
        (["two\nlines"], "a title must be one line of text, without control characters"),
        (["red \x1b[31m"], "a title must be one line of text, without control characters"),
        (["t", "--label", ""], "a label may not be empty"),
        (["t", "--requires", "a b"], "'a b' is no capability"),
        (["t", "--file", "calc.py:2-1"], "calc.py: lines 2 to 1 are no lines"),
        (["t", "--file", "calc.py:0"], "calc.py: there is no line 0"),
        (["t", "--file", "/etc/passwd"], "/etc/passwd is not in the repository"),
        (["t", "--file", "a/../../b"], "a/../../b is not in the repository"),
        (["t", "--closes", "soon"], "'soon' is no issue"),
        (["t", "--closes", ""], "'' is no issue"),
        (
            ["t", *(word for n in range(1, 22) for word in ("--closes", str(n)))],
            "a task has at most 20 issues to close",
        ),
        (["t", "--model", "opus; rm"], "a model has no blanks, and 'opus; rm' has"),
        (["t", "--label", "a" * 101], "a label may have 100 characters, not 101"),
        (["t", "-d", "a\0b"], "a description must be text"),
        (["t", "--file", ""], "'' is no file reference"),
        (["t", "--model", ""], "a model may not be empty"),
        (["t", "-F", "nowhere"], "nowhere cannot be read: No such file or directory"),
        (["t", "-d", "a", "-F", "b"], "give --description or --description-file, not both"),
        (["t", "--max-attempts", "0"], "invalid value for '--max-attempts': 0 is not in the range 1<=x<=100"),
        (["t", "--priority", "huge"], "invalid value for '--priority': 'huge' is not one of"),
    ],
)
def test_what_no_task_can_have_is_refused_and_nothing_is_made(
    console: Console, words: list[str], message: str
) -> None:
    said = console("submit", *words)

    assert said.code == 2
    assert said.err.startswith(f"error: {message}")
    assert "\nhint: " in said.err
    assert console("list", "--json").json == []


def test_a_description_that_is_no_text_is_refused(console: Console) -> None:
    assert console("submit", "t", "-d", "-", given=b"\xff").error[:2] == (
        2,
        "standard input is not UTF-8 text (byte 0)",
    )


def test_a_task_cannot_need_one_that_is_not_there(console: Console) -> None:
    assert console("submit", "t", "--needs", "7").error[:2] == (1, "there is no task 'T-7'")


@pytest.mark.parametrize("way", ["T-1", "t-1", "1"])
def test_an_id_may_be_written_short(console: Console, way: str) -> None:
    console.ok("submit", "Fix add")

    assert console.ok("show", way).startswith("T-1  Fix add\n")


def test_the_list_is_a_table_in_the_order_of_the_queue(console: Console) -> None:
    console.ok("submit", "Later", "--priority", "low", "--label", "bug", "--label", "ui")
    console.ok("submit", "Now", "--priority", "critical")
    console.ok("submit", "x" * 60)
    console.ok("complete", "T-3")

    assert console.ok("list").splitlines() == [
        "ID   STATUS     PRIORITY  PROGRESS  TITLE" + " " * 47 + "LABELS",
        "T-2  pending    critical  0%        Now",
        "T-1  pending    low       0%        Later" + " " * 47 + "bug, ui",
        "T-3  completed  medium    100%      " + "x" * 49 + "…",
    ]


def test_tasks_of_several_projects_are_shown_with_their_project(console: Console) -> None:
    console.ok("submit", "Here")
    console.ok("submit", "There", "--project", "elsewhere")

    assert console.ok("list").splitlines()[0].split()[-1] == "PROJECT"
    assert [task["title"] for task in console("list", "--project", ".", "--json").json] == ["Here"]
    assert [task["title"] for task in console("list", "--project", "elsewhere", "--json").json] == ["There"]
    assert [task["title"] for task in console("--project", "elsewhere", "list", "--json").json] == ["There"]
    assert console.ok("list", "--project", "elsewhere").splitlines()[0].split()[-1] == "LABELS"


def test_each_filter_narrows_the_list(console: Console) -> None:
    console.ok("submit", "One", "--label", "bug", "--label", "ui", "--priority", "high")
    console.ok("submit", "Two", "--label", "bug")
    console.ok("submit", "Three")
    console.held_by("bob", "T-3")

    def listed(*words: str) -> list[str]:
        return [task["id"] for task in console("list", *words, "--json").json]

    assert listed("--label", "bug") == ["T-1", "T-2"]
    assert listed("--label", "bug", "--label", "ui") == ["T-1"]
    assert listed("--priority", "high") == ["T-1"]
    assert listed("--status", "in_progress") == ["T-3"]
    assert listed("--status", "in_progress", "--status", "pending") == ["T-1", "T-2", "T-3"]
    assert listed("--claimed-by", "bob") == ["T-3"]
    assert listed("--limit", "1") == ["T-1"]


@pytest.mark.parametrize("words", [["--label", "nope"], ["--claimed-by", "nobody"], ["--status", "failed"]])
def test_filters_that_match_nothing_say_so_to_people_only(console: Console, words: list[str]) -> None:
    console.ok("submit", "Fix add")

    people, programs = console("list", *words), console("list", *words, "--json")

    assert (people.code, people.out) == (0, "")
    assert people.err == "no task like that; `runner list` without filters shows all\n"
    assert (programs.code, programs.out, programs.err) == (0, "[]\n", "")


def test_an_empty_queue_says_what_to_do(console: Console) -> None:
    said = console("list")

    assert (said.code, said.out) == (0, "")
    assert said.err == "no task; `runner submit TITLE` makes one\n"


def test_the_list_works_outside_of_any_repository(console: Console, tmp_path: Path) -> None:
    console.ok("submit", "Fix add")
    console.stand_in(tmp_path)

    assert "Fix add" in console.ok("list")


def test_a_parked_task_is_shown_as_parked(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.park("T-1")

    assert console.ok("list").splitlines()[1].split()[:2] == ["T-1", "parked"]
    page = console.ok("show", "T-1")
    assert "\nWaits because:  T-1 is parked until 2" in page
    assert " UTC: the usage limit resets then\n" in page


def test_show_tells_what_there_is_to_know(console: Console) -> None:
    console.ok("submit", "First")
    console.ok(
        "submit", "Fix add", "-d", "It\tsubtracts.\x07", "--label", "bug", "--file", "calc.py:1-2", "--file", "a:3",
        "--needs", "1", "--model", "sonnet", "--requires", "gpu", "--project", "widget",
    )  # fmt: skip
    console.ok("update", "T-2", "--progress", "40", "--note", "half of it")

    shown = console.ok("show", "T-2")

    assert shown.splitlines()[:11] == [
        "T-2  Fix add",
        "",
        "Status:         pending (40%)",
        "Priority:       medium",
        "Project:        widget",
        "Labels:         bug",
        "Requires:       gpu",
        "Files:          calc.py:1-2, a:3",
        "Needs:          T-1",
        "Model:          sonnet",
        "Note:           half of it",
    ]
    assert shown.endswith("\n\nIt  subtracts.")


def test_show_tells_who_holds_a_task(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.held_by("bob", "T-1")

    page = console.ok("show", "T-1")
    assert "Held by:        bob (fence 1) until 2" in page
    assert "Waits because" not in page


def test_show_tells_the_result_and_what_it_left_behind(console: Console) -> None:
    console.ok("submit", "Fix add")
    console.ok("complete", "T-1", "--output", "done\nin two lines", "--artifact", "https://example.org/1")

    shown = console.ok("show", "T-1")

    assert "\nResult:\ndone\nin two lines\nArtifact:       https://example.org/1" in shown


@pytest.mark.parametrize("name", ["T-9", "9", "nonsense", "T-1; rm", "T-0"])
def test_an_unknown_task_is_told(console: Console, name: str) -> None:
    wanted = "T-9" if name == "9" else name

    assert console("show", name).error == (
        1,
        f"there is no task {wanted!r}",
        "`runner list` shows the tasks there are",
    )
