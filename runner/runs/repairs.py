"""What Claude was asked to repair in a run, and what came of it, read from the run's steps; pure."""

from __future__ import annotations

from collections.abc import Sequence

from runner.runs.facts import list_of, object_of, texts_of, whole_of
from runner.runs.model import Check, Evidence, Step
from runner.runs.record import Json


def repair_intent(red: tuple[Check, ...], number: int) -> dict[str, Json]:
    """What the step of a repair, numbered from 1, keeps for `repair_notes`."""
    return {"repair": number, "red": [check.command for check in red]}


def repair_title(red: tuple[Check, ...], number: int, most: int) -> str:
    """The line that a person sees while the repair goes on."""
    others = f" and {len(red) - 1} more" if len(red) > 1 else ""
    return f"claude repairs what turned red (round {number} of {most}): {red[0].command}{others}"


def repair_notes(steps: Json, evidence: Evidence) -> list[str]:
    """Lines for the reader of a pull request: what was repaired, and what stayed red in spite of it.

    `steps` are those of the run's record; only what came after the newest beginning counts.
    """
    rounds, asked = _asked(steps)
    green = {check.command for check in evidence.result if check.green}
    red = {check.command for check in evidence.turned_red}
    word = f"{rounds} round{'' if rounds == 1 else 's'}"
    repaired, broken = [c for c in asked if c in green], [c for c in asked if c in red]
    notes = []
    if repaired:
        version = "its first version" if rounds == 1 else "earlier versions"
        notes.append(f"Claude repaired what {version} had turned red: {_named(repaired)} ({word}).")
    if broken:
        notes.append(f"Claude tried to repair {_named(broken)} ({word}); it is still red.")
    return notes


def _asked(steps: Json) -> tuple[int, list[str]]:
    """How many rounds there were, and every command that was to be repaired, in order."""
    rounds, commands = 0, dict[str, None]()
    for step in map(object_of, list_of(steps)):
        intent = object_of(step.get("intent"))
        if step.get("name") == Step.CONTEXT.value:
            rounds, commands = 0, {}
        elif step.get("name") == Step.CLAUDE.value and whole_of(intent.get("repair")):
            # A round that was cut off is begun a second time under the same number.
            rounds = max(rounds, whole_of(intent.get("repair")))
            commands |= dict.fromkeys(texts_of(intent.get("red")))
    return rounds, list(commands)


def _named(commands: Sequence[str]) -> str:
    return ", ".join(f"`{command}`" for command in commands)
