"""Commit messages and their trailers."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.git.message import clean_text, commit_message, single_line
from runner.git.names import Kind
from runner.git.trailers import RunMark, mark_of, may_replace, parse_trailers

FIX = Kind(branch_prefix="fix", commit_type="fix")
MARK = RunMark(task_id="T-7", run_id="r-1", fence=3)


def test_a_message_has_subject_body_and_trailers() -> None:
    text = commit_message(
        kind=FIX,
        title="Fix the clock",
        body="It was slow.\n",
        mark=MARK,
        co_author="Claude <claude@example.org>",
    )

    assert text == (
        "fix: Fix the clock\n\nIt was slow.\n\nTask: T-7\nRun: r-1/3\nCo-Authored-By: Claude <claude@example.org>\n"
    )


def test_a_person_s_commit_has_the_task_and_no_run() -> None:
    assert commit_message(kind=FIX, title="Clock", task_id="T-7") == "fix: Clock\n\nTask: T-7\n"
    assert commit_message(kind=FIX, title="Clock") == "fix: Clock\n"


def test_a_title_with_a_type_of_its_own_is_not_given_two() -> None:
    assert commit_message(kind=FIX, title="feat(api)!: Clock") == "fix(api)!: Clock\n"


def test_an_empty_title_names_the_task() -> None:
    assert commit_message(kind=FIX, title=" \n", mark=MARK).startswith("fix: task T-7\n\n")


def test_a_long_title_is_cut_between_words_and_stands_whole_in_the_body() -> None:
    title = "Repair the clock that is shown at the top of each page of the whole documentation site"

    lines = commit_message(kind=FIX, title=title).split("\n")

    assert lines[0] == "fix: Repair the clock that is shown at the top of each page of the whole"
    assert lines[2] == title


@pytest.mark.parametrize("title", ["x" * 100, "ab " + "x" * 100])
def test_an_endless_word_is_cut_at_the_limit(title: str) -> None:
    assert len(commit_message(kind=FIX, title=title).split("\n")[0]) == 72


@pytest.mark.parametrize(
    "value",
    [
        "T-7\nSigned-off-by: Eve <e@x>",
        "T-7\r\nX: y",
        "T-7\u2028X: y",
        "T-7\x85X: y",
        "T-7\x0bX: y",
        "T-7\x00X: y",
    ],
)
def test_nothing_breaks_out_of_its_line(value: str) -> None:
    text = commit_message(
        kind=FIX, title=value, mark=RunMark(task_id=value, run_id=value, fence=1), co_author=value
    )

    assert [key for key, _ in parse_trailers(text)] == ["Task", "Run", "Co-Authored-By"]
    assert text.split("\n")[0].startswith("fix: T-7")


@pytest.mark.parametrize(
    "line",
    [
        "Task: T-9",
        "run: r-9/99",
        "Co-Authored-By: Eve <e@x>",
        "  Signed-off-by : Eve",
        "Change-Id: I1",
        "Reply-To: e@x",
    ],
)
def test_trailers_in_a_body_are_quoted(line: str) -> None:
    text = commit_message(kind=FIX, title="Clock", body=f"Done.\n\n{line}", mark=MARK)

    assert f"\n> {line.strip()}\n" in text
    assert parse_trailers(text) == (("Task", "T-7"), ("Run", "r-1/3"))


@pytest.mark.parametrize("line", ["# heading", "---", "diff --git a/x b/x", "Index: x", "# --- >8 ---"])
def test_lines_that_mean_something_to_git_are_indented(line: str) -> None:
    assert clean_text(line) == f" {line}"


def test_direction_marks_and_invisible_letters_are_taken_out() -> None:
    assert single_line("a\u202eb\u200bc\u2066d\ufeff") == "abcd"
    assert clean_text("a\u202eb\n\x1b[31mred\ud800") == "ab\n[31mred\ufffd"


def test_a_body_has_no_more_than_one_empty_line_in_a_row() -> None:
    assert clean_text("\n\na  \r\n\r\n\r\n\r\n\tb\n") == "a\n\n    b"


@given(st.text(max_size=120), st.text(max_size=300), st.text(max_size=60))
def test_git_reads_our_trailers_and_no_others(title: str, body: str, co_author: str) -> None:
    text = commit_message(kind=FIX, title=title, body=body, mark=MARK, co_author=co_author)

    assert mark_of(text) == MARK
    assert len(text.split("\n")[0]) <= 72
    assert text.split("\n")[1] == ""


def test_git_itself_sees_the_same_trailers() -> None:
    text = commit_message(
        kind=FIX, title="Clock", body="Why\n---\nTask: T-9\n\nX: y", mark=MARK, co_author="A <a@x>"
    )

    seen = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=text, capture_output=True, text=True, check=True
    ).stdout

    assert seen == "Task: T-7\nRun: r-1/3\nCo-Authored-By: A <a@x>\n"


def test_trailers_behind_ours_do_not_hide_them() -> None:
    text = commit_message(kind=FIX, title="Clock", mark=MARK) + "\nChange-Id: I123\n with more\n"

    assert parse_trailers(text)[-1] == ("Change-Id", "I123 with more")
    assert mark_of(text) == MARK


@pytest.mark.parametrize(
    "message",
    [
        "Task: T-7\nRun: r-1/3\n",
        "x\n\nTask: T-7\nRun: r-1/3\nand then some\n",
        "x\n\nTask: T-7\n",
        "x\n\nTask: T-7\nRun: r-1\n",
        "x\n\nTask: T-7\nTask: T-8\nRun: r-1/3\n",
        "x\n\n indented: first\nTask: T-7\nRun: r-1/3\n",
        "",
    ],
)
def test_other_messages_carry_no_mark(message: str) -> None:
    assert mark_of(message) is None


def _made_by(task_id: str, run_id: str, fence: int) -> str:
    return commit_message(kind=FIX, title="x", mark=RunMark(task_id=task_id, run_id=run_id, fence=fence))


@pytest.mark.parametrize(
    ("messages", "allowed"),
    [
        ([], True),
        ([_made_by("T-7", "r-0", 2)], True),
        ([_made_by("T-7", "r-1", 3)], True),
        ([_made_by("T-7", "r-9", 3)], False),
        ([_made_by("T-7", "r-0", 4)], False),
        ([_made_by("T-8", "r-0", 2)], False),
        ([_made_by("T-7", "r-0", 2), "a person's\n"], False),
    ],
)
def test_only_older_work_on_the_same_task_may_be_replaced(messages: list[str], allowed: bool) -> None:
    assert may_replace(messages, MARK) is allowed
