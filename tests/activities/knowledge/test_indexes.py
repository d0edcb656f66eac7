"""Every index does the same: the best first by meaning and by words, each base for itself, and nothing that is gone."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from qdrant_client import AsyncQdrantClient, models

from activities.knowledge import edge_process
from activities.knowledge.edge_process import EdgeGoneError
from activities.knowledge.embedded import EmbeddedIndex
from activities.knowledge.index import KnowledgeSettings, Question, Shelf, Text, Vector, VectorIndex
from activities.knowledge.qdrant_server import QdrantServer
from activities.knowledge.vectors import packed
from activities.knowledge.words import words_asked, words_of
from db.session import Database
from db.tables import KnowledgeBase, KnowledgeChunk, KnowledgeDocument
from schemas.errors import ErrorCode, PerdureError

PLACES = {"north": [0.0, 1.0, 0.0], "north-east": [0.7, 0.7, 0.0], "east": [1.0, 0.0, 0.0], "up": [0.0, 0.0, 1.0]}


def near(*numbers: float) -> bytes:
    return packed(list(numbers))


async def nearest(index: VectorIndex, shelf: Shelf, *numbers: float, limit: int = 10) -> list[int]:
    return [one.chunk_id for one in (await index.find(shelf, Question(near(*numbers)), limit)).near]


async def worded(index: VectorIndex, shelf: Shelf, words: str) -> list[int]:
    return list((await index.find(shelf, Question(words=words), 10)).worded)


@pytest.fixture
async def server(database: Database) -> AsyncIterator[QdrantServer]:
    """The code for a server, on the client's own copy of one: the calls are the same, only nothing goes over HTTP."""
    index = QdrantServer(KnowledgeSettings.model_construct(qdrant_url="http://unused", qdrant_api_key=None), database)
    index._client = AsyncQdrantClient(location=":memory:")
    yield index
    await index.close()


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect")
async def test_a_server_keeps_bases_and_workspaces_apart_and_forgets_what_is_deleted(
    server: QdrantServer, workspace_id: UUID
) -> None:
    document, other = uuid4(), uuid4()
    shelf, empty = Shelf(workspace_id, uuid4(), 3), Shelf(workspace_id, uuid4(), 3)
    names = dict(enumerate(PLACES, 1))
    of = {number: other if name == "up" else document for number, name in names.items()}
    vectors = [Vector(number, of[number], near(*PLACES[name])) for number, name in names.items()]
    texts = [Text(number, of[number], f"{name} of here") for number, name in names.items()]
    for _ in range(2):  # the same once more, after a crash
        await server.put_texts(shelf, texts)
        await server.put(shelf, vectors)
    found = await server.find(shelf, Question(near(0.1, 0.9, 0.0), "east"), 10)
    assert [names[one.chunk_id] for one in found.near] == ["north", "north-east", "east", "up"]
    assert found.near[0].similarity == pytest.approx(0.994, abs=0.01)
    assert [names[one] for one in found.worded] == ["east", "north-east"]
    found = await server.find(shelf, Question(near(0.1, 0.9, 0.0), "east", among=(3, 4)), 10)
    assert ([names[one.chunk_id] for one in found.near], found.worded) == (["east", "up"], (3,))
    assert await nearest(server, empty, 0.0, 1.0, 0.0) == await worded(server, empty, "here") == []
    stranger = Shelf(uuid4(), shelf.base_id, 3)
    assert await nearest(server, stranger, 0.0, 1.0, 0.0) == await worded(server, stranger, "here") == []
    await server.remove(shelf, [1])
    await server.remove_document(shelf, other)
    assert [names[one] for one in await nearest(server, shelf, 0.0, 1.0, 0.0)] == ["north-east", "east"]
    assert sorted(await worded(server, shelf, "here")) == [2, 3]
    await server.drop(shelf)
    await server.drop(shelf)
    assert await nearest(server, shelf, 0.0, 1.0, 0.0) == await worded(server, shelf, "here") == []


@pytest.mark.filterwarnings("ignore:Payload indexes have no effect")
async def test_a_server_without_words_or_with_half_an_index_is_completed_of_the_database(
    server: QdrantServer, database: Database, workspace_id: UUID
) -> None:
    base = uuid4()
    shelf = Shelf(workspace_id, base, 3)
    ids = await _store(database, workspace_id, base, "north", "east")
    bare = await _store(database, workspace_id, base, "up", begin=2, vectors=False)
    # As it was before words were kept there, and as a crash leaves it.
    size = models.VectorParams(size=3, distance=models.Distance.COSINE)
    assert server._client is not None
    name = f"perdure-{workspace_id.hex}-{base.hex}"
    await server._client.create_collection(name, vectors_config=size)
    payload = {"workspace": str(workspace_id), "document": str(base)}
    point = models.PointStruct(id=ids["north"], vector=[0.0, 1.0, 0.0], payload=payload)
    await server._client.upsert(name, points=[point])
    found = await server.find(shelf, Question(near(0.1, 0.9, 0.0), "east up"), 10)
    assert [one.chunk_id for one in found.near] == [ids["north"], ids["east"]]
    assert set(found.worded) == {ids["east"], bare["up"]}
    # What a server has lost is made anew.
    await server._client.delete_collection(f"{name}-words")
    with pytest.raises(PerdureError, match="does not answer"):
        await worded(server, shelf, "east")
    assert server._known == {name}  # and nothing else is looked for again
    assert await worded(server, shelf, "east") == [ids["east"]]


async def test_a_server_that_refuses_is_not_asked_again_and_one_that_is_away_is(database: Database) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        index = QdrantServer(KnowledgeSettings.model_construct(qdrant_url=url, qdrant_api_key=None), database)
        with pytest.raises(PerdureError, match="status 401") as refused:
            await index.check()
        assert refused.value.code is ErrorCode.INVALID_CONFIG
    with pytest.raises(PerdureError, match="does not answer") as away:
        await index.check()
    assert away.value.code is ErrorCode.UPSTREAM_FAILED
    await index.close()


async def test_an_index_beside_a_worker_follows_what_is_committed(
    database: Database, workspace_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = EmbeddedIndex(database)
    base = uuid4()
    unmeant, shelf = Shelf(workspace_id, base, None), Shelf(workspace_id, base, 3)
    # Words are found before there are vectors.
    bare = await _store(database, workspace_id, base, "up", vectors=False)
    found = await index.find(unmeant, Question(near(0.0, 0.0, 1.0), "up"), 5)
    assert (found.near, found.worded) == ((), (bare["up"],))
    ids = await _store(database, workspace_id, base, "north", "east", begin=1)
    names = {chunk: name for name, chunk in ids.items()}
    found = await index.find(shelf, Question(near(0.1, 0.9, 0.0), "east"), 5)
    assert [names[one.chunk_id] for one in found.near] == ["north", "east"]
    assert found.near[0].similarity == pytest.approx(0.994, abs=0.01)
    assert found.worded == (ids["east"],)
    found = await index.find(shelf, Question(near(0.1, 0.9, 0.0), "east north", among=(ids["north"], 0)), 5)
    assert ([one.chunk_id for one in found.near], found.worded) == ([ids["north"]], (ids["north"],))
    more = await _store(database, workspace_id, base, "north-east", begin=3)
    names |= {chunk: name for name, chunk in more.items()}
    assert [names[one] for one in await nearest(index, shelf, 0.1, 0.9, 0.0, limit=2)] == ["north", "north-east"]
    elsewhere = Shelf(workspace_id, uuid4(), 3)
    assert await nearest(index, elsewhere, 0.0, 1.0, 0.0) == await worded(index, elsewhere, "north") == []
    # The process of the index dies, and with it everything that it held.
    running = index._process._running
    assert running is not None
    os.kill(running.process.pid, signal.SIGKILL)
    assert await worded(index, shelf, "up") == [bare["up"]]
    assert not Path(running.folder).exists()
    # What it cannot do ends nothing, and it is not waited for if it does not answer.
    unwell = index._process._running
    assert unwell is not None
    shutil.rmtree(unwell.folder)
    with pytest.raises(RuntimeError, match="FileNotFoundError"):
        await index._process.ask("open", "another")
    assert unwell.process.poll() is None
    os.kill(unwell.process.pid, signal.SIGSTOP)
    with monkeypatch.context() as impatient:
        impatient.setattr(edge_process, "_PATIENCE", 0.1)
        with pytest.raises(EdgeGoneError):
            await index._process.ask("open", "another")
    await index.drop(shelf)
    assert await worded(index, shelf, "up") == [bare["up"]]
    again = index._process._running
    await index.close()
    assert again is not None
    assert again.process.returncode == 0
    assert not Path(again.folder).exists()


def test_words_prefer_no_language_and_know_identifiers() -> None:
    def fit(question: str, text: str) -> float:
        weights = dict(zip(words_of(text).indices, words_of(text).values, strict=True))
        return sum(weights.get(word, 0.0) for word in words_asked(question).indices)

    # No word is left out, none is cut to its stem, and case is nothing.
    assert fit("the", "Of the and") > 0
    assert fit("run", "running") == 0
    assert fit("STRASSE", "Die Straße") > 0
    assert fit("ERR-4711", "Says err-4711 at times.") > fit("ERR-4711", "Has err here, 4711 there and 12.") > 0
    assert fit("ERR4711", "ERR-4711") > 0
    assert fit("file", "\ufb01le") > 0
    for question in ("仓库", "茶"):
        assert fit(question, "我们的仓库里有茶") > 0, question
    assert fit("仓库", "东京") == 0
    assert words_asked("?! …").indices == []


async def _store(
    database: Database, workspace: UUID, base: UUID, *names: str, begin: int = 0, vectors: bool = True
) -> dict[str, int]:
    """Writes pieces as ingestion does; their ids by name."""
    own = {"workspace_id": workspace, "created_by": "a"}
    async with database.tenant(workspace) as session:
        if not begin:
            kept = {"id": base, "slug": f"b-{base.hex}", "name": "B", "model": "default", "overlap_chars": 0}
            session.add(KnowledgeBase(**own, **kept, chunk_chars=100))
            await session.flush()
            held = {"name": "d", "media_type": "text/plain", "content": b"x", "content_hash": "h", "size": 1}
            session.add(KnowledgeDocument(**own, **held, id=base, base_id=base))
            await session.flush()
        place = {"workspace_id": workspace, "base_id": base, "document_id": base, "revision": 1}
        rows = [
            KnowledgeChunk(**place, position=seq, hash=name, text=name, seq=seq)
            for seq, name in enumerate(names, begin + 1)
        ]
        for row in rows:
            row.embedding = near(*PLACES[row.hash]) if vectors else None
        session.add_all(rows)
        await session.flush()
        return {row.hash: row.id for row in rows}
