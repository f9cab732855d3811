"""A stream gives what the whole text gives, wherever it is cut, and holds back no more than it must."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.redaction.redactor import Redactor
from tests.redaction.samples import ALNUM, TOKENS, WITHIN, key_lines, private_key

VALUE = "plain-secret-value"
redactor = Redactor({"MY_TOKEN": VALUE})

KEY = private_key(lines=4)
PLANTED = (VALUE, *(token for _, token in TOKENS.values()))
SECRETS = (*PLANTED, KEY, json.dumps(KEY), *(text for *_, text in WITHIN.values()))
FILLER = (
    *("\n", "\r\n", " ", '"', "\\n", "-----BEGIN RSA PRIVATE KEY-----", "-----", "PRIVATE KEY"),
    *("sk-", "eyJ", "://u:", "abc", "+", "=", ALNUM, "x" * 300, "\u20ac\u2192"),
)

parts = st.lists(
    st.one_of(
        st.sampled_from(SECRETS),
        st.sampled_from(FILLER),
        st.text(max_size=8),
        st.builds(lambda text, at: text[:at], st.sampled_from(SECRETS), st.integers(1, 60)),
    ),
    max_size=12,
)


def streamed(data: bytes, cuts: list[int]) -> bytes:
    stream = redactor.stream()
    ends = [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    starts = [0, *ends[:-1]]
    pieces = [stream.feed(data[start:end]) for start, end in zip(starts, ends, strict=True)]
    return b"".join(pieces) + stream.finish()


@settings(deadline=None)
@given(parts, st.lists(st.integers(0, 10**6), max_size=20))
def test_any_cut_gives_the_same_as_the_whole(texts: list[str], cuts: list[int]) -> None:
    text = "".join(texts)
    data = text.encode("utf-8", "surrogatepass")

    assert streamed(data, cuts) == redactor.text(text).encode("utf-8", "surrogatepass")


@settings(deadline=None)
@given(parts)
def test_byte_by_byte_too(texts: list[str]) -> None:
    data = "".join(texts).encode("utf-8", "surrogatepass")

    assert streamed(data, list(range(len(data)))) == streamed(data, [])


@settings(deadline=None)
@given(parts)
def test_no_planted_token_is_seen(texts: list[str]) -> None:
    out = redactor.text("\n".join(texts))

    for text in texts:
        hidden = key_lines(KEY) if text == KEY else [text] if text in PLANTED else []
        assert not any(secret in out for secret in hidden)


@settings(deadline=None)
@given(parts)
def test_a_second_time_changes_nothing(texts: list[str]) -> None:
    once = redactor.text("\n".join(texts))

    assert redactor.text(once) == once


@pytest.mark.parametrize("size_bytes", [1_000, 65_536, 70_001, 1_000_000])
def test_an_endless_line_full_of_secrets_is_decided_the_same(size_bytes: int) -> None:
    chance = random.Random(7)  # noqa: S311 - a made-up text, the same each time
    texts: list[str] = []
    while sum(map(len, texts)) < 700_000:
        texts.append(chance.choice([*SECRETS, *FILLER]).replace("\n", "\\n").replace("\r", ""))
        texts.append(ALNUM * chance.randrange(40) if chance.random() < 0.2 else " " * chance.randrange(30))
    text = "".join(texts)
    data = text.encode()

    cut = streamed(data, list(range(0, len(data), size_bytes)))

    assert cut == redactor.text(text).encode()
    assert VALUE.encode() not in cut


def test_finished_lines_come_out_at_once() -> None:
    stream = redactor.stream()

    first = stream.feed(f'{{"text": "{VALUE}"}}\n{{"te'.encode())
    second = stream.feed(b'xt": "b"}\n')

    assert first == b'{"text": "[redacted:MY_TOKEN]"}\n'
    assert second == b'{"text": "b"}\n'
    assert stream.finish() == b""


def test_a_key_is_not_awaited_in_full() -> None:
    stream = redactor.stream()
    key = private_key(lines=500).encode()

    out = stream.feed(b"head\n" + key[:20_000])

    assert out == b"head\n[redacted:private-key]"
    assert stream.feed(key[20_000:]) + stream.feed(b"\ntail\n" + b"x\n" * 1000) + stream.finish() == (
        b"\ntail\n" + b"x\n" * 1000
    )


def test_an_endless_line_is_held_back_in_part_only() -> None:
    stream = redactor.stream()
    fed = given_out = most = 0

    for _ in range(100):
        fed += 30_000
        given_out += len(stream.feed(b"x" * 30_000))
        most = max(most, fed - given_out)

    assert most < 150_000
    assert given_out + len(stream.finish()) == fed


def test_an_endless_key_is_not_held_at_all() -> None:
    stream = redactor.stream()

    out = stream.feed(b"-----BEGIN PRIVATE KEY-----\n") + b"".join(
        stream.feed(b"Ab3d" * 10_000) for _ in range(50)
    )

    assert out + stream.finish() == b"[redacted:private-key]"


def test_a_value_added_in_the_middle_counts_from_then_on() -> None:
    ours = Redactor()
    stream = ours.stream()

    before = stream.feed(b"late-secret\n")
    ours.add("late-secret", kind="late")
    after = stream.feed(b"late-secret\n")

    assert (before, after) == (b"late-secret\n", b"[redacted:late]\n")


def test_bytes_that_are_no_text_pass() -> None:
    data = bytes(range(256)) * 3

    assert streamed(data, [5, 100, 300]) == data


def test_spans_tell_where_and_what_and_never_the_secret() -> None:
    ours = Redactor({"MY_TOKEN": VALUE, "DB_PASSWORD": "tinker"})
    github = TOKENS["github classic"][1]
    text = f"one {VALUE}\ntwo\n{KEY}\nthree tinker {github} {github}\n"

    found = ours.spans(text.encode())

    assert [span.kind for span in found] == ["MY_TOKEN", "private-key", "github-token", "github-token"]
    assert [text[span.start : span.end] for span in found][::2] == [VALUE, github]
    assert [span.source for span in found] == ["value", "shape", "shape", "shape"]
    assert "tinker" not in ours.text(text)
    assert VALUE not in repr(found)


def test_what_is_known_by_its_word_is_asked_for_apart() -> None:
    text = b"password=hunter2 " + TOKENS["npm"][1].encode()

    assert [span.kind for span in redactor.spans(text)] == ["npm-token"]
    assert [(span.kind, span.source) for span in redactor.spans(text, words=True)] == [("password", "word")]


@pytest.mark.parametrize(
    ("value", "sure"), [("abcdefgh", False), ("abcdef12", True), ("longer-than-that-x", True)]
)
def test_a_plain_word_is_hidden_but_proves_nothing(value: str, sure: bool) -> None:
    ours = Redactor({"MY_TOKEN": value})

    assert value not in ours.text(value)
    assert bool(ours.spans(value.encode())) == sure
