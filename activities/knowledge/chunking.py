"""Cuts documents into pieces that are found as one.

A heading always begins a piece, and so does a page: what is changed in one section leaves the pieces of all others as
they are, and their vectors are taken over.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from activities.knowledge.extraction import Section

MOST_PIECES: Final = 50_000
_PARAGRAPH: Final = re.compile(r"\n\s*\n")
_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Piece:
    """A piece of a document."""

    position: int
    text: str
    heading: str | None
    page: int | None
    hash: str


def pieces(sections: Iterable[Section], size: int, overlap: int) -> list[Piece]:
    """The pieces of a document, each text once.

    Args:
        sections: The document.
        size: Characters that a piece should not have more of.
        overlap: Characters of its end with which the next piece of the same section begins.
    """
    found: dict[str, Piece] = {}
    for section in sections:
        for text in _packed(section.text, size, overlap):
            told = f"{section.heading}\n\n{text}" if section.heading else text
            digest = hashlib.sha256(told.encode()).hexdigest()
            found.setdefault(digest, Piece(len(found), told, section.heading, section.page, digest))
            if len(found) == MOST_PIECES:
                return list(found.values())
    return list(found.values())


def _packed(text: str, size: int, overlap: int) -> Iterator[str]:
    piece = ""
    for part in _parts(text, size):
        if piece and len(piece) + 2 + len(part) > size:
            yield piece
            tail = _tail(piece, overlap)
            piece = f"{tail}\n\n{part}" if tail and len(tail) + 2 + len(part) <= size else part
        else:
            piece = f"{piece}\n\n{part}" if piece else part
    if piece:
        yield piece


def _parts(text: str, size: int) -> Iterator[str]:
    """Paragraphs; those that are too long in sentences, and those in lengths."""
    for paragraph in _PARAGRAPH.split(text):
        whole = paragraph.strip()
        if len(whole) <= size:
            if whole:
                yield whole
            continue
        line = ""
        for sentence in _SENTENCE.split(whole):
            if line and len(line) + 1 + len(sentence) > size:
                yield line
                line = ""
            line = f"{line} {sentence}" if line else sentence
            while len(line) > size:
                yield line[:size]
                line = line[size:]
        if line:
            yield line


def _tail(piece: str, overlap: int) -> str:
    """The end of a piece, from the beginning of a word on."""
    if overlap <= 0 or len(piece) <= overlap:
        return ""
    end = piece[-overlap:]
    return end[end.find(" ") + 1 :].strip() if " " in end else ""
