"""Every command says what it does, shows an example that can be typed as it is, and speaks JSON; the page lists it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from runner.cli.main import COMMANDS, cli
from runner.cli.page import commands_page, leaves
from runner.cli.schemas import OBJECTS, PRINTS

PAGE = Path(__file__).parents[2] / "docs/commands.md"
WITHOUT_JSON = {"runner completion"}
"""It prints a script for a shell."""


def commands(command: click.Command, name: str = "runner") -> Iterator[tuple[str, click.Command]]:
    """The command and everything below it, with the words that reach it."""
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None
            yield from commands(inner, f"{name} {word}")


ALL = dict(commands(cli))
LEAVES = [name for name, command in ALL.items() if not isinstance(command, click.Group)]
RUNNABLE = [name for top in COMMANDS for name, _ in leaves(f"runner {top}", ALL[f"runner {top}"])]


def examples(text: str) -> list[str]:
    """The lines that start with `runner` after the word Example."""
    lines = [line.strip() for line in text.partition("Example")[2].splitlines()]
    return [line.removeprefix("s").lstrip(": ") for line in lines if "runner" in line]


@pytest.mark.parametrize("name", ALL)
def test_a_command_says_what_it_does_and_shows_an_example(name: str) -> None:
    command = ALL[name]

    text = command.get_help(click.Context(command, info_name=name))

    assert len(command.get_short_help_str(200)) > 10
    assert examples(text), f"{name} has no example"


@pytest.mark.parametrize("name", ALL)
def test_its_first_sentence_fits_on_a_line_of_the_help_page(name: str) -> None:
    assert len(ALL[name].get_short_help_str(200)) <= 76
    assert ALL[name].get_short_help_str(200).endswith(".")


@pytest.mark.parametrize("name", ALL)
def test_every_option_says_what_it_is_for(name: str) -> None:
    for option in ALL[name].params:
        if isinstance(option, click.Option):
            assert option.help, f"{name} {option.opts[0]}"
            kind = option.type.name
            assert option.metavar or option.is_flag or option.count or kind in {"choice", "directory"}, (
                option.opts[0]
            )


@pytest.mark.parametrize("name", LEAVES)
def test_its_examples_can_be_typed_as_they_are(name: str) -> None:
    command, words = ALL[name], name.split()

    for line in examples(command.help or ""):
        typed = shlex.split(line.partition(" > ")[0])
        assert typed[: len(words)] == words
        # Raises for an option that the command does not have, or one without its value.
        command.make_parser(click.Context(command)).parse_args(typed[len(words) :])


@pytest.mark.parametrize("name", [name for name in ALL if name not in LEAVES])
def test_the_examples_of_a_group_are_commands_of_it(name: str) -> None:
    for line in examples(ALL[name].help or ""):
        words = shlex.split(line)
        assert " ".join(words[: len(name.split()) + 1]) in ALL or line == name, line


def test_an_example_with_an_unknown_option_would_be_found() -> None:
    command = ALL["runner claim"]

    with pytest.raises(click.NoSuchOption):
        command.make_parser(click.Context(command)).parse_args(["--such"])


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_command_speaks_json_and_the_page_says_what(name: str) -> None:
    flags = {flag for param in ALL[name].params for flag in param.opts}

    assert ("--json" in flags) == (name not in WITHOUT_JSON)
    assert (name.removeprefix("runner ") in PRINTS) == (name not in WITHOUT_JSON)


def test_what_is_printed_is_described() -> None:
    assert {kind.strip("[]") for kind in PRINTS.values()} - {"text"} <= set(OBJECTS)
    assert set(OBJECTS) - {"error"} == {kind.strip("[]") for kind in PRINTS.values()} - {"text"}


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == commands_page(), "its head says how to make it anew"


@pytest.mark.parametrize("name", RUNNABLE)
def test_the_page_has_each_command_with_its_example_and_its_options(name: str) -> None:
    page = commands_page()

    start = page.index(f"\n### `{name}`\n")
    section = page[start : page.index("\n##", start + 5)]
    assert all(line in section for line in examples(ALL[name].help or ""))
    assert all(option.opts[0] in section for option in ALL[name].params if isinstance(option, click.Option))
