"""The index beside a worker, for installations without a Qdrant server.

Each worker makes it of the texts and vectors in the database when a base is first searched, and takes over what was
committed since at every further search. So there is nothing to be locked, shared or lost between processes; it costs
memory beside each. The engine is Qdrant Edge.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID, uuid4

from activities.knowledge.committed import committed
from activities.knowledge.edge_process import EdgeGoneError, EdgeProcess
from activities.knowledge.index import Hits, Near, Question, Shelf, Text, Vector
from db.session import Database
from schemas.errors import ErrorCode, PerdureError

MOST_SHELVES: Final = 32
"""Bases that a worker keeps."""
_BATCH: Final = 500
_ATTEMPTS: Final = 2
"""To find something, if the index is lost on the way."""


class _Kept:
    """A base, and how far it has come."""

    def __init__(self) -> None:
        self.name = uuid4().hex
        """In the process, where a base that is made anew is another one."""
        self.open = False
        self.seq = 0
        self.lock = asyncio.Lock()


class EmbeddedIndex:
    """See `VectorIndex`."""

    def __init__(self, database: Database) -> None:
        self.mode = "Qdrant Edge beside the worker"
        self.takes_texts = False
        self._database = database
        self._process = EdgeProcess()
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()

    async def check(self) -> None:
        """See `VectorIndex`; it is made when it is needed."""

    async def put_texts(self, shelf: Shelf, texts: Sequence[Text]) -> None:
        """See `VectorIndex`; they are taken over at the next search."""

    async def put(self, shelf: Shelf, vectors: Sequence[Vector]) -> None:
        """See `VectorIndex`; they are taken over at the next search, once they are committed."""

    async def remove(self, shelf: Shelf, chunk_ids: Sequence[int]) -> None:
        """See `VectorIndex`; what is found and is gone is left out by whoever looks it up."""

    async def remove_document(self, shelf: Shelf, document_id: UUID) -> None:
        """See `VectorIndex`; as `remove`."""

    async def drop(self, shelf: Shelf) -> None:
        """See `VectorIndex`."""
        kept = self._kept.pop(shelf.base_id, None)
        if kept is not None:
            await self._forget(kept)

    async def find(self, shelf: Shelf, question: Question, limit: int) -> Hits:
        """See `VectorIndex`.

        Raises:
            PerdureError: `upstream_failed` if the process of the index dies again and again.
        """
        for _ in range(_ATTEMPTS):
            kept = await self._of(shelf.base_id)
            try:
                async with kept.lock:
                    await self._catch_up(shelf, kept)
                asked = (question.vector, question.words, question.among, limit)
                near, worded = await self._process.ask("find", kept.name, *asked)
            except EdgeGoneError:
                if self._kept.get(shelf.base_id) is kept:
                    del self._kept[shelf.base_id]
                continue
            return Hits(tuple(Near(*one) for one in near), tuple(worded))
        raise PerdureError(ErrorCode.UPSTREAM_FAILED, "The process in which the worker keeps its index has ended.")

    async def close(self) -> None:
        """See `VectorIndex`."""
        self._kept.clear()
        await self._process.close()

    async def _of(self, base_id: UUID) -> _Kept:
        kept = self._kept.setdefault(base_id, _Kept())
        self._kept.move_to_end(base_id)
        if len(self._kept) > MOST_SHELVES:
            await self._forget(self._kept.popitem(last=False)[1])
        return kept

    async def _forget(self, kept: _Kept) -> None:
        # What cannot be forgotten now is gone with the process.
        with suppress(EdgeGoneError, RuntimeError):
            await self._process.ask("forget", kept.name)

    async def _catch_up(self, shelf: Shelf, kept: _Kept) -> None:
        if not kept.open:
            await self._process.ask("open", kept.name)
            kept.open = True
        latest = shelf.latest
        while latest is None or kept.seq < latest:
            pieces = await committed(self._database, shelf, kept.seq, _BATCH)
            if pieces:
                entries = [(piece.chunk_id, piece.text, piece.data) for piece in pieces]
                await self._process.ask("put", kept.name, entries)
                kept.seq = pieces[-1].seq
            if len(pieces) < _BATCH:
                # A number may have been given to nothing.
                kept.seq = max(kept.seq, latest or 0)
                return
