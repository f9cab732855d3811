"""Kills, errors and full disks at every write-side call: nothing acknowledged is lost, no limit is passed."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import runner
from runner.allowance.files.ledger import FileLedger
from runner.allowance.files.store import LOG_LINES
from runner.allowance.model import Limits, Rule
from runner.errors import StoreFailed
from tests.allowance.faults import ERRORS, at_call, calls_in_order, die, fail_with
from tests.allowance.folders import files, open_ledger, quick_folder, talk
from tests.allowance.world import ME, World, ask, process, quota, spent, used_held

WORLD = World(limits=Limits(daily_tokens=10_000))
HOME = str(Path(runner.__file__).resolve().parents[1])

WRITER = """
import os, sys, time
from runner.allowance.files.ledger import FileLedger
from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Ask, Limits
folder, name, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
ledger = FileLedger(folder, lambda agent: Limits(daily_jobs=limit), time.time, lambda holder: True, timeout_s=60)
me = holder_of_this_process()
os.write(1, b"ready\\n")
sys.stdin.readline()
number = 0
while ledger.reserve(Ask(id=f"{name}-{number}", agent_id="me", model="m", tokens=1, cost_nano=1), me).granted:
    os.write(1, f"{name}-{number}\\n".encode())
    number += 1
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as place:
        yield place


def start_writers(folder: Path, count: int, limit: int) -> list[subprocess.Popen[bytes]]:
    """Processes that reserve as fast as they can, all let off together."""
    environment = {**os.environ, "PYTHONPATH": HOME}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), f"w{index}", str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        for index in range(count)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    return writers


def acknowledged(writers: list[subprocess.Popen[bytes]]) -> set[str]:
    told = [writer.communicate(timeout=60)[0].decode() for writer in writers]
    return {line for text in told for line in text.splitlines()}


def stored(folder: Path) -> set[str]:
    ledger = FileLedger(folder, lambda _: Limits(), time.time, lambda _: True)
    return {hold.id for hold in ledger.open_holds()}


def test_eight_processes_get_exactly_what_the_limit_allows(tmp_path: Path) -> None:
    writers = start_writers(tmp_path / "allowance", 8, limit=200)

    granted = acknowledged(writers)

    assert {writer.returncode for writer in writers} == {0}
    assert len(granted) == 200
    assert stored(tmp_path / "allowance") == granted


@pytest.mark.parametrize("rounds", [4, pytest.param(40, marks=pytest.mark.long)])
def test_killed_writers_lose_nothing_that_was_acknowledged(folder: Path, rounds: int) -> None:
    granted: set[str] = set()
    for number in range(rounds):
        writers = start_writers(folder / str(number), 4, limit=10_000)
        for index, writer in enumerate(writers):
            time.sleep(0.01 + 0.013 * ((number + index) % 5))
            writer.send_signal(signal.SIGKILL)
        told, kept = acknowledged(writers), stored(folder / str(number))

        assert told <= kept
        assert len(kept) <= len(told) + len(writers)
        granted |= told

    assert granted


def nearly_full_log(folder: Path) -> dict[str, bytes]:
    """The files of a store whose second change from now starts a new generation."""
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("talker", tokens=LOG_LINES), ME)
    talk(ledger, "talker", LOG_LINES - 2)
    ledger.close()
    return files(folder)


def put_back(template: dict[str, bytes], folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    for name, data in template.items():
        (folder / name).write_bytes(data)


def work(ledger: FileLedger) -> Iterator[None]:
    """Steps on both sides of a new generation; each is acknowledged when the next one is asked for."""
    ledger.reserve(ask("a", tokens=1_000), ME)
    yield
    ledger.reserve(ask("b", tokens=2_000), ME)
    yield
    ledger.settle("a", spent(1_500), failed=False)
    yield
    ledger.reserve(ask("c", tokens=3_000), ME)
    yield
    ledger.release("c")
    yield


TAKEN = [0, 1_000, 3_000, 3_500, 6_500, 3_500]
"""Tokens used or held after so many steps."""


def taken(folder: Path) -> int:
    """The same as a fresh process reads it, without what the store held before."""
    held = sum(used_held(open_ledger(WORLD, folder), Rule.DAILY_TOKENS))
    return held - (LOG_LINES if "talker" in stored(folder) else 0)


def steps_before_death(folder: Path, call: int) -> int | None:
    """Work in a child that dies just before its write-side call `call`; None when it lived to the end."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            ledger = open_ledger(WORLD, folder)
            with at_call(call, die):
                for _ in work(ledger):
                    os.write(writing, b".")
        finally:
            os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        steps = len(pipe.read())
    return steps if os.waitstatus_to_exitcode(status) == 9 else None


def expect_nothing_lost(folder: Path, steps: int) -> None:
    """As acknowledged, or one step further; and the next process goes on without help."""
    assert taken(folder) in TAKEN[steps : steps + 2]
    assert open_ledger(WORLD, folder).reserve(ask("next", tokens=1), ME).granted
    assert taken(folder) - 1 in TAKEN[steps : steps + 2]


@pytest.mark.parametrize("start", ["unused", "nearly full"])
def test_death_before_any_call_loses_nothing_acknowledged(folder: Path, start: str) -> None:
    template = nearly_full_log(folder) if start == "nearly full" else {}
    folder.mkdir(exist_ok=True)
    call, deaths = 1, 0

    while True:
        put_back(template, folder)
        steps = steps_before_death(folder, call)
        if steps is None:
            break
        expect_nothing_lost(folder, steps)
        deaths += 1
        call += 1

    assert deaths > 20


def steps_before_error(ledger: FileLedger, told: list[StoreFailed]) -> int:
    steps = 0
    try:
        for _ in work(ledger):
            steps += 1
    except StoreFailed as error:
        told.append(error)
    return steps


@pytest.mark.parametrize("name", list(ERRORS))
def test_an_error_at_any_call_is_one_clear_line_and_heals(folder: Path, name: str) -> None:
    template = nearly_full_log(folder)
    call, errors = 1, 0

    while True:
        put_back(template, folder)
        ledger = open_ledger(WORLD, folder)
        told: list[StoreFailed] = []
        with at_call(call, fail_with(ERRORS[name])) as calls:
            steps = steps_before_error(ledger, told)
        if calls() < call:
            break
        assert [error.hint != "" and os.strerror(ERRORS[name]) in str(error) for error in told] == [True]
        errors += 1
        assert ledger.reserve(ask("next", tokens=1), ME).granted
        assert taken(folder) - 1 in TAKEN[steps : steps + 2]
        call += 1

    assert errors > 20


def test_after_a_failed_flush_the_next_change_starts_a_new_generation(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("before"), ME)
    generation = max(folder.glob("log.*"))
    with at_call(2, fail_with(ERRORS["EIO"])), pytest.raises(StoreFailed, match="Input/output error"):
        ledger.reserve(ask("doubtful"), ME)

    assert ledger.reserve(ask("after"), ME).granted

    assert max(folder.glob("log.*")) > generation
    assert stored(folder) == {"before", "doubtful", "after"}


@pytest.mark.parametrize(
    ("change", "order"),
    [
        ("reserve", ["pwrite", "unlock", "fdatasync"]),
        ("grow", ["pwrite", "unlock", "fdatasync"]),
        ("see", ["pwrite", "unlock", "fdatasync"]),
        ("shrink", ["pwrite", "fdatasync", "unlock"]),
        ("settle", ["pwrite", "fdatasync", "unlock"]),
        ("release", ["pwrite", "fdatasync", "unlock"]),
        ("reap", ["pwrite", "fdatasync", "unlock"]),
        ("reserve in a dead one's place", ["pwrite", "pwrite", "fdatasync", "unlock"]),
        ("reserve again", ["unlock"]),
        ("see less", ["unlock"]),
    ],
)
def test_what_makes_room_is_flushed_before_others_can_see_it(
    folder: Path, change: str, order: list[str]
) -> None:
    world = World(limits=Limits(concurrent_jobs=1))
    ledger = open_ledger(world, folder)
    if change != "reserve":
        ledger.reserve(ask("r-1", tokens=100, cost=10), ME)
    if change in ("reap", "reserve in a dead one's place"):
        world.dead.add(ME)
    changes: dict[str, Callable[[], object]] = {
        "reserve": lambda: ledger.reserve(ask("r-1"), ME),
        "grow": lambda: ledger.resize("r-1", tokens=200, cost_nano=10),
        "see": lambda: ledger.seen("r-1", spent(1)),
        "shrink": lambda: ledger.resize("r-1", tokens=50, cost_nano=20),
        "settle": lambda: ledger.settle("r-1", spent(1), failed=False),
        "release": lambda: ledger.release("r-1"),
        "reap": ledger.reap,
        "reserve in a dead one's place": lambda: ledger.reserve(ask("r-2"), process(2)),
        "reserve again": lambda: ledger.reserve(ask("r-1", tokens=100, cost=10), ME),
        "see less": lambda: ledger.seen("r-1", spent(0)),
    }

    with calls_in_order() as made:
        changes[change]()

    # The last lock call but none before the record is the one that lets others in.
    assert made[-len(order) :] == order


@contextmanager
def no_file_past(size_bytes: int) -> Iterator[None]:
    """No file may grow past this size: what a full disk does to a write, short writes too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_and_leaves_no_short_line(folder: Path) -> None:
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("before"), ME)
    log = max(folder.glob("log.*"))
    whole = log.read_bytes()

    for room in range(0, 60, 7):
        reason = "No space left" if room else "File too large"
        with no_file_past(len(whole) + room), pytest.raises(StoreFailed, match=reason) as error:
            ledger.reserve(ask("full"), ME)
        assert "free some space" in error.value.hint
        assert log.read_bytes() == whole

    assert ledger.reserve(ask("after"), ME).granted
    assert stored(folder) == {"before", "after"}


def test_a_disk_that_is_full_during_compaction_keeps_the_old_generation(folder: Path) -> None:
    put_back(nearly_full_log(folder), folder)
    ledger = open_ledger(WORLD, folder)
    ledger.reserve(ask("a"), ME)
    ledger.reserve(ask("b"), ME)
    before = stored(folder)

    for size in (0, 5, 40, 100):
        with no_file_past(size), pytest.raises(StoreFailed, match="File too large"):
            ledger.reserve(ask("full"), ME)
        assert stored(folder) == before

    assert ledger.reserve(ask("c"), ME).granted
    assert len(list(folder.glob("log.*"))) == 2
    assert not list(folder.glob("*.tmp"))


def test_queries_work_where_nothing_can_be_written(folder: Path) -> None:
    open_ledger(WORLD, folder).reserve(ask("before", tokens=7), ME)
    told = []

    with at_call(1, fail_with(ERRORS["EROFS"])) as calls:
        ledger = open_ledger(WORLD, folder)
        told = [
            ledger.check(ask("x")).granted,
            len(ledger.open_holds()),
            quota(ledger, Rule.DAILY_TOKENS).held,
        ]

    assert told == [True, 1, 7]
    assert calls() == 0
