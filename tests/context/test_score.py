"""The rules of ranking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.context.score import (
    Field,
    bm25,
    capped,
    rarity,
    relative_lengths,
    scaled,
    strongest,
    total,
)


def test_a_rare_term_is_worth_more_than_a_common_one() -> None:
    assert rarity(100, 1) > rarity(100, 50) > rarity(100, 100) > 0


def test_a_document_with_the_rare_term_wins() -> None:
    body = Field(counts={"lease": {"a": 1}, "task": {"a": 1, "b": 3, "c": 3}}, weight=1.0)

    scores = bm25({"lease": 1.0, "task": 1.0}, [body], rarities={"lease": rarity(3, 1), "task": rarity(3, 3)})

    assert max(scores, key=scores.__getitem__) == "a"


def test_repeats_are_worth_less_and_less() -> None:
    body = Field(counts={"lease": {"one": 1, "two": 2, "many": 100}}, weight=1.0)

    scores = bm25({"lease": 1.0}, [body], rarities={"lease": 1.0})

    assert scores["two"] - scores["one"] < scores["one"]
    assert scores["many"] < 1.0


def test_the_same_hits_in_a_longer_document_are_worth_less() -> None:
    lengths = relative_lengths({"short": 10, "long": 1000}, 0.75)
    body = Field(counts={"lease": {"short": 1, "long": 1}}, weight=1.0, lengths=lengths)

    scores = bm25({"lease": 1.0}, [body], rarities={"lease": 1.0})

    assert scores["short"] > scores["long"]


def test_fields_add_up_before_they_saturate() -> None:
    body = Field(counts={"lease": {"a": 1, "b": 2}}, weight=1.0)
    path = Field(counts={"lease": {"a": 1}}, weight=4.0)

    scores = bm25({"lease": 1.0}, [body, path], rarities={"lease": 1.0})

    assert scores["a"] == pytest.approx(5 / 6.2)
    assert scores["b"] == pytest.approx(2 / 3.2)


def test_no_documents_have_no_lengths() -> None:
    assert relative_lengths({}, 0.5) == {}
    assert relative_lengths({"a": 0}, 0.5) == {"a": 0.5}


def test_scaling_gives_the_best_one() -> None:
    assert scaled({"a": 4.0, "b": 1.0, "c": 0.0}) == {"a": 1.0, "b": 0.25}
    assert scaled({"a": 0.0}) == {}
    assert scaled({}) == {}


def test_capping_leaves_small_scores_alone() -> None:
    assert capped({"a": 4.0, "b": 0.5, "c": 0.0}) == {"a": 1.0, "b": 0.5}


def test_clues_add_up_by_their_weight() -> None:
    clues = {"good": {"a": 1.0, "b": 0.5}, "bad": {"a": 1.0}}
    weights = {"good": 2.0, "bad": -0.5}

    assert total(clues, "a", weights) == 1.5
    assert total(clues, "b", weights) == 1.0
    assert total(clues, "gone", weights) == 0.0


def test_the_strongest_clues_come_first_and_none_that_speaks_against() -> None:
    clues = {"weak": {"a": 1.0}, "strong": {"a": 1.0}, "bad": {"a": 1.0}, "absent": {"b": 1.0}}

    assert strongest(clues, "a", {"weak": 0.1, "strong": 1.0, "bad": -1.0, "absent": 1.0}) == (
        "strong",
        "weak",
    )


@given(st.dictionaries(st.text(max_size=3), st.floats(min_value=0, max_value=1e6), max_size=6))
def test_scaled_scores_are_between_nothing_and_one(scores: dict[str, float]) -> None:
    assert all(0 <= value <= 1 for value in scaled(scores).values())
