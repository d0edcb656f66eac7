"""Knowledge and memory: how they are searched, what is found, and the messages of ingestion."""

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from schemas.messages import Message

INGEST_DOCUMENT: Final = "ingest_document"
"""Workflow type of the ingestion of a document."""
SEARCH_KNOWLEDGE: Final = "search_knowledge"
"""Workflow type, and activity, of a search that the API asks for."""

REMOVE_VECTORS: Final = "remove_vectors"
"""Workflow type, and activity, that clears the index of what is deleted."""

MAX_TOP_K: Final = 100
MAX_DOCUMENT_BYTES: Final = 20 * 1024 * 1024
MAX_QUERY_CHARS: Final = 8_000


class SearchMode(StrEnum):
    """What a search goes by."""

    HYBRID = "hybrid"
    """Meaning and words, ranks put together."""
    DENSE = "dense"
    """Meaning: the nearest vectors."""
    TEXT = "text"
    """Words."""


class Passage(BaseModel):
    """A piece of a document that was found."""

    model_config = ConfigDict(frozen=True)

    knowledge: str = Field(description="Slug of the knowledge base.")
    document_id: str
    document: str = Field(description="Name of the document.")
    text: str
    page: int | None
    heading: str | None
    position: int = Field(description="Place of the piece within the document, from 0.")
    score: float = Field(description="Of the search as a whole; the higher, the better it fits.")
    similarity: float | None = Field(description="Cosine of the vectors; null if it was found by its words only.")
    metadata: dict[str, Any]
    citation: str = Field(description="Where it stands, for people: `Handbook.pdf, p. 3`.")


class Remembered(BaseModel):
    """A fact that was found in a memory."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str
    subject: str | None
    score: float
    source: dict[str, Any]
    created_at: str
    expires_at: str | None


class DocumentOrder(Message):
    """Argument of `ingest_document` and of its activities."""

    document_id: str
    revision: int


class Extracted(Message):
    """What reading a document has found."""

    chunks: int
    missing: int = Field(description="Pieces that have no vector yet.")
    outdated: bool = Field(default=False, description="Whether the document was changed or deleted meanwhile.")


class EmbeddedBatch(Message):
    """How far the vectors of a document are."""

    done: int
    left: int


class DocumentFailure(DocumentOrder):
    """Why a document cannot be taken in."""

    code: str
    message: str


class RemovalOrder(Message):
    """Argument of `remove_vectors`."""

    removal_id: str
    base_id: str
    document_id: str | None = Field(description="Null: the whole base.")
    dimensions: int | None


class KnowledgeQuery(Message):
    """Argument of `search_knowledge`."""

    knowledge: tuple[str, ...] = Field(min_length=1, description="Slugs.")
    query: str
    top_k: int = 8
    mode: SearchMode = SearchMode.HYBRID
    filter: dict[str, Any] = Field(default_factory=dict)
    min_similarity: float | None = None


class Found(Message):
    """Result of a search."""

    passages: tuple[Passage, ...]
    tokens_in: int = 0
    cost_usd: float = 0.0
