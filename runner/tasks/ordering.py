"""Who comes first, who may take what, and what must not wait for itself; pure, shared by claim and planning."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from runner.tasks.model import Priority

Node = TypeVar("Node", bound=Hashable)

AGEING_S = 3600.0
"""Each hour of waiting lifts a task by one priority, so that nothing starves."""

_CRITICAL_LEAD = 10**18
"""In microseconds, 31,700 years: critical tasks come before all others, the oldest first."""


def order_key(ready_at: int, priority: Priority, ageing: int) -> int:
    """The place in the queue, lowest first; fixed once a task is ready. Times are microseconds.

    `ageing` is how long a task of one rank lower must have waited to come before this one.
    """
    if priority is Priority.CRITICAL:
        return ready_at - _CRITICAL_LEAD
    return ready_at + priority.rank * ageing


def is_eligible(requires: Iterable[str], capabilities: Iterable[str]) -> bool:
    """Whether an agent can do everything that a task asks for."""
    return not missing(requires, capabilities)


def missing(requires: Iterable[str], capabilities: Iterable[str]) -> tuple[str, ...]:
    """What a task asks for and an agent cannot do."""
    has = set(capabilities)
    return tuple(capability for capability in requires if capability not in has)


def is_last(attempts_used: int, max_attempts: int) -> bool:
    """Whether the attempt that is made now is the last one a task has."""
    return attempts_used + 1 >= max_attempts


def find_cycle(
    task: Node, needs: Iterable[Node], needs_of: Callable[[Node], Iterable[Node]]
) -> tuple[Node, ...]:
    """The chain by which `task` would wait for itself, from its first need back to it; () if it would not."""
    seen: set[Node] = set()
    path: list[Node] = []
    waiting = [iter(needs)]
    while waiting:
        need = next(waiting[-1], None)
        if need is None:
            waiting.pop()
            if path:
                path.pop()
        elif need == task:
            return (*path, need)
        elif need not in seen:
            seen.add(need)
            path.append(need)
            waiting.append(iter(needs_of(need)))
    return ()
