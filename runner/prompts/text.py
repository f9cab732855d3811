"""Text from outside, made harmless for its place in a prompt or a page of Markdown; pure."""

from __future__ import annotations

import hashlib
import itertools
import re

from runner.visible import visible, visible_line

LONGEST_TEXT_CHARS = 100_000
"""Of one text from outside; about 25,000 tokens, more than any person reads before they start."""

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


def shorten(text: str, most_chars: int = LONGEST_TEXT_CHARS) -> str:
    """Visible text of about `most_chars` characters: of a longer one the beginning, a word about it, and the end."""
    shown = visible(text)
    if len(shown) <= most_chars:
        return shown
    head, tail = shown[: most_chars * 3 // 4], shown[-(most_chars // 4) :]
    # At a line's end where there is one: half a line may say the opposite.
    head = head[: head.rfind("\n") + 1] or head
    tail = tail[tail.find("\n") + 1 :] or tail
    missing = len(shown) - len(head) - len(tail)
    note = f"[... {missing:,} characters are left out here: the text is too long ...]"
    return f"{head.rstrip()}\n\n{note}\n\n{tail.lstrip()}"


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
