"""Text and identifiers become terms."""

from __future__ import annotations

import math

import pytest

from runner.context.terms import (
    count_words,
    query_weights,
    telling,
    terms,
    title_weights,
    word_terms,
    words_by_line,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("lease", ("lease",)),
        ("LEASE", ("lease",)),
        ("Lease", ("lease",)),
        ("snake_case_name", ("snake_case_name", "snake", "case", "name")),
        ("camelCase", ("camelcase", "camel", "case")),
        ("PascalCase", ("pascalcase", "pascal", "case")),
        ("HTTPServer", ("httpserver", "http", "server")),
        ("sha256sum", ("sha256sum", "sha", "256", "sum")),
        ("__init__", ("__init__", "init")),
        ("x", ()),
        ("a1", ("a1",)),
        ("_", ()),
        ("y" * 65, ()),
    ],
)
def test_a_word_is_itself_and_its_parts(word: str, expected: tuple[str, ...]) -> None:
    assert word_terms(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Größe", ("grosse",)),
        ("café", ("cafe",)),
        ("naïveBayes", ("naivebayes", "naive", "bayes")),
        ("Привет", ("привет",)),
        ("租约", ("租约",)),
        ("约", ("约",)),
        ("更新租约", ("更新", "新租", "租约")),
        ("get租约", ("租约", "get")),
        ("\ufeffimport", ("import",)),
        ("ж" * 65, ()),
    ],
)
def test_words_beyond_ascii_work(word: str, expected: tuple[str, ...]) -> None:
    assert word_terms(word) == expected


def test_paths_and_dotted_names_fall_into_their_parts() -> None:
    found = terms("runner/context/terms.py, os.path.join")

    assert found == ["runner", "context", "terms", "py", "os", "path", "join"]


def test_words_of_a_file_are_counted_uncut() -> None:
    counted = count_words(b"def renewLease(x):\n    return renewLease")

    assert counted == {b"def": 1, b"renewLease": 2, b"x": 1, b"return": 1}


def test_words_of_a_line_keep_the_number_of_the_line() -> None:
    lines = words_by_line("a b\r\n\n\u2028c\n".encode())

    assert [len(line) for line in lines] == [2, 0, 1, 0]


def test_stop_words_and_short_numbers_say_nothing() -> None:
    assert telling(["the", "lease", "12", "404", "def"]) == ["lease", "404"]


def test_the_title_counts_more_than_the_text_below_it() -> None:
    weights = query_weights("lease lost\nheartbeat heartbeat renewal")

    assert weights["lease"] == 1.5
    assert weights["heartbeat"] == pytest.approx(1 + math.log(2))
    assert weights["renewal"] == 1.0


def test_ticked_words_count_more_and_only_if_they_say_something() -> None:
    weights = query_weights("x\nthe `renew` call and `the` other lease")

    assert weights["renew"] == 1.5
    assert weights["lease"] == 1.0
    assert "the" not in weights


def test_a_stop_word_counts_when_it_is_a_name_and_a_little_in_the_title() -> None:
    weights = query_weights("add fails\nthe `run` and `the` update")

    assert weights == {"add": 0.3, "fails": 0.3, "run": 1.5}


def test_an_empty_text_asks_about_nothing() -> None:
    assert query_weights("") == {}
    assert query_weights(" \n \n") == {}
    assert title_weights("") == {}


def test_the_title_alone_is_the_first_line_that_is_not_empty() -> None:
    assert title_weights("\n\nLease lost\nother words") == {"lease": 1.0, "lost": 1.0}
