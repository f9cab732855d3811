"""Which texts the queue takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import UsageProblem
from runner.tasks import text
from runner.tasks.model import FileReference


@pytest.mark.parametrize(
    ("given_text", "reference"),
    [
        ("clock.py", FileReference(path="clock.py")),
        ("src/clock.py:7", FileReference(path="src/clock.py", start=7)),
        ("src/clock.py:7-9", FileReference(path="src/clock.py", start=7, end=9)),
        ("a:b.py", FileReference(path="a:b.py")),
        ("a:7:9", FileReference(path="a:7", start=9)),
        ("a:7-", FileReference(path="a:7-")),
        ("a: 7", FileReference(path="a: 7")),
        ("ünï cøde.py:3-3", FileReference(path="ünï cøde.py", start=3, end=3)),
        ("a:9999999999", FileReference(path="a:9999999999")),
    ],
)
def test_a_file_reference_is_a_path_and_perhaps_lines(given_text: str, reference: FileReference) -> None:
    assert text.parse_file_reference(given_text) == reference


@pytest.mark.parametrize("given_text", ["", "a.py:0", "a.py:0-3", "a.py:9-7", "a\nb.py", " ", "a\x00"])
def test_a_bad_file_reference_is_refused(given_text: str) -> None:
    with pytest.raises(UsageProblem):
        text.parse_file_reference(given_text)


@given(
    path=st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], exclude_characters=":"), min_size=1
    ),
    start=st.integers(1, 10**8),
    more=st.integers(0, 10**8),
)
def test_a_written_file_reference_is_read_back(path: str, start: int, more: int) -> None:
    assert text.parse_file_reference(f"{path}:{start}-{start + more}") == FileReference(
        path=path, start=start, end=start + more
    )


def test_a_line_loses_the_space_around_it() -> None:
    assert text.line("  a  title\t", "a title") == "a  title"


@pytest.mark.parametrize("bad", ["a\rb", "a\x1b[31mb", "a\x85b", "a\u2028b", "a\ud800b", "x" * 201])
def test_a_line_without_control_characters_is_asked_for(bad: str) -> None:
    with pytest.raises(UsageProblem, match="a title"):
        text.line(bad, "a title")


def test_emoji_and_joiners_are_text() -> None:
    assert text.line("fix 👩‍💻 é ✓", "a title") == "fix 👩‍💻 é ✓"


def test_a_block_is_measured_in_bytes() -> None:
    assert text.block("ä" * 5, "a text", most_bytes=10) == "ä" * 5
    with pytest.raises(UsageProblem, match="9 bytes"):
        text.block("ä" * 5, "a text", most_bytes=9)
    with pytest.raises(UsageProblem, match="9 bytes"):
        text.block("a" * 10, "a text", most_bytes=9)


@pytest.mark.parametrize("number", [1, 7, 10**17])
def test_an_id_is_read_back(number: int) -> None:
    assert text.task_number(text.task_id(number)) == number


@given(st.text(max_size=20))
def test_no_text_becomes_an_id_that_is_written_otherwise(given_text: str) -> None:
    number = text.task_number(given_text)

    assert number is None or text.task_id(number) == given_text


@given(st.text(), st.integers(10, 50))
def test_a_cleaned_text_always_fits_and_can_be_stored(given_text: str, most: int) -> None:
    cleaned, line = text.cleaned(given_text, most=most), text.cleaned_line(given_text, most=most)

    assert max(len(cleaned), len(line)) <= most
    assert "\x00" not in cleaned
    assert (cleaned + line).encode().decode() == cleaned + line
    assert len(line.splitlines()) <= 1


def test_a_text_that_fits_is_left_alone() -> None:
    assert text.cleaned("two\nlines\t", most=100) == "two\nlines\t"
    assert text.cleaned_line("one line", most=8) == "one line"
    assert text.cleaned_line("one line.", most=8) == "one lin…"


@pytest.mark.parametrize(
    ("given_text", "name"), [("GPU", "gpu"), (" linux/arm64 ", "linux/arm64"), ("c++17", "c++17")]
)
def test_capabilities_are_lower_case(given_text: str, name: str) -> None:
    assert text.capability(given_text) == name


@pytest.mark.parametrize("given_text", ["", "-x", "two words", "a,b", "x" * 65, "Ä"])
def test_a_capability_is_a_plain_name(given_text: str) -> None:
    with pytest.raises(UsageProblem, match="capability"):
        text.capability(given_text)
