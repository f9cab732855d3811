"""Looking leaves no trace: not a file, not a byte, not a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage import snapshot
from runner.storage.database import Database
from runner.storage.migrations import Schema
from runner.storage.session import open_for_writing
from runner.storage.snapshot import take_snapshot
from tests.storage.notes import read, write

Listing = dict[str, tuple[int, int, int]]


def listing(folder: Path) -> Listing:
    """Every file and folder: size, time of the last change, permissions."""
    found = {path: path.stat() for path in (folder, *folder.rglob("*"))}
    return {str(path): (stat.st_size, stat.st_mtime_ns, stat.st_mode) for path, stat in found.items()}


def test_looking_where_nothing_is_makes_nothing(tmp_path: Path, notes: Schema) -> None:
    before = listing(tmp_path)

    with Database(tmp_path / "state/store.db", schemas=(notes,)) as database:
        assert read(database) == []

    assert listing(tmp_path) == before


def test_looking_at_what_nobody_has_open_changes_nothing(database: Database, notes: Schema) -> None:
    write(database, "one")
    database.close()
    before = listing(database.path.parent)

    with Database(database.path, schemas=(notes,)) as other:
        assert (read(other), read(other)) == (["one"], ["one"])

    assert listing(database.path.parent) == before


def test_what_another_process_has_written_but_not_moved_yet_is_seen_and_stays(
    database: Database, notes: Schema
) -> None:
    write(database, "one")
    before = listing(database.path.parent)
    script = (
        "import sys; from pathlib import Path; from runner.storage.database import Database\n"
        "from runner.storage.migrations import Schema\n"
        "schema = Schema(name='notes', folder=Path(sys.argv[2]))\n"
        "with Database(Path(sys.argv[1]), schemas=(schema,)) as database, database.read() as reading:\n"
        "    print(reading.rows('SELECT text FROM note'))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(database.path), str(notes.folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "[('one',)]\n"
    after = listing(database.path.parent)
    changed = {Path(name).name for name in {**before, **after} if before.get(name) != after.get(name)}
    assert changed <= {"store.db-shm"}  # marks how far somebody reads; the log itself is not touched


def test_an_empty_log_that_was_left_is_no_log(database: Database, notes: Schema) -> None:
    write(database, "one")
    database.close()
    database.path.with_name("store.db-wal").touch()
    before = listing(database.path.parent)

    with Database(database.path, schemas=(notes,)) as other:
        assert read(other) == ["one"]

    assert listing(database.path.parent) == before


def test_a_look_inside_of_a_transaction_sees_what_was_before(database: Database) -> None:
    write(database, "one")

    with database.transaction() as tx:
        tx.insert("INSERT INTO note (text) VALUES ('two')")
        assert read(database) == ["one"]

    assert read(database) == ["one", "two"]


def test_a_writer_does_not_wait_for_who_looks(database: Database, notes: Schema) -> None:
    write(database, "one")
    database.close()

    with Database(database.path, schemas=(notes,)) as other, other.read() as reading:
        write(database, "two")
        assert reading.rows("SELECT text FROM note") == [("one",)]

    assert read(database) == ["one", "two"]


def test_a_big_file_is_opened_in_place(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write(database, "one")
    database.close()
    monkeypatch.setattr(snapshot, "LIMIT_BYTES", 10)

    assert take_snapshot(database.path) is None
    assert read(database) == ["one"]


def test_a_log_that_cannot_be_looked_for_counts_as_one(tmp_path: Path) -> None:
    assert take_snapshot(tmp_path / ("n" * 253)) is None


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="cannot be opened"):
        take_snapshot(tmp_path / "store.db")


def test_an_empty_file_has_nothing_in_it(tmp_path: Path, notes: Schema) -> None:
    (tmp_path / "store.db").touch()

    with Database(tmp_path / "store.db", schemas=(notes,)) as database:
        assert read(database) == []

    assert (tmp_path / "store.db").stat().st_size == 0


def test_a_snapshot_can_be_taken_of_what_was_closed_properly(tmp_path: Path) -> None:
    session = open_for_writing(tmp_path / "store.db", timeout_s=1.0)
    session.run("CREATE TABLE note (text TEXT)")
    session.close()

    taken = take_snapshot(tmp_path / "store.db")

    assert taken is not None
    assert taken.rows("SELECT name FROM sqlite_master") == [("note",)]
    taken.close()
