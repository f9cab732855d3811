"""Which permission rules are let through, and how a path is denied."""

from __future__ import annotations

import pytest

from runner.claude.rules import checked_rule, deny_rules, rules_for
from runner.errors import SettingsProblem


@pytest.mark.parametrize(
    "rule",
    [
        "Bash(pytest *)",
        "Bash(pytest:*)",
        "Bash(pytest)",
        "Bash(make test)",
        "Bash(python3 -m pytest *)",
        "Bash(uv run pytest *)",
        "Bash(npm run test:*)",
        "Bash(env CI=1 pytest *)",
        "Bash(timeout 60 pytest *)",
        "Bash(git log *)",
        "Bash(./run-tests.sh)",
        "Edit(docs/**)",
        "Read(*.py)",
        "Write(src/new.py)",
        "WebFetch(domain:example.org)",
        "Agent(Explore)",
        "mcp__runner__context",
    ],
)
def test_a_scoped_rule_is_let_through(rule: str) -> None:
    assert checked_rule(rule, edit=True) == rule


@pytest.mark.parametrize(
    "rule",
    [
        *(
            "Bash",
            "Read",
            "Edit",
            "Write",
            "WebSearch",
            "*",
            "",
            "()",
            "Bash()",
            "Bash( )",
            "-p",
            "--verbose",
        ),
        *("Bash(*)", "Bash(:*)", "Bash(* *)", "Bash(**)", "Bash(*test)", "Bash(py* -m pytest)", "Bash(/*)"),
        *("Bash(python3 *)", "Bash(/usr/bin/python3.11 *)", "Bash(bash *)", "Bash(bash -c *)", "Bash(env *)"),
        *("Bash(env FOO=1 *)", "Bash(sudo *)", "Bash(uv run *)", "Bash(npx *)", "Bash(timeout 60 *)"),
        *(
            "Bash(bash -lc pytest *)",
            "Bash(python -c pytest *)",
            "Bash(perl -e x *)",
            "Bash(find . -exec rm *)",
        ),
        *("Bash(node --eval x *)", "Bash(find . *)", "Bash(xargs *)"),
        *("Bash(pytest; *)", "Bash(a && *)", "Bash(a | *)", "Bash(a > *)", "Bash(`a` *)", "Bash($(a) *)"),
        *("Bash(a) Edit", "Bash(a),Bash", "Bash(a *),Bash(*)", "Bash(a\nb)", "Bash(a\x1b)", "Bash(a\\ *)"),
        *(
            "Read(**)",
            "Read(*)",
            "Edit(./**)",
            "Edit(**/*)",
            "Edit(/etc/**)",
            "Read(//etc/**)",
            "Read(~/.ssh/**)",
        ),
        *("Edit(../x)", "Edit(src/../../x)", "Read(!src)", "Edit(.)"),
        *("WebFetch(*)", "WebFetch(domain:*)", "WebFetch(domain:)", "Agent(*)", "Unknown(x)"),
        *("mcp__runner", "mcp__runner__*", "mcp__*"),
    ],
)
def test_a_rule_that_opens_too_much_is_refused(rule: str) -> None:
    with pytest.raises(SettingsProblem, match="is refused") as raised:
        checked_rule(rule, edit=True)

    assert raised.value.hint


@pytest.mark.parametrize("rule", ["Edit(docs/**)", "Write(a.py)", "NotebookEdit(a.ipynb)"])
def test_a_rule_for_changes_is_refused_where_nothing_may_be_changed(rule: str) -> None:
    with pytest.raises(SettingsProblem, match="nothing may be changed"):
        checked_rule(rule, edit=False)


def test_trusted_checks_become_rules_that_allow_them_with_more_arguments() -> None:
    rules = rules_for(("pytest -q", " make lint "))

    assert rules == ("Bash(pytest -q)", "Bash(pytest -q *)", "Bash(make lint)", "Bash(make lint *)")
    assert [checked_rule(rule, edit=False) for rule in rules] == list(rules)


@pytest.mark.parametrize(
    "command", ["", "pytest | tee log", "$TEST", "bash -c 'x'", "python", "x (y)", "a && b"]
)
def test_a_check_that_no_scoped_rule_can_stand_for_gets_none(command: str) -> None:
    assert rules_for((command,)) == ()


def test_a_path_is_denied_for_reading_and_changing_with_all_below() -> None:
    assert deny_rules(("/home/me/.config/runner",), "/my tree") == (
        "Read(//home/me/.config/runner)",
        "Read(//home/me/.config/runner/**)",
        "Edit(//home/me/.config/runner)",
        "Edit(//home/me/.config/runner/**)",
    )


def test_the_characters_of_a_pattern_mean_themselves() -> None:
    assert deny_rules(("/a[b]*c?d\\e",), "/w")[0] == r"Read(//a\[b\]\*c\?d?e)"


def test_a_slash_at_the_end_makes_no_difference() -> None:
    assert deny_rules(("/state/",), "/w") == deny_rules(("/state",), "/w")


@pytest.mark.parametrize("path", ["state", "~/state", "", "/a\nb", "/a\x7f"])
def test_a_path_that_no_rule_can_stand_for_is_refused(path: str) -> None:
    with pytest.raises(SettingsProblem, match="cannot be denied"):
        deny_rules((path,), "/w")


@pytest.mark.parametrize("path", ["/state", "/state/worktrees/repo/T-1", "/"])
def test_denying_the_work_tree_itself_is_refused(path: str) -> None:
    with pytest.raises(SettingsProblem, match="would deny claude the work tree"):
        deny_rules((path,), "/state/worktrees/repo/T-1")
