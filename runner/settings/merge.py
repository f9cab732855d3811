"""Layers laid over each other: who may replace what; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.settings.key import Key, Scope, Value
from runner.settings.keys import KEYS
from runner.settings.layers import DEFAULT, Layer, Origin, Setting

Merged = dict[str, Setting]


def defaults() -> Merged:
    """Every key with its built-in value."""
    return {name: Setting(value=key.default, origin=DEFAULT) for name, key in KEYS.items()}


def lay(below: Mapping[str, Setting], layers: Iterable[Layer]) -> Merged:
    """Put the layers on top, the last one wins."""
    merged = dict(below)
    for layer in layers:
        for name, setting in layer.settings.items():
            merged[name] = _joined(KEYS[name], merged[name], setting)
    return merged


def lay_untrusted(below: Mapping[str, Setting], project: Layer) -> tuple[Merged, tuple[str, ...]]:
    """Put a project's layer on top as far as a stranger may; also the names of what was left out."""
    allowed, left_out = {}, []
    for name, setting in project.settings.items():
        if _is_allowed(KEYS[name], below[name].value, setting.value):
            allowed[name] = setting
        else:
            left_out.append(name)
    return lay(below, [Layer(settings=allowed)]), tuple(left_out)


def _is_allowed(key: Key, now: Value, wanted: Value) -> bool:
    if key.scope is Scope.LOWER and isinstance(now, int | float) and isinstance(wanted, int | float):
        return wanted <= now
    return key.scope is Scope.STYLE


def _joined(key: Key, below: Setting, above: Setting) -> Setting:
    if not key.adds or not isinstance(below.value, tuple) or not isinstance(above.value, tuple):
        return above
    more = tuple(one for one in above.value if one not in below.value)
    if below.origin == DEFAULT or not more:
        return above if below.origin == DEFAULT else below
    return Setting(value=below.value + more, origin=Origin(where=f"{below.origin}; {above.origin}"))
