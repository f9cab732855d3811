"""What servers say when they refuse a push, in their own words, and real ways to make git say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.git.push_faults import PushFault
from tests.git.world import World
from tests.peers.git_http import GitServer
from tests.support.git import Sandbox

HOOKS = {
    "GitHub, protected branch": (
        PushFault.PROTECTED,
        "error: GH006: Protected branch update failed for refs/heads/x.\n"
        "error: Changes must be made through a pull request.",
    ),
    "GitHub, merge queue": (
        PushFault.PROTECTED,
        "error: GH006: Protected branch update failed for refs/heads/x.\n"
        "error: Changes must be made through the merge queue",
    ),
    "GitHub, ruleset": (
        PushFault.RULE,
        "error: GH013: Repository rule violations found for refs/heads/x.\n- Commits must have verified signatures.",
    ),
    "GitHub, push protection": (
        PushFault.RULE,
        "error: GH013: Repository rule violations found for refs/heads/x.\n- GITHUB PUSH PROTECTION\n"
        "  - Push cannot contain secrets",
    ),
    "GitHub, large file": (
        PushFault.RULE,
        "error: GH001: Large files detected. You may want to try Git Large File Storage\n"
        "error: File big.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB",
    ),
    "GitHub, workflow scope": (
        PushFault.RULE,
        "refusing to allow an OAuth App to create or update workflow "
        "`.github/workflows/ci.yml` without `workflow` scope",
    ),
    "GitLab, protected branch": (
        PushFault.PROTECTED,
        "GitLab: You are not allowed to push code to protected branches on this project.",
    ),
    "GitLab, no permission": (
        PushFault.PERMISSION,
        "GitLab: You are not allowed to push code to this project.",
    ),
    "GitLab, push rule": (
        PushFault.RULE,
        "GitLab: Commit message does not follow the pattern '^[A-Z]+-[0-9]+'",
    ),
    "GitLab, quota": (
        PushFault.REMOTE_FULL,
        "GitLab: Your push has been rejected, because this repository has exceeded its size limit of 1 GB by 10 MB.",
    ),
    "Bitbucket, pull requests only": (
        PushFault.PROTECTED,
        "Branch refs/heads/x can only be modified through pull requests.",
    ),
    "Azure, policy": (
        PushFault.PROTECTED,
        "TF402455: Pushes to this branch are not permitted; you must use a pull request to update this branch.",
    ),
    "Gitea, protected branch": (PushFault.PROTECTED, "Gitea: Not allowed to push to protected branch x"),
    "Gerrit, no permission": (PushFault.PERMISSION, "error: prohibited by Gerrit: not permitted: create"),
    "a hook wants the newest base": (
        PushFault.MOVED_BASE,
        "x is behind main: please rebase onto main and push again",
    ),
    "a hook wants it up to date": (PushFault.MOVED_BASE, "error: the branch must be up-to-date with main"),
    "a hook of the house": (PushFault.SERVER_HOOK, "frozen until Monday"),
    "the server's disk is full": (PushFault.REMOTE_FULL, "fatal: write error: No space left on device"),
}
"""Said by a pre-receive hook of a real server."""

HTTP = {
    "http 403": (PushFault.PERMISSION, 403, "Permission to acme/widget.git denied to ada."),
    "http 401": (PushFault.CREDENTIALS, 401, "Invalid username or password."),
    "http 404": (PushFault.NO_REPOSITORY, 404, "Repository not found."),
    "http 413": (PushFault.RULE, 413, ""),
    "http 429": (PushFault.UNREACHABLE, 429, "slow down"),
    "http 502": (PushFault.UNREACHABLE, 502, "bad gateway"),
    "http 507": (PushFault.REMOTE_FULL, 507, ""),
}
"""Answers of a real http server to the push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One fault and what it must be told as."""

    name: str
    fault: PushFault


PLANS = tuple(
    Plan(name=name, fault=fault)
    for name, fault in (
        *((name, fault) for name, (fault, _) in HOOKS.items()),
        *((name, fault) for name, (fault, _, _) in HTTP.items()),
        ("the developer's pre-push hook", PushFault.LOCAL_HOOK),
        ("nobody listens at the address", PushFault.UNREACHABLE),
        ("no such host", PushFault.UNREACHABLE),
        ("the remote's folder is gone", PushFault.NO_REPOSITORY),
        ("a branch in the way", PushFault.NAME_TAKEN),
        ("a branch that is checked out there", PushFault.PROTECTED),
        ("a real full disk on the remote", PushFault.REMOTE_FULL),
    )
)


@contextmanager
def arranged(plan: Plan, world: World, origin: Sandbox) -> Iterator[None]:
    """A world in which the push meets the fault, for the time of the block."""
    if plan.name in HOOKS:
        script(origin.path / "hooks/pre-receive", HOOKS[plan.name][1])
        yield
    elif plan.name in HTTP:
        _, status, words = HTTP[plan.name]
        with GitServer(origin.path, status=status, words=words) as server:
            world.checkout.git("remote", "set-url", "origin", server.url)
            yield
    else:
        _ARRANGE[plan.name](world, origin)
        yield


def script(path: Path, words: str, *, more: str = "") -> None:
    """A hook that says this and refuses."""
    path.parent.mkdir(exist_ok=True)
    quoted = words.replace("'", "'\\''")
    path.write_text(f"#!/bin/sh\n{more}\necho '{quoted}' >&2\nexit 1\n")
    path.chmod(0o755)


def _local_hook(world: World, origin: Sandbox) -> None:
    script(world.checkout.path / ".git/hooks/pre-push", "the tests are red")


def _nobody_listens(world: World, origin: Sandbox) -> None:
    with GitServer(origin.path) as server:
        url = server.url
    world.checkout.git("config", "remote.origin.pushurl", url)


def _no_host(world: World, origin: Sandbox) -> None:
    world.checkout.git("config", "remote.origin.pushurl", "http://nowhere.invalid/widget.git")


def _gone(world: World, origin: Sandbox) -> None:
    world.checkout.git("config", "remote.origin.pushurl", str(origin.path.with_name("none.git")))


def _in_the_way(world: World, origin: Sandbox) -> None:
    origin.git("branch", "fix", "main")


def _checked_out(world: World, origin: Sandbox) -> None:
    other = Sandbox(origin.path.with_name("other"))
    origin.git("clone", "-q", str(origin.path), str(other.path))
    other.git("checkout", "-q", "-b", world.branch)
    world.checkout.git("remote", "set-url", "origin", str(other.path))


def _full_disk(world: World, origin: Sandbox) -> None:
    # Nothing on the server may grow past one block.
    wrapper = origin.path / "receive-pack.sh"
    wrapper.write_text("#!/bin/sh\nulimit -f 1\ntrap '' XFSZ\nexec git receive-pack \"$@\"\n")
    wrapper.chmod(0o755)
    world.checkout.git("config", "remote.origin.receivepack", str(wrapper))


_ARRANGE = {
    "the developer's pre-push hook": _local_hook,
    "nobody listens at the address": _nobody_listens,
    "no such host": _no_host,
    "the remote's folder is gone": _gone,
    "a branch in the way": _in_the_way,
    "a branch that is checked out there": _checked_out,
    "a real full disk on the remote": _full_disk,
}
