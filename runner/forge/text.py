"""What may stand in the title and body of a pull request, whoever wrote it; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from runner.forge.markdown import harmless, open_fence
from runner.forge.plain import (
    without_ci_switches,
    without_closing,
    without_mentions,
    without_trailers,
)
from runner.visible import visible, visible_line

TITLE_LIMIT = 256
BODY_LIMIT = 60_000
"""Characters; GitHub refuses a body over 65,536."""
_ROUGH_LIMIT = 10 * BODY_LIMIT
"""No more than this is looked at: what people see of it is in the first tenth."""
CUT_NOTE = "_The rest of this text was cut: it was too long._"

# As `pull_request.md.j2` writes them; all others that would close something are broken by then.
_CLOSING_LINES = re.compile(r"\n\n(?:Closes [\w./-]{0,202}#\d{1,10}\n?){1,20}\Z", re.ASCII)

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a text may do beyond being read. A field of the task says so, never a text."""

    closes: frozenset[str] = frozenset()
    """Issues it may close, as `#12` or `owner/repo#12`."""


NOTHING = Allowed()


def pull_request_title(
    text: str, *, redact: Redact, allowed: Allowed = NOTHING, fallback: str = "Change"
) -> str:
    """One line of at most 256 characters that mentions, closes and skips nothing; `fallback` if nothing is left."""
    plain = redact(without_trailers(visible(text[:_ROUGH_LIMIT])))
    # On one line other words meet, and what was one over two lines is not found any more.
    plain = without_trailers(visible_line(redact(without_ci_switches(visible_line(plain)))))
    plain = without_mentions(without_closing(plain, allowed.closes))
    cut = plain if len(plain) <= TITLE_LIMIT else plain[: TITLE_LIMIT - 1].rstrip() + "…"
    return cut or fallback


def pull_request_body(text: str, *, redact: Redact, allowed: Allowed = NOTHING) -> str:
    """Harmless Markdown of at most 60,000 characters, cut at a line; a second time changes nothing.

    HTML and images are text, code fences are closed, trailers and CI switches are gone. Lines at its end that close
    what is allowed stay when the rest is cut.
    """
    part = safe_part(text, redact=redact, allowed=allowed)
    found = _CLOSING_LINES.search(part) if len(part) > BODY_LIMIT else None
    end = found[0].rstrip() if found else ""
    return cut_body(part[: found.start()] if found else part, BODY_LIMIT - len(end)) + end


def safe_part(text: str, *, redact: Redact, allowed: Allowed = NOTHING) -> str:
    """A piece of a body, harmless and closed in itself, so that it cannot swallow what comes after it."""
    # Redaction comes after what could bring the parts of a secret together, and before what changes its letters.
    plain = redact(without_ci_switches(without_trailers(_rough_cut(visible(text)))))
    plain = harmless(without_closing(plain, allowed.closes))
    # A fence that lost its second word may bring two others together.
    return without_closing(plain, allowed.closes)


def cut_body(text: str, limit: int = BODY_LIMIT) -> str:
    """At most `limit` characters of harmless text, cut at a line, with a note if something is missing."""
    if len(text) <= limit:
        return text
    room = limit - len(CUT_NOTE) - 2
    head = text[: room + 1].rpartition("\n")[0].split("\n")
    if head == [""]:
        # One endless line. A cut can break what made it harmless, and mending takes room.
        head = [harmless(text[: room // 8])]
    while (fence := open_fence(head)) and len("\n".join(head)) + 1 + len(fence) > room:
        head.pop()
    return "\n".join([*head, *([fence] if fence else []), "", CUT_NOTE])


def _rough_cut(text: str) -> str:
    if len(text) <= _ROUGH_LIMIT:
        return text
    head = text[:_ROUGH_LIMIT].rpartition("\n")[0] or text[:_ROUGH_LIMIT]
    return f"{head}\n\n{CUT_NOTE}"
