"""Where a new branch starts from: the newest base that can be had."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.errors import ChildTimedOut, GitFailed, UsageProblem
from runner.git.base_choice import Tips, choose_base
from runner.git.failures import hint_for, last_words
from runner.git.ground import Ground
from runner.git.model import Base
from runner.git.names import check_ref_name
from runner.git.program import NETWORK_S, Reach
from runner.process.stop import Stop

FETCH = (
    *("fetch", "--quiet", "--force", "--no-tags", "--no-prune", "--no-prune-tags", "--refmap="),
    *("--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules"),
)
"""Exactly what is asked for, whatever the developer's settings would add to a fetch."""

FROM_DISK = (("protocol.file.allow", "always"),)
"""The checkout next door may be read, whatever the developer's settings say of addresses that are files."""

_FETCHED = "refs/runner/base/fetched"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refs:
    """The checkout's branches, local and of one remote."""

    commits: dict[str, str]
    """Full name to commit id."""
    default: str | None
    """The remote's default branch, as the checkout knows it."""

    def listed(self) -> str:
        names = (name.split("/", 2)[2] for name in self.commits if not name.endswith("/HEAD"))
        return ", ".join(list(names)[:20]) or "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """What the remote answered: a commit id, nothing (no such branch), or trouble."""

    tip: str | None = None
    trouble: str = ""
    hint: str = ""


def resolve_base(ground: Ground, name: str | None, remote: str | None, stop: Stop | None) -> Base:
    """Bring the clone up to date and say where the branch starts. The caller holds the lock.

    Raises:
        UsageProblem: the repository is empty, or there is no such branch; the hint lists those that are.
        GitFailed: the remote cannot be reached and nothing is known of the branch.
    """
    remote = remote or ground.carried.remote
    refs = _refs(ground, remote)
    if not refs.commits and remote is None:
        raise UsageProblem(f"{ground.checkout.top} has no commit yet", hint='make one: git commit -m "Start"')
    branch = name or _default_branch(ground, refs, remote, stop)
    check_ref_name(branch)
    local, known = (
        refs.commits.get(f"refs/heads/{branch}"),
        refs.commits.get(f"refs/remotes/{remote}/{branch}"),
    )
    _fetch_from_checkout(ground, branch if local else None, f"{remote}/{branch}" if known else None, stop)
    fetched = _fetch_from_remote(ground, branch, remote, stop) if remote else _Fetched()
    tips = Tips(
        branch=branch, remote=remote, local=local, known=known, fetched=fetched.tip, trouble=fetched.trouble
    )
    base = choose_base(tips, left_out=_is_ahead(ground, local, fetched.tip))
    if base is None and fetched.trouble:
        raise GitFailed(f"cannot get {branch} from {remote}: {fetched.trouble}", hint=fetched.hint)
    if base is None:
        raise UsageProblem(f"there is no branch {branch} to start from", hint=f"branches: {refs.listed()}")
    return replace(base, trouble=fetched.trouble, hint=fetched.hint)


def _refs(ground: Ground, remote: str | None) -> _Refs:
    folders = ("refs/heads", f"refs/remotes/{remote}") if remote else ("refs/heads",)
    listed = ground.checkout.git.text("for-each-ref", "--format=%(refname) %(objectname) %(symref)", *folders)
    rows = [line.split(" ") for line in listed.splitlines()]
    heads = f"refs/remotes/{remote}/"
    default = next((symref.removeprefix(heads) for name, _, symref in rows if name == f"{heads}HEAD"), None)
    return _Refs(commits={name: commit_id for name, commit_id, _ in rows}, default=default or None)


def _default_branch(ground: Ground, refs: _Refs, remote: str | None, stop: Stop | None) -> str:
    if refs.default is not None:
        return refs.default
    # A repository that was not cloned does not know it, and the current branch may be anybody's work.
    asked = _ask_default(ground, remote, stop) if remote else None
    found = asked or ground.checkout.default_branch(remote or "origin")
    if found is None:
        raise UsageProblem(
            "HEAD is detached and there is no branch main or master to start from",
            hint="name the base branch, or check one out",
        )
    return found


def _ask_default(ground: Ground, remote: str, stop: Stop | None) -> str | None:
    """What the remote's HEAD means; None if it does not say, or cannot be asked."""
    question = ("ls-remote", "--symref", "--", remote, "HEAD")
    try:
        done = ground.git.ask(*question, reach=Reach.REMOTE, timeout_s=NETWORK_S, stop=stop)
    except ChildTimedOut:
        return None
    first = done.stdout.decode(errors="replace").split("\n", 1)[0].split("\t", 1)[0]
    return first.removeprefix("ref: refs/heads/") if first.startswith("ref: refs/heads/") else None


def _fetch_from_checkout(ground: Ground, local: str | None, known: str | None, stop: Stop | None) -> None:
    wanted = ["refs/tags/*:refs/tags/*"]
    # Names of our own: a branch a of yesterday would stand in the way of a branch a/b.
    wanted += [f"refs/heads/{local}:refs/runner/base/local"] if local else []
    wanted += [f"refs/remotes/{known}:refs/runner/base/known"] if known else []
    source = str(ground.checkout.common_dir)
    git = ground.git.with_settings(FROM_DISK)
    # A shallow checkout's history ends where ours may end too.
    command = (*FETCH, "--update-shallow", "--", source, *wanted)
    git.run(*command, timeout_s=NETWORK_S, stop=stop, doing="cannot read the checkout")


def _fetch_from_remote(ground: Ground, branch: str, remote: str, stop: Stop | None) -> _Fetched:
    wanted = (remote, f"refs/heads/{branch}:{_FETCHED}")
    try:
        done = ground.git.ask(*FETCH, "--", *wanted, reach=Reach.REMOTE, timeout_s=NETWORK_S, stop=stop)
    except ChildTimedOut as error:
        return _Fetched(trouble=f"no answer in {NETWORK_S:g} seconds", hint=error.hint)
    if done.exit_code == 0:
        return _Fetched(tip=ground.git.text("rev-parse", "--verify", f"{_FETCHED}^{{commit}}"))
    output = done.stderr.decode(errors="replace")
    if "couldn't find remote ref" in output:
        return _Fetched()
    return _Fetched(trouble=last_words(output), hint=hint_for(output))


def _is_ahead(ground: Ground, local: str | None, fetched: str | None) -> bool:
    """Whether the local branch has commits that the remote has not."""
    if local is None or fetched is None or local == fetched:
        return False
    return ground.git.ask("merge-base", "--is-ancestor", local, fetched).exit_code != 0
