"""Memories of agents: facts that are kept once, found by meaning and words, and forgotten when their time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import undefer

from activities.knowledge.search import Embed
from activities.knowledge.vectors import packed, unpacked
from activities.llm.embedding import Embedded
from db.session import Database
from db.tables import AgentMemory
from schemas.errors import ErrorCode, PerdureError
from schemas.facts import fact_hash
from schemas.knowledge import Remembered

MODEL: Final = "default"
MOST_COMPARED: Final = 5_000
"""Facts of one memory whose meaning is compared, the latest ones."""
MOST_FRESH: Final = 100
"""Facts without a vector that get one when they are first looked through."""
_WORDS_COUNT: Final = 0.1
"""What a fact with the words of the query gets on top of the nearness of its meaning."""


_WORDS_ONLY: Final = frozenset({ErrorCode.MISSING_CREDENTIAL, ErrorCode.UNKNOWN_MODEL})
"""Nobody here turns texts into vectors; then facts are found by their words."""


@dataclass(frozen=True)
class About:
    """Which facts are looked through."""

    scope: str
    subject: str | None
    exact: bool = False
    """Whether no subject stands for facts about nobody, and not for all of them."""


@dataclass(frozen=True)
class Facts:
    """What is to be kept."""

    scope: str
    texts: tuple[str, ...]
    subject: str | None
    expires_in: float | None
    source: dict[str, Any]
    by: str


class Memories:
    """The memories of all workspaces.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, workspace_id: str, facts: Facts, embed: Embed) -> tuple[int, int, float]:
        """Keep facts; how many are new, and the tokens and cost of that."""
        texts: dict[str, str] = {}
        for fact in facts.texts:
            if text := " ".join(fact.split()):
                texts.setdefault(fact_hash(text), text)
        if not texts:
            return 0, 0, 0.0
        made = await _vectors(tuple(texts.values()), embed)
        expires = None if facts.expires_in is None else datetime.now(UTC) + timedelta(seconds=facts.expires_in)
        vectors: Sequence[list[float] | None] = [None] * len(texts) if made is None else made.vectors
        rows = [
            {
                "workspace_id": UUID(workspace_id),
                "scope": facts.scope,
                "subject": facts.subject,
                "text": text,
                "hash": digest,
                "source": facts.source,
                "embedding": None if vector is None else packed(vector),
                "model": None if made is None else made.model,
                "expires_at": expires,
                "created_by": facts.by,
            }
            for (digest, text), vector in zip(texts.items(), vectors, strict=True)
        ]
        statement = insert(AgentMemory).values(rows)
        renewed = {
            "expires_at": expires,
            "updated_at": func.clock_timestamp(),
            "embedding": func.coalesce(statement.excluded.embedding, AgentMemory.embedding),
        }
        upsert = statement.on_conflict_do_update(constraint="agent_memories_fact_key", set_=renewed)
        async with self._database.tenant(workspace_id) as session:
            new: list[bool] = list(await session.scalars(upsert.returning(literal_column("xmax = 0"))))
        return (sum(new), 0, 0.0) if made is None else (sum(new), made.tokens_in, made.cost_usd)

    async def recall(
        self, workspace_id: str, about: About, query: str, top_k: int, embed: Embed
    ) -> tuple[list[Remembered], int, float]:
        """The facts that fit best, and the tokens and cost of finding them."""
        rows = await self._known(workspace_id, about)
        if not rows:
            return [], 0, 0.0
        fresh = [row for row in rows if row.embedding is None][:MOST_FRESH]
        made = await _vectors((query, *(row.text for row in fresh)), embed)
        if made is not None:
            await self._complete(workspace_id, fresh, made)
        scored = _scored(rows, b"" if made is None else packed(made.vectors[0]), query)
        best = [_remembered(row, score) for score, row in sorted(scored, key=lambda one: -one[0])[:top_k]]
        return (best, 0, 0.0) if made is None else (best, made.tokens_in, made.cost_usd)

    async def _complete(self, workspace_id: str, fresh: Sequence[AgentMemory], made: Embedded) -> None:
        """Keep the vectors of facts that people have written."""
        if not fresh:
            return
        async with self._database.tenant(workspace_id) as session:
            for row, vector in zip(fresh, made.vectors[1:], strict=True):
                row.embedding = packed(vector)
                same = update(AgentMemory).where(AgentMemory.id == row.id, AgentMemory.hash == row.hash)
                await session.execute(same.values(embedding=row.embedding, model=made.model))

    async def _known(self, workspace_id: str, about: About) -> list[AgentMemory]:
        query = (
            select(AgentMemory)
            .options(undefer(AgentMemory.embedding))
            .where(AgentMemory.scope == about.scope, alive())
            .order_by(AgentMemory.updated_at.desc())
            .limit(MOST_COMPARED)
        )
        if about.subject is not None or about.exact:
            query = query.where(AgentMemory.subject.is_not_distinct_from(about.subject))
        async with self._database.tenant(workspace_id) as session:
            return list(await session.scalars(query))


def alive() -> ColumnElement[bool]:
    """Facts whose time is not over."""
    return or_(AgentMemory.expires_at.is_(None), AgentMemory.expires_at > func.clock_timestamp())


async def _vectors(texts: tuple[str, ...], embed: Embed) -> Embedded | None:
    """Vectors of texts; none where no model makes any."""
    try:
        return await embed(texts, MODEL, None)
    except PerdureError as error:
        if error.code in _WORDS_ONLY:
            return None
        raise


def _scored(rows: Sequence[AgentMemory], vector: bytes, query: str) -> list[tuple[float, AgentMemory]]:
    wanted, words = unpacked(vector), {word for word in query.casefold().split() if len(word) > 2}
    found = []
    for row in rows:
        known = unpacked(row.embedding or b"")
        near = float(known @ wanted) if len(known) == len(wanted) > 0 else 0.0
        shared = len(words & set(row.text.casefold().split())) / len(words) if words else 0.0
        found.append((near + _WORDS_COUNT * shared, row))
    return found


def _remembered(row: AgentMemory, score: float) -> Remembered:
    return Remembered(
        id=str(row.id),
        text=row.text,
        subject=row.subject,
        score=round(score, 6),
        source=row.source,
        created_at=row.created_at.isoformat(),
        expires_at=None if row.expires_at is None else row.expires_at.isoformat(),
    )
