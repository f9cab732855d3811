"""Shell completion: the script that a shell reads at its start."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    In zsh the script goes into a folder of $fpath as _runner, in fish into ~/.config/fish/completions/runner.fish.

    \b
    Example:
      runner completion bash > ~/.local/share/bash-completion/completions/runner
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    from runner.cli.main import cli

    kind = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    click.echo(kind(cli, {}, "runner", "_RUNNER_COMPLETE").source())
