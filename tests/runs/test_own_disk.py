"""Which failures are our own disk's: they pass when somebody makes room, all others do not."""

from __future__ import annotations

import errno
import os

import pytest

from runner.errors import GitFailed, RunnerError, StoreFailed
from runner.git.push_faults import PushFailed, PushFault
from runner.runs.own_disk import disk_trouble, left_unfinished


def store_failed(number: int) -> StoreFailed:
    error = StoreFailed("run.json cannot be written")
    error.__cause__ = OSError(number, os.strerror(number))
    return error


@pytest.mark.parametrize(
    "error",
    [
        store_failed(errno.ENOSPC),
        store_failed(errno.EROFS),
        store_failed(errno.EACCES),
        StoreFailed("queue.db: the disk is full (database or disk is full)"),
        GitFailed("git add failed: sha1 file write error. Out of diskspace"),
        GitFailed("the commit was refused: unable to write new index file"),
        PushFailed("No space left on device", fault=PushFault.LOCAL),
    ],
)
def test_a_disk_that_takes_no_more_is_one(error: RunnerError) -> None:
    trouble = disk_trouble(error)

    assert trouble is not None
    assert str(trouble) == str(error)


def test_the_system_s_own_words_name_the_file() -> None:
    trouble = disk_trouble(OSError(errno.ENOSPC, "No space left on device", "/state/stream.jsonl"))

    assert str(trouble) == "/state/stream.jsonl: No space left on device"
    assert trouble is not None
    assert trouble.hint


@pytest.mark.parametrize(
    "error",
    [
        StoreFailed("run.json: is not a JSON object"),
        GitFailed("the commit was refused: the subject needs a ticket"),
        PushFailed("remote: No space left on device", fault=PushFault.REMOTE_FULL),
        OSError(errno.EACCES, "Permission denied"),
        OSError(errno.ENOENT, "No such file or directory"),
        ValueError("no space left on device"),
    ],
)
def test_all_else_is_none(error: BaseException) -> None:
    assert disk_trouble(error) is None


@pytest.mark.parametrize(
    ("hint", "begins"), [("", "`runner resume r-1`"), ("make room", "make room; then `")]
)
def test_how_to_go_on_is_told(hint: str, begins: str) -> None:
    assert left_unfinished("r-1", StoreFailed("full", hint=hint)).hint.startswith(begins)
