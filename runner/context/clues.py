"""What speaks for and against each file, from the counts alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.context.corpus import Corpus
from runner.context.kinds import Kind, is_auxiliary, is_index_file
from runner.context.named import Definitions
from runner.context.query import Query, code_terms
from runner.context.score import (
    DEFINED_LENGTH_EFFECT,
    DEFINED_WEIGHT,
    PATH_WEIGHT,
    Clues,
    Field,
    bm25,
    rarity,
    relative_lengths,
    scaled,
)

FEW = 8
"""A term in no more sources than this is rare."""
LEADERS = 30
"""How many of the best files speak for their folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much each term of the query is worth in this corpus."""

    rarities: Mapping[str, float]
    documents: int

    def worth(self, weights: Mapping[str, float]) -> dict[str, float]:
        """Weight times rarity; terms that stand nowhere are dropped."""
        return {
            term: weight * self.rarities[term] for term, weight in weights.items() if term in self.rarities
        }


def scale_of(corpus: Corpus, query: Query) -> Scale:
    """Weigh the query's terms by how few files hold them."""
    holding = {term: len(corpus.paths_with(term)) for term in query.weights}
    count = len(corpus.files)
    return Scale(rarities={t: rarity(count, held) for t, held in holding.items() if held}, documents=count)


def text_fields(corpus: Corpus) -> tuple[Field, ...]:
    """The fields that are known of every file."""
    return (
        Field(counts=corpus.body, weight=1.0, lengths=corpus.lengths),
        Field(counts=corpus.paths.holding, weight=PATH_WEIGHT),
    )


def defined_field(defined: Definitions, words: Mapping[bytes, tuple[str, ...]]) -> Field:
    """The defined names, in terms of the query; a name defined often counts three times at most."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    lengths: Counter[str] = Counter()
    for name, homes in defined.items():
        held = words.get(name.encode(), ())
        for path, count in homes.items():
            lengths[path] += min(count, 3)
            for term in held:
                counts[term][path] = counts[term].get(path, 0) + min(count, 3)
    relative = relative_lengths(lengths, DEFINED_LENGTH_EFFECT)
    return Field(counts=counts, weight=DEFINED_WEIGHT, lengths=relative)


def body_clues(query: Query, fields: tuple[Field, ...], scale: Scale, corpus: Corpus) -> Clues:
    """The scores of the whole text and of its telling parts."""

    def score(weights: Mapping[str, float]) -> dict[str, float]:
        known = {term: weight for term, weight in weights.items() if term in scale.rarities}
        return scaled(bm25(known, fields, rarities=scale.rarities))

    return {
        "terms": score(query.weights),
        "title": score(query.title),
        "code terms": score(code_terms(query)),
        "prose": score(query.prose),
        "rare": scaled(_rare(query.weights, corpus)),
    }


def prior_clues(
    paths: Iterable[str], corpus: Corpus, named: Mapping[str, float], defining: set[str]
) -> Clues:
    """What a file's place says, whatever the text; a named text file is not held back."""
    clues: Clues = {"test": {}, "text": {}, "auxiliary": {}, "index": {}, "has definitions": {}}
    for path in paths:
        kind = corpus.kinds[path]
        clues["test"][path] = float(kind is Kind.TEST)
        clues["text"][path] = float(kind is Kind.TEXT) * (1.0 - min(1.0, named.get(path, 0.0)))
        clues["auxiliary"][path] = float(is_auxiliary(path))
        clues["index"][path] = float(is_index_file(path))
        clues["has definitions"][path] = float(path in defining)
    return clues


def neighbours(scores: Mapping[str, float]) -> dict[str, float]:
    """Files beside the leaders: each folder is worth its best four."""
    leaders = sorted(scores, key=lambda path: (-scores[path], path))[:LEADERS]
    folders: dict[str, list[float]] = defaultdict(list)
    for path in leaders:
        folders[_folder(path)].append(scores[path])
    worth = {folder: sum(values[:4]) for folder, values in folders.items()}
    return scaled({path: worth.get(_folder(path), 0.0) for path in scores})


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _rare(weights: Mapping[str, float], corpus: Corpus) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for term, weight in weights.items():
        holding = [path for path in corpus.body.get(term, {}) if corpus.kinds[path] is Kind.SOURCE]
        if 0 < len(holding) <= FEW:
            for path in holding:
                found[path] += weight / len(holding)
    return dict(found)
