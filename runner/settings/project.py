"""Which project a checkout belongs to: its remote's address in one spelling, else its own path; pure."""

from __future__ import annotations

import re

SCHEME = re.compile(
    r"(?:https?|ssh|git|git\+ssh|ssh\+git|git\+https?)://(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.ASCII)


def project_of(remote_url: str | None, canonical_path: str) -> str:
    """`host/owner/repo` for a remote on another machine, the same for ssh and https; else the path.

    `canonical_path` is the real path of the repository's top.
    """
    return (normalised_remote(remote_url) if remote_url else None) or canonical_path


def normalised_remote(url: str) -> str | None:
    """`host/owner/repo`, without scheme, credentials, port and `.git`; None if the address names no host."""
    text = url.strip()
    if not text.isprintable() or "::" in text.split("/")[0].split("[")[0]:
        return None  # `ext::...` starts a transport program; it names no host
    split = _with_scheme(text) or _like_scp(text)
    if split is None:
        return None
    host, path = _host(split[0]), _path(split[1])
    return f"{host}/{path}" if host and path else None


def _with_scheme(text: str) -> tuple[str, str] | None:
    match = SCHEME.fullmatch(text)
    if match is None:
        return None
    authority, _, path = match["rest"].partition("/")
    return authority, re.split(r"[?#]", path)[0]


def _like_scp(text: str) -> tuple[str, str] | None:
    """`[user@]host:path`, git's short form for ssh: the colon comes before any slash."""
    if "://" in text:
        return None
    start, slash, rest = text.partition("/")
    if not start.startswith("["):
        text = start.rpartition("@")[2] + slash + rest
    if bracketed := re.fullmatch(r"\[([^\[\]/]*)\]:(.*)", text):
        inner = bracketed[1]  # host:port, or the address of an IPv6 host, which has more colons
        return (f"[{inner}]" if inner.count(":") > 1 else inner), bracketed[2]
    match = re.fullmatch(r"([^:/\[]+):(.*)", text)
    return (match[1], match[2]) if match else None


def _host(authority: str) -> str:
    """The host alone, in lower case; empty if there is none that we understand."""
    bare = authority.rpartition("@")[2].lower()
    bare = re.sub(r":[0-9]*$", "", bare) if not bare.endswith("]") else bare
    bare = bare.rstrip(".")
    return bare if HOST.fullmatch(bare) else ""


def _path(path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        return ""
    joined = "/".join(parts)
    return joined.removesuffix(".git").rstrip("/")
