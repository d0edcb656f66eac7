"""The index of meanings and words: a Qdrant server, or one beside each worker; made of what the database holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class KnowledgeSettings(BaseSettings):
    """Where vectors are searched (`QDRANT_URL`, `QDRANT_API_KEY`)."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True)

    qdrant_url: str | None = Field(
        default=None,
        alias="QDRANT_URL",
        description="A Qdrant server, shared by all workers; without one each worker keeps an index of its own.",
    )
    qdrant_api_key: SecretStr | None = Field(
        default=None, alias="QDRANT_API_KEY", description="Key of that server, if it wants one."
    )


@dataclass(frozen=True)
class Shelf:
    """A knowledge base, as an index knows it."""

    workspace_id: UUID
    base_id: UUID
    dimensions: int | None
    """Length of the vectors; null as long as there are none."""
    latest: int | None = None
    """Number of its latest text or vector, if it is known: an index that has come so far need not ask the database."""


@dataclass(frozen=True)
class Text:
    """What a piece says."""

    chunk_id: int
    document_id: UUID
    text: str


@dataclass(frozen=True)
class Vector:
    """What a piece means."""

    chunk_id: int
    document_id: UUID
    data: bytes


@dataclass(frozen=True)
class Question:
    """What is looked for: by meaning, by words, or by both."""

    vector: bytes | None = None
    words: str | None = None
    among: tuple[int, ...] | None = None
    """Only these pieces; null: all."""


@dataclass(frozen=True)
class Near:
    """A piece that was found by its meaning."""

    chunk_id: int
    similarity: float


@dataclass(frozen=True)
class Hits:
    """Pieces that an index has found, the best first in each list; some may be gone from the database."""

    near: tuple[Near, ...] = ()
    """By meaning."""
    worded: tuple[int, ...] = ()
    """By words."""


class VectorIndex(Protocol):
    """Finds pieces of a knowledge base by what they mean and by the words that they have."""

    mode: str
    """Which index it is, for people."""
    takes_texts: bool
    """Whether `put_texts` does anything with them."""

    async def check(self) -> None:
        """See whether it is there, before something is paid for that goes into it.

        Raises:
            PerdureError: If it is not.
        """

    async def put_texts(self, shelf: Shelf, texts: Sequence[Text]) -> None:
        """Texts that are committed to the database; the same ones may come again."""

    async def put(self, shelf: Shelf, vectors: Sequence[Vector]) -> None:
        """Vectors that are about to be committed to the database; the same ones may come again."""

    async def remove(self, shelf: Shelf, chunk_ids: Sequence[int]) -> None:
        """Pieces that are gone."""

    async def remove_document(self, shelf: Shelf, document_id: UUID) -> None:
        """A document is gone, with all its pieces."""

    async def drop(self, shelf: Shelf) -> None:
        """The base is gone."""

    async def find(self, shelf: Shelf, question: Question, limit: int) -> Hits:
        """The best pieces: so many by meaning, and so many by words."""

    async def close(self) -> None:
        """Give everything back."""
