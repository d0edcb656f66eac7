"""How fast a knowledge base of 100,000 pieces is searched: by meaning, by words, and by both."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import numpy as np
from numpy.typing import NDArray

from activities.knowledge.embedded import EmbeddedIndex
from activities.knowledge.index import KnowledgeSettings, Shelf, Vector, VectorIndex
from activities.knowledge.qdrant_server import QdrantServer
from activities.knowledge.search import Searcher
from activities.llm.embedding import Embedded
from bench.library import DIMENSIONS, Library, fill, make_library
from bench.numbers import ms, percentile, seconds, short
from bench.outcome import Aim, Figure, Outcome, Progress, Size, Table, pick
from bench.servers import postgres_server, work_folder
from db.migrate import upgrade
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID
from schemas.knowledge import KnowledgeQuery, SearchMode

SLUG = "library"
AIM_MS = 100.0
TOP = 10
AT_ONCE = 4


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    pieces: int
    searches: int
    checked: int


@dataclass
class Bed:
    """A filled knowledge base and a way to search it."""

    library: Library
    searcher: Searcher
    index: VectorIndex
    base: UUID

    async def search(self, number: int, mode: SearchMode) -> list[str]:
        """The texts that are found for a question about one of the pieces."""
        question, vector = self.library.question(number)

        async def embed(texts: tuple[str, ...], model: str, dimensions: int | None) -> Embedded:
            return Embedded([vector.tolist()], model, 0, 0.0, {})

        query = KnowledgeQuery(
            workspace_id=str(DEFAULT_WORKSPACE_ID), knowledge=(SLUG,), query=question, top_k=TOP, mode=mode
        )
        found = await self.searcher.search(query, embed)
        return [passage.text for passage in found.passages]


async def measure(size: Size, progress: Progress) -> Outcome:
    """See module."""
    effort = Effort(pick(size, 100_000, 20_000, 2_000), pick(size, 400, 150, 15), pick(size, 50, 20, 5))
    progress(0.0, "texts and vectors")
    library = await asyncio.to_thread(make_library, effort.pieces)
    async with _bed(library, progress) as bed:
        progress(0.5, "first search")
        first = await _seconds(bed, 0, SearchMode.HYBRID)
        found: dict[str, list[float]] = {}
        for place, mode in enumerate(SearchMode):
            progress(0.6 + place / 10, f"searches: {mode.value}")
            found[mode.value] = [await _seconds(bed, number, mode) for number in range(effort.searches)]
        progress(0.9, f"{AT_ONCE} at once")
        found["at once"] = await _at_once(bed, effort.searches)
        recall = await _recall(bed, effort.checked)
        return _outcome(bed, effort, found, first, recall)


@asynccontextmanager
async def _bed(library: Library, progress: Progress) -> AsyncIterator[Bed]:
    with work_folder() as folder, postgres_server(folder) as server:
        await upgrade(server.url)
        progress(0.2, "into PostgreSQL")
        base = uuid4()
        await fill(server.url, library, base, SLUG)
        database = Database(server.url)
        settings = KnowledgeSettings()
        index: VectorIndex = (
            EmbeddedIndex(database) if settings.qdrant_url is None else QdrantServer(settings, database)
        )
        shelf = Shelf(DEFAULT_WORKSPACE_ID, base, DIMENSIONS)
        try:
            if settings.qdrant_url is not None:
                await _shelve(index, shelf, library, base)
            yield Bed(library, Searcher(database, index), index, base)
        finally:
            if settings.qdrant_url is not None:
                await index.drop(shelf)
            await index.close()
            await database.dispose()


async def _shelve(index: VectorIndex, shelf: Shelf, library: Library, document: UUID) -> None:
    """Put all vectors on the server, as ingestion does."""
    for start in range(0, len(library.vectors), 1_000):
        part = library.vectors[start : start + 1_000]
        await index.put(shelf, [Vector(start + place + 1, document, row.tobytes()) for place, row in enumerate(part)])


async def _seconds(bed: Bed, number: int, mode: SearchMode) -> float:
    began = time.perf_counter()
    await bed.search(number, mode)
    return time.perf_counter() - began


async def _at_once(bed: Bed, searches: int) -> list[float]:
    async def lane(first: int) -> list[float]:
        return [await _seconds(bed, number, SearchMode.HYBRID) for number in range(first, searches, AT_ONCE)]

    return [one for times in await asyncio.gather(*map(lane, range(AT_ONCE))) for one in times]


async def _recall(bed: Bed, checked: int) -> float:
    """Share of the truly nearest pieces that a search by meaning gives."""
    shares: list[float] = []
    for number in range(checked):
        nearest = _nearest(bed.library, number)
        found = set(await bed.search(number, SearchMode.DENSE))
        shares.append(len(found & {bed.library.texts[place] for place in nearest}) / TOP)
    return sum(shares) / len(shares)


def _nearest(library: Library, number: int) -> Sequence[int]:
    vector: NDArray[np.float32] = library.question(number)[1]
    near = library.vectors @ vector
    return [int(place) for place in np.argpartition(-near, TOP)[:TOP]]


def _outcome(bed: Bed, effort: Effort, found: dict[str, list[float]], first: float, recall: float) -> Outcome:
    names = {
        "hybrid": "by meaning and words",
        "dense": "by meaning",
        "text": "by words",
        "at once": f"by meaning and words, {AT_ONCE} at once",
    }
    rows = [[names[key], *(ms(percentile(found[key], part)) for part in (50, 95, 99))] for key in names]
    slowest = percentile(found["hybrid"], 95)
    return Outcome(
        name="knowledge",
        title="Search in a knowledge base",
        method=(
            f"{effort.pieces:,} pieces of 80 words with vectors of {DIMENSIONS} numbers in PostgreSQL. Index: "
            f"{bed.index.mode}. A search is what a step does, row-level security included, without the model that "
            f"turns the question into a vector: {effort.searches} one after the other, the best {TOP} of each."
        ),
        tables=[Table(head=["", "p50", "p95", "p99"], rows=rows)],
        aims=[
            Aim(
                text=f"{effort.pieces:,} pieces, by meaning and words, one after the other: p95 under {AIM_MS:g} ms",
                found=f"{ms(slowest)} with {bed.index.mode}",
                met=slowest * 1_000 < AIM_MS,
            )
        ],
        figures={
            **{f"{key}: p95": Figure(value=percentile(times, 95) * 1_000, unit="ms") for key, times in found.items()},
            "first search": Figure(value=first, unit="s"),
        },
        notes=[
            f"Mode: {bed.index.mode}. The first search took {seconds(first)}, which is how long this index "
            "needs before it can be searched.",
            f"Of the {TOP} truly nearest pieces a search by meaning gives {short(100 * recall)} % "
            f"({effort.checked} searches checked).",
        ],
    )
