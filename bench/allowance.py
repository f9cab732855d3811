"""How fast the allowance reserves, against the floor that a SQLite ledger (WAL, FULL) sets, in one run.

`sqlite` waits in SQLite's own way, which lets one process run and the others starve (see the share of the slowest);
`sqlite, fair` takes turns by the same two locks as ours, and is what the ratio is against.

    python bench/allowance.py [--seconds 0.5] [--rounds 2] [--folder FOLDER]

Warm: the store stays open in the process, each run is reserved and settled. Cold: open, read, check, reserve, flush,
close, with 10,000 operations of history. Process: CPU of a whole hook that reserves, against an interpreter that does
nothing. All stores are durable: every grant is flushed before it counts. Rounds take turns, so read the ratios;
absolute numbers are this machine's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.lock import Turnstile
from runner.allowance.model import Ask, Holder, Limits, Spent, Tokens

ROOT = Path(__file__).resolve().parents[1]
ME = Holder(boot_id="bench", pid=1, started=1)
LIMITS = Limits(
    daily_tokens=10**12, daily_jobs=10**9, concurrent_jobs=10**9, daily_cost_nano=10**15, models=("sonnet",)
)
HISTORY = 10_000
MEMORY = Path("/dev/shm")  # noqa: S108 - a place without flushes, for a folder with a random name
SCHEMA = (
    "create table if not exists used (agent, day, tokens, cost, jobs, primary key (agent, day))",
    "create table if not exists hold (id text primary key, agent, model, day, tokens, cost)",
    "create table if not exists closed (id text primary key, agent, model, day, tokens, cost)",
    "create index if not exists holds on hold (agent)",
)
ADD_UP = (
    "insert into used values ('me', ?, 90, 900, 1) on conflict do update "
    "set tokens = tokens + 90, cost = cost + 900, jobs = jobs + 1"
)
HOOK = """
import sys, time
sys.path.insert(0, sys.argv[2])
from runner.allowance.files.ledger import FileLedger
from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits
ledger = FileLedger(sys.argv[1], lambda agent: Limits(daily_tokens=10**12), time.time)
ask = Ask(id=str(time.time_ns()), agent_id="me", model="sonnet", tokens=1, cost_nano=1)
assert ledger.reserve(ask, holder_of_this_process()).granted
"""
MODEL_ONLY = "import sys; sys.path.insert(0, sys.argv[2]); import runner.allowance.model, runner.errors"


def ask(run_id: str) -> Ask:
    return Ask(id=run_id, agent_id="me", model="sonnet", tokens=100, cost_nano=1_000)


class FileStore:
    """Ours."""

    def __init__(self, folder: Path) -> None:
        self._ledger = FileLedger(folder / "files", lambda _: LIMITS, time.time, lambda _: True, timeout_s=60)

    def reserve(self, run_id: str) -> None:
        assert self._ledger.reserve(ask(run_id), ME).granted

    def settle(self, run_id: str) -> None:
        self._ledger.settle(run_id, Spent(tokens=Tokens(output=90), cost_nano=900), failed=False)


class SqliteStore:
    """The same decisions in SQL: one immediate transaction each, in WAL mode, flushed at every commit."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "floor.db", timeout=60, isolation_level=None)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = full")
        for statement in SCHEMA:
            self._database.execute(statement)

    def reserve(self, run_id: str) -> None:
        day, run = int(time.time()) // 86_400, self._database.execute
        run("begin immediate")
        assert run("select 1 from hold where id = ?", (run_id,)).fetchone() is None
        used = run("select tokens, cost, jobs from used where agent = 'me' and day = ?", (day,)).fetchone()
        held = run("select total(tokens), total(cost), count(*) from hold where agent = 'me'").fetchone()
        assert sum(row[0] for row in (used, held) if row) + 100 <= 10**12
        run("insert into hold values (?, 'me', 'sonnet', ?, 100, 1000)", (run_id, day))
        run("commit")

    def settle(self, run_id: str) -> None:
        day, run = int(time.time()) // 86_400, self._database.execute
        run("begin immediate")
        run("delete from hold where id = ?", (run_id,))
        run(ADD_UP, (day,))
        run("insert into closed values (?, 'me', 'sonnet', ?, 90, 900)", (run_id, day))
        run("commit")


class FairSqliteStore(SqliteStore):
    """SQLite behind our turnstile."""

    def __init__(self, folder: Path) -> None:
        self._turnstile = Turnstile(str(folder))
        with self._turn():
            super().__init__(folder)

    def reserve(self, run_id: str) -> None:
        with self._turn():
            super().reserve(run_id)

    def settle(self, run_id: str) -> None:
        with self._turn():
            super().settle(run_id)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        self._turnstile.take(time.monotonic() + 60)
        try:
            yield
        finally:
            self._turnstile.leave()


STORES: dict[str, type[FileStore] | type[SqliteStore]] = {
    "files": FileStore,
    "sqlite": SqliteStore,
    "sqlite, fair": FairSqliteStore,
}


def work(kind: str, folder: Path, name: str, seconds: float) -> None:
    """One process of a race: ready, go, then runs from start to end, and the waits in milliseconds."""
    store = STORES[kind](folder)
    print("ready", flush=True)
    sys.stdin.readline()
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for step in (store.reserve, store.settle):
            before = time.perf_counter()
            step(f"{name}-{len(waits) // 2}")
            waits.append(1_000 * (time.perf_counter() - before))
    waits.sort()
    print(len(waits), waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1])


def race(store: str, folder: Path, processes: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, __file__, "--worker", store, str(folder), "--seconds", str(seconds)]
    racers = [
        subprocess.Popen(
            [*command, "--name", f"p{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        for number in range(processes)
    ]
    for racer in racers:
        assert racer.stdout is not None
        racer.stdout.readline()
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    results = [[float(word) for word in racer.communicate()[0].split()] for racer in racers]
    counts = [result[0] for result in results]
    return {
        "ops/s": sum(counts) / seconds,
        "p50 ms": statistics.median(result[1] for result in results),
        "p99 ms": max(result[2] for result in results),
        "max ms": max(result[3] for result in results),
        "share": min(counts) / max(counts),
    }


def with_history(folder: Path) -> None:
    """10,000 operations of the past: reserved and settled runs over 30 days, as fast as memory allows."""
    memory = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
    clock = [time.time() - 30 * 86_400]
    ledger = FileLedger(memory / "files", lambda _: LIMITS, lambda: clock[0], lambda _: True)
    for number in range(HISTORY // 2):
        ledger.reserve(ask(f"run-{number:08}-of-the-past"), ME)
        ledger.settle(
            f"run-{number:08}-of-the-past", Spent(tokens=Tokens(output=90), cost_nano=900), failed=False
        )
        clock[0] += 30 * 86_400 / (HISTORY // 2)
    ledger.close()
    shutil.copytree(memory / "files", folder / "files")
    shutil.rmtree(memory)
    floor = SqliteStore(folder)
    for number in range(200):
        floor.reserve(f"past-{number}")
        floor.settle(f"past-{number}")


def cold(store: str, folder: Path, count: int) -> float:
    """Median milliseconds of open, reserve, close."""
    waits = []
    for number in range(count):
        before = time.perf_counter()
        opened = STORES[store](folder)
        opened.reserve(f"cold-{store}-{number}")
        del opened
        waits.append(1_000 * (time.perf_counter() - before))
    return statistics.median(waits)


def cpu_ms(code: str, folder: Path, count: int = 7) -> float:
    """Least CPU milliseconds of a whole process, fork to exit."""
    spent = []
    for _ in range(count):
        child = subprocess.Popen([sys.executable, "-I", "-S", "-c", code, str(folder), str(ROOT)])
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        assert status == 0
        spent.append(1_000 * (usage.ru_utime + usage.ru_stime))
    return min(spent)


def compare(place: Path, seconds: float, rounds: int) -> None:
    print(
        f"{'warm, reserve + settle':28}{'ops/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'min/max share':>15}"
    )
    for processes in (1, 8):
        found: dict[str, list[dict[str, float]]] = {store: [] for store in STORES}
        for turn in range(rounds):
            for store in STORES:
                folder = place / f"{store}-{processes}-{turn}"
                folder.mkdir()
                found[store].append(race(store, folder, processes, seconds))
        best = {store: max(rows, key=lambda row: row["ops/s"]) for store, rows in found.items()}
        for store, row in best.items():
            cells = f"{row['ops/s']:8.0f}{row['p50 ms']:9.2f}{row['p99 ms']:9.2f}{row['max ms']:9.1f}"
            print(f"{f'{store}, {processes} processes':28}{cells}{row['share']:15.2f}")
        ours, fair = best["files"], best["sqlite, fair"]
        print(f"{'':4}files / sqlite, fair: {ours['ops/s'] / fair['ops/s']:.2f}x the operations, ", end="")
        print(f"files / sqlite: {ours['max ms'] / best['sqlite']['max ms']:.2f}x the longest wait")


def compare_cold(place: Path) -> None:
    folder = place / "cold"
    folder.mkdir()
    with_history(folder)
    waits = {store: cold(store, folder, 40) for store in ("files", "sqlite")}
    print(f"cold reserve, {HISTORY:,} operations of history (sqlite: 400): ", end="")
    print(", ".join(f"{store} p50 {wait:.2f} ms" for store, wait in waits.items()), end="; ")
    print(f"files / sqlite: {waits['files'] / waits['sqlite']:.2f}x the time")
    nothing, values, hook = (cpu_ms(code, folder / "files") for code in ("pass", MODEL_ONLY, HOOK))
    print(
        f"process CPU: empty interpreter {nothing:.1f} ms, with the value classes {values:.1f} ms, ", end=""
    )
    print(
        f"with a durable reserve {hook:.1f} ms: {hook / values:.2f}x of the classes, {hook / nothing:.2f}x of nothing"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on the disk to measure")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--name", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        work(chosen.worker[0], Path(chosen.worker[1]), chosen.name, chosen.seconds)
        return
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix=".bench-allowance-") as place:
        compare(Path(place), chosen.seconds, chosen.rounds)
        compare_cold(Path(place))


if __name__ == "__main__":
    main()
