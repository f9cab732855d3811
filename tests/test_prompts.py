"""Templates are strict and sandboxed."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.errors import TemplateProblem, UsageProblem
from runner.prompts import Prompts, sandbox


def here(folders: list[Path]) -> Prompts:
    """Rendered in this process; `test_prompts_apart.py` has the other way."""
    return Prompts(folders, confined=False)


def folder(path: Path, **templates: str) -> Path:
    path.mkdir(exist_ok=True)
    for name, text in templates.items():
        (path / f"{name}.md.j2").write_text(text)
    return path


def test_the_first_folder_that_has_a_template_wins(tmp_path: Path) -> None:
    own = folder(tmp_path / "own", task="ours {{ x }}")
    general = folder(tmp_path / "general", task="theirs", other="other")
    found = here([own, tmp_path / "absent", general])

    assert found.names() == ("other", "task")
    assert found.render("task", x=1) == "ours 1\n"
    assert found.render("other.md.j2") == "other\n"


def test_the_text_of_a_template_is_trimmed(tmp_path: Path) -> None:
    assert here([folder(tmp_path, a="\n\n  {{ x }} \n\n")]).source("a") == "{{ x }}"


@pytest.mark.parametrize("name", ["gone", "", "../own/task", "/etc/passwd", "TASK", "a\nb", "task.txt"])
def test_an_unknown_name_is_told_with_those_there_are(tmp_path: Path, name: str) -> None:
    found = here([folder(tmp_path / "own", task="x", ask="y")])

    with pytest.raises(UsageProblem, match="no prompt is named") as caught:
        found.source(name)

    assert caught.value.hint == "there are: ask, task"


def test_without_folders_there_are_no_prompts() -> None:
    with pytest.raises(UsageProblem) as caught:
        here([]).render("task")

    assert caught.value.hint == "there are: none"


def test_a_link_out_of_the_folder_is_no_template(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md.j2"
    secret.write_text("top secret")
    own = folder(tmp_path / "own")
    (own / "task.md.j2").symlink_to(secret)

    with pytest.raises(UsageProblem):
        here([own]).source("task")


def test_templates_include_others_of_the_folders_only(tmp_path: Path) -> None:
    own = folder(
        tmp_path / "own",
        a="{% include 'part.md.j2' %}!",
        bad="{% include '../secret.md.j2' %}",
        part="{{ x }}",
    )
    folder(tmp_path, secret="top secret")

    assert here([own]).render("a", x="in") == "in!\n"
    with pytest.raises(UsageProblem, match="no prompt is named"):
        here([own]).render("bad")


def test_a_missing_value_is_told_with_its_place(tmp_path: Path) -> None:
    own = folder(tmp_path, a="one\ntwo {{ taks }}\n")

    with pytest.raises(TemplateProblem) as caught:
        here([own]).render("a", task=1, bundle=2)

    assert str(caught.value) == f"{own}/a.md.j2:2: 'taks' is undefined"
    assert caught.value.hint == "values of this prompt: bundle, task"


def test_a_missing_value_in_an_included_template_is_told_with_its_own_place(tmp_path: Path) -> None:
    own = folder(tmp_path, a="x\n{% include 'b.md.j2' %}", b="\n\n{{ gone }}")

    with pytest.raises(TemplateProblem, match=r"b\.md\.j2:3: 'gone' is undefined"):
        here([own]).render("a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n{% if %}", r"a\.md\.j2:2: "),
        ("{{ x | nofilter }}", r"a\.md\.j2:1: No filter named 'nofilter'"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ 'a' + 1 }}", "TypeError"),
        ("{{ x.y }}", "has no attribute 'y'"),
        ("{{ [1][3] }}", "has no element 3"),
        ("{% extends 1 %}", "no prompt is named '1'"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(TemplateProblem, match=said) as caught:
        here([folder(tmp_path, a=text)]).render("a", x="text")

    assert "\n" not in str(caught.value)


def test_a_template_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md.j2").write_bytes(b"\xff\xfe")

    with pytest.raises(TemplateProblem, match="cannot be read"):
        here([tmp_path]).source("a")


def test_a_huge_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem, match="larger than 200 kB"):
        here([folder(tmp_path, a="x" * 200_001)]).render("a")


class Loaded:
    """A value with a method that acts."""

    def __init__(self) -> None:
        self.fired = False
        self.path = Path("/tmp")

    def fire(self) -> str:
        self.fired = True
        return "fired"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('touch OWNED').read() }}",
        "{{ self.__init__.__globals__.__builtins__.__import__('os').system('touch OWNED') }}",
        "{{ x.fire.__globals__['Path']('OWNED').write_text('x') }}",
        "{{ x.fire() }}",
        "{{ x.path.unlink() }}",
        "{{ ''|attr('__class__') }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ '%s'|format(x) }}",
        "{{ (x|map(attribute='__class__')|list) }}",
        "{{ (['a']|map('attr', '__class__')|list)[0] }}",
        "{{ lipsum.__globals__ }}",
        "{{ namespace.__init__ }}",
        "{{ range(10) }}",
        "{% set y = values.append(1) %}",
        "{{ loop.__class__ }}",
    ],
)
def test_a_template_cannot_break_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str) -> None:
    monkeypatch.chdir(tmp_path)
    value, values = Loaded(), [0]

    with pytest.raises(TemplateProblem):
        here([folder(tmp_path / "own", a=attack)]).render("a", x=value, values=values)

    assert not (tmp_path / "OWNED").exists()
    assert not value.fired
    assert values == [0]


@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.center(999999999) }}",
        "{{ 'x'.ljust(width=999999999) }}",
        "{{ 'x'|center(999999999) }}",
        "{{ '{:>999999999}'.format(1) }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ [" + "[" * 150 + "]" * 150 + "] }}",
    ],
)
def test_a_template_cannot_fill_the_memory(tmp_path: Path, bomb: str) -> None:
    with pytest.raises(TemplateProblem):
        here([folder(tmp_path, a=bomb)]).render("a")


def test_a_template_that_grows_for_ever_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "LARGEST_RESULT_CHARS", 10_000)
    text = "{% for a in x %}{% for b in x %}{{ x }}{% endfor %}{% endfor %}"

    with pytest.raises(TemplateProblem, match="grows past 10000 characters"):
        here([folder(tmp_path, a=text)]).render("a", x="y" * 1000)


def test_what_templates_need_works(tmp_path: Path) -> None:
    text = (
        "{% macro m(x) %}<{{ x }}>{% endmacro %}"
        "{% for a in items %}{{ loop.cycle('a', 'b') }}{{ m(a.upper()) }}{{ loop.index % 2 }}{% endfor %}"
        "{{ table.items() | list | length }}"
    )

    assert here([folder(tmp_path, a=text)]).render("a", items=["x", "y"], table={"k": 1}) == "a<X>1b<Y>01\n"


def test_nothing_is_escaped_as_html(tmp_path: Path) -> None:
    assert here([folder(tmp_path, a="{{ x }}")]).render("a", x="<b> & 'c'") == "<b> & 'c'\n"
