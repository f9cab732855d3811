"""Prompts: templates from several folders, rendered strictly in a sandbox, and text from outside made harmless."""

from __future__ import annotations

import functools
import hashlib
import itertools
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import TemplateProblem, UsageProblem
from runner.visible import visible, visible_line

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment

SUFFIX = ".md.j2"
LARGEST_TEMPLATE_BYTES = 200_000
LARGEST_RESULT_CHARS = 4_000_000
LARGEST_NUMBER = 10_000
SLOWEST_S = 5.0
CORRECT = "correct the template; without it the one that comes with runner is used"

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_FENCE_RUNS = re.compile(r"`+|~+")
_FENCE_LINE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t#]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*")
_CODE_SPAN = re.compile(r"(`+[^`]+`+)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_MENTION = re.compile(r"(?<![\w`./@])@([A-Za-z0-9][\w-]*(?:/[\w-]+)?)")
_QUESTION = re.compile(r"^[ \t*_>]*QUESTION:[ \t*_]*(.*)", re.MULTILINE | re.DOTALL)


def one_line(text: str, most_chars: int = 500) -> str:
    """Visible text on one line, blanks brought together, cut with an ellipsis."""
    return visible_line(text, most_chars)


def fence(text: str, language: str = "") -> str:
    """Visible text in a fenced block that nothing inside can close."""
    shown = visible(text).rstrip("\n")
    longest = max((len(run) for run in _FENCE_RUNS.findall(shown)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{re.sub(r'[^A-Za-z0-9+#.-]', '', language)}\n{shown}\n{marks}"


def data(text: str, name: str = "data") -> str:
    """Visible text between tags of its own: they follow from the text, and the text does not contain them."""
    shown = visible(text).strip("\n")
    tags = (f"{name}_{hashlib.sha256(f'{n}{shown}'.encode()).hexdigest()[:12]}" for n in itertools.count())
    tag = next(tag for tag in tags if tag not in shown)
    return f"<{tag}>\n{shown}\n</{tag}>"


def prose(text: str) -> str:
    """Markdown of others, fit to stand inside ours: no headings, no HTML, nobody is called, fences are closed."""
    lines: list[str] = []
    mark = ""
    for line in visible(text).strip().split("\n"):
        run = _FENCE_LINE.match(line)
        if run and not mark:
            mark = run[1]
        elif run and run[1].startswith(mark) and not line.strip().strip(mark[0]):
            mark = ""
        lines.append(line if mark or run else _harmless(line))
    return "\n".join([*lines, mark] if mark else lines)


def cell(text: str) -> str:
    """One line as code in a cell of a table."""
    line = one_line(text).replace("|", "\\|")
    marks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    blank = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{blank}{line}{blank}{marks}" if line else ""


def _harmless(line: str) -> str:
    line = _HEADING.sub(r"**\1**", line)
    if _UNDERLINE.fullmatch(line):
        return ""
    parts = _CODE_SPAN.split(line)
    # Every second part is a code span, in which nothing is markup.
    parts[::2] = [_MENTION.sub(r"`@\1`", _TAG.sub("&lt;", part)) for part in parts[::2]]
    return "".join(parts)


def question_in(answer: str) -> str:
    """What an answer asks of a person, by the convention of `task.md.j2`; empty if it asks nothing.

    The question begins at the last line that starts with `QUESTION:` and goes on to the end of the answer.
    """
    at = max(
        (match.start() for match in re.finditer(r"^[ \t*_>]*QUESTION:", answer, re.MULTILINE)), default=-1
    )
    found = _QUESTION.match(answer, at) if at >= 0 else None
    return found[1].strip().rstrip("*_").strip() if found else ""


class Prompts:
    """The templates of some folders; the first folder that has a name wins.

    A template is code, and only sandboxed: give a repository's own folder only when it is trusted.
    """

    def __init__(self, folders: Sequence[Path], *, copied_from: Mapping[Path, Path] | None = None) -> None:
        """`copied_from` says where the original of a folder is, so that a message names the file to correct."""
        self._folders = tuple(folders)
        self._copied_from = copied_from or {}

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
        return _read(self._find(name)).strip()

    def render(self, name: str, **values: object) -> str:
        """Fill a template; one newline at the end.

        Raises:
            UsageProblem: there is no such template.
            TemplateProblem: it cannot be rendered: where, and what is missing or wrong.
        """
        return _render(self._environment, self._shown(self._find(name)), name.removesuffix(SUFFIX), values)

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
        return _sandbox(self._find, self._shown)


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_TEMPLATE_BYTES:
            words = f"{path}: larger than {LARGEST_TEMPLATE_BYTES // 1000} kB"
            raise TemplateProblem(words, hint=CORRECT)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateProblem(f"{path}: cannot be read: {error}", hint="a template is UTF-8 text") from error


def _sandbox(find: Callable[[str], Path], shown: Callable[[Path], Path]) -> SandboxedEnvironment:
    """An environment that reads no attributes with underscores, changes nothing, and knows only what it is given."""
    import jinja2
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Sandbox(ImmutableSandboxedEnvironment):
        # A few multiplications, or one text padded to a width, fill the memory in no time.
        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
            if operator != "%" or isinstance(left, str):
                raise SecurityError(f"{operator} cannot be used here")
            return super().call_binop(context, operator, left, right)

        def call(self, context: Context, obj: Any, *args: Any, **kwargs: Any) -> Any:
            if any(isinstance(given, int) and given > LARGEST_NUMBER for given in (*args, *kwargs.values())):
                raise SecurityError(f"numbers over {LARGEST_NUMBER} cannot be given")
            return super().call(context, obj, *args, **kwargs)

        def is_safe_callable(self, obj: object) -> bool:
            return super().is_safe_callable(obj) and _is_harmless(obj)

    def load(name: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            path = find(str(name))
        except UsageProblem as error:
            raise TemplateProblem(str(error), hint=error.hint) from error
        return _read(path), str(shown(path)), lambda: False

    environment = Sandbox(
        loader=jinja2.FunctionLoader(load),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.clear()
    for padding in ("center", "format", "indent", "wordwrap"):
        del environment.filters[padding]
    environment.filters |= {
        "fence": fence,
        "data": data,
        "oneline": one_line,
        "prose": prose,
        "cell": cell,
        "plain": visible,
    }
    return environment


def _is_harmless(called: object) -> bool:
    """Macros, loops, and methods of plain values; methods of anything else could act."""
    owner = getattr(called, "__self__", called)
    return (
        isinstance(owner, str | int | float | tuple | list | dict)
        or type(owner).__module__ == "jinja2.runtime"
    )


def _render(environment: SandboxedEnvironment, path: Path, name: str, values: Mapping[str, object]) -> str:
    import jinja2
    from jinja2.exceptions import SecurityError

    try:
        return _within_limits(path, environment.get_template(name).generate(**values)).strip() + "\n"
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or path}:{error.lineno}"
        raise TemplateProblem(f"{place}: {error.message}", hint=CORRECT) from error
    except jinja2.UndefinedError as error:
        hint = f"values of this prompt: {', '.join(sorted(values)) or 'none'}"
        raise TemplateProblem(f"{_place(error, path)}: {error.message}", hint=hint) from error
    except SecurityError as error:
        raise TemplateProblem(
            f"{_place(error, path)}: not allowed in a prompt: {error}", hint=CORRECT
        ) from error
    except (jinja2.TemplateError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        words = f"{_place(error, path)}: {type(error).__name__}: {error}"
        raise TemplateProblem(words, hint=CORRECT) from error


def _within_limits(path: Path, pieces: Iterable[str]) -> str:
    """All pieces together; looked at one by one, so that an endless template ends."""
    kept: list[str] = []
    size, deadline = 0, time.monotonic() + SLOWEST_S
    for piece in pieces:
        size += len(piece)
        if size > LARGEST_RESULT_CHARS or time.monotonic() > deadline:
            words = f"{path}: the prompt grows past {LARGEST_RESULT_CHARS} characters or {SLOWEST_S} s"
            raise TemplateProblem(words, hint=CORRECT)
        kept.append(piece)
    return "".join(kept)


def _place(error: BaseException, path: Path) -> str:
    """File and line of the template where an error happened; jinja2 puts them into the traceback."""
    place, frame = str(path), error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.endswith(SUFFIX):
            place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
