"""One layer of settings: the keys a file, the environment or the flags set, checked; pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from runner.settings.dotenv import DotEnv
from runner.settings.key import Bad, Key, Scope, Value, accept, accept_text, shown_key
from runner.settings.keys import GROUPS, KEYS
from runner.settings.problems import Problem
from runner.settings.toml_file import TomlFile


class Origin(NamedTuple):
    """Where a value came from."""

    where: str
    """`default`, a file, `environment NAME` or `flag --name`."""
    line: int | None = None

    def __str__(self) -> str:
        return self.where if self.line is None else f"{self.where}:{self.line}"


DEFAULT = Origin(where="default")


class Setting(NamedTuple):
    """A checked value and where it stands."""

    value: Value
    origin: Origin


class Layer(NamedTuple):
    """What one place sets, and what is wrong with it."""

    settings: Mapping[str, Setting]
    problems: tuple[Problem, ...] = ()
    seen: int = 0
    """Keys looked at, good or bad."""


NO_LAYER = Layer(settings={})


class Flag(NamedTuple):
    """A value given on the command line: `Flag(name="--model", value="opus")`."""

    name: str
    value: object


class _Found(NamedTuple):
    """A key and its value as they were found, before the check."""

    name: str
    raw: object
    origin: Origin
    from_text: bool = False


def user_layers(file: TomlFile) -> tuple[Layer, dict[str, Layer]]:
    """The user's own file: the keys outside its profiles, and the keys of each profile."""
    profiles = file.tables.get("profile")
    if not isinstance(profiles, dict):
        return _checked(_walk(file, file.tables, ())), {}
    outside = {name: value for name, value in file.tables.items() if name != "profile"}
    misfits = {name: value for name, value in profiles.items() if not isinstance(value, dict)}
    found = itertools.chain(_walk(file, outside, ()), _walk(file, misfits, ("profile",), shown="profile."))
    layers = {
        name: _checked(_walk(file, value, ("profile", name)))
        for name, value in profiles.items()
        if isinstance(value, dict)
    }
    return _checked(found), layers


def project_layer(file: TomlFile) -> Layer:
    """A repository's file, where keys that belong to the user alone are problems."""
    return _checked(_walk(file, file.tables, ()), project=True)


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """The keys set by `RUNNER_...` and the seed's variables; an empty one is not set."""
    found = []
    for key in KEYS.values():
        name = next((name for name in key.variables if environment.get(name)), None)
        if name is not None:
            origin = Origin(where=f"environment {name}")
            found.append(_Found(name=key.name, raw=environment[name], origin=origin, from_text=True))
    return _checked(iter(found))


def dotenv_layer(name: str, found: DotEnv) -> Layer:
    """The project and the agent id of a seed `.env`; an empty one clears what lower layers say."""
    keys = {key.seed_variable: key.name for key in KEYS.values() if key.seed_variable}
    return _checked(
        _Found(
            name=keys[variable],
            raw=value,
            origin=Origin(where=name, line=found.lines[variable]),
            from_text=True,
        )
        for variable, value in found.values.items()
    )


def flags_layer(flags: Mapping[str, Flag]) -> Layer:
    """The keys set on the command line; a flag whose value is None was not given."""
    return _checked(
        _Found(
            name=name,
            raw=flag.value,
            origin=Origin(where=f"flag {flag.name}"),
            from_text=isinstance(flag.value, str),
        )
        for name, flag in flags.items()
        if flag.value is not None
    )


def text_layer(where: str, values: Mapping[str, tuple[str, int]]) -> Layer:
    """Keys with their texts and lines, as the seed's YAML file has them; an empty text is not set."""
    return _checked(
        _Found(name=name, raw=text, origin=Origin(where=where, line=line), from_text=True)
        for name, (text, line) in values.items()
        if text
    )


def _walk(
    file: TomlFile,
    tables: Mapping[str, object],
    top: tuple[str, ...],
    group: tuple[str, ...] = (),
    *,
    shown: str = "",
) -> Iterator[_Found]:
    """Every value below the path `top`, named by the way to it; `shown` is put before the name."""
    for name, raw in tables.items():
        path = (*group, name)
        if ".".join(path) in GROUPS and isinstance(raw, dict):
            yield from _walk(file, raw, top, path)
        else:
            dotted = shown + ".".join(repr(part) if "." in part else part for part in path)
            yield _Found(
                name=dotted, raw=raw, origin=Origin(where=file.name, line=file.line_of((*top, *path)))
            )


def _checked(found: Iterator[_Found], *, project: bool = False) -> Layer:
    settings: dict[str, Setting] = {}
    problems: list[Problem] = []
    seen = 0
    for one in found:
        seen += 1
        try:
            settings[one.name] = Setting(value=_accepted(one, project=project), origin=one.origin)
        except Bad as bad:
            problems.append(
                Problem(where=one.origin.where, line=one.origin.line, key=shown_key(one.name), text=str(bad))
            )
    return Layer(settings=settings, problems=tuple(problems), seen=seen)


def _accepted(one: _Found, *, project: bool) -> Value:
    key = known_key(one.name)
    if project and key.scope is Scope.USER:
        raise Bad("is for your own config.toml only; a project file may not set it")
    return accept_text(key, one.raw) if one.from_text and isinstance(one.raw, str) else accept(key, one.raw)


def known_key(name: str) -> Key:
    """The key of that name.

    Raises:
        Bad: there is none; the text suggests the nearest.
    """
    if name in KEYS:
        return KEYS[name]
    if name in GROUPS:
        raise Bad(f"wants a table: [{name}]")
    if name.startswith("profile.") and name.count(".") == 1:
        raise Bad("wants a table")
    if name == "profile":
        raise Bad("wants tables such as [profile.work], in your own config.toml")
    if name.rpartition(".")[2] in ("token", "password", "secret", "api_key"):
        raise Bad("is no setting; tokens belong in credentials.toml")
    near = _nearest(name)
    raise Bad(
        f"is no setting; did you mean {near}?" if near else "is no setting; `runner config show` lists all"
    )


def _nearest(name: str) -> str | None:
    import difflib

    if group := difflib.get_close_matches(name, GROUPS, n=1, cutoff=0.8):
        return group[0]
    moved = [known for known in KEYS if known.rpartition(".")[2] == name.rpartition(".")[2]]
    close = difflib.get_close_matches(name, KEYS, n=1, cutoff=0.6)
    return moved[0] if len(moved) == 1 else next(iter(close), None)
