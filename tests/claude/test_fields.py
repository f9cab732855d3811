"""Untrusted JSON, read without surprises."""

from __future__ import annotations

import math

import pytest

from runner.claude.fields import count_in, dict_in, dicts_in, nano_usd, object_of, text_in


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"noise", b"[1]", b'"text"', b"12", b'{"a":', b"\xff\xfe{", b"[" * 100_000, b"9" * 5000],
)
def test_a_line_without_an_object_is_noise(line: bytes) -> None:
    assert object_of(line) is None


def test_a_broken_character_does_not_spoil_its_line() -> None:
    assert object_of(b'{"a": "\xff"}') == {"a": "\ufffd"}


def test_the_wrong_type_is_not_there() -> None:
    source: dict[str, object] = {"text": 1, "dict": [], "list": {}, "count": "7"}

    assert text_in(source, "text") == text_in(source, "missing") == ""
    assert dict_in(source, "dict") == {}
    assert dicts_in(source, "list") == ()
    assert count_in(source, "count") == 0


def test_only_the_objects_of_a_list_count() -> None:
    assert dicts_in({"list": [{"a": 1}, 2, None]}, "list") == ({"a": 1},)


@pytest.mark.parametrize("value", [True, -1, math.nan, math.inf, -math.inf, None, "1", 0])
def test_what_is_no_positive_number_counts_nothing(value: object) -> None:
    assert count_in({"n": value}, "n") == 0
    assert nano_usd(value) == 0


@pytest.mark.parametrize(
    ("usd", "nano"),
    [
        (0.027760000000000003, 27_760_000),
        (0.14901999999999999, 149_020_000),
        (0.020000000000000004, 20_000_000),
        (1e-9, 1),
        (1.0000000001, 1_000_000_001),
        (3, 3_000_000_000),
        (1e-15, 0),
    ],
)
def test_money_is_rounded_up_but_float_noise_is_not_money(usd: float, nano: int) -> None:
    assert nano_usd(usd) == nano
