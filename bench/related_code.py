"""How often the files that a change touched are among the first that `rank_files` finds for its text.

    python bench/related_code.py                          cases from this repository's own history
    python bench/related_code.py --history PATH [...]     from the history of other checkouts
    python bench/related_code.py --cases FILE --mirror FOLDER [--only NAME ...]
    python bench/related_code.py --answer                 one JSON query per line in, one answer per line out

FILE has one JSON object per line: id, kind, repo ("owner/name"), base_commit, query, gold (paths). FOLDER holds git
directories as `owner+name/repo`; `--alias owner/name=fork/name` takes one for another. `--answer` reads
`{"repo_dir", "query", "k"}` and prints `{"files"}`, for a harness that measures several programs.

acc@k counts a case only if all of its files are among the first k. CPU is of a cold answer: nothing is stored yet.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.context.kinds import Kind, kind_of
from runner.context.languages import file_name
from runner.context.rank import rank_files
from runner.context.source import CommitSource
from runner.git.repository import Repository

DEPTHS = (1, 3, 5, 10)
LEAST_BODY_CHARS = 80
MOST_FILES = 12
MOST_GOLD = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A text, and the files that a person changed for it."""

    id: str
    kind: str
    repo: str
    commit: str
    """The state before the change."""
    query: str
    gold: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where the last of the files stood (from 1; infinite when one is missing), and the CPU seconds."""

    worst: float
    cpu_s: float


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--history", type=Path, action="append", metavar="PATH")
    parser.add_argument("--count", type=int, default=40, help="cases from each history (default 40)")
    parser.add_argument("--cases", type=Path)
    parser.add_argument("--mirror", type=Path)
    parser.add_argument("--alias", action="append", default=[])
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--answer", action="store_true")
    given = parser.parse_args()
    if given.answer:
        answer_lines()
    elif given.cases:
        measure_cases(given.cases, given.mirror, dict(a.split("=", 1) for a in given.alias), given.only)
    else:
        for path in given.history or [Path(__file__).parent]:
            repository = Repository.open(path)
            report([(case, ask(repository, case)) for case in mined(repository, given.count)])


def answer_lines() -> None:
    """Answer each line of standard input."""
    for line in sys.stdin:
        asked = json.loads(line)
        source = CommitSource(Repository.open(Path(asked["repo_dir"])))
        found = rank_files(source, asked["query"], asked.get("k", 50))
        print(json.dumps({"files": [ranked.path for ranked in found]}), flush=True)


def measure_cases(cases: Path, mirror: Path, aliases: dict[str, str], only: list[str]) -> None:
    """Answer all cases whose repository is there."""
    answers: list[tuple[Case, Answer]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for line in cases.read_text().splitlines():
            raw = json.loads(line)
            case = Case(
                id=raw["id"],
                kind=raw["kind"],
                repo=raw["repo"],
                commit=raw["base_commit"],
                query=raw["query"],
                gold=tuple(raw["gold"]),
            )
            objects = mirror / aliases.get(case.repo, case.repo).replace("/", "+") / "repo" / "objects"
            if objects.is_dir() and (not only or any(name in case.repo for name in only)):
                answers.append((case, ask(borrowed(objects, Path(scratch) / case.repo), case)))
    report(answers)


def borrowed(objects: Path, folder: Path) -> Repository:
    """A repository without a commit of its own that reads the objects of another."""
    if not folder.exists():
        (folder / ".git" / "objects" / "info").mkdir(parents=True)
        (folder / ".git" / "objects" / "info" / "alternates").write_text(f"{objects.resolve()}\n")
        (folder / ".git" / "refs").mkdir()
        (folder / ".git" / "HEAD").write_text("ref: refs/heads/none\n")
    return Repository.open(folder)


def ask(repository: Repository, case: Case) -> Answer:
    """Rank once, cold."""
    started = time.process_time()
    found = [ranked.path for ranked in rank_files(CommitSource(repository, case.commit), case.query, 50)]
    places = [found.index(path) + 1 if path in found else float("inf") for path in case.gold]
    return Answer(worst=max(places), cpu_s=time.process_time() - started)


def mined(repository: Repository, count: int) -> Iterator[Case]:
    """Cases from history: a message of some length that names no file, and one to four changed sources."""
    log = repository.git.text("log", "--no-merges", "--max-count=5000", "--format=%H%x00%P%x00%B%x01")
    left = count
    for entry in log.split("\x01"):
        commit, _, rest = entry.strip("\n").partition("\0")
        parent, _, message = rest.partition("\0")
        if left and parent and len(message) >= LEAST_BODY_CHARS:
            gold = changed_sources(repository, parent, commit)
            if gold and not any(file_name(path).rpartition(".")[0] in message for path in gold):
                left -= 1
                name = repository.top.name
                yield Case(id=commit, kind="commit", repo=name, commit=parent, query=message, gold=gold)


def changed_sources(repository: Repository, before: str, after: str) -> tuple[str, ...]:
    """The sources that a commit changed; () when it changed too much, or made new ones."""
    text = repository.git.text("diff-tree", "-r", "--no-renames", "--name-status", "-z", before, after)
    fields = text.rstrip("\0").split("\0")
    changes = list(zip(fields[1::2], fields[::2], strict=False))
    sources = [(path, change) for path, change in changes if kind_of(path, 1) is Kind.SOURCE]
    usable = len(changes) <= MOST_FILES and 0 < len(sources) <= MOST_GOLD
    return tuple(p for p, _ in sources) if usable and all(change == "M" for _, change in sources) else ()


def report(answers: list[tuple[Case, Answer]]) -> None:
    """Print a line per kind, per repository, and for all."""
    if not answers:
        print(
            "no cases: a usable commit has a long message that names no file, and changes one to four sources"
        )
    groups: dict[str, list[Answer]] = defaultdict(list)
    for case, answer in answers:
        for name in (f"kind {case.kind}", f"repo {case.repo}", "all"):
            groups[name].append(answer)
    for name, group in sorted(groups.items()):
        shares = " / ".join(f"{100 * sum(a.worst <= k for a in group) / len(group):5.1f}" for k in DEPTHS)
        cpu = sorted(a.cpu_s for a in group)[len(group) // 2]
        print(f"{name:34} n={len(group):4}  acc@1/3/5/10 {shares}  cpu median {cpu:.2f} s")


if __name__ == "__main__":
    os.environ.setdefault("GIT_CONFIG_NOSYSTEM", "1")
    main()
