"""The words of texts as sparse vectors for BM25; how rare a word is in its base, the index itself knows.

No language is preferred: no word is left out and none is cut to its stem. Identifiers are found as a whole
(`ERR-4711`), and what is written without spaces by its pairs of signs.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Final

USUAL: Final = 200
"""Words of a piece of usual length; longer ones count less for the same words."""
_JOINED: Final = re.compile(r"[^\W_]+(?:[-_.:/@\u2010\u2011][^\W_]+)+")
_BETWEEN: Final = re.compile(r"[\W_]+")
_UNSPACED: Final = re.compile(
    "["
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Japanese and Chinese
    "]+"
)


@dataclass(frozen=True)
class Words:
    """A sparse vector: numbers of words, and the weight of each."""

    indices: list[int]
    values: list[float]


def words_of(text: str) -> Words:
    """The words of a piece, each with the weight that it has there."""
    made = _model().embed_document(_spaced(text, of_piece=True))
    return Words(made.indices, made.values)


def words_asked(text: str) -> Words:
    """The words of a question, all of the same weight."""
    made = _model().embed_query(_spaced(text, of_piece=False))
    return Words(made.indices, made.values)


@cache
def _model() -> Any:
    edge: Any = import_module("qdrant_edge")
    # Without a language it would take English stems; for Chinese it knows none.
    neutral = {"language": "chinese", "stopwords": edge.StopwordsSet(), "tokenizer": edge.TokenizerType.Word}
    return edge.Bm25(edge.Bm25Config(avg_len=USUAL, **neutral))


def _spaced(text: str, *, of_piece: bool) -> str:
    """The text with spaces between its words, and behind it what it writes with signs in between, in one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    whole = [_BETWEEN.sub("", one) for one in _JOINED.findall(plain)]
    spaced = _UNSPACED.sub(lambda run: f" {_pairs(run.group(), of_piece)} ", plain)
    return " ".join((spaced, *whole))


def _pairs(run: str, of_piece: bool) -> str:
    """Each two signs that follow each other; a piece also has each for itself, so that a single one is found."""
    pairs = [run[place : place + 2] for place in range(len(run) - 1)]
    return " ".join((*pairs, *run) if of_piece or not pairs else pairs)
