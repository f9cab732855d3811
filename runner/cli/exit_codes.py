"""How a command ends for each outcome of a run (design page, section 5)."""

from __future__ import annotations

from runner.tasks.model import Outcome

EXIT_CODES = {
    Outcome.DONE: 0,
    Outcome.DONE_NO_CHANGE: 0,
    Outcome.NEEDS_INPUT: 1,
    Outcome.CHECKS_FAILED: 1,
    Outcome.BUDGET: 1,
    Outcome.TURNS: 1,
    Outcome.TIMEOUT: 1,
    Outcome.OVERLOADED: 5,
    Outcome.CRASHED: 5,
    Outcome.NO_RESULT: 5,
    Outcome.CONTEXT_OVERFLOW: 5,
    Outcome.LIMIT_UNTIL: 4,
    Outcome.AUTH: 5,
    Outcome.BILLING: 5,
    Outcome.INVALID_REQUEST: 5,
    Outcome.CANCELLED: 130,
    Outcome.LEASE_LOST: 3,
}
