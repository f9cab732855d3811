"""What a prompt gets to see of the repository: the task's own files, then ranked ones, inside one token budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from runner.context.corpus import Reader
from runner.context.excerpts import cost_of, find_excerpts, line_ranges
from runner.context.languages import language
from runner.context.model import Bundle, Excerpt, Item
from runner.context.named_files import NamedFile, named_files
from runner.context.query import read_query
from runner.context.rank import Ranked, rank_files
from runner.context.source import Entry, Source
from runner.context.tokens import estimate_tokens
from runner.errors import RunnerError
from runner.tasks.model import FileReference

NAMED_REASON = "the task names it"
NAMED_SHARE = 0.75
"""How much of the budget the task's own files may take when there are ranked ones, too."""
STATUS_SHARE = 0.05
"""How much of the budget the git status may take, and the recent commits as well."""
LEAST_WEIGHT = 0.25
LEAST_TOKENS = 40
"""An item with less than this would say nothing."""
LONGEST_COMMIT_CHARS = 120


def build_bundle(
    source: Source,
    *,
    title: str,
    description: str = "",
    files: tuple[FileReference, ...] = (),
    budget_tokens: int = 8000,
    limit: int = 10,
    exclude: Collection[str] = (),
    git_status: str = "",
    recent_commits: tuple[str, ...] = (),
) -> Bundle:
    """Gather the context of a text or a task.

    The task's files come first and may be outside of `exclude`; then at most `limit` ranked files. The estimated
    tokens of everything, headings included, stay within `budget_tokens`. What cannot be read, is refused or does
    not fit has a line in `left_out`; nothing here fails because one part could not be gathered.
    """
    left_out: list[str] = []
    purse = _Purse(budget_tokens)
    status = purse.lines("git status", git_status.splitlines(), STATUS_SHARE, left_out)
    commits = purse.lines(
        "recent commits", [line[:LONGEST_COMMIT_CHARS] for line in recent_commits], STATUS_SHARE, left_out
    )
    entries = _entries(source, left_out)
    read = Reader(source, left_out.append)
    named = named_files(files, entries, read, left_out.append)
    hidden = {*exclude, *(file.path for file in named)}
    ranked = _ranked(source, f"{title}\n{description}", limit, hidden, left_out) if entries else ()
    worth = ranked[0].worth if ranked else read_query(f"{title}\n{description}").weights
    shown = _named_items(named, worth, purse, NAMED_SHARE if ranked else 1.0, left_out)
    related = _related_items(ranked, entries, read, purse, left_out)
    return Bundle(
        named=shown,
        related=related,
        git_status="\n".join(status),
        recent_commits=tuple(commits),
        tokens=purse.spent,
        budget=budget_tokens,
        left_out=tuple(dict.fromkeys(left_out)),
    )


class _Purse:
    """The tokens there are and what was spent of them."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.spent = 0

    @property
    def left(self) -> int:
        return self.budget - self.spent

    def share(self, still_to_come: int, limit: int) -> int:
        """What the next of some items may cost: twice an equal part of `limit`; the later ones get what it leaves."""
        return min(self.left, 2 * limit // (still_to_come + 1))

    def lines(self, what: str, lines: list[str], share: float, left_out: list[str]) -> list[str]:
        """As many of the first lines as their share of the budget allows."""
        kept: list[str] = []
        room = int(self.budget * share)
        for line in lines:
            room -= estimate_tokens(line + "\n")
            if room < 0:
                left_out.append(f"{what}: {len(lines) - len(kept)} more lines")
                break
            kept.append(line)
        self.spent += sum(estimate_tokens(line + "\n") for line in kept)
        return kept


def _entries(source: Source, left_out: list[str]) -> Mapping[str, Entry]:
    try:
        return {entry.path: entry for entry in source.entries()}
    except RunnerError as error:
        left_out.append(f"the repository's files cannot be listed: {error}")
        return {}


def _ranked(
    source: Source, query: str, limit: int, exclude: Collection[str], left_out: list[str]
) -> tuple[Ranked, ...]:
    try:
        return rank_files(source, query, limit, exclude, report=left_out.append)
    except RunnerError as error:
        left_out.append(f"related code could not be looked for: {error}")
        return ()


def _named_items(
    files: tuple[NamedFile, ...], worth: Mapping[str, float], purse: _Purse, share: float, left_out: list[str]
) -> tuple[Item, ...]:
    items: list[Item] = []
    room = int(purse.left * share)
    for position, file in enumerate(files):
        before = purse.spent
        budget = purse.share(len(files) - position, room) - _frame_tokens(file.path, NAMED_REASON)
        excerpts = _of_named(file, worth, budget)
        if excerpts or (budget >= 0 and not file.text):
            items.append(_item(file.path, math.inf, NAMED_REASON, excerpts, purse))
            _note_cut(file, excerpts, left_out)
        else:
            left_out.append(f"{file.path} does not fit: {purse.left} of {purse.budget} tokens are left")
        room -= purse.spent - before
    return tuple(items)


def _of_named(file: NamedFile, worth: Mapping[str, float], budget: int) -> tuple[Excerpt, ...]:
    if budget <= 0:
        return ()
    if file.ranges:
        return line_ranges(file.text, file.ranges, budget)
    return find_excerpts(file.path, file.text, worth, budget)


def _note_cut(file: NamedFile, excerpts: tuple[Excerpt, ...], left_out: list[str]) -> None:
    count = file.text.count("\n") + bool(file.text and not file.text.endswith("\n"))
    asked = sum(end - start + 1 for start, end in file.ranges) or count
    shown = sum(excerpt.end - excerpt.start + 1 for excerpt in excerpts)
    if shown < asked:
        left_out.append(f"{file.path}: {shown} of {asked} lines are shown")


def _related_items(
    ranked: tuple[Ranked, ...],
    entries: Mapping[str, Entry],
    read: Callable[[str], bytes],
    purse: _Purse,
    left_out: list[str],
) -> tuple[Item, ...]:
    items: list[Item] = []
    best = max((found.score for found in ranked), default=0.0)
    for position, found in enumerate(ranked):
        to_come = len(ranked) - position
        share = purse.share(to_come, purse.left) * _weight(found.score, best)
        budget = int(share) - _frame_tokens(found.path, found.reason)
        if budget < LEAST_TOKENS:
            left_out.append(
                f"{to_come} related files do not fit: {purse.left} of {purse.budget} tokens are left"
            )
            break
        text = read(entries[found.path].blob_id).decode(errors="replace").removeprefix("\ufeff")
        excerpts = find_excerpts(found.path, text, found.worth, budget)
        if excerpts:
            items.append(_item(found.path, found.score, found.reason, excerpts, purse))
    return tuple(items)


def _weight(score: float, best: float) -> float:
    """How much of its share a file gets: a weak match is shown in brief."""
    return max(LEAST_WEIGHT, score / best) if best > 0 else 1.0


def _item(path: str, score: float, reason: str, excerpts: tuple[Excerpt, ...], purse: _Purse) -> Item:
    tokens = _frame_tokens(path, reason) + cost_of(excerpts)
    purse.spent += tokens
    return Item(
        path=path, language=language(path), score=score, reason=reason, tokens=tokens, excerpts=excerpts
    )


def _frame_tokens(path: str, reason: str) -> int:
    """What an item costs besides its excerpts: the heading and the reason."""
    return 8 + estimate_tokens(f"{path} {reason}")
