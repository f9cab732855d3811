"""Times as the database keeps them: integer microseconds since 1970-01-01 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """An aware time as a number that sorts and compares exactly, whatever its zone."""
    return (at - EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """The aware UTC time of a stored number."""
    return EPOCH + timedelta(microseconds=number)


def seconds(duration_s: float) -> int:
    """A duration in seconds as microseconds."""
    return round(duration_s * 1_000_000)
