"""`runner config import`: the seed's agentic.yaml turned into config.toml and credentials.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import SettingsProblem
from runner.paths import Paths
from runner.settings.credentials import load_credentials, require_token, write_token
from runner.settings.edit import change_file
from runner.settings.files import read_file
from runner.settings.layers import Setting, text_layer
from runner.settings.problems import raise_all
from runner.settings.seed import SeedFile, read_seed, seed_path
from runner.settings.toml_file import parse_toml
from runner.settings.urls import api_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did; keys are our names, and `token`."""

    source: Path
    wrote: tuple[str, ...]
    kept: tuple[str, ...]
    """There was another value already, and nobody said to replace it."""
    left_out: tuple[str, ...] = ()
    """One line for each thing that has no place with us."""


def import_seed(paths: Paths, environment: Mapping[str, str], *, overwrite: bool = False) -> Imported:
    """Write what agentic.yaml says into our own files; with `overwrite` also over other values. Run again: no change.

    The YAML file is left as it is.

    Raises:
        SettingsProblem: there is no such file, or something in it or in ours is wrong; nothing was written.
        StoreFailed, Busy: a file could not be written.
    """
    seed = read_seed(environment)
    if seed is None:
        where = seed_path(environment)
        raise SettingsProblem(
            f"nothing to import: there is no {where or 'home folder'}", hint="run `runner init`"
        )
    layer = text_layer(str(seed.path), seed.values)
    raise_all(layer.problems)
    write, kept = _sorted_out(layer.settings, _now(paths.config_file), overwrite=overwrite)
    verdict, left_out = _token_verdict(paths, seed, overwrite=overwrite)
    if write:
        change_file(paths.config_file, {(name,): setting.value for name, setting in write.items()})
    if verdict == "write":
        write_token(paths, seed.values["base_url"][0], seed.token)
    return Imported(
        source=seed.path,
        wrote=(*write, *(["token"] if verdict == "write" else [])),
        kept=(*kept, *(["token"] if verdict == "keep" else [])),
        left_out=left_out,
    )


def _now(path: Path) -> Mapping[str, object]:
    data = read_file(path)
    return {} if data is None else parse_toml(str(path), data).tables


def _sorted_out(
    found: Mapping[str, Setting], now: Mapping[str, object], *, overwrite: bool
) -> tuple[dict[str, Setting], list[str]]:
    different = {name: setting for name, setting in found.items() if now.get(name) != setting.value}
    kept = [] if overwrite else [name for name in different if name in now]
    return {name: setting for name, setting in different.items() if name not in kept}, kept


def _token_verdict(paths: Paths, seed: SeedFile, *, overwrite: bool) -> tuple[str, tuple[str, ...]]:
    """`write`, `keep` or nothing, and what to tell about it."""
    url, _ = seed.values.get("base_url", ("", 0))
    if not seed.token:
        return "", ()
    if not url:
        return "", (f"{seed.path}: the token belongs to no address (no base_url); it was left out",)
    require_token(seed.token, str(seed.path))
    ours = load_credentials(paths, environment={}, base_url=None).by_origin.get(api_origin(url))
    if ours is not None and ours.text == seed.token:
        return "", ()
    return ("write" if ours is None or overwrite else "keep"), ()
