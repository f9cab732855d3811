"""What is kept of the developer's checkout while a run works, and how to get it back.

Everything goes to the vault: the developer's refs, index and objects are only read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.errors import GitFailed, StoreFailed
from runner.git.alibi_store import settings_files
from runner.git.base import FETCH
from runner.git.fingerprint import FileFacts, Fingerprint
from runner.git.ground import Ground, put
from runner.git.lock import locked
from runner.git.loose import FILE, LINK, PROGRAM, LooseObjects
from runner.git.program import NETWORK_S, Git
from runner.git.vault import bare_repository, ensure_vault, vault_git, vault_path

FILE_LIMIT_BYTES = 10_000_000
"""A larger file is not kept."""
ALL_LIMIT_BYTES = 200_000_000
"""All files together; smaller ones first."""
LOCK_S = 120.0
ALIBI = "refs/runner/alibi"
"""The folder of refs; below it is one for each run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What was kept for one run."""

    run_id: str
    vault: str
    refs: Mapping[str, str]
    """`head`, `index`, `files`, `ignored`, `settings`, `stash/<n>`, `heads/<branch>`, each with its commit."""
    left_out: tuple[str, ...] = ()
    """Paths, or parts, that could not be kept."""

    def ref(self, name: str) -> str:
        return f"{_folder(self.run_id)}/{name}"

    def to_json(self) -> bytes:
        facts = {
            "run_id": self.run_id,
            "vault": self.vault,
            "refs": dict(self.refs),
            "left_out": self.left_out,
        }
        return json.dumps(facts).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Kept:
        """Raises: StoreFailed (it is damaged)."""
        try:
            facts = json.loads(content)
            facts["left_out"] = tuple(facts["left_out"])
            return cls(**facts)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise StoreFailed(
                f"what was kept of the checkout cannot be read: {error}", hint="the run's folder is damaged"
            ) from error


def keep(ground: Ground, before: Fingerprint, run_id: str, *, at: int) -> Kept:
    """Keep the commits, stash, index, unsaved and ignored files and settings that `before` tells of.

    `at` is now, in seconds since 1970. Files that are too large, or changed since, are named in `left_out`.

    Raises:
        GitFailed, StoreFailed: the vault cannot be written.
        Busy: another run has been at it for too long.
    """
    with _held(ground):
        try:
            return _keep(ground, before, run_id, at)
        except OSError as error:
            raise StoreFailed(
                f"cannot keep a copy of your unsaved work in {vault_path(ground.path)}: {error.strerror}",
                hint="check the free space and who may write there",
            ) from error


def drop(ground: Ground, run_id: str) -> None:
    """Forget what was kept for a run; the vault goes when it holds nothing else. Nothing there is no error."""
    if not vault_path(ground.path).is_dir():
        return
    with _held(ground):
        git = vault_git(ground)
        forget(git, vault_path(ground.path), run_id)
        if not _has_refs(git, vault_path(ground.path)):
            # Secrets may be in it: nothing of them stays.
            shutil.rmtree(vault_path(ground.path), ignore_errors=True)


def forget(git: Git, vault: Path, run_id: str) -> None:
    """Remove the refs of one run; the caller holds the vault's lock."""
    if not _is_packed(vault):
        shutil.rmtree(vault / _folder(run_id), ignore_errors=True)
        return
    listed = git.run("for-each-ref", "--format=delete %(refname)", _folder(run_id))
    git.run("update-ref", "--stdin", input_bytes=listed)


def _has_refs(git: Git, vault: Path) -> bool:
    if not _is_packed(vault):
        return any(path.is_file() for path in (vault / "refs").rglob("*"))
    return bool(git.text("for-each-ref", "--count=1"))


def _is_packed(vault: Path) -> bool:
    """Whether git keeps refs elsewhere than in files of their own; we and `git fetch` write those, so it is rare."""
    return (vault / "packed-refs").exists() or (vault / "reftable").exists()


def kept_runs(ground: Ground) -> tuple[str, ...]:
    """Ids of the runs that something is kept for."""
    if not vault_path(ground.path).is_dir():
        return ()
    names = vault_git(ground).text("for-each-ref", "--format=%(refname)", ALIBI).splitlines()
    return tuple(sorted({name.split("/")[3] for name in names}))


def _keep(ground: Ground, before: Fingerprint, run_id: str, at: int) -> Kept:
    vault, path = ensure_vault(ground), vault_path(ground.path)
    # A run that was killed meanwhile looks a second time.
    forget(vault, path, run_id)
    objects = LooseObjects(
        folder=path / "objects", object_format=vault.text("rev-parse", "--show-object-format")
    )
    refs: dict[str, str] = {}
    left_out: list[str] = []
    for name, kinds in (("files", {"dirty", "untracked"}), ("ignored", {"ignored"})):
        wanted = {path: facts for path, facts in before.files.items() if facts.kind in kinds}
        files = _blobs(objects, Path(before.top), wanted, left_out)
        if files:
            refs[name] = objects.commit(objects.tree(files), f"{name} of {before.top}", at=at)
    settings = _settings(objects, ground, before)
    if settings:
        refs["settings"] = objects.commit(objects.tree(settings), f"git settings of {before.top}", at=at)
    for name, id_ in refs.items():
        put(path / _folder(run_id) / name, f"{id_}\n".encode())
    commits = _commits(before)
    if before.staged or commits:
        left_out += _fetch(ground, before, run_id, commits, at)
        refs |= _refs_of(vault, run_id)
    return Kept(run_id=run_id, vault=str(path), refs=refs, left_out=tuple(left_out))


def _refs_of(vault: Git, run_id: str) -> dict[str, str]:
    listed = vault.text("for-each-ref", "--format=%(refname) %(objectname)", _folder(run_id))
    rows = (line.split(" ") for line in listed.splitlines())
    return {name.removeprefix(f"{_folder(run_id)}/"): id_ for name, id_ in rows}


def _blobs(
    objects: LooseObjects, top: Path, wanted: Mapping[str, FileFacts], left_out: list[str]
) -> dict[str, tuple[int, str]]:
    """The files' exact bytes, without any filter."""
    found: dict[str, tuple[int, str]] = {}
    left = ALL_LIMIT_BYTES
    for path, facts in sorted(wanted.items(), key=lambda item: item[1].size_bytes):
        left -= facts.size_bytes
        if facts.size_bytes > FILE_LIMIT_BYTES or left < 0:
            left_out.append(path)
            continue
        try:
            if facts.link:
                found[path] = (LINK, objects.blob(facts.link.encode(errors="surrogateescape")))
            else:
                mode = PROGRAM if facts.mode & 0o100 else FILE
                found[path] = (mode, objects.blob((top / path).read_bytes()))
        except FileNotFoundError:
            continue  # a dirty file may be one that was deleted
        except PermissionError:
            left_out.append(path)
    return found


def _settings(objects: LooseObjects, ground: Ground, before: Fingerprint) -> dict[str, tuple[int, str]]:
    """Config, hooks and the like."""
    checkout = ground.checkout
    files = settings_files(checkout.git_dir, checkout.common_dir, checkout.source)
    found: dict[str, tuple[int, str]] = {}
    for name, path in files.items():
        if name in before.settings and path.is_file() and not path.is_symlink():
            mode = PROGRAM if path.stat().st_mode & 0o100 else FILE
            found[name] = (mode, objects.blob(path.read_bytes()))
    return found


def _commits(before: Fingerprint) -> dict[str, str]:
    """Commits that nobody else may have: branches that no remote is known to be at, and the stash."""
    pushed = set(before.remotes.values())
    heads = {
        name.removeprefix("refs/"): id_ for name, id_ in before.refs.items() if name.startswith("refs/heads/")
    }
    found = {name: id_ for name, id_ in heads.items() if id_ not in pushed}
    if before.commit and before.commit not in pushed:
        found["head"] = before.commit
    return found | {f"stash/{number}": id_ for number, id_ in enumerate(before.stash)}


def _fetch(ground: Ground, before: Fingerprint, run_id: str, commits: dict[str, str], at: int) -> list[str]:
    """Bring commits and the index into the vault; returns what could not be had."""
    scratch = vault_path(ground.path) / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        return _fetch_by(ground, scratch, before, run_id, commits, at)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetch_by(
    ground: Ground, scratch: Path, before: Fingerprint, run_id: str, commits: dict[str, str], at: int
) -> list[str]:
    """By way of a repository that has refs of ours and borrows all objects from the developer's."""
    vault, checkout = vault_git(ground), ground.checkout
    object_format = vault.text("rev-parse", "--show-object-format")
    bare_repository(scratch, object_format, (checkout.common_dir / "objects",))
    if (checkout.common_dir / "shallow").is_file():
        shutil.copy2(checkout.common_dir / "shallow", scratch / "shallow")
    left_out = []
    wanted = dict(commits)
    if before.staged:
        tree = _index_tree(ground, scratch)
        objects = LooseObjects(folder=scratch / "objects", object_format=object_format)
        if tree:
            # With its parent, git need not copy what is not staged.
            title = f"index of {before.top}"
            wanted["index"] = objects.commit(tree, title, at=at, parent=before.commit)
        else:
            left_out.append("the index, which has conflicts")
    for some in (wanted, {name: id_ for name, id_ in wanted.items() if name == "index"}):
        lines = sorted(f"{id_} refs/keep/{name}\n" for name, id_ in some.items())
        (scratch / "packed-refs").write_bytes("".join(lines).encode(errors="surrogateescape"))
        refspec = f"+refs/keep/*:{_folder(run_id)}/*"
        command = (*FETCH, "--update-shallow", "--", str(scratch), refspec)
        done = vault.ask(*command, timeout_s=NETWORK_S)
        if done.exit_code == 0:
            return left_out
        # A partial clone has not all that its commits need; the files that differ were kept without this.
        left_out.append("commits and stash, of which not all is on this machine")
    return left_out


def _index_tree(ground: Ground, scratch: Path) -> str:
    """The index as a tree in `scratch`; empty when it has conflicts. The developer's is not even refreshed."""
    index = scratch / "index"
    shutil.copy2(ground.checkout.git_dir / "index", index)
    own = ground.checkout.common_dir / "objects"
    variables = (
        ("GIT_OBJECT_DIRECTORY", str(scratch / "objects")),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(own)),
    )
    git = ground.checkout.git.with_index(index).with_variables(variables)
    done = git.with_settings((("core.splitIndex", "false"),)).ask("write-tree")
    return done.stdout.decode().strip() if done.exit_code == 0 else ""


def may_be_run(name: str) -> bool:
    """Whether a part of a ref's name may be the id of a run."""
    return name.replace("-", "").isalnum()


def _folder(run_id: str) -> str:
    if not may_be_run(run_id):
        raise GitFailed(f"{run_id!r} is not the id of a run")
    return f"{ALIBI}/{run_id}"


@contextmanager
def _held(ground: Ground) -> Iterator[None]:
    path = vault_path(ground.path)
    with locked(path.with_name(f"{path.name}.lock"), timeout_s=LOCK_S):
        yield
