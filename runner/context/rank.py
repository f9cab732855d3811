"""Which files of a source matter for a text: counted, narrowed down, looked at closely, put in order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from runner.context.clues import (
    Scale,
    body_clues,
    defined_field,
    neighbours,
    prior_clues,
    scale_of,
    text_fields,
)
from runner.context.corpus import Corpus, Reader, read_corpus
from runner.context.definitions import find_definitions
from runner.context.kinds import Kind
from runner.context.named import Definitions, named_clues, named_paths
from runner.context.passages import best_passage, terms_by_line
from runner.context.query import Query, read_query
from runner.context.reasons import explain
from runner.context.score import Clues, bm25, scaled, strongest, total
from runner.context.source import Source

CANDIDATES = 300
"""How many files are searched for definitions."""
CLOSELY = 60
"""How many files are searched for their best passage."""
COMMON_SPELLINGS = 60
"""An identifier in more files than this brings no candidates of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One file that matters."""

    path: str
    score: float
    """Comparable only inside one answer."""
    reason: str
    worth: Mapping[str, float]
    """What each term of the text is worth in this repository; the same for all files of an answer."""


def rank_files(
    source: Source,
    query: str,
    limit: int = 10,
    exclude: Collection[str] = (),
    *,
    report: Callable[[str], None] | None = None,
) -> tuple[Ranked, ...]:
    """Find the files that matter for a text whose first line is its title, best first, tests after sources.

    The same source and text give the same answer. Files of `exclude` are not in it. `report` gets one line for
    each thing that could not be looked at.

    Raises:
        RunnerError: the source cannot list its files.
    """
    asked = read_query(query)
    if not asked.weights or limit < 1:
        return ()
    report = report or (lambda _: None)
    read = Reader(source, report)
    corpus = read_corpus(source, asked, read, report)
    scale = scale_of(corpus, asked)
    clues, defined = _all_clues(asked, corpus, scale, read)
    chosen = _best(clues, corpus, exclude)[:limit]
    worth = scale.worth(asked.weights)
    return tuple(
        Ranked(
            path=path, score=score, reason=_reason(path, clues, defined, asked, corpus, worth), worth=worth
        )
        for path, score in chosen
    )


def _all_clues(query: Query, corpus: Corpus, scale: Scale, read: Reader) -> tuple[Clues, Definitions]:
    fields = text_fields(corpus)
    rough = bm25(scale.worth(query.weights), fields, rarities=dict.fromkeys(scale.rarities, 1.0))
    candidates = _candidates(query, corpus, rough)
    defined = _definitions(candidates, corpus, read)
    clues = body_clues(query, (*fields, defined_field(defined, corpus.words)), scale, corpus)
    clues |= named_clues(query, corpus.paths, defined, files=len(corpus.files))
    sources = {p for p in corpus.files if corpus.kinds[p] is Kind.SOURCE}
    so_far = {path: total(clues, path) for path in sources if path in clues["terms"]}
    clues["neighbours"] = neighbours(so_far)
    closely = sorted(so_far, key=lambda path: (-so_far[path], path))[:CLOSELY]
    clues |= _passage_clues(query, closely, corpus, scale, read)
    homes = {path for places in defined.values() for path in places}
    found = {path for clue in clues.values() for path in clue}
    return clues | prior_clues(found, corpus, clues["path"], homes), defined


def _candidates(query: Query, corpus: Corpus, rough: Mapping[str, float]) -> set[str]:
    """The best files by their terms, and all that spell a rare identifier of the text or are named in it."""

    def order(path: str) -> tuple[float, str]:
        return -rough[path] * (1.0 if corpus.kinds[path] is Kind.SOURCE else 0.2), path

    chosen = set(sorted(rough, key=order)[:CANDIDATES])
    for homes in corpus.spelled.values():
        if len(homes) <= COMMON_SPELLINGS:
            chosen |= homes
    return chosen | set(named_paths((*query.paths, *query.frames), corpus.paths))


def _definitions(candidates: Iterable[str], corpus: Corpus, read: Reader) -> Definitions:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(candidates):
        if corpus.kinds[path] is not Kind.TEXT:
            text = read(corpus.files[path].blob_id).decode(errors="replace")
            for name, _ in find_definitions(path, text):
                found[name][path] += 1
    return found


def _passage_clues(query: Query, paths: Iterable[str], corpus: Corpus, scale: Scale, read: Reader) -> Clues:
    whole, title = scale.worth(query.weights), scale.worth(query.title)
    best: dict[str, float] = {}
    best_for_title: dict[str, float] = {}
    for path in paths:
        lines, lengths = terms_by_line(read(corpus.files[path].blob_id), corpus.words)
        best[path] = best_passage(lines, lengths, whole)
        best_for_title[path] = best_passage(lines, lengths, title)
    return {"passage": scaled(best), "title passage": scaled(best_for_title)}


def _best(clues: Clues, corpus: Corpus, exclude: Collection[str]) -> list[tuple[str, float]]:
    left_out = frozenset(exclude)
    found = {path for clue in clues.values() for path in clue} - left_out
    scores = {path: round(total(clues, path), 6) for path in found if path in corpus.files}
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _reason(
    path: str, clues: Clues, defined: Definitions, query: Query, corpus: Corpus, worth: Mapping[str, float]
) -> str:
    names = [name for name in query.identifiers if path in defined.get(name, {})]
    names.sort(key=lambda name: (-query.identifiers[name], len(defined[name]), name))
    matches = {term: value for term, value in worth.items() if path in corpus.paths_with(term)}
    return explain(strongest(clues, path), defines=names, matches=matches)
