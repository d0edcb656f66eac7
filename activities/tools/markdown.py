"""HTML as Markdown: what a reader of a page sees of it, without scripts, styles and forms."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

MAX_DEPTH: Final = 300
"""Elements inside each other; what is nested deeper is left out."""

_SKIPPED: Final = frozenset({"script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select"})
_VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption"}
    | {"figure", "footer", "form", "header", "hgroup", "main", "nav", "ol", "p", "pre", "section", "summary", "table"}
    | {"tbody", "thead", "tfoot", "ul"}
)
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "del": "~~", "s": "~~"}
_MAIN: Final = frozenset({"main", "article"})
_MIN_MAIN_CHARS: Final = 100
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_TRAILING: Final = re.compile(r"[ \t]+\n")


@dataclass
class Page:
    """A page as Markdown."""

    title: str
    markdown: str


@dataclass
class _Link:
    address: str
    start: int


@dataclass
class _List:
    ordered: bool
    number: int = 0


@dataclass
class _Row:
    cells: list[str] = field(default_factory=list)
    start: int = 0
    """Of the open cell, in the parts of the page."""


class _Converter(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.parts: list[str] = []
        self.mains: list[str] = []
        self._address = address
        self._open: list[str] = []
        self._skipping = 0
        self._verbatim = 0
        self._links: list[_Link] = []
        self._lists: list[_List] = []
        self._rows: list[_Row] = []
        self._rows_done = 0
        self._main_start: int | None = None

    # What the parser finds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            if not self._skipping:
                self._void(tag, dict(attrs))
            return
        self._open.append(tag)
        if tag in _SKIPPED or self._skipping or len(self._open) > MAX_DEPTH or _is_hidden(dict(attrs)):
            self._skipping += 1
        else:
            self._begin(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML knows no elements that close themselves; only those without content end here.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            if self._skipping:
                self._skipping -= 1
            else:
                self._end(closed)
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "title":
            self.title = (self.title + _SPACE.sub(" ", data))[:500]
        elif self._verbatim and not self._skipping:
            self.parts.append(data)
        elif not self._skipping:
            text = _SPACE.sub(" ", data)
            begins_line = not self.parts or self.parts[-1][-1:] in ("\n", "")
            self.parts.append(text.lstrip() if begins_line else text)

    # What becomes of it

    def _void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self.parts.append("\n\n---\n\n")
        elif tag == "img" and (described := _SPACE.sub(" ", attributes.get("alt") or "").strip()):
            self.parts.append(f"![{described}]")

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag in _MAIN and self._main_start is None:
            self._main_start = len(self.parts)
        if tag in _HEADINGS:
            self.parts.append(f"\n\n{_HEADINGS[tag]} ")
        elif tag in ("ul", "ol"):
            self._lists.append(_List(tag == "ol"))
            self.parts.append("" if len(self._lists) > 1 else "\n\n")
        elif tag == "li":
            self._item()
        elif tag == "a":
            self._links.append(_Link(self._resolved(attributes.get("href")), len(self.parts)))
        elif tag in ("tr", "td", "th"):
            self._cell(tag)
        elif tag == "pre":
            self._verbatim += 1
            self.parts.append("\n\n```\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
        elif tag in _MARKS and not self._verbatim:
            self.parts.append(_MARKS[tag])

    def _end(self, tag: str) -> None:
        if tag in _MAIN and self._main_start is not None and not any(open_ in _MAIN for open_ in self._open):
            self.mains.append("".join(self.parts[self._main_start :]))
            self._main_start = None
        if tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self.parts.append("" if self._lists else "\n\n")
        elif tag == "a" and self._links:
            self._close_link(self._links.pop())
        elif tag in ("td", "th", "tr"):
            self._close_cell(tag)
        elif tag == "pre":
            self._verbatim -= 1
            self.parts.append("\n```\n\n")
        elif tag in _HEADINGS or tag in _BLOCKS:
            self.parts.append("\n\n")
            self._rows_done = 0 if tag == "table" else self._rows_done
        elif tag in _MARKS and not self._verbatim:
            self.parts.append(_MARKS[tag])

    def _item(self) -> None:
        around = self._lists[-1] if self._lists else _List(ordered=False)
        around.number += 1
        mark = f"{around.number}." if around.ordered else "-"
        self.parts.append(f"\n{'  ' * max(len(self._lists) - 1, 0)}{mark} ")

    def _resolved(self, address: str | None) -> str:
        try:
            found = urljoin(self._address, (address or "").strip())
            return found if urlsplit(found).scheme in ("http", "https", "mailto") else ""
        except ValueError:
            return ""

    def _close_link(self, link: _Link) -> None:
        said = "".join(self.parts[link.start :])
        text = _SPACE.sub(" ", said).strip()
        if text and link.address and link.address[-1:] != "#" and "\n\n" not in said.strip():
            del self.parts[link.start :]
            self.parts.append(f"[{text}]({link.address})")

    def _cell(self, tag: str) -> None:
        if tag == "tr":
            self._rows.append(_Row(start=len(self.parts)))
        elif self._rows:
            self._rows[-1].start = len(self.parts)

    def _close_cell(self, tag: str) -> None:
        if not self._rows:
            return
        row = self._rows[-1]
        if tag != "tr":
            row.cells.append(_SPACE.sub(" ", "".join(self.parts[row.start :])).strip().replace("|", "\\|"))
            del self.parts[row.start :]
            return
        self._rows.pop()
        if row.cells:
            self.parts.append("\n| " + " | ".join(row.cells) + " |")
            if not self._rows_done:
                self.parts.append("\n|" + " --- |" * len(row.cells))
            self._rows_done += 1


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    """Whether nobody who looks at the page sees an element."""
    style = (attributes.get("style") or "").replace(" ", "").lower()
    return "hidden" in attributes or attributes.get("aria-hidden") == "true" or "display:none" in style


def page_of(html: str, address: str) -> Page:
    """A page as Markdown: its main part if it says which that is, else all of it.

    Args:
        html: The page; it need not be sound.
        address: Where it is from, for its links.
    """
    converter = _Converter(address)
    converter.feed(html)
    converter.close()
    main = _tidied("\n\n".join(converter.mains))
    markdown = main if len(main) >= _MIN_MAIN_CHARS else _tidied("".join(converter.parts))
    return Page(converter.title.strip(), markdown)


def _tidied(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("\n", text)).strip()
