"""Reads documents: what is text in PDF, DOCX, HTML, Markdown and plain text, with pages and headings."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from xml.etree import ElementTree as ET

from activities.text import clean_text
from activities.tools.markdown import page_of
from schemas.errors import ErrorCode, PerdureError

MOST_XML_BYTES: Final = 100 * 1024 * 1024
"""Of the text of a DOCX when it is unpacked."""

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BY_ENDING: Final = {
    "md": "text/markdown",
    "markdown": "text/markdown",
    "html": "text/html",
    "htm": "text/html",
    "pdf": "application/pdf",
    "docx": DOCX,
}
_HEADING: Final = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@dataclass(frozen=True)
class Section:
    """Text under one heading, on one page."""

    text: str
    heading: str | None = None
    page: int | None = None


def extract(name: str, media_type: str, content: bytes) -> list[Section]:
    """The text of a document.

    Raises:
        PerdureError: `invalid_input` if it cannot be read.
    """
    kind = _kind(name, media_type)
    try:
        if kind == "application/pdf":
            return list(_pdf(content))
        if kind == DOCX:
            return list(_docx(content))
        text = clean_text(content.decode("utf-8-sig", errors="replace"))
        if kind == "text/html":
            return list(_markdown(page_of(text, "").markdown))
        return list(_markdown(text)) if kind == "text/markdown" else [Section(text)]
    except (ValueError, KeyError, zipfile.BadZipFile, ET.ParseError, RecursionError) as error:
        raise _unreadable(name, f"it is no sound {kind}") from error


def _kind(name: str, media_type: str) -> str:
    known = media_type.partition(";")[0].strip().lower()
    if known in (*_BY_ENDING.values(), "text/plain") and known != "text/plain":
        return known
    ending = name.rpartition(".")[2].lower()
    if ending in _BY_ENDING:
        return _BY_ENDING[ending]
    if known.startswith("text/") or known in ("application/json", "application/yaml", "application/xml", ""):
        return "text/plain"
    raise _unreadable(name, f"{known} is not one of PDF, DOCX, HTML, Markdown and text")


def _markdown(text: str) -> Iterator[Section]:
    heading: str | None = None
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        found = None if fenced else _HEADING.fullmatch(line)
        if found is not None:
            if any(map(str.strip, lines)):
                yield Section("\n".join(lines), heading)
            heading, lines = found[1], []
        else:
            lines.append(line)
    if any(map(str.strip, lines)):
        yield Section("\n".join(lines), heading)


def _docx(content: bytes) -> Iterator[Section]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo("word/document.xml")
        if entry.file_size > MOST_XML_BYTES:
            raise ValueError("too large")
        xml = archive.read(entry)
    if b"<!DOCTYPE" in xml[:1_000]:
        raise ValueError("a DTD")
    heading: str | None = None
    paragraphs: list[str] = []
    for paragraph in ET.fromstring(xml).iter(f"{_WORD}p"):  # noqa: S314 (no DTD, bounded)
        text = clean_text("".join(_runs(paragraph)))
        style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
        if style is not None and style.get(f"{_WORD}val", "").lower().startswith(("heading", "title", "berschrift")):
            if paragraphs:
                yield Section("\n\n".join(paragraphs), heading)
            heading, paragraphs = text.strip() or heading, []
        elif text.strip():
            paragraphs.append(text)
    if paragraphs:
        yield Section("\n\n".join(paragraphs), heading)


def _runs(paragraph: ET.Element) -> Iterator[str]:
    for element in paragraph.iter():
        if element.tag == f"{_WORD}t":
            yield element.text or ""
        elif element.tag in (f"{_WORD}tab", f"{_WORD}br"):
            yield "\t" if element.tag.endswith("tab") else "\n"


def _pdf(content: bytes) -> Iterator[Section]:
    try:
        pypdf: Any = import_module("pypdf")
    except ImportError as error:
        message = "This installation cannot read PDF: the package pypdf is not there."
        raise PerdureError(ErrorCode.INVALID_INPUT, message) from error
    try:
        for number, page in enumerate(pypdf.PdfReader(io.BytesIO(content)).pages, 1):
            if (text := clean_text(page.extract_text())).strip():
                yield Section(text, page=number)
    except Exception as error:  # what strangers have written breaks the library in any way
        raise ValueError(type(error).__name__) from error


def _unreadable(name: str, why: str) -> PerdureError:
    return PerdureError(ErrorCode.INVALID_INPUT, f"The document {name[:200]!r} cannot be read: {why}.")
