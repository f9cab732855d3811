"""Strangers' Markdown, held against GitHub's own parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.forge.markdown import harmless
from tests.forge.rendered import rendered

PIECES = (
    *(
        "`",
        "`",
        "``",
        "```",
        "````",
        "~~~",
        "~~~~",
        "~",
        "*",
        "**",
        "_",
        "\\",
        "|",
        "<",
        ">",
        "&",
        "!",
        "@",
        "#",
        "$",
    ),
    *(
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "][",
        "](`)",
        "`]",
        "[a](",
        "[a](x)",
        "[`]: x\n",
        "[`]: `x\n",
        "[^`]: ",
        "[^1]",
    ),
    *(
        '(x "',
        '")',
        "[a]: http://x ",
        "![a](http://e/i.png)",
        "<img src=x>",
        "`<img>`",
        "<img",
        "<!--",
        "-->",
    ),
    *(
        "<script>",
        "</details>",
        "<?x",
        "<![CDATA[",
        "]]>",
        "<https://a.b/c>",
        "<https://a.b/@evil>",
        "www.a.b",
    ),
    *("https://a.b/@evil", "@evil", "@a/b", "a@b.cc", "&#64;evil", "&commat;x", "&lt;", "&amp;", "&#8203;"),
    *(
        "| a | b |\n|---|---|\n",
        "\n",
        "\n",
        "\n\n",
        " ",
        "  ",
        "    ",
        "\t",
        "> ",
        "- ",
        "1. ",
        "# ",
        "---",
        "===",
    ),
    *("\\|", "`a \\| b`", "| a | b |\n|---|---|\n| "),
    *("x", "evil", "é", "```mermaid", "```python", "Closes #12", ":", "12"),
)
MARKDOWN = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=40).map("".join)


def assert_harmless(text: str) -> None:
    seen = rendered(text)
    assert seen.foreign == set()
    assert seen.odd == []
    assert not [piece for piece in seen.prose if re.search("@[A-Za-z0-9]", piece)]


@given(MARKDOWN)
@settings(max_examples=400, deadline=None)
def test_no_html_no_image_and_no_mention_survives(text: str) -> None:
    assert_harmless(harmless(text))


@given(MARKDOWN)
@settings(max_examples=200, deadline=None)
def test_a_second_time_changes_nothing(text: str) -> None:
    once = harmless(text)

    assert harmless(once) == once


@given(MARKDOWN)
@settings(max_examples=150, deadline=None)
def test_what_comes_after_it_is_not_swallowed(text: str) -> None:
    seen = rendered(f"{harmless(text)}\n\n## Evidence")

    assert seen.tags[-1] == "h2"


@pytest.mark.parametrize(
    "attack",
    [
        "| a | b |\n|---|---|\n| `x \\\\| <img src=x>` |",
        "- ```\n  code\n  ```\n<img src=x>",
        "```\ncode\n   ```\n<img src=x>",
        "a ` b\n`<img src=x>`",
        "| `a | <img src=x>` |\n|---|---|\n| `b | <img src=x>` |",
        "[a](`) b `<img src=x>`",
        "[`]: x\n[a][`] <img src=x>`",
        "[^`]: <img src=x>`\n\n[^`]",
        '[a](x "\nb `") <img src=x>`',
        "https://a.b/` <img src=x>`",
        "www.a.b\\<img src=x>",
        "~" * 65 + "\n```\n" + "~" * 65 + "\n<img src=x>",
        "!!!![a](http://e/i.png)",
        "\\\\![a](http://e/i.png)",
        "![a][b]\n\n[b]: http://e/i.png",
        "\\@evil \\\\@evil &#64;evil &#x40;evil &commat;evil **@evil** _@evil_ @evil/team",
        "<https://a![x](http://e/i.png)>",
        "@<https://a.b/c>",
        "<https://a.b/c>\u00a0``~~~`<img src=x>`",
        "&lt;&excl;[x](http://e/i.png)",
        "\t```\n\t<img src=x>\n```\n<img src=x>",
        "> ~~~\n> a\n```\n<img src=x>\n```\n<img src=x>",
        "<!-- hidden\n\n-->",
        "<details>\n<summary>x</summary>",
        '<a href="`">`<img src=x>',
        "<IMG SRC=x ONERROR=y>",
        "<ScRiPt\n>x</sCrIpT\t>",
        "<<img src=x>>",
        "<img <img src=x> src=y>",
        "<img/src=x>",
        "</ img>",
        "<!DOCTYPE x>",
        "<!-->x-->",
        "&lt;img src=x&gt; &#60;img&#62; &#x3C;img&#x3E; &LT;img&GT;",
        "[//]: # (<img src=x>)",
        "[x](<http://e/a b> 'title')",
        "![][x]\n\n[x]: http://e/i.png",
        "![x]\n\n[x]: http://e/i.png",
        "[![x](http://e/i.png)](http://e)",
        "!\\[x](http://e/i.png)",
    ],
)
def test_known_ways_around_a_filter_are_closed(attack: str) -> None:
    assert_harmless(harmless(attack))
    assert_harmless(harmless(f"> {attack}"))
    assert_harmless(harmless(f"1. {attack}"))


HIDING = (
    *(
        "[//]: # (HID)",
        "[a]: /u 'HID'",
        "[a]:\n/u\n'HID'",
        "[a\nb]: /u 'HID'",
        "> [a]: <HID>",
        "[`a]: /u 'HID `'",
    ),
    *("[^1]: HID", "[a](/u 'HID')", '![HID](/u "x")', "<!-- HID -->", "<i title=HID>", "<HID>", "&#8203;HID"),
    *(
        "| a |\n|---|\n| b | HID |",
        "a\n:-\nb | HID",
        "> | a |\n> |:-:|\n> b \\\\| HID",
        "- |a|\n  |-|\n  |b|HID",
    ),
    *(
        "|a|b|c|\n|-|-|-|\n# H\n|a|\n|-|\n|b|HID|",
        "|a|\n|-|\n|`b`|`HID`|x|",
        "| a |\n|---|\n| b \\| c | HID |",
    ),
)
"""Ways to write HID where no reader sees it."""


@given(st.lists(st.one_of(st.sampled_from(HIDING), st.sampled_from(PIECES)), max_size=8))
@settings(max_examples=300, deadline=None)
def test_nothing_is_hidden_from_the_reader(pieces: list[str]) -> None:
    text = harmless("\n\n".join(pieces))

    seen = rendered(text)
    assert seen.text.count("HID") == text.count("HID")


@pytest.mark.parametrize("text", HIDING)
def test_each_way_to_hide_text_is_closed(text: str) -> None:
    assert rendered(harmless(text)).text.count("HID") == 1


def test_a_table_keeps_its_cells() -> None:
    text = "x | y\n\n| a | b |\n| :-- | --: |\n| `c` | d \\| e |\n\nx | y | z\n\n```\n| a |\n|---|\n| b | c |\n```"

    assert harmless(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "A plain sentence, with *stress*, **more** and ~~less~~: 2 > 1, a -> b, x!",
        "# Head\n\n- one\n- two\n\n1. three\n\n> said\n\n---",
        "```python\n@decorator\ndef f(x: List[int]) -> None:\n    return x < 3 & y\n```",
        "Inline `List<int>`, ``a ` b`` and `@decorator` stay code.",
        "[docs](https://example.org/a_b?c=d&e=f#g) and https://example.org/x, www.example.org",
        "[here](docs/a.md)",
        "| a | b |\n|---|---|\n| 1 | `x \\| <y>` |",
        "- [ ] open\n- [x] done",
        "\\*not stress\\*",
        "",
    ],
)
def test_harmless_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a <b>", "a &lt;b>"),
        ("\\<b>", "&lt;b>"),
        ("see <https://example.org/a>.", "see https://example.org/a."),
        ("![shot](http://e/i.png)", "[image: shot](http://e/i.png)"),
        ("ask @ada", "ask @&#8203;ada"),
        ("mail ada@example.org", "mail ada@&#8203;example.org"),
        ("https://example.org/@ada", "https://example.org/%40ada"),
        ("&copy; &#169;", "&amp;copy; &amp;#169;"),
        ("one ` tick", "one \\` tick"),
        ("`a | b`", "\\`a | b\\`"),
        ("- ~~~ x", "- \\~\\~\\~ x"),
        ("[a][b] [a](b c) [^1]", "[a\\][b] [a\\](b c) \\[^1]"),
        ("```mermaid\nx\n```", "```\nx\n```"),
        ("~~~ python {.x}\nx", "~~~python\nx\n~~~"),
        ("  ```\n  x\n    ```\ny", "```\n  x\n```\ny"),
        ("````\n```\n````", "````\n```\n````"),
    ],
)
def test_the_rest_is_made_harmless_and_stays_readable(text: str, result: str) -> None:
    assert harmless(text) == result


@pytest.mark.parametrize(
    "piece",
    ["!", "|", "\\|", "- ", "|-", "`", "`` ` ", "[](", "<http://", "@a", "\\", "~~~~ ", "www.`", "&a", "]!"],
)
def test_a_very_long_line_does_not_take_for_ever(piece: str) -> None:
    assert harmless(piece * 100_000)
