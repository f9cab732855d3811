"""A command that has subcommands."""

from __future__ import annotations

from collections.abc import Iterable

import click


class Group(click.Group):
    """Its help page gives each subcommand's whole first sentence; click would cut it."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.write_section(ctx, formatter, "Commands", self.list_commands(ctx))

    def write_section(
        self, ctx: click.Context, formatter: click.HelpFormatter, title: str, names: Iterable[str]
    ) -> None:
        """A heading, and a line for each of the named subcommands."""
        commands = ((name, self.get_command(ctx, name)) for name in names)
        with formatter.section(title):
            formatter.write_dl(
                [(name, command.get_short_help_str(200)) for name, command in commands if command]
            )
