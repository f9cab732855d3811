"""What a settings key is, and how a value is checked against it; pure. The keys themselves: `keys.py`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

Value = str | int | float | bool | tuple[str, ...] | None


class Kind(StrEnum):
    """The type of a value; the text is what people are told that a key wants."""

    TEXT = "a text in quotes"
    WHOLE = "a whole number"
    NUMBER = "a number"
    SWITCH = "true or false"
    LIST = "a list of texts"


class Scope(StrEnum):
    """Who may set a key besides the user (file, environment, flags)."""

    USER = "user"
    """Nobody: it is refused in a project file, trusted or not."""
    STYLE = "style"
    """Any project file."""
    LOWER = "lower"
    """Any project file, but an untrusted one only to a smaller number than would hold without it."""
    TRUSTED = "trusted"
    """A project file that the user trusts; else it is ignored with a warning."""


class Key(NamedTuple):
    """One setting: its name, type, default, and what its values must look like."""

    name: str
    """Dotted, as in `claude.max_turns`."""
    kind: Kind
    default: Value
    doc: str
    scope: Scope = Scope.USER
    lowest: int = 0
    highest: int = 1_000_000_000
    choices: tuple[str, ...] = ()
    rule: Callable[[str], str] | None = None
    """Says what is wrong with a text, or with one text of a list; empty if nothing."""
    separator: str = ","
    """Between the texts of a list that is written on one line (environment, `config set`)."""
    adds: bool = False
    """Layers add to this list instead of replacing it."""
    variable: str = ""
    """Environment variable; empty for `RUNNER_` and the name."""
    seed_variable: str = ""
    """The seed system's variable, understood after ours."""

    @property
    def optional(self) -> bool:
        """The default is None, and an empty text means None again."""
        return self.default is None

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables, the first one that is set counts."""
        own = self.variable or "RUNNER_" + self.name.replace(".", "_").upper()
        return (own, self.seed_variable) if self.seed_variable else (own,)

    @property
    def wants(self) -> str:
        """What a value must be, for people."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind in (Kind.WHOLE, Kind.NUMBER):
            return f"{self.kind.value} from {self.lowest} to {self.highest}"
        return self.kind.value


class Bad(ValueError):
    """A value that a key does not take; the text is the end of a sentence about it."""


def accept(key: Key, raw: object) -> Value:
    """Turn a value as TOML has it into the key's own type.

    Raises:
        Bad: wrong type, out of range, or refused by the key's rule.
    """
    if key.optional and raw == "":
        return None
    value = _typed(key, raw)
    _check(key, value)
    return value


def accept_text(key: Key, text: str) -> Value:
    """The same for a value that was typed or comes from the environment.

    Raises:
        Bad: as in `accept`.
    """
    return accept(key, _from_text(key, text))


def shown(raw: object) -> str:
    """A value for a message: quoted, short, without control characters."""
    text = repr(raw) if not isinstance(raw, bool) else str(raw).lower()
    return text if len(text) <= 60 else text[:57] + "..."


def shown_key(name: str) -> str:
    """A key for a message: as it is when it is plain, else quoted and short."""
    return name if name.isprintable() and len(name) <= 60 else shown(name)


def _typed(key: Key, raw: object) -> Value:
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    if key.kind is Kind.LIST and isinstance(raw, list | tuple) and all(isinstance(one, str) for one in raw):
        return tuple(raw)
    if key.kind is Kind.SWITCH and isinstance(raw, bool):
        return raw
    if key.kind is Kind.WHOLE and number and isinstance(raw, int):
        return raw
    if key.kind is Kind.NUMBER and number and isinstance(raw, int | float):
        return float(raw)
    if key.kind is Kind.TEXT and isinstance(raw, str):
        return raw
    raise Bad(f"wants {key.wants}, not {shown(raw)}")


def _check(key: Key, value: Value) -> None:
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and not key.lowest <= value <= key.highest
    ):
        raise Bad(f"wants {key.wants}, not {shown(value)}")
    for text in (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ():
        if key.choices and text not in key.choices:
            raise Bad(f"wants {key.wants}, not {shown(text)}")
        if key.rule and (fault := key.rule(text)):
            raise Bad(fault)


SWITCHES = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def _from_text(key: Key, text: str) -> object:
    """What TOML would have given for a bare text; the text itself where it makes no sense."""
    if key.kind is Kind.SWITCH:
        return SWITCHES.get(text.strip().lower(), text)
    if key.kind is Kind.LIST:
        return _list(key, text)
    if key.kind is Kind.TEXT:
        return text
    try:
        return int(text) if key.kind is Kind.WHOLE else float(text)
    except ValueError:
        return text


def _list(key: Key, text: str) -> object:
    if text.lstrip().startswith("["):
        import tomllib

        try:
            return tomllib.loads(f"list = {text.strip()}").get("list")
        except (ValueError, RecursionError):
            return text
    return [part.strip() for part in text.split(key.separator) if part.strip()]
