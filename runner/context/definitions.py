"""Which names a source file defines, and where: regular expressions per family of languages, no parser."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from runner.context.languages import language
from runner.context.stop_words import word_set

_NAME = r"([A-Za-z_$][\w$]*[?!]?)"

_PYTHON = (
    rf"^[ \t]*(?:async[ \t]+)?(?:def|class|cdef[ \t]+class|cpdef[ \t]+\w+)[ \t]+{_NAME}",
    r"^([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)",
)
_SCRIPT = (
    rf"^[ \t]*(?:export[ \t]+)?(?:default[ \t]+)?(?:declare[ \t]+)?(?:abstract[ \t]+)?(?:async[ \t]+)?"
    rf"(?:function\*?|class|interface|enum|type|namespace|const|let|var)[ \t]+{_NAME}",
    r"^[ \t]+(?:(?:public|private|protected|static|async|get|set|readonly|override|abstract)[ \t]+)*"
    r"([A-Za-z_$#][\w$]*)[ \t]*(?:<[^>\n]*>)?\([^;{}()\n]*(?:\([^()\n]*\)[^;{}()\n]*)*\)[^;{}\n]{0,80}\{",
    r"^(?:module\.)?exports?\.([A-Za-z_$][\w$]*)[ \t]*=",
    r"\.prototype\.([A-Za-z_$][\w$]*)[ \t]*=",
)
_GO = (
    rf"^func[ \t]+(?:\([^)\n]*\)[ \t]*)?{_NAME}",
    rf"^(?:type|const|var)[ \t]+{_NAME}",
    r"^\t([A-Z]\w*)[ \t]+(?:struct|interface|=|[\w.*\[\]]+[ \t]*=)",
)
_RUST = (
    rf"^[ \t]*(?:pub(?:\([^)\n]*\))?[ \t]+)?(?:default[ \t]+)?(?:const[ \t]+)?(?:async[ \t]+)?(?:unsafe[ \t]+)?"
    rf"(?:extern[ \t]+\"\w+\"[ \t]+)?(?:fn|struct|enum|trait|union|type|mod|const|static)[ \t]+(?:mut[ \t]+)?{_NAME}",
    rf"^[ \t]*macro_rules![ \t]*{_NAME}",
    r"^[ \t]*impl(?:<[^{\n]*?>)?[ \t]+(?:[\w:<>', ]+[ \t]+for[ \t]+)?(?:\w+::)*([A-Z]\w*)",
)
_MANAGED = (
    r"\b(?:class|interface|enum|record|struct|object|trait|@interface|namespace|typealias|protocol|extension|actor)"
    rf"[ \t]+{_NAME}",
    rf"^[ \t]*(?:[\w@]+[ \t]+)*(?:fun|func|def|val|var|let)[ \t]+(?:<[^>\n]*>[ \t]*)?(?:[\w<>?]+\.)?{_NAME}",
    r"^[ \t]+(?:(?:public|private|protected|internal|static|final|abstract|synchronized|native|default|override"
    r"|virtual|sealed|async|partial)[ \t]+)*(?:<[^>\n]*>[ \t]+)?"
    r"\w[\w.]*(?:<[^;(){}\n]{0,120}>)?[\[\]?]*[ \t]+([A-Za-z_$][\w$]*)[ \t]*"
    r"\([^;{}()]{0,1500}(?:\([^()]{0,300}\)[^;{}()]{0,300})*\)[^;{}=]{0,80}\{",
    r"^[ \t]+(?:(?:public|private|protected|internal)[ \t]+)([A-Z]\w*)[ \t]*\([^;{}()]{0,1500}\)[^;{}=]{0,80}\{",
)
_C = (
    r"^(?:[A-Za-z_][\w<>\[\],.:~]*[ \t*&]+)+(?:[A-Za-z_]\w*::)*(~?[A-Za-z_]\w*)[ \t]*"
    r"\([^;{}]{0,1500}\)[^;{}()]{0,60}\{",
    r"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)",
    r"\b(?:struct|class|union|enum(?:[ \t]+class)?|namespace)[ \t]+([A-Za-z_]\w*)[^;(){}\n]{0,80}\{",
    r"^\}[ \t]*([A-Za-z_]\w*)[ \t]*;",
    r"^typedef\b[^;{}]{0,300}?([A-Za-z_]\w*)[ \t]*;",
)
_RUBY = (
    rf"^[ \t]*(?:def|class|module)[ \t]+(?:self\.)?(?:\w+::)*{_NAME}",
    r"^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*=",
    r"^[ \t]*(?:attr_\w+|scope|define_method|has_many|belongs_to|alias_method)[ \t(]+:([a-z_]\w*)",
)
_PHP = (
    rf"^[ \t]*(?:(?:public|private|protected|static|final|abstract|readonly)[ \t]+)*"
    rf"(?:function|class|interface|trait|enum|const)[ \t]+&?{_NAME}",
)
_PLAIN = (
    r"^[ \t]*(?:\w+[ \t]+){0,3}?(?:def|defp|defmodule|defmacro|class|func|fn|function|sub|proc|interface|trait|struct"
    r"|enum|union|type|module|mod|record|const|let|var|typedef|impl|message|service|rpc|data|local[ \t]+function)"
    rf"[ \t]+(?:[\w.]+[.:])?{_NAME}",
    r"^([A-Za-z_][\w-]*)[ \t]*\(\)[ \t]*\{",
    r"^[ \t]*create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:table|view|function|procedure|index|type)[ \t]+"
    r"(?:if[ \t]+not[ \t]+exists[ \t]+)?[\"`\[]?(?:\w+\.)?([A-Za-z_]\w*)",
)

_FAMILIES: dict[str, tuple[str, ...]] = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "vue": _SCRIPT,
    "svelte": _SCRIPT,
    "go": _GO,
    "rust": _RUST,
    "java": _MANAGED,
    "kotlin": _MANAGED,
    "scala": _MANAGED,
    "csharp": _MANAGED,
    "swift": _MANAGED,
    "groovy": _MANAGED,
    "c": _C,
    "cpp": _C,
    "objective-c": _C,
    "ruby": _RUBY,
    "php": _PHP,
}
_NOT_NAMES = word_set(
    "if for while switch catch return function else do try with match in of new throw delete typeof sizeof"
)


def find_definitions(path: str, text: str) -> Iterator[tuple[str, int]]:
    """Names that the text defines, each with the offset of the name; in no particular order.

    `?` and `!` at the end of a Ruby name are cut off. Comments and strings are not told apart from code.
    """
    for pattern in _patterns(language(path)):
        for match in pattern.finditer(text):
            name = match[1].rstrip("?!")
            if name not in _NOT_NAMES:
                yield name, match.start(1)


@functools.cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    flags = re.MULTILINE | (re.IGNORECASE if name == "sql" else 0)
    return tuple(re.compile(source, flags) for source in _FAMILIES.get(name, _PLAIN))
