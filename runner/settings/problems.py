"""What is wrong in the settings: one clear line each, raised together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from runner.errors import SettingsProblem

HINT = "correct the place named, or run `runner config set KEY VALUE`; `runner config validate` checks again"


class Problem(NamedTuple):
    """One bad key, value or file; as a text it is one line."""

    where: str
    """The file, or `environment NAME`, or `flag --name`; empty where the text says it."""
    text: str
    line: int | None = None
    """In the file, from 1; None where there is no line to name."""
    key: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


def from_error(error: SettingsProblem) -> Problem:
    """A file that could not be read or parsed, as one problem among others."""
    return Problem(where="", text=str(error), hint=error.hint)


def raise_all(problems: Sequence[Problem]) -> None:
    """Nothing for none.

    Raises:
        SettingsProblem: with one line for each.
    """
    if problems:
        hint = problems[0].hint if len(problems) == 1 else ""
        raise SettingsProblem("\n".join(str(problem) for problem in problems), hint=hint or HINT)
