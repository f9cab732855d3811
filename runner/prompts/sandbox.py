"""A sandbox for templates: jinja2, strict, nothing but what it is given, and every failure one line with its place."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import TemplateProblem, UsageProblem
from runner.prompts.text import cell, data, fence, one_line, prose, shorten
from runner.visible import visible, visible_line

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from jinja2.sandbox import SandboxedEnvironment

SUFFIX = ".md.j2"
LARGEST_TEMPLATE_BYTES = 200_000
LARGEST_RESULT_CHARS = 4_000_000
LARGEST_NUMBER = 10_000
SLOWEST_S = 5.0
LARGEST_BYTES = 1 << 30
"""Memory of the process that renders a template which is not ours."""
SLOWEST_CPU_S = 2
TOO_MUCH = f"the prompt takes more than {SLOWEST_CPU_S} s to compute, or more than {LARGEST_BYTES >> 30} GB of memory"
CORRECT = "correct the template; without it the one that comes with runner is used"


_FAILURES = (ArithmeticError, AttributeError, LookupError, RuntimeError, SyntaxError, TypeError, ValueError)
"""What a template can make Python and jinja2 say."""


class TooMuch(Exception):
    """The time that a template may compute is over."""


def read(path: Path) -> str:
    """The text of a template. Raises: TemplateProblem."""
    try:
        if path.stat().st_size > LARGEST_TEMPLATE_BYTES:
            words = f"{path}: larger than {LARGEST_TEMPLATE_BYTES // 1000} kB"
            raise TemplateProblem(words, hint=CORRECT)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateProblem(f"{path}: cannot be read: {error}", hint="a template is UTF-8 text") from error


def sandbox(find: Callable[[str], Path], shown: Callable[[Path], Path]) -> SandboxedEnvironment:
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
        return read(path), str(shown(path)), lambda: False

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
        "shorten": shorten,
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


def render_here(
    environment: SandboxedEnvironment, path: Path, name: str, values: Mapping[str, object]
) -> str:
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
    except (MemoryError, TooMuch) as error:
        raise TemplateProblem(f"{_place(error, path)}: {TOO_MUCH}", hint=CORRECT) from error
    except SecurityError as error:
        raise TemplateProblem(
            f"{_place(error, path)}: not allowed in a prompt: {error}", hint=CORRECT
        ) from error
    except (jinja2.TemplateError, *_FAILURES) as error:
        words = f"{_place(error, path)}: {type(error).__name__}: {visible_line(str(error), 200)}"
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
