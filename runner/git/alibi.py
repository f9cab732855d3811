"""Looking at the developer's checkout: a fingerprint of it, and nothing is written there."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

from runner.git.alibi_files import look_at_files
from runner.git.alibi_status import read_refs, read_stash, read_status
from runner.git.alibi_store import Store, read_store
from runner.git.fingerprint import Fingerprint
from runner.git.repository import Repository


def take(
    repository: Repository, *, ours: tuple[Path, ...] = (), since: Fingerprint | None = None
) -> Fingerprint:
    """Look at the checkout; nothing is written there. `ours` are folders of our own that may lie in it.

    With `since`, tracked files that were touched after it are read, and not only believed to be unchanged.

    Raises:
        GitFailed: the repository is gone or damaged.
        ChildTimedOut: git did not answer.
    """
    store: list[Store] = []
    folders = (repository.git_dir, repository.common_dir)
    reading = Thread(target=lambda: store.append(read_store(*folders, repository.source)))
    # Thousands of small objects are looked at while git looks at the files.
    reading.start()
    try:
        status = read_status(repository)
        refs, remotes = read_refs(repository)
        stash = read_stash(repository) if "refs/stash" in refs else ()
    finally:
        reading.join()
    files, ignored = look_at_files(repository, status, ours=ours, since=since)
    return Fingerprint(
        top=str(repository.top),
        head=status.head,
        commit=status.commit,
        staged=status.staged,
        files=files,
        folders=ignored,
        refs=refs,
        remotes=remotes,
        stash=stash,
        settings=store[0].settings,
        logs=store[0].logs,
        packs=store[0].packs,
        loose=store[0].loose,
    )
