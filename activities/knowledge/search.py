"""Finds passages: the index gives pieces by meaning and by words, the database what stands in the best of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from activities.knowledge.index import Hits, Question, Shelf, VectorIndex
from activities.knowledge.metrics import SEARCH_SECONDS
from activities.knowledge.vectors import packed
from activities.llm.embedding import Embedded
from db.session import Database
from db.tables import KnowledgeBase, KnowledgeChunk, KnowledgeDocument
from schemas.errors import ErrorCode, PerdureError
from schemas.knowledge import Found, KnowledgeQuery, Passage, SearchMode

Embed = Callable[[tuple[str, ...], str, int | None], Awaitable[Embedded]]
"""Turns texts into vectors, by a model, of a length if that is known."""

RANK: Final = 60
"""Of reciprocal rank fusion: how little the first ranks stand out."""
_FURTHER: Final = 8
"""Times as many pieces are looked at if too few of them count."""
_MOST: Final = 10_000
"""Pieces that are looked at, or that an index is told to look among."""
_FILTERED: Final = 10
"""With a filter that more pieces fit so many times more are looked at, of which those that do not fit are left out."""


@dataclass
class _Candidate:
    score: float = 0.0
    similarity: float | None = None


class Searcher:
    """Searches knowledge bases.

    Args:
        database: Where the texts are.
        index: What finds them.
    """

    def __init__(self, database: Database, index: VectorIndex) -> None:
        self._database = database
        self._index = index

    async def search(self, query: KnowledgeQuery, embed: Embed) -> Found:
        """The best passages.

        Raises:
            PerdureError: `not_found` if a base is not there, or what the model of the vectors raises.
        """
        workspace_id = UUID(query.workspace_id)
        async with self._database.tenant(workspace_id) as session:
            bases = await _bases(session, query.knowledge)
        passages: list[Passage] = []
        tokens, cost = 0, 0.0
        vectors: dict[tuple[str, int | None], bytes] = {}
        for base in bases:
            vector = None
            if query.mode is not SearchMode.TEXT and base.dimensions is not None:
                key = (base.model, base.dimensions)
                if key not in vectors:
                    made = await embed((query.query,), *key)
                    vectors[key], tokens, cost = packed(made.vectors[0]), tokens + made.tokens_in, cost + made.cost_usd
                vector = vectors[key]
            passages += await self._in_base(base, query, vector)
        best = sorted(passages, key=lambda passage: -passage.score)[: query.top_k]
        return Found(workspace_id=query.workspace_id, passages=tuple(best), tokens_in=tokens, cost_usd=cost)

    async def _in_base(self, base: KnowledgeBase, query: KnowledgeQuery, vector: bytes | None) -> list[Passage]:
        among = await self._among(base, query)
        if among == ():
            return []
        question = Question(vector, None if query.mode is SearchMode.DENSE else query.query, among)
        wanted = max(50, 5 * query.top_k) * (_FILTERED if query.filter and among is None else 1)
        while True:
            hits = await self._hits(base, question, wanted)
            async with self._database.tenant(base.workspace_id) as session:
                passages = await _passages(session, base, query, _fused(hits, query))
            # Pieces that are gone, or do not fit the filter, may have taken the places of others.
            if len(passages) >= query.top_k or _all_seen(hits, query, wanted) or wanted >= _MOST:
                return passages
            wanted *= _FURTHER

    async def _among(self, base: KnowledgeBase, query: KnowledgeQuery) -> tuple[int, ...] | None:
        """The pieces that fit the filter, if they are not too many to name them."""
        if not query.filter:
            return None
        fitting = (
            select(KnowledgeChunk.id)
            .join(KnowledgeDocument, KnowledgeDocument.id == KnowledgeChunk.document_id)
            .where(KnowledgeChunk.base_id == base.id, *_filters(query.filter))
            .limit(_MOST + 1)
        )
        async with self._database.tenant(base.workspace_id) as session:
            found = await session.scalar(select(func.array_agg(fitting.subquery().c.id)))
        return None if found is not None and len(found) > _MOST else tuple(found or ())

    async def _hits(self, base: KnowledgeBase, question: Question, limit: int) -> Hits:
        if question.vector is None and question.words is None:
            return Hits()
        shelf = Shelf(base.workspace_id, base.id, base.dimensions, base.seq)
        with SEARCH_SECONDS.labels(self._index.mode).time():
            return await self._index.find(shelf, question, limit)


def _all_seen(hits: Hits, query: KnowledgeQuery, wanted: int) -> bool:
    """Whether nothing that counts comes behind what was found."""
    least = query.min_similarity
    if least is not None:
        return len(hits.near) < wanted or hits.near[-1].similarity < least
    return max(len(hits.near), len(hits.worded)) < wanted


def _fused(hits: Hits, query: KnowledgeQuery) -> dict[int, _Candidate]:
    """Candidates with the sum of the inverse ranks that they have in each list."""
    found: dict[int, _Candidate] = {}
    for rank, one in enumerate(hits.near):
        if query.min_similarity is None or one.similarity >= query.min_similarity:
            candidate = found.setdefault(one.chunk_id, _Candidate())
            candidate.score += 1 / (RANK + rank)
            candidate.similarity = one.similarity
    for rank, chunk_id in enumerate(hits.worded):
        if query.min_similarity is None or chunk_id in found:
            found.setdefault(chunk_id, _Candidate()).score += 1 / (RANK + rank)
    return found


async def _bases(session: AsyncSession, slugs: Sequence[str]) -> list[KnowledgeBase]:
    rows = await session.scalars(select(KnowledgeBase).where(KnowledgeBase.slug.in_(slugs)))
    known = {row.slug: row for row in rows}
    for slug in slugs:
        if slug not in known:
            raise PerdureError(ErrorCode.NOT_FOUND, f"There is no knowledge base {slug[:100]!r}.")
    return list(known.values())


def _filters(wanted: dict[str, Any]) -> list[ColumnElement[bool]]:
    rest = {name: value for name, value in wanted.items() if name != "document"}
    found: list[ColumnElement[bool]] = []
    if rest:
        found.append(KnowledgeDocument.metadata_.contains(rest))
    if "document" in wanted:
        found.append(KnowledgeDocument.name == str(wanted["document"]))
    return found


async def _passages(
    session: AsyncSession, base: KnowledgeBase, query: KnowledgeQuery, found: dict[int, _Candidate]
) -> list[Passage]:
    """The best candidates with what stands in them; what is gone, or does not fit the filter, falls out here."""
    best = sorted(found, key=lambda chunk_id: (-found[chunk_id].score, chunk_id))
    ids = func.unnest(literal(best, ARRAY(BigInteger)))
    ranked = ids.table_valued(column("id", BigInteger), with_ordinality="place").render_derived(name="ranked")
    rows = await session.execute(
        select(KnowledgeChunk, KnowledgeDocument)
        .join(ranked, ranked.c.id == KnowledgeChunk.id)
        .join(KnowledgeDocument, KnowledgeDocument.id == KnowledgeChunk.document_id)
        .where(KnowledgeChunk.base_id == base.id, *_filters(query.filter))
        .order_by(ranked.c.place)
        .limit(query.top_k)
    )
    return [_passage(base, chunk, document, found[chunk.id]) for chunk, document in rows]


def _passage(base: KnowledgeBase, chunk: KnowledgeChunk, document: KnowledgeDocument, candidate: _Candidate) -> Passage:
    place = f", p. {chunk.page}" if chunk.page is not None else f", {chunk.heading}" if chunk.heading else ""
    return Passage(
        knowledge=base.slug,
        document_id=str(document.id),
        document=document.name,
        text=chunk.text,
        page=chunk.page,
        heading=chunk.heading,
        position=chunk.position,
        score=round(candidate.score, 6),
        similarity=None if candidate.similarity is None else round(candidate.similarity, 6),
        metadata=document.metadata_,
        citation=f"{document.name}{place}",
    )
