"""The source tree as data: its modules and every import in them, also those inside functions."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
PACKAGE = TOP / "runner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One import statement: which module asks for what, and where."""

    by: str
    what: str
    """The module that is imported, as far as it is one: `runner.git.model`, `click`."""
    line: int
    at_import: bool
    """At the top of the module, so that importing it imports this too."""
    for_types: bool
    """Only under TYPE_CHECKING."""

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.what}"

    @property
    def library(self) -> str:
        return self.what.split(".", 1)[0]


def module_name(path: Path, top: Path = TOP) -> str:
    parts = path.relative_to(top).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(package: Path = PACKAGE) -> dict[str, Path]:
    """Every module of the package by its name."""
    return {module_name(path, package.parent): path for path in sorted(package.rglob("*.py"))}


@functools.cache
def imports(package: Path = PACKAGE) -> tuple[Imported, ...]:
    """Every import in the package."""
    known = modules(package)
    return tuple(
        imported
        for name, path in known.items()
        for imported in _imports(name, ast.parse(path.read_text()), known)
    )


def _imports(name: str, tree: ast.Module, known: dict[str, Path]) -> Iterator[Imported]:
    late = {id(inner) for node in ast.walk(tree) if _is_function(node) for inner in ast.walk(node)}
    for_types = {id(inner) for node in ast.walk(tree) if _is_for_types(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        for what in _wanted(node, known):
            types = id(node) in for_types
            yield Imported(
                by=name,
                what=what,
                line=getattr(node, "lineno", 0),
                at_import=id(node) not in late and not types,
                for_types=types,
            )


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _wanted(node: ast.AST, known: dict[str, Path]) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        # `from runner.git import model` names a module, `from runner.git.model import Tree` does not.
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [what if what in known else str(node.module) for what in inner]
    return []
