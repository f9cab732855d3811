"""Prompts: templates from several folders, the first that has a name wins; strangers' are rendered apart."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner.errors import UsageProblem
from runner.paths import bundled
from runner.prompts.confined import Wanted, render_apart
from runner.prompts.sandbox import SUFFIX, read, render_here, sandbox

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


class Prompts:
    """The templates of some folders; the first folder that has a name wins.

    A template is code, and only sandboxed: give a repository's own folder only when it is trusted.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        copied_from: Mapping[Path, Path] | None = None,
        confined: bool = True,
    ) -> None:
        """`copied_from` says where the original of a folder is, so that a message names the file to correct.

        Templates that are not ours are rendered in a process of their own, which may not compute or keep much; with
        `confined` false here.
        """
        self._folders = tuple(folders)
        self._copied_from = copied_from or {}
        self._confined = confined

    def names(self) -> tuple[str, ...]:
        """All names, sorted, without `.md.j2`."""
        found = {
            file.name.removesuffix(SUFFIX) for folder in self._folders for file in folder.glob(f"*{SUFFIX}")
        }
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def source(self, name: str) -> str:
        """The text of a template as it was written, trimmed.

        Raises:
            UsageProblem: there is no such template; the hint lists those there are.
            TemplateProblem: it cannot be read.
        """
        return read(self._find(name)).strip()

    def render(self, name: str, **values: object) -> str:
        """Fill a template; one newline at the end.

        Raises:
            UsageProblem: there is no such template.
            TemplateProblem: it cannot be rendered: where, and what is missing or wrong.
        """
        path, short = self._find(name), name.removesuffix(SUFFIX)
        if self._confined and path.parent != bundled("prompts"):
            folders = tuple(str(folder) for folder in self._folders)
            copied = {str(copy): str(original) for copy, original in self._copied_from.items()}
            return render_apart(
                Wanted(folders=folders, copied_from=copied, name=short, values=values), self._shown(path)
            )
        return render_here(self._environment, self._shown(path), short, values)

    def _find(self, name: str) -> Path:
        short = name.removesuffix(SUFFIX)
        if _NAME.fullmatch(short):
            for folder in self._folders:
                path = folder / f"{short}{SUFFIX}"
                # A link could bring in any file of the machine.
                if path.is_file() and path.resolve().parent == folder.resolve():
                    return path
        raise UsageProblem(
            f"no prompt is named {name!r}", hint=f"there are: {', '.join(self.names()) or 'none'}"
        )

    def _shown(self, path: Path) -> Path:
        return self._copied_from.get(path.parent, path.parent) / path.name

    @functools.cached_property
    def _environment(self) -> SandboxedEnvironment:
        return sandbox(self._find, self._shown)
