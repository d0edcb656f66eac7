"""Requests and answers about knowledge bases."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from api.base64_text import Base64Text
from api.workflows.draft_models import Body, NewSlug
from schemas.errors import ErrorInfo
from schemas.knowledge import MAX_QUERY_CHARS, MAX_TOP_K, Passage, SearchMode

DocumentName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Metadata = Annotated[
    dict[Annotated[str, Field(min_length=1, max_length=100)], Annotated[str, Field(max_length=1_000)] | float | bool],
    Field(max_length=50),
]


class KnowledgeBase(BaseModel):
    """Documents that are searched together."""

    slug: str
    name: str
    description: str | None
    model: str = Field(description="Model that turns texts into vectors.")
    dimensions: int | None = Field(description="Length of the vectors; null until there are any.")
    chunk_chars: int = Field(description="Characters of a piece, roughly.")
    overlap_chars: int = Field(description="Characters that a piece has of the one before.")
    documents: int
    ready: int = Field(description="Documents that are taken in.")
    chunks: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class KnowledgeBaseList(BaseModel):
    """Knowledge bases by slug."""

    items: list[KnowledgeBase]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class CreateKnowledgeBase(Body):
    """Body of making a knowledge base."""

    name: str = Field(min_length=1, max_length=200)
    slug: NewSlug | None = Field(default=None, description="Made from the name by default.")
    description: str | None = Field(default=None, max_length=20_000)
    model: str = Field(
        default="default", min_length=1, max_length=200, description="Model that turns texts into vectors, for good."
    )
    chunk_chars: int = Field(default=1_200, ge=100, le=20_000)
    overlap_chars: int = Field(default=150, ge=0, le=2_000)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.overlap_chars * 2 > self.chunk_chars:
            raise ValueError("`overlap_chars` may be half of `chunk_chars` at most.")
        return self


class UpdateKnowledgeBase(Body):
    """Body of naming a knowledge base; what is null stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=20_000)


class DocumentStatus(StrEnum):
    """Where a document stands."""

    PENDING = "pending"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class KnowledgeDocument(BaseModel):
    """A document."""

    id: UUID
    name: str
    media_type: str
    size: int
    metadata: dict[str, Any]
    status: DocumentStatus
    error: ErrorInfo | None
    revision: int = Field(description="Counts contents.")
    chunks: int = Field(description="Pieces of the content.")
    embedded: int = Field(description="Pieces that can be found by meaning.")
    reused: int = Field(description="Pieces that were the same in the content before, and were not paid for again.")
    created_by: str
    created_at: datetime
    updated_at: datetime


class DocumentPage(BaseModel):
    """Documents, the newest first."""

    items: list[KnowledgeDocument]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class PutDocument(Body):
    """Body of a document. One of the same name gets the new content; what has not changed is not read again."""

    name: DocumentName = Field(examples=["Handbook.pdf"])
    text: str | None = Field(default=None, min_length=1, max_length=10_000_000, description="Text, or Markdown.")
    content: Base64Text | None = Field(default=None, description="A file in base64: PDF, DOCX, HTML, Markdown, text.")
    file: str | None = Field(default=None, max_length=100, description="Id of a stored file.")
    media_type: str | None = Field(default=None, max_length=200, description="By the name by default.")
    metadata: Metadata = Field(default_factory=dict, description="What searches can be limited to.")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(source is not None for source in (self.text, self.content, self.file)) != 1:
            raise ValueError("Give one of `text`, `content` and `file`.")
        return self


class Chunk(BaseModel):
    """A piece of a document."""

    position: int
    text: str
    page: int | None
    heading: str | None
    embedded: bool


class ChunkPage(BaseModel):
    """Pieces in their order."""

    items: list[Chunk]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class SearchKnowledge(Body):
    """Body of a search."""

    query: str = Field(min_length=1, max_length=MAX_QUERY_CHARS)
    top_k: int = Field(default=8, ge=1, le=MAX_TOP_K)
    mode: SearchMode = SearchMode.HYBRID
    filter: Metadata = Field(
        default_factory=dict, description="Only documents whose metadata has these values; `document` names one."
    )
    min_similarity: float | None = Field(default=None, ge=-1, le=1)


class SearchResults(BaseModel):
    """What was found, the best first."""

    items: list[Passage]
