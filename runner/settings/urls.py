"""Which API addresses we talk to, and the origin that a token is bound to; pure."""

from __future__ import annotations

import re

URL = (
    r"(?ai:(?P<scheme>https?)://(?P<host>[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])"
    r"(:(?P<port>[0-9]{1,5}))?(?P<path>/[a-z0-9._~/%-]*)?)"
)
"""Narrow on purpose: what two URL parsers could read differently is refused, not interpreted."""

DEFAULT_PORTS = {"http": 80, "https": 443}
LOOPBACK_4 = r"127(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}"


def url_fault(url: str) -> str:
    """What is wrong with an API address, in a few words; empty if nothing. Never repeats the address."""
    match = re.fullmatch(URL, url)
    if match is None:
        return _shape_fault(url)
    if match["port"] and not 0 < int(match["port"]) < 65536:
        return "the port must be from 1 to 65535"
    if match["scheme"].lower() == "http" and not is_loopback(match["host"]):
        return "plain http is for this machine only (127.0.0.1, localhost); use https"
    return ""


def _shape_fault(url: str) -> str:
    # An "@" anywhere: we cannot tell a password from a path, and must not print either.
    if "@" in url:
        return "an address must not hold a user name or a password; the token belongs in credentials.toml"
    if "?" in url or "#" in url:
        return "an address ends with its path: no ? and no #"
    return "wants an address such as https://queue.example.org"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, told by its name alone (no look-up)."""
    bare = host.lower().strip("[]")
    return bare in ("localhost", "::1") or re.fullmatch(LOOPBACK_4, bare) is not None


def api_origin(url: str) -> str:
    """`scheme://host:port` in lower case, the port always there: what a token is bound to.

    Raises:
        ValueError: the address is one that `url_fault` refuses.
    """
    match = re.fullmatch(URL, url)
    if match is None or url_fault(url):
        raise ValueError(url_fault(url))
    scheme = match["scheme"].lower()
    return f"{scheme}://{match['host'].lower()}:{int(match['port'] or DEFAULT_PORTS[scheme])}"


def without_slash(url: str) -> str:
    """The address without its trailing slashes, ready for a path to be appended."""
    return url.rstrip("/")
