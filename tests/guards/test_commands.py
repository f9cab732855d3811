"""Every command says what it does and shows an example that can be typed as it is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import click
import pytest

from runner.cli.main import cli


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


LEAVES = [name for name, command in ALL.items() if not isinstance(command, click.Group)]


@pytest.mark.parametrize("name", LEAVES)
def test_its_examples_can_be_typed_as_they_are(name: str) -> None:
    command, words = ALL[name], name.split()

    for line in examples(command.help or ""):
        typed = shlex.split(line)
        assert typed[: len(words)] == words
        # Raises for an option that the command does not have, or one without its value.
        command.make_parser(click.Context(command)).parse_args(typed[len(words) :])


def test_an_example_with_an_unknown_option_would_be_found() -> None:
    command = ALL["runner claim"]

    with pytest.raises(click.NoSuchOption):
        command.make_parser(click.Context(command)).parse_args(["--such"])
