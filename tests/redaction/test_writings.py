"""A secret from the environment never comes through, however it is written and wherever the stream is cut."""

from __future__ import annotations

import base64
from base64 import b64encode
from hashlib import sha256

import pytest

from runner.redaction.redactor import Redactor
from tests.redaction.samples import private_key
from tests.redaction.writings import ODD, PLAIN, SHORT, WRITINGS, recovered, two_lines

SECRETS = {"plain": PLAIN, "odd": ODD, "short": SHORT}


def hiding(secret: str) -> Redactor:
    return Redactor({"MY_TOKEN": secret})


def streamed(redactor: Redactor, *pieces: bytes) -> bytes:
    stream = redactor.stream()
    return b"".join(map(stream.feed, pieces)) + stream.finish()


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("writing", WRITINGS)
def test_no_writing_of_a_secret_comes_through_wherever_it_is_cut(name: str, writing: str) -> None:
    secret = SECRETS[name]
    redactor, data = hiding(secret), f"before {WRITINGS[writing](secret)} after\nthe next line\n".encode()

    out = streamed(redactor, data)

    assert b"[redacted:MY_TOKEN]" in out
    assert not recovered(out.decode(), secret)
    assert out.startswith(b"before ")
    assert out.endswith(b" after\nthe next line\n") or "wrapped" in writing
    assert streamed(redactor, *(data[at : at + 1] for at in range(len(data)))) == out
    for cut in range(1, len(data)):
        assert streamed(redactor, data[:cut], data[cut:]) == out


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_over_two_lines_is_hidden_at_every_break(name: str) -> None:
    secret = SECRETS[name]
    redactor = hiding(secret)

    for text in two_lines(secret):
        out = redactor.text(f"a {text} b\n")

        assert "[redacted:MY_TOKEN]" in out
        assert not recovered(out, secret)
        assert out.count("\n") == f"a {text} b\n".count("\n")


def test_the_lines_of_a_wrapped_secret_stay_lines() -> None:
    patch = f"@@ -0,0 +1,2 @@\n+{PLAIN[:9]}\n+{PLAIN[9:]}\n"

    assert hiding(PLAIN).text(patch) == "@@ -0,0 +1,2 @@\n+[redacted:MY_TOKEN]\n+[redacted:MY_TOKEN]\n"


def test_a_line_that_ends_in_the_beginning_of_a_secret_waits_for_the_next_and_others_do_not() -> None:
    stream = hiding(PLAIN).stream()

    first = stream.feed(f"one\ntwo {PLAIN[:4]}\n".encode())
    second = stream.feed(f"{PLAIN[4:]} three\n".encode())

    assert first == b"one\ntwo "
    assert second == b"[redacted:MY_TOKEN]\n[redacted:MY_TOKEN] three\n"


def test_what_only_seemed_to_begin_a_secret_comes_out_unharmed() -> None:
    stream = hiding(PLAIN).stream()
    text = f"two {PLAIN[:4]}\nand something else\n".encode()

    out = [stream.feed(text[at : at + 3]) for at in range(0, len(text), 3)]

    assert b"".join(out) == text


@pytest.mark.parametrize("repeats", [1, 2, 3, 40])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_the_first_and_the_last_character_of_base64_go_too(repeats: int, shift: int) -> None:
    redactor = hiding(PLAIN[:23])
    text = base64.b64encode(b"~" * shift + PLAIN[:23].encode() * repeats).decode()

    out = redactor.text(f"<{text}>")

    # At most the characters that belong to what stands before it.
    assert len(out.split("[redacted")[0]) <= 1 + shift
    assert out.endswith("]>")
    assert not recovered(out, PLAIN[:23])


@pytest.mark.parametrize("size", [600, 1024, 3000])
def test_no_end_of_a_long_secret_is_left(size: int) -> None:
    secret = "".join(b64encode(sha256(bytes([at])).digest()).decode() for at in range(70))[:size]

    out = hiding(secret).text(f"({secret})")

    assert out == "([redacted:MY_TOKEN])"


def test_a_key_from_the_environment_is_hidden_whole_line_by_line_and_on_one_line() -> None:
    key = private_key(lines=6)
    redactor = Redactor({"DEPLOY_PRIVATE_KEY": key})
    body = key.splitlines()[1:-1]

    for text in (
        key,
        "\n".join(body),
        key.replace("\n", "\\n"),
        key.replace("\n", " "),
        base64.b64encode(key.encode()).decode(),
    ):
        out = redactor.text(f"x {text} y")

        assert not any(line in out for line in body if len(line) > 6)
        assert not recovered(out, body[2])


def test_json_stays_json_when_a_secret_begins_with_a_letter_that_an_escape_ends_with() -> None:
    assert hiding("nQw3rTzuIo9").text('{"k": "\\nQw3rTzuIo9"}') == '{"k": "[redacted:MY_TOKEN]"}'
    assert hiding("nQw3rTzuIo9").text("C:\\nQw3rTzuIo9 ") == "C:[redacted:MY_TOKEN] "


@pytest.mark.parametrize(
    "text",
    [
        "Qw3rTz uIo9pAs dFg7hJk2L is not it",
        "Qw3rTz-uIo9pAs_dFg7hJk2 lacks the last letter",
        "w3rTz-uIo9pAs_dFg7hJk2L lacks the first",
        "Qw3rTz-\n\nuIo9pAs_dFg7hJk2L stands in two paragraphs",
    ],
)
def test_what_is_only_like_a_secret_stays(text: str) -> None:
    assert hiding(PLAIN).text(text) == text
