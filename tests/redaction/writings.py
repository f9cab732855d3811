"""Every way in which a program may print one secret: name to text, each with something around it."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import textwrap
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

PLAIN = "Qw3rTz-uIo9pAs_dFg7hJk2L"
"""A secret as services give them."""
ODD = "p@ss/w'ord+ \"x$1\\n<\u20ac>\u00e9!9"
"""A secret with everything that some writing escapes."""
SHORT = "hunt3r"


def _shell_backslashes(value: str) -> str:
    return "".join(c if c.isalnum() or c in "_-./" or not c.isascii() else f"\\{c}" for c in value)


def _double_quoted(value: str) -> str:
    return '"' + "".join(f"\\{c}" if c in '"\\$`!' else c for c in value) + '"'


def _ansi_quoted(value: str) -> str:
    """`$'...'` as bash's `printf %q` writes what is not ASCII."""
    written = (f"\\{b:03o}" if b > 126 else f"\\{b:c}" if b in b"'\\" else chr(b) for b in value.encode())
    return "$'" + "".join(written) + "'"


def _escaped(value: str) -> str:
    """As a JSON writer does that trusts nothing: `\\/`, and whatever HTML could take amiss as `\\u00xx`."""
    text = json.dumps(value).replace("/", "\\/")
    return "".join(f"\\u{ord(c):04X}" if c in "<>&'+$@!" else c for c in text)


def _some_hex(value: str) -> str:
    return "".join(
        c if c.isalnum() and c.isascii() else "".join(f"\\x{b:02x}" for b in c.encode()) for c in value
    )


def _mixed_case(quoted: str) -> str:
    return "".join(c.lower() if n % 2 else c for n, c in enumerate(quoted.split("%")))


WRITINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "json": json.dumps,
    "json readable": lambda v: json.dumps(v, ensure_ascii=False),
    "json twice": lambda v: json.dumps(json.dumps([v])),
    "json three times": lambda v: json.dumps(json.dumps(json.dumps({"k": v}))),
    "json five times": lambda v: json.dumps(json.dumps(json.dumps(json.dumps(json.dumps({"k": v}))))),
    "json with slashes": _escaped,
    "json inside json with slashes": lambda v: json.dumps(_escaped(v)),
    "json all escaped": lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    "url": lambda v: quote(v, safe=""),
    "url path": quote,
    "url form": quote_plus,
    "url component": lambda v: quote(v, safe="!*'()~"),
    "url small": lambda v: quote(v, safe="").replace("%E2%82%AC", "%e2%82%ac").replace("%2F", "%2f"),
    "url twice": lambda v: quote(quote(v, safe=""), safe=""),
    "url all": lambda v: "".join(f"%{b:02X}" for b in v.encode()),
    "html": html.escape,
    "html inside json": lambda v: json.dumps(html.escape(v)),
    "shell single": shlex.quote,
    "shell single, backslash": lambda v: "'" + v.replace("'", "'\\''") + "'",
    "shell double": _double_quoted,
    "shell backslashes": _shell_backslashes,
    "shell ansi": _ansi_quoted,
    "shell double inside json": lambda v: json.dumps(_double_quoted(v)),
    "shell single inside json": lambda v: json.dumps(shlex.quote(v)),
    "python": repr,
    "python bytes": lambda v: repr(v.encode()),
    "python some hex": _some_hex,
    "python all hex": lambda v: "".join(f"\\x{b:02x}" for b in v.encode()),
    "hex": lambda v: v.encode().hex(),
    "hex capitals": lambda v: v.encode().hex().upper(),
    "hex colons": lambda v: v.encode().hex(":"),
    "hex pairs": lambda v: v.encode().hex(" ", 2),
    "base64": lambda v: base64.b64encode(v.encode()).decode(),
    "base64 shifted": lambda v: base64.b64encode(b"u" + v.encode() + b":x").decode(),
    "base64 shifted twice": lambda v: base64.b64encode(b"u:" + v.encode()).decode(),
    "base64 for urls": lambda v: base64.urlsafe_b64encode(b"?>" + v.encode() + b"~~").decode().rstrip("="),
    "base64 in a query": lambda v: quote(base64.b64encode(b"?" + v.encode() + b"?~").decode(), safe=""),
    "base64 in json": lambda v: json.dumps(base64.b64encode(v.encode()).decode()).replace("/", "\\/"),
    "base64 wrapped": lambda v: base64.encodebytes((v * 4).encode()).decode(),
    "wrapped": lambda v: "\n".join(textwrap.wrap(v, 9, break_on_hyphens=False, drop_whitespace=False)),
    "wrapped and indented": lambda v: "\n      ".join(v[at : at + 7] for at in range(0, len(v), 7)),
    "wrapped and quoted": lambda v: "\n> ".join(v[at : at + 7] for at in range(0, len(v), 7)),
    "wrapped in a diff": lambda v: "+" + "\n+".join(v[at : at + 7] for at in range(0, len(v), 7)),
    "wrapped in a comment": lambda v: "# " + "\r\n# ".join(v[at : at + 7] for at in range(0, len(v), 7)),
    "wrapped for the shell": lambda v: "\\\n".join(v[at : at + 7] for at in range(0, len(v), 7)),
    "coloured": lambda v: f"\x1b[01;31m\x1b[K{v[:5]}\x1b[m\x1b[K{v[5:]}",
    "coloured inside json": lambda v: json.dumps(f"{v[:5]}\x1b[0m{v[5:]}"),
    "coloured inside json twice": lambda v: json.dumps(json.dumps(f"{v[:5]}\x1b[0m{v[5:]}")),
    "coloured and wrapped": lambda v: f"\x1b[32m{v[:9]}\x1b[0m\n\x1b[32m  {v[9:]}\x1b[0m",
    "with characters nobody sees": lambda v: "\u200b".join(v),
    "with characters nobody sees inside json": lambda v: json.dumps("\u2060".join(v)),
    "wrapped inside json": lambda v: json.dumps("\n  ".join(v[at : at + 7] for at in range(0, len(v), 7))),
    "wrapped inside json twice": lambda v: json.dumps(json.dumps(f"{v[:9]}\r\n{v[9:]}")),
}
"""How a value is written."""


def two_lines(value: str) -> Iterator[str]:
    """The value cut in two at every place."""
    for at in range(1, len(value)):
        yield f"{value[:at]}\n{value[at:]}"
        yield f"{value[:at]}\n    {value[at:]}"
        yield json.dumps(f"{value[:at]}\n  {value[at:]}")


def recovered(text: str, value: str) -> bool:
    """Whether a person could still read a good part of the value from the text: six characters in a row, or their code.

    Blanks, line ends, quotation marks and backslashes in between do not hide anything.
    """
    text = re.sub(r"(?:\x1b|\\+u001b)\[[0-9;]*[A-Za-z]|[\u200b\u2060]|\\+u(?:200b|2060)", "", text)
    bare = "".join(c for c in text if c not in " \t\r\n\\'\"+>#|-")
    bare = bare.replace("\\n", "")
    raw = value.encode()
    pieces = {value[at : at + 6] for at in range(len(value) - 5)}
    pieces = {piece for piece in pieces if not any(c in piece for c in " \\'\"+>#|-")}
    codes = {raw[at : at + 5].hex() for at in range(len(raw) - 4)}
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw).decode()
        core = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        codes |= {core[at : at + 8] for at in range(len(core) - 7)}
    return any(piece in bare for piece in pieces) or any(
        code in bare or code.upper() in bare for code in codes
    )
