"""Which language a file is in, by the end of its name."""

from __future__ import annotations

UNKNOWN = "text"

LANGUAGES = {
    "go": "go",
    "ts": "typescript",
    "tsx": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "js": "javascript",
    "jsx": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "py": "python",
    "pyi": "python",
    "pyx": "python",
    "pxd": "python",
    "rs": "rust",
    "java": "java",
    "groovy": "groovy",
    "kt": "kotlin",
    "kts": "kotlin",
    "swift": "swift",
    "c": "c",
    "h": "c",
    "cpp": "cpp",
    "hpp": "cpp",
    "cc": "cpp",
    "hh": "cpp",
    "cxx": "cpp",
    "hxx": "cpp",
    "inl": "cpp",
    "m": "objective-c",
    "mm": "objective-c",
    "rb": "ruby",
    "rake": "ruby",
    "php": "php",
    "cs": "csharp",
    "fs": "fsharp",
    "scala": "scala",
    "clj": "clojure",
    "cljs": "clojure",
    "ex": "elixir",
    "exs": "elixir",
    "erl": "erlang",
    "hs": "haskell",
    "ml": "ocaml",
    "mli": "ocaml",
    "dart": "dart",
    "lua": "lua",
    "pl": "perl",
    "pm": "perl",
    "r": "r",
    "jl": "julia",
    "zig": "zig",
    "tcl": "tcl",
    "vue": "vue",
    "svelte": "svelte",
    "el": "elisp",
    "vim": "vim",
    "sol": "solidity",
    "proto": "protobuf",
    "graphql": "graphql",
    "sh": "bash",
    "bash": "bash",
    "zsh": "zsh",
    "fish": "fish",
    "ps1": "powershell",
    "sql": "sql",
    "tf": "terraform",
    "nix": "nix",
    "cmake": "cmake",
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "toml": "toml",
    "xml": "xml",
    "html": "html",
    "css": "css",
    "scss": "scss",
    "md": "markdown",
    "rst": "rst",
    "j2": "jinja",
}

MARKUP = frozenset({"yaml", "json", "toml", "xml", "html", "css", "scss", "markdown", "rst", "jinja"})
"""Languages in which a program is described or configured, not written."""

_WHOLE_NAMES = {"makefile": "makefile", "dockerfile": "dockerfile", "rakefile": "ruby", "gemfile": "ruby"}


def extension(path: str) -> str:
    """The end of the file's name, lower-cased, without its dot; empty if there is none."""
    stem, dot, ending = file_name(path).rpartition(".")
    return ending.lower() if dot and stem else ""


def file_name(path: str) -> str:
    """The last part of a path; pathlib is too slow for every file of a repository."""
    return path.rpartition("/")[2]


def language(path: str) -> str:
    """The language as a fence's info string names it; `text` for what is not known."""
    known = LANGUAGES.get(extension(path))
    return known or _WHOLE_NAMES.get(file_name(path).lower(), UNKNOWN)


def is_program(path: str) -> bool:
    """Whether the file's language is one that programs are written in."""
    return language(path) not in MARKUP | {UNKNOWN}
