"""Known values disappear in every form they may take."""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.redaction.forms import forms
from runner.redaction.needles import SPAN_LIMIT_BYTES
from runner.redaction.redactor import Redactor

SECRET = 'Pa"ss/w\\ord+\u20ac 9'

secrets = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=8, max_size=60).filter(
    lambda value: len(value.strip()) >= 8 and not value.startswith("-----") and len(value.splitlines()) == 1
)


def hidden(value: str = SECRET) -> Redactor:
    redactor = Redactor()
    redactor.add(value, kind="it")
    return redactor


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps({"k": SECRET}),
        json.dumps({"k": SECRET}, ensure_ascii=False),
        json.dumps({"k": json.dumps([SECRET])}),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
    ],
)
def test_escaped_and_quoted_forms_are_hidden(text: str) -> None:
    assert "[redacted:it]" in hidden().text(f"before {text} after")
    assert "ord" not in hidden().text(f"{text}")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_hidden_at_every_position(before: str, encode: object) -> None:
    assert callable(encode)
    text = encode(f"{before}{SECRET}>>>?".encode()).decode()

    out = hidden().text(f"see {text}")

    assert "[redacted:it]" in out
    assert len(out) < len(f"see {text}") + 8


def test_json_stays_json() -> None:
    line = json.dumps({"a": SECRET, "b": [f"x {SECRET} y"]})

    assert json.loads(hidden().text(line)) == {"a": "[redacted:it]", "b": ["x [redacted:it] y"]}


def test_a_value_of_several_lines_is_hidden_line_by_line_and_whole() -> None:
    value = "first-line-1\nsecond-line-2\nx\n"
    redactor = hidden(value)

    out = redactor.text(f"a first-line-1 b\nsecond-line-2\n{json.dumps(value)}")

    assert out == 'a [redacted:it] b\n[redacted:it]\n"[redacted:it]\\n"'


def test_a_value_too_short_is_left_alone() -> None:
    assert hidden("abc12").text("abc12") == "abc12"


@pytest.mark.long
def test_a_very_long_value_is_hidden_whole() -> None:
    value = "".join(sha256(bytes([number])).hexdigest() for number in range(160))

    out = hidden(value).text(f"a{value}b")

    assert len(out) < 100
    assert out.startswith("a[redacted:it]")
    assert out.endswith("b")


@pytest.mark.parametrize("value", ["byte-\udcff-value", "half-\ud800-of-a-pair"])
def test_a_value_that_is_no_text_is_hidden_too(value: str) -> None:
    redactor = hidden(value)

    escaped = redactor.text(json.dumps(value))

    assert escaped == '"[redacted:it]"'
    assert redactor.stream().feed(b"byte-\xff-value\n") == (
        b"[redacted:it]\n" if "byte" in value else b"byte-\xff-value\n"
    )


def test_of_two_that_begin_alike_the_longer_one_counts() -> None:
    redactor = Redactor({"A_TOKEN": "abcdef", "B_TOKEN": "abcdefghij"})

    assert redactor.text("abcdefghij abcdef") == "[redacted:B_TOKEN] [redacted:A_TOKEN]"


def test_overlapping_values_are_hidden_together() -> None:
    redactor = Redactor({"A_TOKEN": "abcdef12", "B_TOKEN": "ef123456", "C_TOKEN": "3456xyzz"})

    assert redactor.text("<abcdef123456xyzz>") == "<[redacted:A_TOKEN]>"


def test_a_secret_that_stands_in_our_own_words_does_not_come_back() -> None:
    redactor = Redactor({"A_TOKEN": "redacted"})

    assert redactor.text("it is redacted") == "it is [***]"


def test_variables_are_read_by_name() -> None:
    redactor = Redactor({"GH_TOKEN": "s3cret-value", "EDITOR": "emacs-nox", "DB_URL": "x://u:pa55word@h"})

    out = redactor.text("s3cret-value emacs-nox pa55word")

    assert out == "[redacted:GH_TOKEN] emacs-nox [redacted:DB_URL]"


@settings(deadline=None)
@given(secrets, st.text(max_size=40), st.text(max_size=40))
def test_no_planted_value_is_ever_seen(secret: str, before: str, after: str) -> None:
    redactor = hidden(secret)

    assert secret not in redactor.text(before + secret + after)


@settings(deadline=None)
@given(secrets)
def test_no_form_is_too_short_to_look_for_or_longer_than_is_held_back(secret: str) -> None:
    for form in forms(secret + "\n" + secret):
        assert len(form.parts) >= 6
        assert form.reach_bytes <= SPAN_LIMIT_BYTES


def test_a_patch_without_its_values_is_still_a_patch() -> None:
    redactor = Redactor({"A_TOKEN": "Qw3rTz-uIo9p", "B_TOKEN": "uIo9pAs8d", "DB_PASSWORD": "tinker"})
    patch = b"@@ -1 +1,3 @@\n+a Qw3rTz-uIo9pAs8d b\n+Qw3rTz-\n+uIo9p\n-password = 'hunter2', tinker\n\xff"

    assert redactor.without_values(patch) == (
        b"@@ -1 +1,3 @@\n+a [redacted:A_TOKEN] b\n+[redacted:A_TOKEN]\n+[redacted:A_TOKEN]\n"
        b"-password = 'hunter2', tinker\n\xff"
    )
    assert redactor.without_values(b"nothing") == b"nothing"
