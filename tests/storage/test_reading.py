"""Looking at a database where nothing can be written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runner.errors import StoreFailed
from runner.storage.database import Database
from runner.tasks.schema import TASKS

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    """An empty queue that was closed properly, in a folder that everybody may reach."""
    # One folder more when the suite runs in several processes.
    base = Path(tempfile.gettempdir())
    for above in (tmp_path, *(parent for parent in tmp_path.parents if base in parent.parents)):
        above.chmod(0o755)
    folder = tmp_path / "state"
    with Database(folder / "queue.db", schemas=(TASKS,)) as database, database.transaction():
        pass
    for file in folder.iterdir():
        file.chmod(0o444)
    yield folder / "queue.db"
    folder.chmod(0o700)


@contextmanager
def without_rights() -> Iterator[None]:
    """Nothing but the permissions of files counts, even for root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def count(database: Database) -> object:
    with database.read() as reading:
        return reading.row("SELECT count(*) FROM task")


def write(database: Database) -> None:
    with database.transaction():
        return


def test_a_database_in_a_read_only_folder_may_have_changed_at_each_look(path: Path) -> None:
    path.parent.chmod(0o555)

    with Database(path, schemas=(TASKS,)) as database, without_rights():
        assert database.version() != database.version()


def test_a_database_in_a_read_only_folder_can_be_looked_at(path: Path) -> None:
    path.parent.chmod(0o555)

    with without_rights(), Database(path, schemas=(TASKS,), timeout_s=0.1) as database:
        assert count(database) == (0,)
        assert count(database) == (0,)
        with pytest.raises(StoreFailed) as told:
            write(database)

    assert told.value.exit_code == 5
    assert told.value.hint
    assert "\n" not in str(told.value)


def test_what_is_written_there_by_others_is_seen_at_the_next_look(path: Path) -> None:
    path.parent.chmod(0o555)

    with Database(path, schemas=(TASKS,), timeout_s=0.1) as database:
        with without_rights():
            assert count(database) == (0,)
        path.parent.chmod(0o755)
        for file in path.parent.iterdir():
            file.chmod(0o644)
        with Database(path, schemas=(TASKS,)) as other, other.transaction() as tx:
            tx.run(
                "INSERT INTO task VALUES (1, 'p', 't', 'low', '', '', '', '', 3, NULL, 0, 0, 'pending', 0, 0, 0,"
                " NULL, 0, NULL, NULL, '', NULL, NULL, 1, 0, 0, '', NULL, '', '', '')"
            )
        path.parent.chmod(0o555)
        with without_rights():
            assert count(database) == (1,)


def test_a_log_that_cannot_be_read_is_not_passed_over(path: Path) -> None:
    path.with_name("queue.db-wal").write_bytes(b"something that was acknowledged")
    path.with_name("queue.db-wal").chmod(0o000)
    path.parent.chmod(0o555)

    with (
        without_rights(),
        Database(path, schemas=(TASKS,), timeout_s=0.1) as database,
        pytest.raises(StoreFailed, match=r"queue\.db"),
    ):
        count(database)


def test_a_database_that_may_not_be_opened_is_told(path: Path) -> None:
    path.chmod(0o000)

    for use in (count, write):
        with (
            without_rights(),
            Database(path, schemas=(TASKS,), timeout_s=0.1) as database,
            pytest.raises(StoreFailed) as told,
        ):
            use(database)
        assert told.value.hint


def test_a_folder_in_which_nothing_can_be_made_holds_no_task_and_says_so_when_one_is_written(
    path: Path,
) -> None:
    folder = path.parent
    for file in folder.iterdir():
        file.unlink()
    folder.chmod(0o555)

    with without_rights(), Database(path, schemas=(TASKS,), timeout_s=0.1) as database:
        assert count(database) == (0,)
        with pytest.raises(StoreFailed) as told:
            write(database)

    assert told.value.hint
