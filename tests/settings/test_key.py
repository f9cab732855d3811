"""Values against their keys."""

from __future__ import annotations

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.settings.key import Bad, Key, Kind, Scope, Value, accept, accept_text, shown, shown_key
from runner.settings.keys import GROUPS, KEYS
from runner.settings.model import GROUP_TYPES, Settings, build


def key(name: str) -> Key:
    return KEYS[name]


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("claude.max_turns", 7, 7),
        ("claude.timeout_s", 7, 7.0),
        ("claude.timeout_s", 7.5, 7.5),
        ("pull_request.draft", True, True),
        ("pull_request.labels", ["a", "b"], ("a", "b")),
        ("pull_request.labels", ("a",), ("a",)),
        ("checks.on_red", "none", "none"),
        ("claude.model", "opus", "opus"),
        ("claude.model", "", None),
        ("commit.co_author", "", ""),
    ],
)
def test_a_value_takes_the_type_of_its_key(name: str, raw: object, value: Value) -> None:
    taken = accept(key(name), raw)

    assert taken == value
    assert type(taken) is type(value)


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("claude.max_turns", "7", "wants a whole number from 1 to 10000, not '7'"),
        ("claude.max_turns", 7.0, "wants a whole number from 1 to 10000, not 7.0"),
        ("claude.max_turns", True, "wants a whole number from 1 to 10000, not true"),
        ("claude.max_turns", 0, "wants a whole number from 1 to 10000, not 0"),
        ("claude.max_turns", 10_001, "not 10001"),
        ("claude.timeout_s", float("nan"), "wants a number from 1 to 86400, not nan"),
        ("claude.timeout_s", float("inf"), "not inf"),
        ("claude.timeout_s", False, "not false"),
        ("pull_request.draft", 1, "wants true or false, not 1"),
        ("pull_request.labels", "a", "wants a list of texts, not 'a'"),
        ("pull_request.labels", [1], "wants a list of texts, not [1]"),
        ("pull_request.labels", ["a", "b,c"], "must not hold a comma"),
        ("checks.on_red", "maybe", "wants one of draft, none, not 'maybe'"),
        ("claude.model", 4, "wants a text in quotes, not 4"),
        ("claude.model", "a\nb", "one line"),
        ("claude.program", "", "must not be empty"),
        ("base_url", "https://ada:secret@example.org", "must not hold a user name or a password"),
    ],
)
def test_a_value_of_another_kind_is_refused_in_words(name: str, raw: object, words: str) -> None:
    with pytest.raises(Bad) as caught:
        accept(key(name), raw)

    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("claude.max_turns", "7", 7),
        ("claude.timeout_s", "7.5", 7.5),
        ("pull_request.draft", "Yes", True),
        ("pull_request.draft", "0", False),
        ("pull_request.labels", "a, b,,", ("a", "b")),
        ("pull_request.labels", "", ()),
        ("pull_request.labels", '["a", "b"]', ("a", "b")),
        ("checks.commands", "pytest -k 'a,b'\nruff check", ("pytest -k 'a,b'", "ruff check")),
        ("claude.model", "opus", "opus"),
    ],
)
def test_a_typed_text_becomes_the_value(name: str, text: str, value: Value) -> None:
    assert accept_text(key(name), text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("claude.max_turns", "many"),
        ("claude.max_turns", "9" * 5000),
        ("claude.timeout_s", "soon"),
        ("pull_request.draft", "maybe"),
        ("pull_request.labels", "[a"),
        ("pull_request.labels", "[" * 5000),
        ("pull_request.labels", "[1]"),
    ],
)
def test_a_typed_text_that_makes_no_sense_is_refused(name: str, text: str) -> None:
    with pytest.raises(Bad, match="wants"):
        accept_text(key(name), text)


def test_a_long_or_odd_value_is_shown_short_and_printable() -> None:
    assert shown("x" * 100) == "'" + "x" * 56 + "..."
    assert shown("a\nb") == "'a\\nb'"
    assert shown(True) == "true"
    assert shown_key("claude.model") == "claude.model"
    assert shown_key("a\nb") == "'a\\nb'"
    assert len(shown_key("x" * 100)) == 60


@given(st.sampled_from(sorted(KEYS)), st.text(max_size=30))
def test_any_text_is_taken_or_refused_but_never_breaks(name: str, text: str) -> None:
    value, fault = taken(key(name), text)

    assert fault.isprintable()
    if not fault:
        again = list(value) if isinstance(value, tuple) else "" if value is None else value
        assert accept(key(name), again) == value


def taken(one: Key, text: str) -> tuple[Value, str]:
    try:
        return accept_text(one, text), ""
    except Bad as bad:
        return None, str(bad)


def test_every_default_is_a_value_that_its_key_takes() -> None:
    for one in KEYS.values():
        assert one.default is None or accept(one, one.default) == one.default
        assert one.doc.endswith(".")
        assert one.variables[0].startswith("RUNNER_")


def test_every_variable_belongs_to_one_key() -> None:
    names = [name for one in KEYS.values() for name in one.variables]

    assert len(names) == len(set(names))


def test_what_a_stranger_may_set_is_exactly_this() -> None:
    by_scope = {scope: {name for name, one in KEYS.items() if one.scope is scope} for scope in Scope}

    assert by_scope[Scope.USER] == {
        "agent_id",
        "base_url",
        "capabilities",
        "claude.program",
        "claude.recording",
        "claude.environment",
        "claude.silence_s",
        "process.environment",
        "task.lease_s",
        "keep.runs",
        "keep.days",
        "keep.size_mb",
        "log.level",
    }
    assert by_scope[Scope.STYLE] == {
        "checks.on_red",
        "pull_request.base",
        "pull_request.draft",
        "pull_request.labels",
        "branch.prefix",
        "context.exclude",
        "protect.paths",
    }
    assert by_scope[Scope.LOWER] == {
        "claude.max_turns",
        "claude.timeout_s",
        "checks.timeout_s",
        "checks.repairs",
        "checks.network",
        "hooks.network",
        "work_tree.setup_timeout_s",
        "context.budget_tokens",
        "task.max_attempts",
    }


TYPES = {Kind.TEXT: str, Kind.WHOLE: int, Kind.NUMBER: float, Kind.SWITCH: bool, Kind.LIST: tuple[str, ...]}


def test_every_key_has_a_field_of_its_type_and_every_field_a_key() -> None:
    fields = {}
    for name, kind in typing.get_type_hints(Settings).items():
        if name in GROUP_TYPES:
            assert kind is GROUP_TYPES[name]
            fields.update({f"{name}.{inner}": hint for inner, hint in typing.get_type_hints(kind).items()})
        else:
            fields[name] = kind
    wanted = {
        name: typing.Optional[TYPES[one.kind]] if one.optional else TYPES[one.kind]  # noqa: UP045  built, not written
        for name, one in KEYS.items()
    }

    assert fields == wanted
    assert set(GROUP_TYPES) == GROUPS


def test_the_settings_are_built_from_the_table() -> None:
    settings = build({name: one.default for name, one in KEYS.items()})

    assert settings.claude.max_turns == 50
    assert settings.commit.co_author == "Claude <noreply@anthropic.com>"
    assert settings.base_url is None
