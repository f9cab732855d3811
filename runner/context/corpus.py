"""The files of a source that can be ranked, read once and counted for one query."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from runner.context.index import Postings, count_postings
from runner.context.kinds import Kind, kind_of
from runner.context.paths import PathIndex, index_paths
from runner.context.query import Query
from runner.context.score import BODY_LENGTH_EFFECT, relative_lengths
from runner.context.source import Entry, Source
from runner.errors import RunnerError

LARGEST_CORPUS_BYTES = 300_000_000
"""What one query reads at most; of a larger repository the files whose paths come last are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What is known of all files that can be ranked; keyed by path."""

    files: Mapping[str, Entry]
    kinds: Mapping[str, Kind]
    paths: PathIndex
    body: Mapping[str, Mapping[str, int]]
    """Term -> path -> how often."""
    lengths: Mapping[str, float]
    """Path -> its relative length."""
    spelled: Mapping[str, frozenset[str]]
    """Identifier of the query -> paths with exactly that word."""
    words: Mapping[bytes, tuple[str, ...]]
    """Every word that holds terms of the query -> those terms."""

    def paths_with(self, term: str) -> set[str]:
        """The files that hold the term in their text or their path."""
        return set(self.body.get(term, {})) | set(self.paths.holding.get(term, {}))


class Reader:
    """Reads blobs and turns one that cannot be had into an empty one and a line for people."""

    def __init__(self, source: Source, report: Callable[[str], None]) -> None:
        self._source = source
        self._report = report
        self._failed = False

    def __call__(self, blob_id: str) -> bytes:
        try:
            return self._source.read(blob_id)
        except RunnerError as error:
            if not self._failed:
                self._report(f"some files cannot be read: {error}")
            self._failed = True
            return b""


def read_corpus(source: Source, query: Query, read: Reader, report: Callable[[str], None]) -> Corpus:
    """Read all files worth ranking and count the terms of the query in them."""
    files, kinds = _worth_ranking(source.entries(), report)
    postings = count_postings(
        sorted({entry.blob_id for entry in files.values()}),
        read,
        wanted=frozenset(query.weights),
        identifiers=frozenset(query.identifiers),
    )
    return _by_path({path: e for path, e in files.items() if e.blob_id in postings.lengths}, kinds, postings)


def _worth_ranking(
    entries: Iterable[Entry], report: Callable[[str], None]
) -> tuple[dict[str, Entry], dict[str, Kind]]:
    """Files that people write, as many as may be read, in the order of their paths."""
    files: dict[str, Entry] = {}
    kinds: dict[str, Kind] = {}
    left, dropped, absent = LARGEST_CORPUS_BYTES, 0, 0
    for entry in sorted(entries, key=lambda entry: entry.path):
        kind = None if entry.link else kind_of(entry.path, entry.size_bytes)
        if kind is None:
            continue
        left -= entry.size_bytes
        if entry.size_bytes < 0:
            absent += 1
        elif left < 0:
            dropped += 1
        else:
            files[entry.path], kinds[entry.path] = entry, kind
    if absent:
        # Each one would be fetched for itself.
        report(f"not looked at, because this partial clone does not have them: {absent} of the files")
    if dropped:
        report(f"not looked at, because there is too much text: the last {dropped} of the files, by path")
    return files, kinds


def _by_path(files: Mapping[str, Entry], kinds: Mapping[str, Kind], postings: Postings) -> Corpus:
    homes: dict[str, list[str]] = {}
    for path, entry in files.items():
        homes.setdefault(entry.blob_id, []).append(path)
    body = {
        term: {path: count for blob, count in counts.items() for path in homes.get(blob, ())}
        for term, counts in postings.counts.items()
    }
    return Corpus(
        files=files,
        kinds={path: kinds[path] for path in files},
        paths=index_paths(files),
        body=body,
        lengths=relative_lengths(
            {p: postings.lengths[e.blob_id] for p, e in files.items()}, BODY_LENGTH_EFFECT
        ),
        spelled={
            name: frozenset(path for blob in blobs for path in homes.get(blob, ()))
            for name, blobs in postings.spelled.items()
        },
        words=postings.words,
    )
