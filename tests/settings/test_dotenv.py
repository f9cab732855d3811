"""The seed's `.env`: its own rules, and what is never taken from it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.settings.dotenv import parse


def test_values_are_trimmed_and_lose_their_quotes() -> None:
    found = parse('  AGENTIC_PROJECT =  "widget"  \nAGENTIC_AGENT_ID=\'"ada\'\n')

    assert found.values == {"AGENTIC_PROJECT": "widget", "AGENTIC_AGENT_ID": "ada"}
    assert found.lines == {"AGENTIC_PROJECT": 1, "AGENTIC_AGENT_ID": 2}


def test_comments_other_names_and_lines_without_equals_are_skipped() -> None:
    found = parse("# AGENTIC_PROJECT=a\n\nAGENTIC_PROJECT\nOTHER=b\nexport AGENTIC_PROJECT=c\n")

    assert found.values == {}


def test_the_last_one_wins_and_only_the_first_equals_splits() -> None:
    found = parse("AGENTIC_PROJECT=a\nAGENTIC_PROJECT=b=c # no comment\n")

    assert found.values == {"AGENTIC_PROJECT": "b=c # no comment"}
    assert found.lines["AGENTIC_PROJECT"] == 2


def test_an_empty_value_is_a_value() -> None:
    assert parse("AGENTIC_PROJECT=\r\n").values == {"AGENTIC_PROJECT": ""}


def test_an_address_and_a_token_are_refused_and_not_kept() -> None:
    found = parse("AGENTIC_BASE_URL=https://evil.example.org\nAGENTIC_TOKEN=secret\nAGENTIC_AGENT_ID=ada\n")

    assert found.values == {"AGENTIC_AGENT_ID": "ada"}
    assert found.refused == ("AGENTIC_BASE_URL", "AGENTIC_TOKEN")
    assert "secret" not in repr(found)


def test_an_empty_address_is_nothing_to_refuse() -> None:
    assert parse("AGENTIC_BASE_URL=''\nAGENTIC_TOKEN=\n") == parse("")


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert set(parse(text).values) <= {"AGENTIC_PROJECT", "AGENTIC_AGENT_ID"}
