"""Which process `runner stop` signals, and what it makes of one that does not end, is not seen, or is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.allowance.holder import holder_of_this_process
from runner.allowance.model import Holder
from runner.errors import OutsideTrouble, UsageProblem
from runner.runs.record import Json, RunRecord
from runner.runs.stopping import StoppedRun, at_work, is_free, stop_run
from tests.faults.scene import ROOT

STUBBORN = """
import signal, sys, time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from runner.allowance.holder import holder_of_this_process
from runner.runs.record import RunRecord

signals = []
for number in (signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, lambda *_: signals.append(1))
holder = asdict(holder_of_this_process())
record = RunRecord.create(Path(sys.argv[1]), "r-1", lambda: datetime.now(UTC), holder=holder)
print("ready", flush=True)
while len(signals) < int(sys.argv[2]):
    time.sleep(0.02)
"""


@contextmanager
def stubborn(runs: Path, *, until: int) -> Iterator[subprocess.Popen[str]]:
    """A run whose process ends only at the signal of this number."""
    process = subprocess.Popen(
        [sys.executable, "-c", STUBBORN, str(runs), str(until)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_who_does_not_end_within_the_time_is_still_ending(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=99) as process:
        stopped = stop_run(tmp_path, None, now=False, wait_s=0.2)
        (running,) = at_work(tmp_path)
        process.kill()

    assert stopped == StoppedRun(run_id="r-1", ended=False)
    assert running.run_id == "r-1"


def test_now_asks_until_it_has_ended(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=3) as process:
        stopped = stop_run(tmp_path, "r-1", now=True)
        process.wait(timeout=20)

    assert stopped == StoppedRun(run_id="r-1", ended=True, unfinished=True)
    assert at_work(tmp_path) == ()


def test_now_gives_up_after_its_time(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=99) as process:
        stopped = stop_run(tmp_path, "r-1", now=True, wait_s=0.8)
        process.kill()

    assert not stopped.ended


def held(runs: Path, holder: Holder) -> RunRecord:
    """A run that this process has its hands on, and that says somebody else has."""
    facts: dict[str, Json] = dict(asdict(holder))
    return RunRecord.create(runs, "r-1", lambda: datetime.now(UTC), holder=facts)


def test_a_process_of_another_container_has_to_be_ended_there(tmp_path: Path) -> None:
    here = holder_of_this_process()
    record = held(tmp_path, replace(here, boot_id=here.boot_id.partition("/")[0] + "/1"))

    with pytest.raises(OutsideTrouble, match="cannot be seen from here"):
        stop_run(tmp_path, None, now=False)

    record.let_go()


def test_a_run_without_a_holder_cannot_be_signalled(tmp_path: Path) -> None:
    record = held(tmp_path, Holder(boot_id="", pid=0, started=0))

    with pytest.raises(OutsideTrouble, match="cannot be seen from here"):
        stop_run(tmp_path, "r-1", now=True)

    record.let_go()


AS_SOMEBODY_ELSE = """
import os, sys
from pathlib import Path
from runner.allowance import holder
from runner.errors import OutsideTrouble
from runner.runs.stopping import stop_run

if os.getuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
try:
    stop_run(Path(sys.argv[1]), None, now=False, wait_s=0.1)
except OutsideTrouble as trouble:
    print(trouble)
"""


def test_a_process_of_another_user_has_to_be_ended_by_that_user() -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        runs.chmod(0o755)
        # As root the other user is we, seen by nobody; else it is whoever runs the first process.
        holder = holder_of_this_process() if os.getuid() == 0 else process_one()
        record = held(runs, holder)
        record.folder.chmod(0o755)
        for path in record.folder.iterdir():
            path.chmod(0o666)

        done = subprocess.run(
            [sys.executable, "-c", AS_SOMEBODY_ELSE, folder],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        record.let_go()

    assert done.stdout.strip() == f"process {holder.pid} belongs to somebody else", done


def process_one() -> Holder:
    fields = Path("/proc/1/stat").read_text().rpartition(")")[2].split()
    return replace(holder_of_this_process(), pid=1, started=int(fields[19]))


def test_a_process_that_is_gone_when_the_signal_comes_has_ended(tmp_path: Path) -> None:
    with stubborn(tmp_path, until=1) as process:
        stop_run(tmp_path, None, now=False)
        process.wait(timeout=20)

    with pytest.raises(UsageProblem, match="no run is at work"):
        stop_run(tmp_path, None, now=False)


def test_looking_whether_a_run_is_free_leaves_it_free(tmp_path: Path) -> None:
    record = held(tmp_path, holder_of_this_process())
    record.let_go()

    assert is_free(record)
    assert is_free(record)
