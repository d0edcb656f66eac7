"""A library to search in: texts of words as frequent as in a language, and vectors that stand in clusters."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from numpy.typing import NDArray

from db.tables import DEFAULT_WORKSPACE_ID

DIMENSIONS = 512
WORDS = 80
"""Of a piece."""
VOCABULARY = 20_000
DOCUMENT = 500
"""Pieces of a document; they are about the same, so their vectors are near each other."""
_SPREAD = 0.7
_SEED = 7


@dataclass(frozen=True)
class Library:
    """Pieces."""

    texts: list[str]
    vectors: NDArray[np.float32]

    def question(self, number: int) -> tuple[str, NDArray[np.float32]]:
        """Some words of a piece, and a vector near its own."""
        random = np.random.default_rng(_SEED + 1 + number)
        place = int(random.integers(len(self.texts)))
        words = self.texts[place].split()
        near = self.vectors[place] + 0.02 * random.standard_normal(DIMENSIONS, dtype=np.float32)
        chosen = random.choice(len(words), 4, replace=False)
        return " ".join(words[one] for one in chosen), _scaled(near[None, :])[0]


def make_library(pieces: int) -> Library:
    """The same library at every call."""
    random = np.random.default_rng(_SEED)
    share = 1 / np.arange(1, VOCABULARY + 1)
    ranks = random.choice(VOCABULARY, size=(pieces, WORDS), p=share / share.sum())
    vocabulary = [_word(rank) for rank in range(VOCABULARY)]
    texts = [" ".join(vocabulary[rank] for rank in row) for row in ranks]
    centres = random.standard_normal((pieces // DOCUMENT + 1, DIMENSIONS), dtype=np.float32)
    vectors = np.repeat(centres, DOCUMENT, axis=0)[:pieces]
    vectors += _SPREAD * random.standard_normal((pieces, DIMENSIONS), dtype=np.float32)
    return Library(texts, _scaled(vectors))


async def fill(url: str, library: Library, base: UUID, slug: str) -> None:
    """Put it into the database, as it stands there after ingestion."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO knowledge_bases (id, workspace_id, slug, name, model, dimensions, chunk_chars, overlap_chars, "
            "seq, created_by) VALUES ($1, $2, $3, $3, 'default', $4, 800, 0, $5, 'bench')",
            *(base, DEFAULT_WORKSPACE_ID, slug, DIMENSIONS, len(library.texts)),
        )
        await connection.execute(
            "INSERT INTO knowledge_documents (id, workspace_id, base_id, name, media_type, content, content_hash, "
            "size, status, chunks, embedded, created_by) VALUES ($1, $2, $1, 'library', 'text/plain', '', '', 0, "
            "'ready', $3, $3, 'bench')",
            *(base, DEFAULT_WORKSPACE_ID, len(library.texts)),
        )
        await connection.copy_records_to_table("knowledge_chunks", records=_rows(library, base), columns=_COLUMNS)
        await connection.execute("VACUUM ANALYZE knowledge_chunks")
    finally:
        await connection.close()


_COLUMNS = ["workspace_id", "base_id", "document_id", "revision", "position", "hash", "text", "embedding", "seq"]


def _rows(library: Library, base: UUID) -> Iterator[tuple[Any, ...]]:
    for place, text in enumerate(library.texts):
        vector = library.vectors[place].tobytes()
        yield DEFAULT_WORKSPACE_ID, base, base, 1, place, str(place), text, vector, place + 1


def _scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def _word(rank: int) -> str:
    """A word of its own for each rank; frequent ones are short."""
    letters = "etaoinshrdlcumwfgypbvkjxqz"
    text = ""
    while True:
        rank, letter = divmod(rank, len(letters))
        text += letters[letter]
        if not rank:
            return text
        rank -= 1
