"""`runner ask` and `runner prompts`: one question to Claude, and the prompts we use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli import suggesting
from runner.cli.arguments import agent_option, task_option
from runner.cli.group import Group
from runner.cli.output import json_option, print_json, read_text, safe, safe_block, show, tell_warnings
from runner.cli.progress import choose_progress
from runner.cli.stopping import stop_on_interrupt
from runner.errors import UsageProblem
from runner.tasks.model import Outcome, TaskChange

TOOLS = frozenset(
    {
        "Bash",
        "Edit",
        "Glob",
        "Grep",
        "MultiEdit",
        "NotebookEdit",
        "Read",
        "Task",
        "TodoWrite",
        "WebFetch",
        "WebSearch",
    }
    | {"Write", "LS", "NotebookRead"}
)
"""What claude offers built in; tools of servers are not for a question."""

if TYPE_CHECKING:
    from runner.claude.protocol import ClaudeResult
    from runner.wiring.app import App


@click.command()
@click.argument("prompt")
@click.option(
    "--dir",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ask about this folder.",
)
@click.option("--tools", metavar="A,B", help="The tools Claude may use (else Read, Glob, Grep).")
@click.option("--edit", is_flag=True, help="Let it change files in the folder.")
@task_option("Tell this task how far it is.")
@click.option("--model", metavar="NAME", help="Ask this model.")
@agent_option
@json_option
@click.pass_obj
def ask(
    app: App,
    prompt: str,
    folder: Path | None,
    tools: str | None,
    edit: bool,
    task_id: str | None,
    model: str | None,
    as_json: bool,
) -> None:
    """Ask Claude once about this folder.

    It only reads, unless you say --edit. A PROMPT of - is read from standard input. What it costs is held and
    booked like a run.

    \b
    Example:
      runner ask "Where is the time zone handled?"
    """
    from runner.wiring.asking import Question, ask_claude

    text = read_text("-") if prompt == "-" else prompt
    if not text.strip():
        raise click.UsageError("the question is empty")
    wanted = _tools(tools)
    if task_id is not None:
        app.board.get(task_id)
    tell_warnings(app.untold(app.configuration.warnings))

    def tell(percent: int, word: str) -> None:
        if task_id is not None:
            app.board.update(task_id, TaskChange(progress=percent, note=word))

    question = Question(
        text=text,
        folder=(folder or app.cwd).resolve(),
        tools=wanted,
        edit=edit,
        model=model,
    )
    progress = choose_progress()
    with stop_on_interrupt() as stop:
        try:
            result = ask_claude(app, question, tell=tell, sink=progress, stop=stop)
        finally:
            progress.close()
    _answer(result, as_json=as_json)


def _tools(given: str | None) -> tuple[str, ...]:
    """The names in `--tools`; a misspelt one would be offered to nobody, without a word. Raises: UsageProblem."""
    names = tuple(name.strip() for name in (given or "").split(",") if name.strip())
    for name in names:
        if name not in TOOLS:
            raise UsageProblem(f"claude has no tool {name!r}", hint=f"it has {', '.join(sorted(TOOLS))}")
    return names


def _answer(result: ClaudeResult, *, as_json: bool) -> None:
    from runner.cli.exit_codes import EXIT_CODES

    if as_json:
        print_json(
            {
                "outcome": result.outcome,
                "text": result.text,
                "session_id": result.session_id,
                "denials": result.denials,
                "usage": {
                    "input_tokens": result.tokens.input + result.tokens.cache_creation,
                    "output_tokens": result.tokens.output,
                    "cost_usd": result.cost_nano_usd / 1e9,
                    "turns": result.turns,
                },
            }
        )
    else:
        click.echo(safe_block(result.text), err=result.outcome is not Outcome.DONE)
        for denial in result.denials:
            click.echo(f"denied: {safe(denial.tool)}: {safe(denial.what)}", err=True)
    click.get_current_context().exit(EXIT_CODES[result.outcome])


@click.group(cls=Group)
def prompts() -> None:
    """See the prompts that we give to Claude.

    \b
    Example:
      runner prompts list
    """


@prompts.command("list")
@json_option
@click.pass_obj
def list_prompts(app: App, as_json: bool) -> None:
    """List the prompts that there are.

    \b
    Example:
      runner prompts list
    """
    names = app.prompts.names()
    show(names, as_json=as_json, text="\n".join(names))


@prompts.command("show")
@click.argument("name", shell_complete=suggesting.prompt_names)
@json_option
@click.pass_obj
def show_prompt(app: App, name: str, as_json: bool) -> None:
    """Print a prompt as it was written.

    \b
    Example:
      runner prompts show task
    """
    source = app.prompts.source(name)
    show({"name": name, "source": source}, as_json=as_json, text=source)
