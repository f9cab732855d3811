"""Who may touch the database: turns, and one holder for itself alone."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.errors import Busy, StoreFailed
from runner.storage.database import Database
from runner.storage.locks import LockFile
from runner.storage.turnstile import Ownership, Turnstile

ROOT = Path(__file__).parents[2]

HOLD = """
import sys, time
from pathlib import Path
from runner.storage.turnstile import Turnstile
with Turnstile(Path(sys.argv[1])).passage(5.0):
    print("in", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process_inside(database: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the turn until the block is left."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(database)],
        cwd=ROOT,
        env=os.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in\n"
        yield process
        process.communicate(timeout=30)


def use(database: Database) -> None:
    with database.transaction():
        return


def test_a_turn_is_for_one(tmp_path: Path) -> None:
    one, two = Turnstile(tmp_path / "store.db"), Turnstile(tmp_path / "store.db")

    with one.passage(0.0), pytest.raises(Busy, match=f"process {os.getpid()}"), two.passage(0.01):
        pass

    with two.passage(0.0):
        pass
    one.close()
    two.close()


def test_a_turn_is_given_back_when_the_block_raises(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "store.db")

    for _ in range(2):
        with pytest.raises(ZeroDivisionError), turnstile.passage(0.0):
            raise ZeroDivisionError
    turnstile.close()


def test_who_waits_in_vain_is_told_which_process_works(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", schemas=(), timeout_s=0.05)

    with another_process_inside(database.path) as process:
        with pytest.raises(Busy) as told:
            use(database)
        assert f"process {process.pid}" in str(told.value)
        assert told.value.hint

    use(database)
    database.close()


def test_who_waits_behind_a_waiter_is_told_who_works(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    first = LockFile(tmp_path / "store.db.lock.a")

    with another_process_inside(path) as process:
        assert first.take(time.monotonic())
        with pytest.raises(Busy, match=f"process {process.pid}"), Turnstile(path).passage(0.01):
            pass
        first.close()


def test_a_holder_that_cannot_be_told_is_another_process(tmp_path: Path) -> None:
    turnstile = Turnstile(tmp_path / "store.db")
    file = os.open(tmp_path / "store.db.lock.b", os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)

    with pytest.raises(Busy, match="another process"), turnstile.passage(0.0):
        pass

    os.close(file)
    turnstile.close()


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", schemas=(), timeout_s=5.0)

    with another_process_inside(database.path) as process:
        process.kill()
        use(database)

    database.close()


def test_closing_waits_for_nobody_for_long(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", schemas=(), timeout_s=0.5)
    use(database)

    with another_process_inside(database.path):
        database.close()

    use(database)
    database.close()


def test_a_lock_on_a_deleted_file_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    one, two = LockFile(path), LockFile(path)
    assert one.take(0.0)
    one.give_back()
    path.unlink()
    assert two.take(0.0)

    assert not one.take(0.0)
    two.give_back()
    assert one.take(0.0)

    one.close()
    two.close()


def test_a_lock_in_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="folder is gone"):
        LockFile(tmp_path / "nowhere/lock").take(0.0)


def test_a_lock_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()

    with pytest.raises(StoreFailed, match="cannot be locked"):
        LockFile(tmp_path / "lock").take(0.0)


def test_a_lock_that_was_never_taken_is_given_back_without_a_word(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "lock")

    lock.give_back()
    lock.close()

    assert lock.note() == ""


def test_an_owner_keeps_everybody_else_out_and_says_who_it_is(tmp_path: Path) -> None:
    owner = Database(tmp_path / "store.db", schemas=(), alone_as="runner serve at http://127.0.0.1:8080")
    visitor = Database(tmp_path / "store.db", schemas=(), timeout_s=5.0)
    use(owner)

    for call in (use, look):
        with pytest.raises(Busy, match=f"process {os.getpid()} runner serve at") as told:
            call(visitor)
        assert "url" in told.value.hint

    look(owner)
    use(owner)
    owner.close()
    use(visitor)
    look(visitor)
    visitor.close()


def look(database: Database) -> None:
    with database.read():
        return


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    one = Database(tmp_path / "store.db", schemas=(), alone_as="one")
    two = Database(tmp_path / "store.db", schemas=(), alone_as="two", timeout_s=0.05)
    use(one)

    with pytest.raises(Busy, match="in use") as told:
        use(two)

    assert "one server" in told.value.hint
    one.close()
    use(two)
    two.close()


def test_a_visitor_makes_an_owner_wait_only_while_it_works(tmp_path: Path) -> None:
    visitor, owner = Ownership(tmp_path / "store.db"), Ownership(tmp_path / "store.db")

    with visitor.visit(), pytest.raises(Busy):
        owner.take("a server", 0.0)
    owner.take("a server", 0.0)

    with pytest.raises(Busy, match="a server"), visitor.visit():
        pass
    owner.close()
    visitor.close()


def test_a_reader_makes_no_lock_file(tmp_path: Path) -> None:
    reader = Ownership(tmp_path / "store.db", reading=True)

    with reader.visit():
        assert list(tmp_path.iterdir()) == []
    reader.close()
