"""A Qdrant server as index: two collections per knowledge base, and the workspace in every filter.

Meanings and words stand in collections of their own: the words of a base are there before anybody knows how long its
vectors are, and an index without words is completed beside what it has. A collection that is not there, or whose making
was interrupted, is made of what the database holds.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from activities.knowledge.committed import committed
from activities.knowledge.index import Hits, KnowledgeSettings, Near, Question, Shelf, Text, Vector
from activities.knowledge.vectors import unpacked
from activities.knowledge.words import words_asked, words_of
from db.session import Database
from schemas.errors import ErrorCode, PerdureError

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient

_TIMEOUT: Final = 30
_BATCH: Final = 500
_PASSING: Final = (404, 408, 409, 425, 429)
"""Refusals that another try may not meet; what is not there is made, or was made by another worker meanwhile."""
_WORDS: Final = "words"
_COMPLETE: Final = 0
"""Id, which no piece has, of a point that says: everything of before is here. Without a workspace nobody finds it."""


class QdrantServer:
    """See `VectorIndex`."""

    def __init__(self, settings: KnowledgeSettings, database: Database) -> None:
        self.mode = "Qdrant server"
        self.takes_texts = True
        self._settings = settings
        self._database = database
        self._client: AsyncQdrantClient | None = None
        self._known: set[str] = set()
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def check(self) -> None:
        """See `VectorIndex`."""
        await self._call("collection_exists", collection_name="perdure")

    async def put_texts(self, shelf: Shelf, texts: Sequence[Text]) -> None:
        """See `VectorIndex`."""
        await self._put_texts(await self._words(shelf), shelf, texts)

    async def put(self, shelf: Shelf, vectors: Sequence[Vector]) -> None:
        """See `VectorIndex`."""
        if vectors:
            length = len(unpacked(vectors[0].data))
            await self._put_vectors(await self._vectors(shelf, length), shelf, vectors)

    async def remove(self, shelf: Shelf, chunk_ids: Sequence[int]) -> None:
        """See `VectorIndex`."""
        from qdrant_client import models

        if chunk_ids:
            await self._delete(shelf, models.PointIdsList(points=list(chunk_ids)))

    async def remove_document(self, shelf: Shelf, document_id: UUID) -> None:
        """See `VectorIndex`."""
        from qdrant_client import models

        own = models.FieldCondition(key="document", match=models.MatchValue(value=str(document_id)))
        await self._delete(shelf, models.FilterSelector(filter=models.Filter(must=[own])))

    async def drop(self, shelf: Shelf) -> None:
        """See `VectorIndex`."""
        for name in _names(shelf):
            self._known.discard(name)
            self._making.pop(name, None)
            if await self._call("collection_exists", collection_name=name):
                await self._call("delete_collection", collection_name=name)

    async def find(self, shelf: Shelf, question: Question, limit: int) -> Hits:
        """See `VectorIndex`."""
        near, worded = await asyncio.gather(self._near(shelf, question, limit), self._worded(shelf, question, limit))
        return Hits(near, worded)

    async def close(self) -> None:
        """See `VectorIndex`."""
        if self._client is not None:
            await self._client.close()

    async def _near(self, shelf: Shelf, question: Question, limit: int) -> tuple[Near, ...]:
        if question.vector is None or shelf.dimensions is None:
            return ()
        collection, vector = await self._vectors(shelf, shelf.dimensions), unpacked(question.vector).tolist()
        found = await self._query(collection, shelf, question.among, limit, query=vector)
        return tuple(Near(int(point.id), float(point.score)) for point in found)

    async def _worded(self, shelf: Shelf, question: Question, limit: int) -> tuple[int, ...]:
        from qdrant_client import models

        asked = words_asked(question.words or "")
        if not asked.indices:
            return ()
        query = models.SparseVector(indices=asked.indices, values=asked.values)
        collection = await self._words(shelf)
        found = await self._query(collection, shelf, question.among, limit, query=query, using=_WORDS)
        return tuple(int(point.id) for point in found)

    async def _query(
        self, collection: str, shelf: Shelf, among: tuple[int, ...] | None, limit: int, **query: Any
    ) -> Any:
        from qdrant_client import models

        own = models.FieldCondition(key="workspace", match=models.MatchValue(value=str(shelf.workspace_id)))
        chosen = [] if among is None else [models.HasIdCondition(has_id=list(among))]
        found = await self._call(
            "query_points",
            collection_name=collection,
            query_filter=models.Filter(must=[own, *chosen]),
            limit=limit,
            with_payload=False,
            **query,
        )
        return found.points

    async def _vectors(self, shelf: Shelf, length: int) -> str:
        """The collection of meanings."""
        from qdrant_client import models

        size = models.VectorParams(size=length, distance=models.Distance.COSINE)
        mark = models.PointStruct(id=_COMPLETE, vector=[1.0] * length)
        return await self._collection(shelf, _names(shelf)[0], mark, self._copy_vectors, vectors_config=size)

    async def _words(self, shelf: Shelf) -> str:
        """The collection of words."""
        from qdrant_client import models

        sparse = {_WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)}
        kind = {"vectors_config": {}, "sparse_vectors_config": sparse}
        mark = models.PointStruct(id=_COMPLETE, vector={_WORDS: models.SparseVector(indices=[0], values=[1.0])})
        return await self._collection(shelf, _names(shelf)[1], mark, self._copy_texts, **kind)

    async def _collection(
        self, shelf: Shelf, name: str, mark: Any, copy: Callable[[str, Shelf], Awaitable[None]], **kind: Any
    ) -> str:
        """A collection with all that the database holds."""
        if name in self._known:
            return name
        async with self._making[name]:
            if not await self._call("collection_exists", collection_name=name):
                await self._create(name, **kind)
            if not await self._call("retrieve", collection_name=name, ids=[_COMPLETE], with_payload=False):
                await copy(name, shelf)
                await self._call("upsert", collection_name=name, points=[mark], wait=True)
            self._known.add(name)
        return name

    async def _create(self, name: str, **kind: Any) -> None:
        from qdrant_client import models

        await self._call("create_collection", collection_name=name, **kind)
        for field, own in (("workspace", True), ("document", False)):
            schema = models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=own)
            await self._call("create_payload_index", collection_name=name, field_name=field, field_schema=schema)

    async def _copy_vectors(self, name: str, shelf: Shelf) -> None:
        after = 0
        while pieces := await committed(self._database, shelf, after, _BATCH):
            known = [Vector(one.chunk_id, one.document_id, one.data) for one in pieces if one.data is not None]
            await self._put_vectors(name, shelf, known)
            after = pieces[-1].seq

    async def _copy_texts(self, name: str, shelf: Shelf) -> None:
        after = 0
        while pieces := await committed(self._database, shelf, after, _BATCH):
            texts = [Text(one.chunk_id, one.document_id, one.text) for one in pieces]
            await self._put_texts(name, shelf, texts)
            after = pieces[-1].seq

    async def _put_vectors(self, name: str, shelf: Shelf, vectors: Sequence[Vector]) -> None:
        from qdrant_client import models

        points = [
            models.PointStruct(
                id=one.chunk_id, vector=unpacked(one.data).tolist(), payload=_payload(shelf, one.document_id)
            )
            for one in vectors
        ]
        if points:
            await self._call("upsert", collection_name=name, points=points, wait=True)

    async def _put_texts(self, name: str, shelf: Shelf, texts: Sequence[Text]) -> None:
        from qdrant_client import models

        def point(one: Text) -> models.PointStruct:
            words = words_of(one.text)
            sparse = models.SparseVector(indices=words.indices, values=words.values)
            payload = _payload(shelf, one.document_id)
            return models.PointStruct(id=one.chunk_id, vector={_WORDS: sparse}, payload=payload)

        points = await asyncio.to_thread(lambda: [point(one) for one in texts])
        if points:
            await self._call("upsert", collection_name=name, points=points, wait=True)

    async def _delete(self, shelf: Shelf, selector: Any) -> None:
        for name in _names(shelf):
            if await self._call("collection_exists", collection_name=name):
                await self._call("delete", collection_name=name, points_selector=selector, wait=True)

    async def _call(self, method: str, **arguments: Any) -> Any:
        """Ask the server.

        Raises:
            PerdureError: `invalid_config` if it refuses what we ask, else `upstream_failed`; without what it said.
        """
        from qdrant_client import AsyncQdrantClient

        if self._client is None:
            key = self._settings.qdrant_api_key
            self._client = AsyncQdrantClient(
                url=self._settings.qdrant_url,
                api_key=None if key is None else key.get_secret_value(),
                timeout=_TIMEOUT,
                check_compatibility=False,
            )
        try:
            return await getattr(self._client, method)(**arguments)
        except Exception as error:
            # What has gone may be the collection, too; the next attempt looks whether it is there.
            self._known.discard(arguments["collection_name"])
            raise _translated(error) from error


def _translated(error: Exception) -> PerdureError:
    from qdrant_client.http.exceptions import UnexpectedResponse

    status = (error.status_code or 0) if isinstance(error, UnexpectedResponse) else 0
    if 400 <= status < 500 and status not in _PASSING:
        message = f"The Qdrant server refuses requests with status {status}; check QDRANT_URL and QDRANT_API_KEY."
        return PerdureError(ErrorCode.INVALID_CONFIG, message)
    message = f"The Qdrant server does not answer as it should ({type(error).__name__})."
    return PerdureError(ErrorCode.UPSTREAM_FAILED, message)


def _names(shelf: Shelf) -> tuple[str, str]:
    """The collections of its meanings and of its words."""
    meanings = f"perdure-{shelf.workspace_id.hex}-{shelf.base_id.hex}"
    return meanings, f"{meanings}-words"


def _payload(shelf: Shelf, document_id: UUID) -> dict[str, str]:
    return {"workspace": str(shelf.workspace_id), "document": str(document_id)}
