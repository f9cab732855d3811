"""`docs/commands.md`, made from the commands themselves and from what `--json` prints; a test keeps it up to date."""

from __future__ import annotations

from collections.abc import Iterator

import click

from runner.cli.exit_codes import EXIT_CODES
from runner.cli.main import SECTIONS, cli
from runner.cli.schemas import OBJECTS, PRINTS, Schema

HEAD = """\
# Commands

Made from the commands; do not edit. To make it anew:

    python -c 'from runner.cli.page import commands_page; print(commands_page(), end="")' > docs/commands.md

## What holds for all of them

- What was asked for goes to standard output. What only people want to see (progress, warnings, errors, "nothing
  there") goes to standard error: a moving line at a terminal, plain lines elsewhere.
- `--json` prints one JSON document on standard output, on one line unless it is a terminal. Keys may join later; none
  goes or changes its meaning. `runner claim --loop --json` prints one object per run.
- An error is `error: what happened` and `hint: what to do`, one line each. With `--json` there is an object on standard
  output too: see [error](#error).
- A task id may be written short: `7` and `t-7` mean `T-7`. A run id may be cut as long as it means one run.
- `--agent` and `--project` may stand before the command, and behind those that list them.
- Nothing is asked where standard input is no terminal.
- Completion of commands, options, ids, labels and keys: `runner completion bash|zsh|fish` prints the script.

## Exit codes

| code | meaning |
| --- | --- |
| 0 | fine; an empty list is fine too |
| 1 | not done, and it is clear why: an unknown task, red checks, a question for a person |
| 2 | what was typed or configured is wrong; nothing was done |
| 3 | a conflict: somebody else has the task, or its state does not allow it |
| 4 | later: nothing is ready, the allowance is spent, a lock is held |
| 5 | trouble outside: claude, git, gh, the API, the disk |
| 70 | a bug; the message names the file with the details |
| 130 | interrupted |
| 141 | the reader of the output went away |

Of a run, by its outcome:

| outcome | code |
| --- | --- |
"""

CODES = {
    "ask": "by the outcome, as for a run; 4 when the allowance is spent.",
    "replay": "0 when the files came out as recorded, 1 when not.",
    "commit": "0; 1 when a secret keeps it back, or the commit is there but the push or the note to the task failed.",
    "config validate": "0 when all is well, 2 when something is wrong.",
}
"""Where the usual ones do not say enough."""


def commands_page() -> str:
    """The whole page, as Markdown."""
    outcomes = "".join(f"| `{outcome.value}` | {code} |\n" for outcome, code in EXIT_CODES.items())
    sections = "".join(_section(title, names) for title, names in SECTIONS.items())
    objects = "".join(_object(name, schema) for name, schema in OBJECTS.items())
    before = f"\n## Before the command\n\n    runner [OPTIONS] COMMAND [ARGS]...\n\n{_options(cli)}".rstrip(
        "\n"
    )
    return f"{HEAD}{outcomes}{before}\n{sections}\n## What `--json` prints\n{objects}"


def leaves(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command that can be run, or those below it, with the words that reach them."""
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield name, command
    if isinstance(command, click.Group):
        for word, inner in sorted(command.commands.items()):
            yield from leaves(f"{name} {word}", inner)


def _section(title: str, names: tuple[str, ...]) -> str:
    context = click.Context(cli, info_name="runner")
    found = ((name, cli.get_command(context, name)) for name in names)
    parts = (leaf for name, command in found if command for leaf in leaves(name, command))
    return f"\n## {title}\n" + "".join(_command(name, command) for name, command in parts)


def _command(name: str, command: click.Command) -> str:
    arguments = [param for param in command.params if isinstance(param, click.Argument)]
    words = [one.metavar or (one.name or "").upper() for one in arguments]
    usage = " ".join([f"runner {name}", "[OPTIONS]", *words])
    text, _, example = (command.help or "").partition("\b\n")
    lines = "\n".join(line.strip() for line in example.strip().split("\n")[1:])
    codes = f"Exit codes: {CODES[name]}\n\n" if name in CODES else ""
    return (
        f"\n### `runner {name}`\n\n    {usage}\n\n{_words(text)}\n\n```sh\n{lines}\n```\n\n"
        f"{_options(command)}{codes}{_prints(name)}"
    ).rstrip("\n") + "\n"


def _words(text: str) -> str:
    """Each paragraph on one line."""
    return "\n\n".join(_plain(" ".join(part.split())) for part in text.strip().split("\n\n"))


def _options(command: click.Command) -> str:
    options = [param for param in command.params if isinstance(param, click.Option)]
    rows = "".join(f"| `{_flags(option)}` | {_meaning(option)} |\n" for option in options)
    return f"| option | |\n| --- | --- |\n{rows}\n" if rows else ""


def _flags(option: click.Option) -> str:
    """As it is typed, such as `-F, --description-file FILE`."""
    names = ", ".join(option.opts)
    if option.is_flag or option.count:
        return names
    value = option.metavar or "|".join(getattr(option.type, "choices", ()))
    return f"{names} {value}".replace("|", "\\|")


def _meaning(option: click.Option) -> str:
    default = f" Default: {option.default}." if option.show_default else ""
    return _plain(option.help or "") + default


def _plain(text: str) -> str:
    """What is typed is not markup."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def _prints(name: str) -> str:
    kinds = [(words, kind) for words, kind in PRINTS.items() if words.split(" --")[0] == name]
    lines = [f"`{f'runner {words}'} --json`: {_kind(kind)}." for words, kind in kinds]
    return "  \n".join(lines)


def _kind(kind: str) -> str:
    name = kind.strip("[]")
    shown = f"[{name}](#{name})" if name in OBJECTS else f"{name}s"
    return f"an array of {shown}" if kind.startswith("[") else shown


def _object(name: str, schema: Schema) -> str:
    rows = "".join(f"| `{key}` | {words} |\n" for key, words in schema.items())
    return f"\n### {name}\n\n| key | |\n| --- | --- |\n{rows}"
