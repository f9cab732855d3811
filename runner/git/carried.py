"""What a private clone takes over from the developer's checkout, asked of git there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.git import config
from runner.git.base_choice import choose_remote
from runner.git.config import Entry, Pair
from runner.git.program import Git
from runner.git.repository import Repository

_OURS: tuple[Pair, ...] = (
    ("core.fsmonitor", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("uploadpack.allowanysha1inwant", "true"),
)
"""No daemon and no rewriting of objects behind our back; and a commit may be fetched by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The developer's settings, resolved where they hold, for a clone where they would be lost."""

    config: bytes
    """The clone's configuration file, whole."""
    delivery: tuple[Pair, ...]
    """Settings for our own calls of git only: credentials, signing, addresses."""
    hooks: Path
    """The folder of the developer's hooks; it need not exist."""
    info: tuple[tuple[str, bytes], ...]
    """Files of the repository's `info` folder: what is ignored and which attributes hold, known to nobody else."""
    sparse: SparseRules | None
    """None when the checkout has all files."""
    remote: str | None
    """The remote that branches go to; None without any."""
    submodules: tuple[str, ...]
    """Names of the submodules that the developer has initialised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseRules:
    """Which files a sparse checkout has."""

    patterns: bytes
    cone: bool


def list_entries(git: Git) -> tuple[Entry, ...]:
    """All settings that hold for `git`, in the order in which it reads them. Raises: GitFailed (a damaged file)."""
    return config.parse_entries(git.run("config", "--list", "-z", "--show-scope", "--show-origin"))


def carry(checkout: Repository, developer: tuple[Entry, ...], in_clone: tuple[Entry, ...]) -> Carried:
    """Work out what is to be taken over, from what git reads in the checkout and in the clone. Raises: GitFailed."""
    own = [entry for entry in in_clone if entry.scope in {"local", "worktree"}]
    seen = [entry for entry in in_clone if entry.scope not in {"local", "worktree"}]
    sparse = _sparse_rules(checkout, developer)

    def absolute(value: str) -> str:
        below = checkout.top / value
        return str(below) if value and not value.startswith("~") and os.path.lexists(below) else value

    content = config.carried(developer, seen, wanted=config.CONTENT, absolute=absolute)
    promised = config.promises(developer)
    delivery = config.carried(developer, seen, wanted=config.DELIVERY, absolute=absolute)
    structure = (*config.structure(own), *promised, *_form(sparse))
    return Carried(
        config=config.render((*_versioned(structure), *_OURS, *content)),
        # An address that the clone has twice would be pushed to twice.
        delivery=tuple(pair for pair in delivery if pair[0] not in dict(promised)),
        hooks=hooks_folder(checkout),
        info=tuple(
            (name, _content(checkout.common_dir / "info" / name)) for name in ("exclude", "attributes")
        ),
        sparse=sparse,
        remote=choose_remote(_named(developer, "remote"), config.last_value(developer, "remote.pushdefault")),
        submodules=_initialised(developer, checkout),
    )


def hooks_folder(checkout: Repository) -> Path:
    """Where git takes the developer's hooks from; it need not be there. Raises: GitFailed."""
    return checkout.top / checkout.git.text("rev-parse", "--git-path", "hooks")


def wants_sparse(developer: tuple[Entry, ...]) -> bool:
    """Whether the checkout is a sparse one."""
    return config.last_value(developer, "core.sparsecheckout") == "true"


def _sparse_rules(checkout: Repository, developer: tuple[Entry, ...]) -> SparseRules | None:
    if not wants_sparse(developer):
        return None
    return SparseRules(
        patterns=_content(checkout.git_dir / "info" / "sparse-checkout"),
        cone=config.last_value(developer, "core.sparsecheckoutcone") == "true",
    )


def _form(sparse: SparseRules | None) -> tuple[Pair, ...]:
    # A sparse work tree has settings of its own. With this extension "bare" may not stand where all of them see it,
    # and without a sparse one we spare other people's tools the extension.
    return (("core.bare", "true"),) if sparse is None else (("extensions.worktreeconfig", "true"),)


def _versioned(structure: tuple[Pair, ...]) -> tuple[Pair, ...]:
    extended = any(key.startswith("extensions.") for key, _ in structure)
    kept = (pair for pair in structure if pair[0] != "core.repositoryformatversion")
    return (("core.repositoryformatversion", "1" if extended else "0"), *kept)


def _initialised(developer: tuple[Entry, ...], checkout: Repository) -> tuple[str, ...]:
    modules = checkout.common_dir / "modules"
    return tuple(name for name in _named(developer, "submodule") if (modules / name / "HEAD").is_file())


def _named(developer: tuple[Entry, ...], section: str) -> tuple[str, ...]:
    """The subsections of a section that have an address."""
    keys = [
        entry.key for entry in developer if entry.key.startswith(f"{section}.") and entry.key.endswith(".url")
    ]
    return tuple(dict.fromkeys(key.removeprefix(f"{section}.").removesuffix(".url") for key in keys))


def _content(path: Path) -> bytes:
    """What is in the file; empty when there is none."""
    return path.read_bytes() if path.is_file() else b""
