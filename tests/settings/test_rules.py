"""What single texts must look like."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.settings import rules

GOOD: list[tuple[Callable[[str], str], list[str]]] = [
    (rules.single_line, ["a", "naïve text", "a, b"]),
    (rules.project_name, ["a", "/home/a b/widget", "github.com/acme/widget"]),
    (rules.agent_name, ["ada", "ada@laptop", "team/ada-2.x:1+b"]),
    (rules.word, ["gpu", "python3.11", "os:linux"]),
    (rules.variable, ["PATH", "_x", "MY_*"]),
    (rules.person, ["", "Claude <noreply@anthropic.com>", "Ada B. Łovelace <ada+x@example.org>"]),
    (rules.branch_name, ["main", "team/fix", "release-1.2", "_x", "c++", "issue#7"]),
    (rules.label, ["good first issue", "ai"]),
    (rules.command_line, ["pytest -q", "sh -c 'a && b'", "make"]),
    (rules.whole_path, ["/srv/run", "/a b"]),
    (rules.path_pattern, ["*.lock", "infra/**", ".github/workflows/", "a b/c.txt", "?[ab]"]),
    (rules.inside_path, ["prompts", ".runner/prompts/", "a/b c", ".github"]),
]
BAD: list[tuple[Callable[[str], str], list[str]]] = [
    (rules.single_line, ["", "  ", "a\nb", "a\x1b[0m", "a\x00", "a\u2028b", "\udc80"]),
    (rules.project_name, ["", " a", "a ", "a\nb"]),
    (rules.agent_name, ["", "ada b", "-ada", "ada\n", "é", "a" * 129]),
    (rules.word, ["", "two words", "a,b", "-a"]),
    (rules.variable, ["", "*", "1A", "A-B", "A*B", "A=1", "A\n"]),
    (
        rules.person,
        [
            "Claude",
            "<a@b>",
            "Claude <a@b> x",
            "Claude <a b@c>",
            "C <a@b>\nRun: x/1",
            "C <a@@b>",
            " <a@b>",
            "\n",
        ],
    ),
    (
        rules.branch_name,
        [
            "",
            "-x",
            "a b",
            "a..b",
            "a/",
            "/a",
            "a//b",
            "a.lock",
            "x.lock/y",
            "a.",
            "a~b",
            "a:b",
            "a@{b",
            ".a",
            "a\n",
        ],
    ),
    (rules.label, ["", "a,b", "a\nb"]),
    (rules.command_line, ["true && false", "a | b", "make > log"]),
    (rules.command_line, ["", "   ", "echo 'a", "''", "a\x00b", "# only a comment \\"]),
    (rules.whole_path, ["", "run", "~/run", "/a\nb"]),
    (rules.path_pattern, ["", " ", "/etc", "!keep", "~/x", "a/../b", "..", "a\nb"]),
    (rules.inside_path, ["", "/etc", "../x", "a/../b", ".", ".git", ".git/hooks", "~/x", "a\nb"]),
]


@pytest.mark.parametrize(("rule", "texts"), GOOD)
def test_sound_texts_have_no_fault(rule: Callable[[str], str], texts: list[str]) -> None:
    assert [(text, rule(text)) for text in texts] == [(text, "") for text in texts]


@pytest.mark.parametrize(("rule", "texts"), BAD)
def test_unsound_texts_have_a_fault(rule: Callable[[str], str], texts: list[str]) -> None:
    assert [text for text in texts if not rule(text)] == []
