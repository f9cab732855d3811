"""The parts of a file that are shown, and what they cost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.context.excerpts import LONGEST_LINE_CHARS, cost_of, find_excerpts, line_ranges
from runner.context.model import Excerpt
from runner.context.passages import best_passage, terms_by_line, words_holding
from runner.context.tokens import estimate_tokens

FILLER = "\n".join(f"value_{n} = {n}" for n in range(200))
LONG = f"""import os

{FILLER}

def renew(lease):
    if lease.lost:
        raise LeaseLost(lease)
    return lease.extended()

{FILLER}
"""


def test_a_small_file_is_shown_whole() -> None:
    assert find_excerpts("a.py", "one\ntwo\n", {"zzz": 1.0}, 100) == (
        Excerpt(start=1, end=2, text="one\ntwo"),
    )


def test_an_empty_file_has_no_excerpts() -> None:
    assert find_excerpts("a.py", "", {"x": 1.0}, 100) == ()


def test_of_a_long_file_the_matching_definition_is_shown_with_its_body() -> None:
    excerpts = find_excerpts("a.py", LONG, {"renew": 3.0, "lease": 1.0}, 200)

    shown = "\n".join(excerpt.text for excerpt in excerpts)
    assert "def renew(lease):\n    if lease.lost:\n" in shown
    assert "return lease.extended()" in shown
    assert cost_of(excerpts) <= 200


def test_line_numbers_are_those_of_the_file() -> None:
    excerpt = find_excerpts("a.py", LONG, {"renew": 3.0}, 200)[0]

    lines = LONG.split("\n")
    assert excerpt.text == "\n".join(lines[excerpt.start - 1 : excerpt.end])


def test_places_that_are_near_become_one_excerpt() -> None:
    text = FILLER + "\nneedle_a\n" + "x = 1\n" * 12 + "needle_b\n" + FILLER

    excerpts = find_excerpts("a.txt", text, {"needle_a": 1.0, "needle_b": 1.0}, 400)

    assert len(excerpts) == 1
    assert "needle_a" in excerpts[0].text
    assert "needle_b" in excerpts[0].text


def test_places_far_apart_stay_apart_and_in_order() -> None:
    text = f"{FILLER}\nneedle two\n{FILLER}\nneedle one one\n{FILLER}"

    excerpts = find_excerpts("a.txt", text, {"needle": 1.0, "one": 1.0}, 600)

    assert len(excerpts) == 2
    assert excerpts[0].end < excerpts[1].start


def test_places_of_little_worth_are_not_shown() -> None:
    text = f"{FILLER}\nminor\n{FILLER}\nmajor\n{FILLER}"

    excerpts = find_excerpts("a.txt", text, {"major": 10.0, "minor": 0.5}, 900)

    assert "minor" not in "".join(excerpt.text for excerpt in excerpts)


def test_at_most_eight_places_are_shown() -> None:
    text = "".join(f"needle\n{FILLER}\n" for _ in range(12))

    assert len(find_excerpts("a.txt", text, {"needle": 1.0}, 5000)) == 8


def test_without_a_hit_the_beginning_is_shown() -> None:
    excerpts = find_excerpts("a.py", LONG, {"absent": 1.0}, 100)

    assert len(excerpts) == 1
    assert excerpts[0].start == 1
    assert cost_of(excerpts) <= 100


def test_what_does_not_fit_is_cut_on_a_line() -> None:
    text = "def renew():\n" + "".join(f"    größe_{n} = '租约租约租约'\n" for n in range(100))

    excerpts = find_excerpts("a.py", text, {"renew": 1.0}, 120)

    assert excerpts[0].text.split("\n")[-1].endswith("'")
    assert cost_of(excerpts) <= 120


def test_with_hardly_a_token_nothing_is_shown() -> None:
    assert find_excerpts("a.py", LONG, {"renew": 1.0}, 13) == ()
    assert find_excerpts("a.py", LONG, {"renew": 1.0}, -5) == ()


def test_a_body_in_braces_is_shown_with_its_brace() -> None:
    text = f"{FILLER}\nfunc renew() {{\n\treturn 1\n}}\n\nfunc other() {{\n}}\n{FILLER}"

    shown = find_excerpts("a.go", text, {"renew": 1.0}, 100)[0].text

    assert shown.endswith("func renew() {\n\treturn 1\n}")


def test_a_signature_of_several_lines_is_shown_with_the_body() -> None:
    text = f"{FILLER}\n\n\ndef renew(\n    lease,\n) -> None:\n    lease.extend()\n\n\n{FILLER}"

    shown = find_excerpts("a.py", text, {"renew": 1.0}, 100)[0].text

    assert shown.endswith("def renew(\n    lease,\n) -> None:\n    lease.extend()")


def test_a_file_of_blanks_shows_nothing() -> None:
    assert find_excerpts("a.py", (" " * 399 + "\n") * 20, {}, 100) == ()


def test_very_long_lines_are_shortened() -> None:
    excerpt = find_excerpts("a.txt", "x" * 1000, {}, 2000)[0]

    assert excerpt.text == "x" * LONGEST_LINE_CHARS + " [...]"


def test_windows_line_ends_are_not_shown() -> None:
    assert find_excerpts("a.txt", "one\r\ntwo\r\n", {}, 100)[0].text == "one\ntwo"


def test_ranges_are_shown_as_they_are_asked_for() -> None:
    text = "\n".join(str(n) for n in range(1, 21))

    excerpts = line_ranges(text, [(2, 3), (10, 10), (19, 99)], 1000)

    assert [(e.start, e.end, e.text) for e in excerpts] == [
        (2, 3, "2\n3"),
        (10, 10, "10"),
        (19, 20, "19\n20"),
    ]


def test_ranges_that_do_not_fit_are_cut_and_the_later_ones_dropped() -> None:
    text = "\n".join("word word word" for _ in range(50))

    excerpts = line_ranges(text, [(1, 40), (45, 46)], 60)

    assert len(excerpts) == 1
    assert excerpts[0].end < 40


@given(
    text=st.text(alphabet=st.sampled_from(list("abc_ \n\t(){}:#租é")), max_size=600),
    budget=st.integers(min_value=-5, max_value=150),
)
def test_excerpts_are_lines_of_the_file_in_order_and_never_cost_more_than_allowed(
    text: str, budget: int
) -> None:
    excerpts = find_excerpts("a.py", text, {"abc": 2.0, "a": 1.0, "租": 1.0}, budget)

    lines = text.split("\n")
    assert cost_of(excerpts) <= max(0, budget)
    assert all(e.text == "\n".join(lines[e.start - 1 : e.end]) for e in excerpts)
    assert all(before.end < after.start for before, after in pairwise(excerpts))


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("", 0),
        ("word", 1),
        ("a few plain words", 4),
        ("internationalization", 4),
        ("x = [1, 2, 3]", 9),
        ("123456789", 3),
        ("租约更新", 6),
        ("    return\n", 3),
    ],
)
def test_an_estimate_is_rather_too_high(text: str, least: int) -> None:
    assert estimate_tokens(text) >= least


def test_an_estimate_is_not_absurd() -> None:
    code = (
        "    def renew(self, lease: Lease) -> Lease:\n        return self.store.extend(lease, seconds=60)\n"
        * 20
    )

    assert len(code) / 4 < estimate_tokens(code) < len(code) / 2


@given(st.text(max_size=50), st.text(max_size=50))
def test_two_texts_together_cost_no_more_than_each_for_itself(left: str, right: str) -> None:
    assert estimate_tokens(f"{left}\n{right}") <= estimate_tokens(left + "\n") + estimate_tokens(right) + 1


def test_the_best_passage_is_where_the_terms_stand_together() -> None:
    apart = "lease\n" + "x\n" * 200 + "renew\n"
    together = "lease renew\n" + "x\n" * 200
    worth = {"lease": 1.0, "renew": 1.0}

    def score(text: str) -> float:
        raw = text.encode()
        return best_passage(*terms_by_line(raw, words_holding(raw, frozenset(worth))), worth)

    assert score(together) > score(apart) > score("nothing\n") == score("") == 0.0
