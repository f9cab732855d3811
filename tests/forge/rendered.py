"""How GitHub's own Markdown parser reads a text, raw HTML let through: what a reader would meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

OWN_TAGS = frozenset(
    {
        *(
            "p",
            "em",
            "strong",
            "del",
            "a",
            "code",
            "pre",
            "br",
            "ul",
            "ol",
            "li",
            "input",
            "blockquote",
            "hr",
        ),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    }
)
"""What Markdown itself makes; any other tag was somebody's HTML, and `img` an image."""


@dataclass(slots=True)
class Rendered:
    """One text as HTML, taken apart."""

    tags: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    """Text that is neither code nor a link's, one piece per element: where `@name` would call somebody."""
    text: str = ""
    """All that is shown, code and links too."""
    odd: list[str] = field(default_factory=list)
    """Comments, declarations and closing tags of nothing."""

    @property
    def foreign(self) -> set[str]:
        return set(self.tags) - OWN_TAGS


def rendered(markdown: str) -> Rendered:
    html = cmarkgfm.markdown_to_html_with_extensions(  # type: ignore[no-untyped-call]  # it has no types
        markdown,
        options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES,
        extensions=["table", "autolink", "strikethrough", "tasklist"],
    )
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Rendered()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append(tag)
        self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            self.seen.odd.append(f"</{tag}>")
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.seen.text += data
        if not {"code", "pre", "a"} & set(self._open):
            self.seen.prose.append(data)

    def handle_comment(self, data: str) -> None:
        self.seen.odd.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        self.seen.odd.append(f"<!{decl}")

    def unknown_decl(self, data: str) -> None:
        self.seen.odd.append(f"<![{data}")

    def handle_pi(self, data: str) -> None:
        self.seen.odd.append(f"<?{data}")
