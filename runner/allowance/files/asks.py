"""What the file store refuses before it looks at any limit: numbers and texts that cannot be right."""

from __future__ import annotations

from runner.allowance.files.entry import Entry, numbers_of
from runner.allowance.model import Ask, Holder, Spent
from runner.errors import StoreFailed, UsageProblem

LARGEST = 2**63 - 1
LONGEST_TEXT = 1_000
CLOCK_SLACK_S = 86_400


def check_ask(ask: Ask) -> None:
    """Raises: UsageProblem: a negative number, no id or agent, or a text too long for a name."""
    if not ask.id or not ask.agent_id:
        raise UsageProblem("a reservation needs an id and an agent")
    for text in (ask.id, ask.agent_id, ask.model, ask.repository):
        _check_text(text)
    check_numbers(ask.tokens, ask.cost_nano)


def check_holder(holder: Holder) -> None:
    """Raises: UsageProblem."""
    _check_text(holder.boot_id)
    check_numbers(holder.pid, holder.started)


def check_spent(spent: Spent) -> None:
    """Raises: UsageProblem: a negative number would give back what others spent."""
    check_numbers(*numbers_of(spent))


def check_numbers(*numbers: int) -> None:
    """Raises: UsageProblem."""
    for number in numbers:
        if not 0 <= number <= LARGEST:
            raise UsageProblem(f"{number} is not an amount: it must be 0 or more")


def check_clock(last_at: int, now: float) -> None:
    """A clock that went back could open days that are over.

    Raises:
        StoreFailed: it is more than a day behind the newest record.
    """
    behind_s = last_at - now
    if behind_s > CLOCK_SLACK_S:
        raise StoreFailed(
            f"the clock is {behind_s / 86_400:.1f} days behind the last record of the allowance",
            hint="set the clock; if it is right now, `runner allowance repair` accepts it",
        )


def must_match(entry: Entry, ask: Ask) -> None:
    """Raises: UsageProblem: the id belongs to another ask, or to a run that is over."""
    if not entry.is_for(ask):
        raise UsageProblem(
            f"reservation {ask.id} exists with other numbers", hint="each run needs an id of its own"
        )
    if not entry.is_open():
        raise UsageProblem(
            f"reservation {ask.id} is closed already", hint="go on with a second reservation for what is left"
        )


def unknown(reservation_id: str) -> UsageProblem:
    return UsageProblem(f"there is no reservation {reservation_id} in the allowance")


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise UsageProblem(f"a name of {len(text)} characters is too long for the allowance: {text[:40]}...")
