"""The ledger behind an allowance: reserve before, settle after, and never a grant past a limit."""

from __future__ import annotations

from typing import Protocol

from runner.allowance.model import Ask, Holder, Quota, Reservation, Spent, Verdict


class Ledger(Protocol):
    """Held + committed <= limit at every grant. Every call is one atomic, durable step."""

    def check(self, ask: Ask) -> Verdict:
        """What `reserve` would answer now; writes nothing, raises no event."""
        ...

    def reserve(self, ask: Ask, holder: Holder) -> Verdict:
        """Hold the ask in every dimension, or nothing in any.

        The same id with the same numbers is granted again without a second hold.

        Raises:
            UsageProblem: the same id with other numbers, or a negative number.
        """
        ...

    def resize(self, reservation_id: str, *, tokens: int, cost_nano: int) -> Verdict:
        """Change an open hold to new totals; refused like an ask when it grows past a limit, then nothing changes."""
        ...

    def seen(self, reservation_id: str, spent: Spent) -> None:
        """Usage so far: the hold becomes max(hold, seen). Never refused: overshoot is debt.

        An unknown or closed reservation changes nothing.
        """
        ...

    def settle(self, reservation_id: str, spent: Spent, *, failed: bool) -> Reservation:
        """Move the hold to committed with the real numbers, once; a repeat returns the first.

        A failed job is charged half its counted tokens, rounded up, and all its money.
        """
        ...

    def release(self, reservation_id: str) -> Reservation:
        """Give everything back, the job too: the run never started. A repeat, or after settle, returns what is."""
        ...

    def adopt(self, reservation_id: str, holder: Holder) -> Reservation | None:
        """Take over a dead holder's open hold; None when it is unknown or already closed."""
        ...

    def reap(self) -> tuple[Reservation, ...]:
        """Settle the holds of dead holders: at known usage if any was seen, else in full. Returns them."""
        ...

    def quotas(self, agent_id: str) -> tuple[Quota, ...]:
        """Used, held and limit of every rule with a number, in rule order; a query without side effects."""
        ...

    def open_holds(self, agent_id: str | None = None) -> tuple[Reservation, ...]:
        """What is held now, oldest first."""
        ...
