"""What git's last words mean and what a person can do about them: pure rules."""

from __future__ import annotations

import re

from runner.visible import visible

WORDS_LIMIT = 300

_SECRET_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_NOISE = re.compile(
    r"hint: |Cloning into |warning: |remote: *$|To \S+$|Everything up-to-date|Done$|(error: )?failed to push some refs"
)
_WEIGHTY = re.compile(r"(?:fatal: |error: |remote: (?:error: )?|!\t.*\t)")

_HINTS = tuple(
    (re.compile(pattern, re.IGNORECASE), hint)
    for pattern, hint in (
        (
            r"tell me who you are|empty ident name|unable to auto-detect email|no (name|email) was given",
            'say who you are: git config --global user.name "..." and user.email "..."',
        ),
        (
            r"failed to sign|couldn't load public key|no default signing key|gpg\.ssh|secret key not available",
            "unlock or set the signing key (user.signingKey, gpg.format), or switch commit.gpgSign off",
        ),
        (
            r"host key verification failed",
            "connect once by hand (ssh -T git@HOST) and accept the host's key",
        ),
        (
            r"authentication failed|could not read (username|password)|permission denied \(|terminal prompts disabled"
            r"|invalid username or|http basic: access denied|requested url returned error: 40[13]"
            r"|permission to \S+ denied",
            "check your credentials: `gh auth setup-git`, a credential helper, or a key loaded with ssh-add",
        ),
        (
            r"could not resolve host|couldn't connect|failed to connect|connection (refused|timed out|reset)"
            r"|network is unreachable|no route to host|could not connect|temporary failure in name|operation timed out"
            r"|gnutls_handshake|ssl (certificate|connect)|requested url returned error: 5\d\d",
            "check the network, the proxy and the address of the remote (git remote -v)",
        ),
        (
            r"no such remote|repository \S* ?not found|does not appear to be a git repository"
            r"|no configured push destination|requested url returned error: 404",
            "check the address of the remote: git remote -v",
        ),
        (
            r"hook declined|protected branch|\bGH0\d\d\b|push declined",
            "the server refuses this branch or change; see its words, or its settings",
        ),
        (
            r"dubious ownership",
            "the folder belongs to another user: git config --global --add safe.directory FOLDER",
        ),
        (
            r"unable to create \S+\.lock|another git process|cannot lock ref .*file exists",
            "wait for the other git to end; if there is none, remove the .lock file that it left",
        ),
        (
            r"exists; cannot create",
            "a branch whose name is a part of this one stands in the way; rename or delete it",
        ),
        (r"no space left on device|disk quota exceeded", "free some disk space"),
        (r"permission denied|read-only file system", "check who may write to this folder"),
        (
            r"repo version|repository extension|unknown repository format|unknown option|unknown switch|usage: git",
            "install a newer git (2.31 or later)",
        ),
        (
            r"invalid reference: [0-9a-f]{40}",
            "this repository does not have the commit: go to the checkout that has, or fetch it",
        ),
        (
            # The last resort of a remote: nothing above has told more.
            r"could not read from remote repository|unable to access|the remote end hung up|early eof|rpc failed"
            r"|cannot run ssh|unable to fork|kex_exchange|connection (closed|to \S+ closed)",
            "try `git fetch` by hand: if that fails too, check the network, the address (git remote -v) and ssh",
        ),
        (r"bad object|corrupt|unable to read|missing (blob|tree|commit)", "check the repository: git fsck"),
    )
)


def last_words(output: str) -> str:
    """What matters of a command's output, on one line: its errors if it names any, else its last lines.

    Credentials inside addresses and control characters are taken out.
    """
    seen = visible("\n".join(line.split("\r")[-1] for line in output.split("\n")))
    lines = [line.strip() for line in seen.split("\n")]
    lines = [line for line in lines if line and not _NOISE.match(line)]
    chosen = [line for line in lines if _WEIGHTY.match(line)] or lines[-4:]
    text = without_secrets("; ".join(dict.fromkeys(_WEIGHTY.sub("", line, count=1) for line in chosen)))
    return text if len(text) <= WORDS_LIMIT else f"{text[: WORDS_LIMIT - 3]}..."


def hint_for(output: str) -> str:
    """What to do about it; empty when we have no better idea than git's own words."""
    for pattern, hint in _HINTS:
        if pattern.search(output):
            return hint
    return ""


def without_secrets(text: str) -> str:
    """The text with `user:token@` in addresses blotted out."""
    return _SECRET_IN_URL.sub("***", text)
