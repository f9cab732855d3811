"""The text of a run's commit: what Claude and the task's author wrote, without what would act on its own; pure."""

from __future__ import annotations

import re
from collections.abc import Callable

from runner.forge.plain import (
    without_ci_switches,
    without_closing,
    without_mentions,
    without_trailers,
)
from runner.forge.text import pull_request_title
from runner.visible import visible

LIMIT = 5_000
"""Characters; a longer summary stands whole in the pull request."""
_CUT = "\n\n(cut)"
_IMAGE = re.compile(r"!\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>?")

Redact = Callable[[str], str]


def commit_title(title: str, *, redact: Redact, fallback: str) -> str:
    """One line that closes, mentions and skips nothing; a commit acts on them as a pull request does."""
    return _without_markup(pull_request_title(title, redact=redact, fallback=fallback)) or fallback


def commit_body(text: str, *, redact: Redact) -> str:
    """Plain text: no trailers, CI switches, mentions, closing words, HTML or images, and not endless."""
    plain = redact(without_ci_switches(without_trailers(visible(text))))
    plain = without_mentions(without_closing(_without_markup(plain)))
    # What was taken out may have brought the parts of another together.
    plain = without_ci_switches(without_trailers(plain)).strip()
    return plain if len(plain) <= LIMIT else plain[: LIMIT - len(_CUT)].rstrip() + _CUT


def _without_markup(text: str) -> str:
    return _TAG.sub("", _COMMENT.sub("", _IMAGE.sub(r"\1", text)))
