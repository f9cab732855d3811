"""Reading fields of untrusted JSON objects: the wrong type is the same as not there."""

from __future__ import annotations

import json
from decimal import ROUND_CEILING, Decimal

Json = dict[str, object]

_PICO = Decimal("0.000000000001")
_MOST = 10**15
_MOST_USD = 10**9


def object_of(line: bytes) -> Json | None:
    """The JSON object on one line, or None: noise between the messages is known to happen."""
    try:
        found = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def text_in(source: Json, key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else ""


def dict_in(source: Json, key: str) -> Json:
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def dicts_in(source: Json, key: str) -> tuple[Json, ...]:
    """The objects in a list; whatever else is in it is left out."""
    value = source.get(key)
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def count_in(source: Json, key: str) -> int:
    """A count: 0 for anything that is not a number above 0, or is beyond all reason."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST:
        return 0
    return int(value)


def nano_usd(value: object) -> int:
    """US dollars as claude prints them in nano-USD, rounded up; 0 for anything but a positive number within reason.

    They are sums of floats (0.027760000000000003): what is below a pico-dollar is noise, not money.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _MOST_USD:
        return 0
    exact = Decimal(str(value)).quantize(_PICO)
    return int((exact * 1_000_000_000).to_integral_value(ROUND_CEILING))
