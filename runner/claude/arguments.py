"""A request as claude's command line; pure.

Checked with the real program (tests/claude/test_arguments.py): a budget and a turn limit count what this call spends,
also after `--resume`, although the printed total goes on from the earlier one.
"""

from __future__ import annotations

import json
import re
import uuid

from runner.allowance.model import NANO_PER_USD
from runner.claude.protocol import ClaudeRequest
from runner.claude.rules import WRITING, checked_rule, deny_rules
from runner.errors import ClaudeNotStarted, SettingsProblem

READ_ONLY_TOOLS = ("Read", "Glob", "Grep")

_ALWAYS = (
    "-p",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--strict-mcp-config",
)

_SETTINGS = json.dumps(
    {"attribution": {"commit": "", "pr": ""}, "includeGitInstructions": False}, separators=(",", ":")
)
"""The commit and its trailers are ours to write."""

_TOOL = re.compile(r"[A-Za-z][\w-]*")
_MODEL = re.compile(r"[A-Za-z0-9][\w.:@/\[\]-]*")
_LONGEST_ARGUMENT_BYTES = 120_000
"""The system refuses a single argument of 128 KiB."""


def arguments(request: ClaudeRequest) -> tuple[str, ...]:
    """What follows the program's name; the prompt itself goes to its standard input.

    Raises:
        SettingsProblem: a rule without a scope, a path that cannot be denied, a bad tool or model name.
        ClaudeNotStarted: the session id is not a UUID.
    """
    return (
        *_ALWAYS,
        _session(request),
        f"--permission-mode={'acceptEdits' if request.edit else 'default'}",
        f"--setting-sources={'user,project,local' if request.trusted_project else 'user'}",
        f"--settings={_SETTINGS}",
        *_tools(request),
        *(f"--allowedTools={checked_rule(rule, edit=request.edit)}" for rule in request.rules),
        *(f"--disallowedTools={rule}" for rule in _denied(request)),
        *_limits(request),
        *_model(request),
        *_system_prompt(request),
    )


def usd(nano: int) -> str:
    """Nano-USD as an exact decimal number of US dollars."""
    return f"{nano // NANO_PER_USD}.{nano % NANO_PER_USD:09d}"


def _session(request: ClaudeRequest) -> str:
    """A stored conversation id can come from anywhere; only a UUID is put on a command line."""
    try:
        session = uuid.UUID(request.session_id)
    except ValueError:
        raise ClaudeNotStarted(
            f"{request.session_id!r} is not the id of a claude conversation",
            hint="start afresh, without the earlier conversation",
        ) from None
    return f"--{'resume' if request.resume else 'session-id'}={session}"


def _tools(request: ClaudeRequest) -> tuple[str, ...]:
    tools = request.tools
    if tools is None:
        if request.edit:
            return ()
        bash = ("Bash",) if any(rule.startswith("Bash(") for rule in request.rules) else ()
        tools = READ_ONLY_TOOLS + bash
    for tool in tools:
        if not _TOOL.fullmatch(tool):
            raise SettingsProblem(
                f"{tool!r} is not the name of a tool", hint="name tools like Read, Grep or Bash"
            )
        if tool in WRITING and not request.edit:
            raise SettingsProblem(
                f"the tool {tool} changes files, and nothing may be changed here",
                hint="leave it out, or allow editing",
            )
    return (f"--tools={','.join(tools)}",)


def _denied(request: ClaudeRequest) -> tuple[str, ...]:
    """Without `edit` the writing tools are taken away: claude's user settings could have allowed them."""
    writing = () if request.edit else WRITING
    return writing + deny_rules(request.denied, str(request.workdir))


def _limits(request: ClaudeRequest) -> tuple[str, ...]:
    turns = () if request.max_turns is None else (f"--max-turns={request.max_turns}",)
    budget = request.budget_nano_usd
    return turns + (() if budget is None else (f"--max-budget-usd={usd(budget)}",))


def _model(request: ClaudeRequest) -> tuple[str, ...]:
    if request.model is None:
        return ()
    if not _MODEL.fullmatch(request.model):
        raise SettingsProblem(
            f"{request.model!r} is not the name of a model", hint="use a name like opus or sonnet"
        )
    return (f"--model={request.model}",)


def _system_prompt(request: ClaudeRequest) -> tuple[str, ...]:
    if not request.system_prompt:
        return ()
    if len(request.system_prompt.encode()) > _LONGEST_ARGUMENT_BYTES or "\0" in request.system_prompt:
        raise SettingsProblem(
            "the system prompt is too long for a command line or has a NUL in it",
            hint=f"keep it below {_LONGEST_ARGUMENT_BYTES} bytes; long text belongs into the prompt",
        )
    flag = "--system-prompt" if request.tools == () else "--append-system-prompt"
    return (f"{flag}={request.system_prompt}",)
