"""The process that Qdrant Edge works in: bases in folders of its own, asked over a connection, gone at its end.

It imports little, because each worker that searches has one. See `EdgeProcess` for the other side.
"""

import contextlib
import shutil
import signal
import sys
import tempfile
from array import array
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, Final

from activities.knowledge.words import Words, words_asked, words_of

Entry = tuple[int, str, bytes | None]
"""A piece: its number, its text, and its vector if it has one."""
Found = tuple[list[tuple[int, float]], list[int]]
"""Pieces by meaning, with their similarity, and by words."""
_WORDS: Final = "words"


class Shard:
    """A knowledge base in Qdrant Edge."""

    def __init__(self, folder: str) -> None:
        self._edge: Any = import_module("qdrant_edge")
        self._has_vectors = False
        self._folder = tempfile.mkdtemp(dir=folder)
        sparse = {_WORDS: self._edge.EdgeSparseVectorParams(modifier=self._edge.Modifier.Idf)}
        # Nothing in it has to outlive the process.
        config = self._edge.EdgeConfig(sparse_vectors=sparse, wal_enabled=False)
        self._shard = self._edge.EdgeShard.create(self._folder, config)

    def put(self, entries: Sequence[Entry]) -> None:
        """Add pieces, or give those that are there already their vector."""
        for _, _, data in entries:
            if data is not None:
                self._know_vectors(len(data) // 4)
                break
        points = [self._edge.Point(chunk_id, self._vectors(text, data), {}) for chunk_id, text, data in entries]
        self._shard.update(self._edge.UpdateOperation.upsert_points(points))

    def find(self, vector: bytes | None, words: str | None, among: tuple[int, ...] | None, limit: int) -> Found:
        """The nearest pieces, and those that have the words; if it is said among which, only those."""
        chosen = None if among is None else self._edge.Filter(must=[self._edge.HasIdCondition(set(among))])
        near: list[tuple[int, float]] = []
        if vector is not None and self._has_vectors:
            found = self._search(self._edge.Query.Nearest(_floats(vector)), chosen, limit)
            near = [(int(point.id), float(point.score)) for point in found]
        asked = words_asked(words or "")
        if not asked.indices:
            return near, []
        query = self._edge.Query.Nearest(self._sparse(asked), using=_WORDS)
        return near, [int(point.id) for point in self._search(query, chosen, limit)]

    def close(self) -> None:
        """Forget it."""
        self._shard.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _know_vectors(self, length: int) -> None:
        if not self._has_vectors:
            # Half the memory of single precision, and two thirds of the time, for the same neighbours.
            kind = {"distance": self._edge.Distance.Cosine, "datatype": self._edge.VectorStorageDatatype.Float16}
            self._shard.update(self._edge.UpdateOperation.create_dense_vector("", length, **kind))
            self._has_vectors = True

    def _vectors(self, text: str, data: bytes | None) -> dict[str, Any]:
        vectors: dict[str, Any] = {_WORDS: self._sparse(words_of(text))}
        if data is not None:
            vectors[""] = _floats(data)
        return vectors

    def _sparse(self, words: Words) -> Any:
        return self._edge.SparseVector(words.indices, words.values)

    def _search(self, query: Any, chosen: Any, limit: int) -> Any:
        return self._shard.search(self._edge.SearchRequest(query=query, filter=chosen, limit=limit))


class Shards:
    """What a process is asked for; each answer is a pair of what became of it and what came out."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._shards: dict[str, Shard] = {}

    def answer(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        """Do what is asked; `gone`: the base is not here, `failed`: why, in words."""
        try:
            return self._answered(request)
        except Exception as error:
            return "failed", f"{type(error).__name__}: {error}"

    def _answered(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        what, name, *arguments = request
        if what == "open":
            self._shards[name] = Shard(self._folder)
            return "done", None
        shard = self._shards.get(name)
        if shard is None:
            return "gone", None
        if what == "forget":
            self._shards.pop(name).close()
            return "done", None
        work: dict[str, Callable[..., Any]] = {"put": shard.put, "find": shard.find}
        return "done", work[what](*arguments)

    def close(self) -> None:
        """Forget everything."""
        while self._shards:
            self._shards.popitem()[1].close()
        shutil.rmtree(self._folder, ignore_errors=True)


def serve(connection: Connection, folder: str) -> None:
    """Answer until the other side is gone, however it went."""
    shards = Shards(folder)
    try:
        with contextlib.suppress(EOFError, OSError):
            while True:
                connection.send(shards.answer(connection.recv()))
    finally:
        shards.close()


def _floats(data: bytes) -> list[float]:
    return array("f", data).tolist()


if __name__ == "__main__":
    # Whoever started us ends us, by closing the connection; a Ctrl-C in the terminal is theirs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(Connection(int(sys.argv[1])), sys.argv[2])
