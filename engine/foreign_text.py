"""Text that anybody may have written, made fit for subjects, mails and pages: visible, short, and never HTML."""

import re
from typing import Final

from markdown_it import MarkdownIt

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, and those that hide text or turn its direction."""

# No HTML, and no links or pictures either: what asks for an answer must lead nowhere else.
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).disable(
    ["html_block", "html_inline", "link", "image", "autolink", "reference"]
)


def one_line(text: str, limit: int) -> str:
    """The text in one line without what cannot be seen."""
    return _shortened(" ".join(_INVISIBLE.sub("", text.replace("\r", "\n")).split()), limit)


def plain(text: str, limit: int) -> str:
    """The text without what cannot be seen; its lines stay."""
    return _shortened(_INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip(), limit)


def markdown_html(text: str, limit: int) -> str:
    """Markdown as HTML of our own making."""
    html: str = _MARKDOWN.render(plain(text, limit))
    return html


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
