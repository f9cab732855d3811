"""A mark that a process and all of its descendants carry, whatever they do to get away (Linux).

Numbers of processes are given away again, an environment can be emptied, a session left. A resource limit cannot be
put off by accident: it goes through fork and exec, and everyone can read it. Ours is a limit on real-time scheduling
(RLIMIT_RTTIME, which no ordinary process uses) of some 36 years and a random part.

Also imported by the supervisor, where start-up counts: keep the imports few.
"""

from __future__ import annotations

import os

_LOWEST = 1 << 50
_LINE = b"Max realtime timeout"


def new_brand() -> int:
    """A number that no other child has."""
    return _LOWEST + int.from_bytes(os.urandom(6), "big")


def wear(brand: int) -> bool:
    """Put it on this process, and so on everyone it starts. Returns False where that cannot be done."""
    import resource

    limit = getattr(resource, "RLIMIT_RTTIME", None)
    if limit is None:
        return False
    try:
        resource.setrlimit(limit, (brand, resource.getrlimit(limit)[1]))
    except (ValueError, OSError):
        return False  # somebody has set a lower hard limit
    return True


def brand_of(pid: int) -> int:
    """What the process wears; 0 for nothing, or when it is gone."""
    try:
        with open(f"/proc/{pid}/limits", "rb") as file:  # noqa: PTH123 - read for every process there is
            found = next((line for line in file if line.startswith(_LINE)), b"")
    except OSError:
        return 0
    words = found.removeprefix(_LINE).split()
    return int(words[0]) if words and words[0].isdigit() else 0
