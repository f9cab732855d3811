"""Why a push was refused, as a value: pure rules over what git and servers say."""

from __future__ import annotations

import re
from enum import StrEnum

from runner.errors import GitFailed


class PushFault(StrEnum):
    """What stands between a commit and its remote."""

    MOVED_BASE = "moved_base"
    """The server wants the branch on a newer base."""
    PROTECTED = "protected"
    """The branch may only be changed in another way (a pull request, a merge queue)."""
    RULE = "rule"
    """A rule of the server about content: a secret, a signature, a message, a name, a size."""
    SERVER_HOOK = "server_hook"
    """A hook of the server said no, for reasons of its own."""
    LOCAL_HOOK = "local_hook"
    """The developer's own pre-push hook said no."""
    PERMISSION = "permission"
    """Who we are is known, and may not."""
    CREDENTIALS = "credentials"
    """Who we are is not known."""
    NO_REPOSITORY = "no_repository"
    """There is nothing at the remote's address, or nothing that we may see."""
    REMOTE_FULL = "remote_full"
    """The server cannot store it."""
    UNREACHABLE = "unreachable"
    """No network, no answer, or an error of the server's that passes."""
    NAME_TAKEN = "name_taken"
    """A branch `a` stands in the way of `a/b`."""
    LOCAL = "local"
    """Something on this machine: a damaged clone, a full disk, a git that is too old."""
    UNKNOWN = "unknown"


PASSES_BY_ITSELF = frozenset({PushFault.UNREACHABLE, PushFault.REMOTE_FULL})
"""The same push may work later; all others need a person, or another commit."""

_RULES: tuple[tuple[PushFault, str], ...] = (
    (PushFault.NAME_TAKEN, r"exists; cannot create|cannot lock ref .*(exists|is at)|directory file conflict"),
    (
        PushFault.REMOTE_FULL,
        r"^remote: .*(no space left|disk quota exceeded|out of disk|storage (limit|quota)|exceeded its size limit"
        r"|unable to write .*: file too large)"
        r"|remote unpack failed: .*(no space|quota)|requested url returned error: 507",
    ),
    (
        PushFault.MOVED_BASE,
        r"^remote: .*(out[- ]of[- ]date|not up[- ]to[- ]date|(must|should|needs? to) be up[- ]to[- ]date"
        r"|behind (the |its )?(base|target|default|main|master|trunk|develop|'?origin)|needs? (a |to be )?rebas"
        r"|(please|must|should) (be )?rebased?|rebase (your|it|onto|on to)|not (based on|a descendant of) )",
    ),
    (
        PushFault.RULE,
        r"\bGH013\b|\bGH001\b|\bGH007\b|rule violations|push protection|large files? detected|exceeds .*file size limit"
        r"|requested url returned error: 413|cannot contain secrets|commit (message|author|must)|verified emails?"
        r"|commits must have verified signatures|does not follow the pattern|secret (push )?(protection|detection)"
        r"|without `?workflow`? scope",
    ),
    (
        PushFault.PROTECTED,
        r"\bGH006\b|protected branch|TF402455|changes must be made through|merge queue"
        r"|only be (modified|updated|changed) (through|by|via) (a )?(pull|merge)|denied to update branch"
        r"|branch .*(is|are) (locked|frozen|read-only)|branch is currently checked out",
    ),
    (
        PushFault.PERMISSION,
        r"permission to \S+ denied|not allowed to push|write access .*not granted|requested url returned error: 403"
        r"|TF401027|does not have .*(push|write) (access|permission)|prohibited by gerrit|not permitted: "
        r"|insufficient permission for adding|unable to create temporary object directory"
        r"|read[- ]only (token|deploy key)|(was|is) archived|is marked as read only",
    ),
    (
        PushFault.CREDENTIALS,
        r"authentication failed|could not read (username|password)|permission denied \(|terminal prompts disabled"
        r"|invalid username or|http basic: access denied|requested url returned error: 401|host key verification failed"
        r"|invalid credentials|token (has )?expired|support for password authentication was removed",
    ),
    (
        PushFault.NO_REPOSITORY,
        r"repository \S* ?not found|does not appear to be a git repository|requested url returned error: 404"
        r"|project you were looking for could not be found|no such remote|no configured push destination",
    ),
    (
        PushFault.UNREACHABLE,
        r"could not resolve host|couldn't connect|failed to connect|connection (refused|timed out|reset|closed)"
        r"|network is unreachable|no route to host|could not connect|temporary failure in name|operation timed out"
        r"|gnutls_handshake|ssl (certificate|connect)|requested url returned error: (429|5\d\d)|rpc failed"
        r"|remote end hung up|early eof|unexpected disconnect|internal server error|service unavailable|try again later"
        r"|connection was reset|empty reply from server",
    ),
    (PushFault.SERVER_HOOK, r"hook declined|push declined|^!\t.*\[remote rejected\]"),
    (
        PushFault.LOCAL,
        r"no space left on device|disk quota exceeded|read-only file system|bad object|corrupt|unable to read"
        r"|missing (blob|tree|commit)|not a git repository|unknown option|cannot run |permission denied",
    ),
)
_COMPILED = tuple((fault, re.compile(pattern, re.IGNORECASE | re.MULTILINE)) for fault, pattern in _RULES)
_FROM_AFAR = re.compile(r"^(remote: |fatal: |error: RPC|ssh: |ERROR: |!\t)", re.MULTILINE)

HINTS = {
    PushFault.MOVED_BASE: "the branch has to stand on the newest base: requeue the task",
    PushFault.PROTECTED: "the server keeps this branch: choose another branch.prefix, or let somebody allow it",
    PushFault.RULE: "the server's rule says what is wrong with the change; mend it, or have the rule lifted",
    PushFault.SERVER_HOOK: "the server refuses this branch or change; see its words",
    PushFault.LOCAL_HOOK: "your own pre-push hook said no; try it by hand: git push",
    PushFault.PERMISSION: "ask for the right to push there, or push to a fork: git config remote.pushDefault NAME",
    PushFault.CREDENTIALS: (
        "check your credentials: `gh auth setup-git`, a credential helper, or a key loaded with ssh-add"
    ),
    PushFault.NO_REPOSITORY: "check the address of the remote: git remote -v",
    PushFault.REMOTE_FULL: "the server has no space left; tell whoever runs it, then try again",
    PushFault.UNREACHABLE: "check the network, the proxy and the address of the remote (git remote -v)",
    PushFault.NAME_TAKEN: "a branch whose name is a part of this one stands in the way; rename or delete it",
}
"""What a person can do; for the other two, git's own words are matched by `failures.hint_for`."""


class PushFailed(GitFailed):
    """A push was refused or did not arrive; the remote is as it was."""

    def __init__(self, message: str, *, fault: PushFault, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.fault = fault


def fault_of(stdout: str, stderr: str, *, has_hook: bool) -> PushFault:
    """Why `git push --porcelain` (or a question to the remote before it) failed.

    `has_hook` says that the developer has a pre-push hook: git says nothing when that refuses.
    """
    output = f"{stderr}\n{stdout}"
    # Only a hook on this machine ends a push without a word of git's or the server's.
    if has_hook and not _FROM_AFAR.search(output):
        return PushFault.LOCAL_HOOK
    return next((fault for fault, pattern in _COMPILED if pattern.search(output)), PushFault.UNKNOWN)
