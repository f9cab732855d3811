"""Takes secrets out of texts and streams: known values, and whatever has the shape of a known token."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from runner.redaction.forms import forms
from runner.redaction.known import Known, KnownValues
from runner.redaction.needles import Span, needle_families, searched_shapes
from runner.redaction.scanner import Scanner
from runner.redaction.variables import MIN_LENGTH, secret_values

_PIECE_BYTES = 1 << 17


class Redactor:
    """Knows what is secret. Values may be added at any time, also while a stream is being read."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        """Hide the secret values among `variables`, the process environment as a rule."""
        self._lock = threading.Lock()
        self._known: dict[tuple[bytes, ...], Known] = {}
        self._values = KnownValues()
        for value, name in secret_values(variables or {}).items():
            self.add(value, kind=name)

    def add(self, value: str, *, kind: str = "secret") -> None:
        """Hide `value` from now on, in every form it may take; one shorter than 6 characters is ignored."""
        if len(value) < MIN_LENGTH:
            return
        distinctive = _distinctive(value)
        with self._lock:
            for form in forms(value):
                self._known.setdefault(form.parts, Known(form=form, kind=kind, distinctive=distinctive))
            self._values = KnownValues(self._known.values())

    def text(self, text: str) -> str:
        """`text` with `[redacted:<kind>]` in place of every secret."""
        stream = self.stream()
        data = text.encode("utf-8", "surrogatepass")
        return (stream.feed(data) + stream.finish()).decode("utf-8", "surrogatepass")

    def without_values(self, data: bytes) -> bytes:
        """`data` without the known values, and nothing else: for what must go on working, such as a patch.

        Every line stays a line.
        """
        kept, at = [], 0
        for span in sorted(self._sure_values().spans(data), key=lambda span: span.start):
            if span.end > at:
                kept += [data[at : span.start], self.replacement(span.kind)] if span.start >= at else []
                at = span.end
        return b"".join([*kept, data[at:]])

    def stream(self) -> Stream:
        """For text that comes in pieces, cut anywhere."""
        return Stream(self)

    def spans(self, data: bytes, *, words: bool = False) -> tuple[Span, ...]:
        """Every secret in `data`, without those that are too plain to be sure of.

        With `words` only what is known by the word before it: such a find may hide a better one.
        """
        searched = () if words else searched_shapes()
        values = KnownValues() if words else self._sure_values()
        pieces = Scanner().feed(
            data, families=needle_families(words=words), searched=searched, values=values, final=True
        )
        return tuple(piece for piece in pieces if isinstance(piece, Span))

    def values(self) -> KnownValues:
        """All values that are known now."""
        with self._lock:
            return self._values

    def _sure_values(self) -> KnownValues:
        return KnownValues(known for known in self.values().all if known.distinctive)

    def replacement(self, kind: str) -> bytes:
        """What is written in place of a secret; it never contains one itself."""
        told = f"[redacted:{kind}]".encode()
        known = self.values()
        return b"[***]" if any(each.form.head.search(told) for each in known.in_text(told)) else told


class Stream:
    """One stream of bytes on its way out; it holds back what cannot be decided yet, 150 KiB at most."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._scanner = Scanner()

    def feed(self, data: bytes) -> bytes:
        """Take more and return what may go out now: every complete line that does not end in half a secret."""
        # In pieces that the processor's cache holds: where a stream is cut makes no difference.
        pieces = (data[at : at + _PIECE_BYTES] for at in range(0, len(data), _PIECE_BYTES))
        return b"".join(self._pass(piece, final=False) for piece in pieces)

    def finish(self) -> bytes:
        """The stream has ended: return the rest."""
        return self._pass(b"", final=True)

    def _pass(self, data: bytes, *, final: bool) -> bytes:
        known = self._redactor
        pieces = self._scanner.feed(
            data, families=needle_families(), searched=searched_shapes(), values=known.values(), final=final
        )
        return b"".join(
            piece if isinstance(piece, bytes) else known.replacement(piece.kind) for piece in pieces
        )


def _distinctive(value: str) -> bool:
    """Whether finding the value in a text proves a leak: long, or of several kinds of characters."""
    kinds = sum(
        (any(c.islower() for c in value), any(c.isupper() for c in value), any(c.isdigit() for c in value))
    )
    return len(value) >= 16 or (len(value) >= 8 and kinds >= 2)
