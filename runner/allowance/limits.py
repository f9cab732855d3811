"""What `allowance.toml` says: its keys, its checks, and the safe limits until there is such a file.

[agent.default]
daily_tokens = 2000000
daily_cost_usd = "10.00"

[agent."ada@laptop"]        # key by key over the default
daily_cost_usd = "unlimited"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from runner.allowance.model import NANO_PER_USD, Limits
from runner.errors import SettingsProblem

DEFAULT_AGENT = "default"
UNLIMITED = "unlimited"
LARGEST_COUNT = 10**15
LARGEST_USD = 9_000_000
"""Below this a sum in nano-USD stays exact in every store we may ever use (2^53)."""

SAFE_DEFAULTS = Limits(
    daily_tokens=2_000_000,
    daily_jobs=20,
    concurrent_jobs=2,
    daily_cost_nano=10 * NANO_PER_USD,
    run_tokens=400_000,
    run_cost_nano=2 * NANO_PER_USD,
    job_duration_s=1800,
)
"""Hold until there is an allowance file; the first file that `runner init` writes says the same."""


FILE_HEAD = """\
# What agents may spend. Days are UTC days. 0 is none; a key that is left out has no limit.
# [agent.default] is for every agent; [agent."NAME"] goes over it key by key.
# Change it here or with `runner allowance set`; see it with `runner allowance show`.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTables:
    """The limits of every agent named in the file, each already laid over the default."""

    default: Limits
    agents: Mapping[str, Limits]

    def of(self, agent_id: str) -> Limits:
        return self.agents.get(agent_id, self.default)


class _Literal(str):
    """A TOML float exactly as it was written, so that 0.1 stays a tenth."""

    __slots__ = ()


class _Wrong(Exception):
    """A value that a key cannot take; the message says what is wanted."""


def parse_limits(text: str, *, file_name: str) -> LimitTables:
    """Read the text of an allowance file.

    Raises:
        SettingsProblem: it is not TOML, or a key or value is wrong; the first one is named.
    """
    tables, problems = _parse(text, file_name)
    if problems:
        more = f"; and {len(problems) - 1} more in this file" if len(problems) > 1 else ""
        raise SettingsProblem(
            problems[0] + more,
            hint="correct the file, or write a value with `runner allowance set`",
        )
    return tables


def limit_problems(text: str, *, file_name: str) -> tuple[str, ...]:
    """Everything wrong with the text of an allowance file, one line each; empty when it is fine."""
    return _parse(text, file_name)[1]


def safe_file_values() -> dict[str, dict[str, dict[str, object]]]:
    """The safe limits as the tables of an allowance file."""
    return {"agent": {DEFAULT_AGENT: file_values(SAFE_DEFAULTS)}}


def file_values(limits: Limits) -> dict[str, object]:
    """Limits as the keys of one table; what is unlimited is left out."""
    values: dict[str, object] = {
        "models": None if limits.models is None else list(limits.models),
        "daily_tokens": limits.daily_tokens,
        "daily_jobs": limits.daily_jobs,
        "concurrent_jobs": limits.concurrent_jobs,
        "daily_cost_usd": None if limits.daily_cost_nano is None else usd_text(limits.daily_cost_nano),
        "run_tokens": limits.run_tokens,
        "run_cost_usd": None if limits.run_cost_nano is None else usd_text(limits.run_cost_nano),
        "job_duration_s": limits.job_duration_s,
    }
    return {key: value for key, value in values.items() if value is not None}


def usd_text(nano: int) -> str:
    """Nano-USD as an exact decimal with at least two digits: `10.00`, `0.0005`."""
    whole, part = divmod(nano, NANO_PER_USD)
    digits = f"{part:09d}".rstrip("0").ljust(2, "0")
    return f"{whole}.{digits}"


def nano_from_usd(value: int | str) -> int:
    """An exact amount in nano-USD from a number or a decimal text, rounded up.

    Raises:
        ValueError: it is not a finite amount between 0 and 9,000,000.
    """
    from decimal import ROUND_CEILING, Decimal, InvalidOperation, localcontext

    try:
        # The default context would round a long decimal down before we could round it up.
        with localcontext() as context:
            context.prec = 400
            usd = Decimal(value)
            if not usd.is_finite() or not 0 <= usd <= LARGEST_USD:
                raise ValueError(value)
            return int((usd * NANO_PER_USD).to_integral_value(rounding=ROUND_CEILING))
    except InvalidOperation as error:
        raise ValueError(value) from error


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_COUNT:
        raise _Wrong("a whole number, 0 or more (0 is none; leave the key out for no limit)")
    return value


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LARGEST_COUNT:
        raise _Wrong("a whole number of seconds, 1 or more")
    return value


def _usd(value: object) -> int:
    wanted = _Wrong('an amount in USD from 0 to 9000000, such as "12.50"')
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise wanted
    try:
        return nano_from_usd(value)
    except ValueError:
        raise wanted from None


def _models(value: object) -> tuple[str, ...]:
    named = isinstance(value, list) and all(type(name) is str and name for name in value)
    if not named or not value:
        raise _Wrong('a list of model names, such as ["sonnet"] (leave the key out to allow every model)')
    return tuple(value)  # type: ignore[arg-type]  # a list of str, just checked


_Reader = Callable[[object], object]
LIMIT_KEYS: Mapping[str, tuple[str, _Reader]] = {
    "models": ("models", _models),
    "daily_tokens": ("daily_tokens", _count),
    "daily_jobs": ("daily_jobs", _count),
    "concurrent_jobs": ("concurrent_jobs", _count),
    "daily_cost_usd": ("daily_cost_nano", _usd),
    "run_tokens": ("run_tokens", _count),
    "run_cost_usd": ("run_cost_nano", _usd),
    "job_duration_s": ("job_duration_s", _seconds),
}
"""Key in the file -> field of `Limits` and how its value is read."""


def _parse(text: str, file_name: str) -> tuple[LimitTables, tuple[str, ...]]:
    import tomllib

    nothing = LimitTables(default=Limits(), agents={})
    try:
        data = tomllib.loads(text, parse_float=_Literal)
    except tomllib.TOMLDecodeError as error:
        return nothing, (f"{file_name}: not valid TOML: {error}",)
    problems = [
        f"{file_name}: {_name(key)} is not a table here{_nearest(key, ('agent',))}"
        for key in data
        if key != "agent"
    ]
    agents = data.get("agent", {})
    if not isinstance(agents, dict):
        return nothing, (
            *problems,
            f"{file_name}: agent is {_shown(agents)}; wanted tables such as [agent.default]",
        )
    default = _table(DEFAULT_AGENT, agents.get(DEFAULT_AGENT, {}), Limits(), file_name, problems)
    named = {
        name: _table(name, table, default, file_name, problems)
        for name, table in agents.items()
        if name != DEFAULT_AGENT
    }
    return LimitTables(default=default, agents=named), tuple(problems)


def _table(name: str, table: object, under: Limits, file_name: str, problems: list[str]) -> Limits:
    if not isinstance(table, dict):
        problems.append(
            f"{file_name}: agent.{_name(name)} is {_shown(table)}; wanted a table such as [agent.default]"
        )
        return under
    changes: dict[str, object] = {}
    for key, value in table.items():
        where = f"{file_name}: agent.{_name(name)}.{_name(key)}"
        if key not in LIMIT_KEYS:
            problems.append(f"{where} is not a limit{_nearest(key, tuple(LIMIT_KEYS))}")
            continue
        field, read = LIMIT_KEYS[key]
        try:
            changes[field] = None if value == UNLIMITED else read(value)
        except _Wrong as wanted:
            problems.append(f"{where} is {_shown(value)}; wanted {wanted}")
    return replace(under, **changes)  # type: ignore[arg-type]  # each reader gives its field's type


def _nearest(key: str, names: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(key, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known: {', '.join(names)}"


def _name(key: str) -> str:
    return key if key.isprintable() else repr(key)


def _shown(value: object) -> str:
    """A value as one short line."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value) if isinstance(value, (int, _Literal)) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
