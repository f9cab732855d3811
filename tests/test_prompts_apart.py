"""A template that is not ours is rendered in a process of its own: it can use up neither time nor memory."""

from __future__ import annotations

import json
import resource
import signal
import threading
from pathlib import Path

import pytest

from runner.errors import TemplateProblem, UsageProblem
from runner.paths import bundled
from runner.prompts import Prompts, confined, rendering
from runner.prompts.confined import Wanted
from runner.prompts.sandbox import TooMuch
from runner.tasks.model import FileReference, Priority
from tests.test_prompts import folder

BIG = "\t" * 5_000_000

EATS_MEMORY = (
    "{{ big.expandtabs(10000) }}",
    "{{ big.replace('', big) }}",
    "{{ big|join(big) }}",
    "{% macro d(s, n) %}{{ d(s ~ s, n - 1) if n else s }}{% endmacro %}{{ d('x', 60) }}",
    "{% set a = big ~ big ~ big %}" * 3 + "{{ 'a' ~ " + " ~ ".join(["big"] * 4000) + " }}",
)
EATS_TIME = (
    "{% set t %}{% for a in big %}{% for b in big %}{% endfor %}{% endfor %}{% endset %}",
    "{% macro d(n) %}{% if n %}{{ d(n - 1) }}{{ d(n - 1) }}{% endif %}{% endmacro %}{{ d(60) }}",
    "{% filter upper %}{% for a in big %}{% for b in big %}x{% endfor %}{% endfor %}{% endfilter %}",
    "{{ big|select('in', big)|list|length }}",
)


@pytest.mark.parametrize("bomb", EATS_MEMORY)
def test_what_fills_the_memory_is_ended_and_told_with_its_place(tmp_path: Path, bomb: str) -> None:
    own = folder(tmp_path, a=f"one\ntwo {bomb}")

    with pytest.raises(TemplateProblem) as caught:
        Prompts([own]).render("a", big=BIG)

    assert str(caught.value).startswith(
        f"{own}/a.md.j2:2: the prompt takes more than 2 s to compute, or more than 1 GB"
    )
    assert "correct the template" in caught.value.hint


@pytest.mark.long
@pytest.mark.parametrize("bomb", EATS_TIME)
def test_what_computes_for_ever_is_ended_and_told_with_its_place(tmp_path: Path, bomb: str) -> None:
    own = folder(tmp_path, a=f"one\ntwo {bomb}")

    with pytest.raises(TemplateProblem, match=r"a\.md\.j2:2: the prompt takes more than 2 s to compute"):
        Prompts([own]).render("a", big=BIG)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ 'x' * 10 ** 10 }}", r"a\.md\.j2:1: not allowed in a prompt"),
        ("{% macro d() %}{{ d() }}{% endmacro %}{{ d() }}", r"a\.md\.j2:1: RecursionError"),
        ("{{ taks }}", r"a\.md\.j2:1: 'taks' is undefined"),
        ("{{ big }}", r"a\.md\.j2: the prompt grows past 4000000 characters"),
        ("{% if %}", r"a\.md\.j2:1: "),
    ],
)
def test_what_is_wrong_comes_back_as_it_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TemplateProblem, match=said):
        Prompts([folder(tmp_path, a=text)]).render("a", big=BIG)


def test_values_of_ours_go_there_and_the_text_comes_back(tmp_path: Path) -> None:
    own = folder(
        tmp_path, a="{{ task.path | fence }} {{ urgent.value }}\u00e9{% include 'b.md.j2' %}", b="{{ text }}"
    )

    text = Prompts([own]).render(
        "a", task=FileReference(path="a`b"), urgent=Priority.HIGH, text="\u20ac\U0001f600"
    )

    assert text == "```\na`b\n``` high\u00e9\u20ac\U0001f600\n"


def test_the_original_is_named_when_a_copy_is_rendered(tmp_path: Path) -> None:
    copy = folder(tmp_path / "copy", a="{{ gone }}")

    with pytest.raises(TemplateProblem, match=r"^main at 1a2b/a\.md\.j2:1: 'gone' is undefined"):
        Prompts([copy], copied_from={copy: Path("main at 1a2b")}).render("a")


def test_an_unknown_include_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem, match="no prompt is named"):
        Prompts([folder(tmp_path, a="{% include 'gone' %}")]).render("a")


def test_our_own_templates_need_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_BOOT", "raise SystemExit(3)")

    assert Prompts([tmp_path, bundled("prompts")]).render("system")


def test_a_process_that_breaks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = folder(tmp_path, a="x")
    monkeypatch.setattr(confined, "_BOOT", "raise SystemExit('no jinja2 here')")

    with pytest.raises(TemplateProblem, match=r"a\.md\.j2: rendering ended with 1: no jinja2 here"):
        Prompts([own]).render("a")


@pytest.mark.parametrize(
    "boot",
    ["raise MemoryError", "import os; os.kill(os.getpid(), 24)", "import time; time.sleep(60)"],
    ids=["memory", "processor", "clock"],
)
def test_a_process_that_is_ended_used_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str
) -> None:
    own = folder(tmp_path, a="x")
    monkeypatch.setattr(confined, "_BOOT", boot)
    monkeypatch.setattr(confined, "TIMEOUT_S", 1.0)

    with pytest.raises(TemplateProblem, match="the prompt takes more than 2 s to compute, or more than 1 GB"):
        Prompts([own]).render("a")


def test_a_value_that_cannot_be_handed_over_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem, match="cannot be handed over"):
        Prompts([folder(tmp_path, a="x")]).render("a", lock=threading.Lock())


def wanted(path: Path, name: str = "a", **values: object) -> Wanted:
    return Wanted(folders=(str(path),), copied_from={}, name=name, values=values)


def test_the_answer_is_the_text_or_what_is_wrong(tmp_path: Path) -> None:
    own = folder(tmp_path, a="<{{ x }}>")

    assert json.loads(rendering.answer(wanted(own, x=1))) == {"text": "<1>\n"}
    assert json.loads(rendering.answer(wanted(own)))["error"] == "TemplateProblem"
    assert json.loads(rendering.answer(wanted(own, "gone"))) == {
        "error": "UsageProblem",
        "message": "no prompt is named 'gone'",
        "hint": "there are: a",
    }


def test_limits_that_a_system_lacks_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(what: int, limits: tuple[int, int]) -> None:
        asked.append(what)
        raise ValueError(limits)

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    rendering.confine()

    assert asked == [resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_CORE]


def test_the_end_of_the_time_is_an_error_in_the_template() -> None:
    with pytest.raises(TooMuch):
        rendering._too_much(24, None)


def test_an_unknown_prompt_is_unknown_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no prompt is named"):
        Prompts([tmp_path]).render("gone")
